"""Where does the time of a plan go: start, load, compile, solve, render?

*Start* is a whole process that imports what a plan needs and ends. The other stages are timed inside of one process,
one after the other, as ``las-solve plan`` goes through them: *load* reads and checks the manifests and makes the
registry, *compile* is all of planning outside of the SAT solver (versions, ranks, clauses, models, steps), *solve*
what is inside of it, *render* the text and the JSON of the plan. *Whole* is the whole command, in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Measurement
from benchmarks.options import Options
from benchmarks.problems import ProblemMissing, load_problem
from benchmarks.problems.files import ProblemFiles, catalog_files, write_problem
from benchmarks.processes import las_solve_command, time_processes
from benchmarks.results import Section

__all__ = ["TITLE", "run"]

TITLE = "Where the time of a plan goes"

_START = "import las_cli.main, las_cli.commands.plan, las_cli.inputs, las_registry.registry, las_solver.planner"
_SECONDS = 600.0


def run(options: Options) -> Section:
    """Time the stages on the catalog and on every problem of `options`."""
    notes: list[str] = []
    measured: list[Measurement] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measured += time_processes("any", {"start": (sys.executable, "-c", _START)}, options.samples).values()
        for files in _every_problem(folder, options, notes):
            print(f"stages: {files.name}", file=sys.stderr, flush=True)
            measured += _stages(files, options)
            rounds = min(options.samples, 3 if files.registry else options.samples)
            measured += time_processes(
                files.name, {"whole": las_solve_command("plan", *files.arguments)}, rounds
            ).values()
    return Section(question="stages", title=TITLE, measurements=tuple(measured), notes=tuple(notes))


def _every_problem(folder: Path, options: Options, notes: list[str]) -> Iterator[ProblemFiles]:
    yield catalog_files(folder)
    for name in options.problems:
        try:
            yield write_problem(load_problem(name), folder)
        except ProblemMissing as missing:
            notes.append(f"{name}: skipped, {missing}")


def _stages(files: ProblemFiles, options: Options) -> list[Measurement]:
    """The stages inside of a process; several processes, a few samples each."""
    told = {
        "registry": None if files.registry is None else str(files.registry),
        "profile": str(files.profile),
        "request": files.request,
        "samples": options.samples,
    }
    samples: dict[str, list[tuple[float, ...]]] = {}
    for _ in range(options.processes):
        finished = subprocess.run(
            [sys.executable, "-m", "benchmarks.stages.worker"],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
            timeout=_SECONDS,
            check=False,
        )
        if finished.returncode != 0:
            last = (finished.stderr.strip().splitlines() or ["no message"])[-1]
            return [Measurement(problem=files.name, subject="load to render", failure=last)]
        for stage, seconds in json.loads(finished.stdout).items():
            samples.setdefault(stage, []).append(tuple(seconds))
    return [
        Measurement(problem=files.name, subject=stage, samples=tuple(several)) for stage, several in samples.items()
    ]
