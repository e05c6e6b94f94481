"""How long does a cold ``las-solve plan`` take, as a whole process, out of registries of 10,000 to 1,000,000 versions?

The registries are frozen and their indexes made; the system has their files in memory. The floor *F* is an interpreter
that imports click, sqlite3 and PySAT's solvers and does nothing else. A request of a size is the same one, with the
same answer, in every registry that holds it.

Where uv is installed, ``uv pip compile`` over a folder of wheels is timed on the same module versions, which then are
all of the registry.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import peers
from benchmarks.conditions.prepared import FLOOR, FLOOR_COMMAND, Prepared, prepare, prepare_all
from benchmarks.measure import Comparison, Figure, Measurement
from benchmarks.options import Options
from benchmarks.processes import cost_processes, environment, las_solve_command
from benchmarks.registries import Spec
from benchmarks.results import Section

__all__ = ["TITLE", "run", "subject_of"]

TITLE = "A cold las-solve plan out of a frozen registry, as a whole process"

_ANY, _BARE, _UV, _ALONE = "any", "python, nothing", "uv", "las-solve plan"
_LARGE, _SMALL = 1_000_000, 10_000
_FLOORS: Mapping[int, float] = {50: 2.0, 500: 4.0}
"""How many times F a plan out of the large registry may take, by closure."""

_GROWTH: Mapping[int, float] = {50: 1.3}
"""How many times the same plan out of the small one."""

_SECONDS: Mapping[int, float] = {5_000: 3.0}
_LIMIT = 60.0
_CHECKED = 500
"""Plans of larger closures are not checked by ``las-solve check``, which takes minutes."""

_BESIDE_UV = (50, 500)
_UV_SAMPLES = 10


def run(options: Options) -> Section:
    """Time a plan for every closure out of every registry, in turns with the floor, and compare."""
    cases: dict[tuple[str, str], tuple[Prepared, int]] = {}
    for prepared in prepare_all(options.registries, options):
        prepared.freeze()
        cases |= {(prepared.name, subject_of(closure)): (prepared, closure) for closure in prepared.spec.closures}
    commands: dict[tuple[str, str], Sequence[str]] = {
        (_ANY, _BARE): (sys.executable, "-c", "pass"),
        (_ANY, FLOOR): FLOOR_COMMAND,
        **{key: prepared.plan_command(closure) for key, (prepared, closure) in cases.items()},
    }
    variables = options.index_variables
    print(f"plan-cold: {len(commands)} commands in turn", file=sys.stderr, flush=True)
    found = cost_processes(commands, options.samples, limit=_LIMIT, variables=variables)
    answers = {key: _answer(*case, variables) for key, case in cases.items() if not found[key].is_over}
    measured: dict[tuple[str, str], Measurement] = {}
    for key, costs in found.items():
        sizes = {"versions": cases[key][0].spec.versions, "closure": cases[key][1]} if key in cases else {}
        measured[key] = costs.measurement(*key, sizes=sizes, note=answers.get(key, ""))
        on_cpu = (key[0], f"{key[1]}, CPU")
        measured[on_cpu] = costs.measurement(*on_cpu, "cpu", sizes=sizes)
    beside_uv, compared, versions = _beside_uv(options)
    return Section(
        question="plan-cold",
        title=TITLE,
        measurements=(*measured.values(), *beside_uv),
        comparisons=(
            *_comparisons(measured, options, ""),
            *_comparisons(measured, options, ", CPU"),
            *compared,
        ),
        figures=tuple(_figures(measured)),
        notes=tuple(one for one in peers.missing() if one.startswith(_UV)),
        versions=versions,
    )


def _beside_uv(options: Options) -> tuple[list[Measurement], list[Comparison], dict[str, str | None]]:
    """``las-solve plan`` and ``uv pip compile`` out of the same module versions and no others; and uv's version."""
    uv = next((peer for peer in peers.available() if peer.name == _UV), None)
    measured: list[Measurement] = []
    compared: list[Comparison] = []
    if uv is None:
        return measured, compared, {}
    version = None
    for closure in [one for one in _BESIDE_UV if one in options.closures]:
        prepared = prepare(Spec(versions=0, closures=(closure,)).plain(), options)
        prepared.freeze()
        print(f"plan-cold: {prepared.name}, uv", file=sys.stderr, flush=True)
        samples = min(options.samples, _UV_SAMPLES)
        command = {_ALONE: prepared.plan_command(closure)}
        costs = cost_processes(command, samples, variables=prepared.variables)[_ALONE]
        outcome = uv.measure(prepared.name, samples, options.limit)
        version = outcome.version
        ours = costs.measurement(prepared.name, _ALONE)
        theirs = Measurement(
            problem=prepared.name,
            subject="uv pip compile",
            samples=(outcome.end_to_end,) if outcome.end_to_end else (),
            limit=options.limit if outcome.over_limit else None,
            failure=outcome.failure,
            note=outcome.note,
        )
        measured += [ours, theirs]
        compared += _some(Comparison.of(ours, theirs))
    return measured, compared, {_UV: version}


