"""How long does it take to explain why there is no plan?

In registries with a planted contradiction (see planted.py), *eager encoding* is the floor: everything that the request
can reach becomes clauses, and nothing is solved. *First core* finds statements that contradict each other,
*minimization* leaves out those that are not needed, *derivation* puts the rest into the words of the conflict. *Whole*
is all that a planner does, from the request to the conflict. On the bundled catalog, whole processes: a request with
no plan against one with a plan.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.conflicts.planted import PLANTED, Planted
from benchmarks.measure import Comparison, Measurement
from benchmarks.options import Options
from benchmarks.problems.files import CATALOG
from benchmarks.processes import las_solve_command, time_processes
from benchmarks.results import Section

__all__ = ["TITLE", "run"]

TITLE = "Explaining that there is no plan"

_TARGET = 2.0
_SECONDS = 600.0
_PLAN = "las-solve plan, a plan"
_CONFLICT = "las-solve plan, a conflict"


def run(options: Options) -> Section:
    """Time the stages on every planted problem, and the command on the catalog, and compare."""
    measured: list[Measurement] = []
    compared: list[Comparison | None] = []
    notes: list[str] = []
    for planted in PLANTED:
        facts = planted.load().facts
        notes.append(f"{planted.name}: " + ", ".join(f"{count} {what}" for what, count in facts.items()))
        stages = _stages(planted, options)
        measured += stages.values()
        if "first core and minimization" in stages:
            floor, core = stages["eager encoding"], stages["first core and minimization"]
            compared.append(Comparison.of(floor, core, target=_TARGET, is_ceiling=True))
            compared += [Comparison.of(floor, stages[stage]) for stage in ("first core", "minimization", "derivation")]
    host = ("--profile", "gpu-8gb")
    commands = {
        _PLAN: las_solve_command("plan", "open-webui", *host),
        _CONFLICT: las_solve_command("plan", "open-webui", "vllm@>=0.30", *host),
    }
    catalog = time_processes(CATALOG, commands, options.samples, statuses=(0, 1))
    measured += catalog.values()
    compared.append(Comparison.of(catalog[_PLAN], catalog[_CONFLICT], target=_TARGET, is_ceiling=True))
    return Section(
        question="conflicts",
        title=TITLE,
        measurements=tuple(measured),
        comparisons=tuple(one for one in compared if one is not None),
        notes=tuple(notes),
    )


def _stages(planted: Planted, options: Options) -> dict[str, Measurement]:
    """The stages inside of a process, by name; several processes, a few samples each."""
    told = {"problem": planted.name, "samples": options.samples}
    samples: dict[str, list[tuple[float, ...]]] = {}
    size = 0
    for turn in range(options.processes):
        print(f"conflicts: {planted.name}, process {turn + 1}", file=sys.stderr, flush=True)
        finished = subprocess.run(
            [sys.executable, "-m", "benchmarks.conflicts.worker"],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
            timeout=_SECONDS,
            check=False,
        )
        if finished.returncode != 0:
            last = (finished.stderr.strip().splitlines() or ["no message"])[-1]
            return {"explaining": Measurement(problem=planted.name, subject="explaining", failure=last)}
        reply = json.loads(finished.stdout)
        size = reply["statements"]
        for stage, seconds in reply["seconds"].items():
            samples.setdefault(stage, []).append(tuple(seconds))
    return {
        stage: Measurement(
            problem=planted.name,
            subject=stage,
            samples=tuple(several),
            note=f"{size} statements in the core" if stage == "minimization" else "",
        )
        for stage, several in samples.items()
    }
