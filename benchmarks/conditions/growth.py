"""Does a plan's time grow faster than its closure times the logarithm of that?

In process, out of one registry that holds a request for each size of closure: its index is opened anew for each sample,
outside of the time, so that all that a plan touches is read from the file. *Plan* is with the reasons that hold modules
back, as the command prints them; *answer* is without.

The growth is fitted over all sizes: the slope of log(time) over log(n log n), which is 1 where the time grows just so.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence

from benchmarks.conditions.prepared import Prepared, prepare
from benchmarks.measure import Figure, Measurement
from benchmarks.options import Options
from benchmarks.processes import CommandFailed, run_worker
from benchmarks.registries import Spec
from benchmarks.results import Section

__all__ = ["TITLE", "fitted_growth", "run"]

TITLE = "How a plan's time grows with its closure"

_SUBJECTS = ("plan", "answer")
_VERSIONS_A_MODULE = 20
_ROUND = 1_000


def run(options: Options) -> Section:
    """Time a plan for every closure, in turns, and fit."""
    closures = sorted(options.growing)
    versions = -(-_VERSIONS_A_MODULE * sum(closures) // _ROUND) * _ROUND
    prepared = prepare(Spec(versions=versions, closures=tuple(closures)), options)
    prepared.freeze()
    samples: dict[tuple[int, str], list[tuple[float, ...]]] = {}
    failures: dict[int, str] = {}
    for turn in range(options.processes):
        for closure in closures:
            if closure in failures:
                continue
            print(f"growth: closure of {closure}, process {turn + 1}", file=sys.stderr, flush=True)
            try:
                found = _performed(prepared, closure, options)
            except CommandFailed as failed:
                failures[closure] = str(failed)
                continue
            for subject, seconds in found.items():
                samples.setdefault((closure, subject), []).append(tuple(seconds))
    measured = [
        Measurement(
            problem=f"closure of {closure:,}",
            subject=subject,
            samples=() if closure in failures else tuple(samples.get((closure, subject), ())),
            failure=failures.get(closure),
            sizes={"versions": versions, "closure": closure},
        )
        for closure in closures
        for subject in _SUBJECTS
    ]
    return Section(
        question="growth",
        title=TITLE,
        measurements=tuple(measured),
        figures=tuple(_figure(subject, measured, closures) for subject in _SUBJECTS),
        notes=(f"out of {versions:,} versions; CPU seconds",),
    )


def fitted_growth(times: Sequence[tuple[int, float]]) -> float:
    """The slope of log(time) over log(n log n), by least squares, of pairs of n and a time."""
    points = [(math.log(size * math.log(size)), math.log(time)) for size, time in times]
    middle = math.fsum(x for x, _ in points) / len(points)
    height = math.fsum(y for _, y in points) / len(points)
    return math.fsum((x - middle) * (y - height) for x, y in points) / math.fsum((x - middle) ** 2 for x, _ in points)


def _figure(subject: str, measured: Sequence[Measurement], closures: Sequence[int]) -> Figure:
    own = [one for one in measured if one.subject == subject]
    missing = [one.problem for one in own if one.median is None]
    times = [(one.sizes["closure"], one.median) for one in own if one.median]
    return Figure(
        problem=f"closures of {closures[0]:,} to {closures[-1]:,}",
        what=f"{subject}: grows as (n log n) to the power of",
        value=None if missing or len(times) < 2 else fitted_growth(times),
        unit="",
        target=1.0,
        is_ceiling=True,
        failure=f"no time for {', '.join(missing)}" if missing else None,
    )


def _performed(prepared: Prepared, closure: int, options: Options) -> dict[str, list[float]]:
    told = {
        "tree": str(prepared.tree),
        "profile": str(prepared.profile),
        "request": prepared.request(closure),
        "samples": options.samples,
    }
    reply = run_worker("benchmarks.conditions.growth_worker", json.dumps(told), variables=prepared.variables)
    found: dict[str, list[float]] = json.loads(reply)
    return found
