"""What does it cost to see that a registry is as it was, and to take in one manifest that was changed?

Inside of one process, the registry is opened again and again: unchanged, then with one manifest changed, in turn; and,
frozen, again. What has just been changed is looked at again for two seconds, so that these pass, and the registry is
opened once, before the next turn.
"""

from __future__ import annotations

import json
import sys

from benchmarks.conditions.prepared import Prepared, prepare_all
from benchmarks.measure import Comparison, Figure, Measurement
from benchmarks.options import Options
from benchmarks.processes import CommandFailed, run_worker
from benchmarks.results import Section

__all__ = ["TITLE", "run"]

TITLE = "Seeing what changed in a registry that is not frozen"

_FILE_TARGET = 10.0
_CHANGED_TARGET = 1.5
_LARGE_ENOUGH = 1000
"""Files; with fewer, what a file costs is mostly what opening an index costs."""

_MOST_ROUNDS = 8
_UNCHANGED, _CHANGED, _FROZEN = "unchanged", "one manifest changed", "frozen"


def run(options: Options) -> Section:
    """Open every registry again and again, and compare."""
    measured: list[Measurement] = []
    compared: list[Comparison | None] = []
    figures: list[Figure] = []
    for prepared in prepare_all(options.built, options):
        print(f"index-refresh: {prepared.name}", file=sys.stderr, flush=True)
        files = sum(1 for _ in prepared.tree.rglob("*.yaml"))
        found = _measurements(prepared, files, options)
        measured += found.values()
        unchanged, changed, frozen = found[_UNCHANGED], found[_CHANGED], found[_FROZEN]
        is_large = files >= _LARGE_ENOUGH
        target = _CHANGED_TARGET if is_large else None
        compared.append(Comparison.of(unchanged, changed, target=target, is_ceiling=True))
        compared.append(Comparison.of(unchanged, frozen))
        figures.append(
            Figure(
                problem=prepared.name,
                what=f"unchanged, each of {files:,} files",
                value=unchanged.median * 1e6 / files if unchanged.median else None,
                unit="µs",
                target=_FILE_TARGET if is_large else None,
                is_ceiling=True,
                failure=unchanged.failure,
            )
        )
    return Section(
        question="index-refresh",
        title=TITLE,
        measurements=tuple(measured),
        comparisons=tuple(one for one in compared if one is not None),
        figures=tuple(figures),
    )


def _measurements(prepared: Prepared, files: int, options: Options) -> dict[str, Measurement]:
    told = {"tree": str(prepared.tree), "rounds": min(options.samples, _MOST_ROUNDS)}
    samples: dict[str, list[tuple[float, ...]]] = {_UNCHANGED: [], _CHANGED: [], _FROZEN: []}
    failure = None
    try:
        for _ in range(options.processes):
            prepared.thaw()
            for name, seconds in _performed({**told, "is_frozen": False}, prepared).items():
                samples[name].append(tuple(seconds))
            prepared.freeze()
            samples[_FROZEN].append(tuple(_performed({**told, "is_frozen": True}, prepared)[_UNCHANGED]))
    except CommandFailed as failed:
        failure = str(failed)
    return {
        name: Measurement(
            problem=prepared.name,
            subject=name,
            samples=() if failure else tuple(several),
            failure=failure,
            sizes={"versions": prepared.spec.versions, "files": files},
        )
        for name, several in samples.items()
    }


def _performed(told: dict[str, object], prepared: Prepared) -> dict[str, list[float]]:
    reply = run_worker("benchmarks.conditions.index_refresh_worker", json.dumps(told), variables=prepared.variables)
    found: dict[str, list[float]] = json.loads(reply)
    return found