def subject_of(closure: int) -> str:
    return f"las-solve plan, closure of {closure:,}"


def _comparisons(measured: Mapping[tuple[str, str], Measurement], options: Options, clock: str) -> Iterator[Comparison]:
    """Each plan against the floor, and out of the largest registry against out of the smallest.

    Targets are for the clock on the wall, and for the sizes of which they speak.
    """
    floor = measured[_ANY, FLOOR + clock]
    large, small = max(options.registries), min(options.registries)
    for (_, subject), one in measured.items():
        closure = one.sizes.get("closure")
        if closure is None or subject != subject_of(closure) + clock or one.sizes["versions"] != large:
            continue
        has_target = large == _LARGE and not clock
        target = _FLOORS.get(closure) if has_target else None
        beside_floor = Comparison.of(floor, one, target=target, is_ceiling=True)
        yield from _some(beside_floor and replace(beside_floor, problem=one.problem))
        before = next(
            (
                other
                for (_, name), other in measured.items()
                if name == subject and other.sizes["versions"] == small and small < large
            ),
            None,
        )
        if before is not None:
            target = _GROWTH.get(closure) if has_target and small == _SMALL else None
            compared = Comparison.of(before, one, target=target, is_ceiling=True)
            yield from _some(compared and replace(compared, problem=f"{one.problem} / {before.problem}"))


def _some(compared: Comparison | None) -> Iterable[Comparison]:
    return () if compared is None else (compared,)


def _figures(measured: Mapping[tuple[str, str], Measurement]) -> Iterator[Figure]:
    for (problem, subject), one in measured.items():
        target = _SECONDS.get(one.sizes.get("closure", 0))
        if target is not None and one.sizes["versions"] == _LARGE and not subject.endswith("CPU"):
            yield Figure(
                problem=problem,
                what=subject,
                value=one.median if one.limit is None else one.limit,
                unit="s",
                target=target,
                is_ceiling=True,
                failure=one.failure if one.limit is None else f"over {one.limit:g} s",
            )


def _answer(prepared: Prepared, closure: int, variables: Mapping[str, str]) -> str:
    """What the plan is, and whether ``las-solve check`` proves it again."""
    known = environment(**variables)
    command = prepared.plan_command(closure, "--format", "json")
    planned = subprocess.run(command, capture_output=True, env=known, check=False)
    if planned.returncode != 0:
        return f"exit status {planned.returncode}"
    plan = json.loads(planned.stdout)
    steps = plan["steps"]
    behind = sum(1 for step in steps if step["versions_behind"])
    words = f"{len(steps)} modules, {behind} of them behind their newest"
    if closure > _CHECKED:
        return words
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        path.write_bytes(planned.stdout)
        place = ("--registry", str(prepared.tree))
        checked = subprocess.run(
            las_solve_command("check", str(path), *place), capture_output=True, env=known, check=False
        )
    return words + (", proved again" if checked.returncode == 0 else ", NOT PROVED AGAIN")
