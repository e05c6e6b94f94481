"""Times the stages of explaining inside of one process: a JSON object on standard input, seconds by stage on standard
output."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter, process_time
from typing import TypeVar

from benchmarks.conflicts.planted import PLANTED
from benchmarks.problems import Problem as Given
from las_solver.conflict import Conflict, explain_conflict
from las_solver.document import conflict_document
from las_solver.planner import Planner
from las_solver.problem import Problem
from las_solver.sat import DEFAULT_BACKEND, never
from las_solver.search import Search
from las_solver.shelf import Shelf
from las_solver.source import MemorySource
from las_solver.statement import Statement
from las_solver.theory import Theory

__all__ = ["time_stages"]

_ENOUGH_SECONDS = 10.0

Result = TypeVar("Result")


def time_stages(given: Given, samples: int) -> tuple[dict[str, list[float]], int]:
    """CPU seconds of every stage, as many of each as fit into some seconds, and the number of statements in the core.

    Nothing is kept between the stages but the registry, which is in memory.
    """
    source = MemorySource(given.module_versions)
    clock = _CoreClock()
    found: dict[str, list[float]] = {}
    size = 0
    began = perf_counter()
    for taken in range(samples + 1):  # the first, to warm up, is not kept
        seconds, size = _times(source, given, clock)
        if taken:
            for stage, one in seconds.items():
                found.setdefault(stage, []).append(one)
        if found and perf_counter() - began > _ENOUGH_SECONDS:
            break
    return found, size


def _times(source: MemorySource, given: Given, clock: _CoreClock) -> tuple[dict[str, float], int]:
    """The seconds of every stage, once, and the number of statements in the core."""
    host, request = given.host, given.request
    eager, _ = _timed(lambda: Search(Problem(Shelf(source, host), request), DEFAULT_BACKEND, stop=never, eager=True))
    clock.first_core = None
    explained, conflict = _timed(lambda: explain_conflict(Problem(Shelf(source, host), request, pruned=False)))
    first = clock.first_core or explained
    whole, answer = _timed(lambda: Planner(source, host).plan(request))
    if not isinstance(answer, Conflict) or not conflict.minimal or answer.core != conflict.core:
        raise RuntimeError("this is not the conflict that was planted")
    derived, _ = _timed(lambda: conflict_document(conflict))
    seconds = {
        "eager encoding": eager,
        "first core": first,
        "minimization": explained - first,
        "first core and minimization": explained,
        "derivation": derived,
        "whole": whole,
    }
    return seconds, len(conflict.core)


class _CoreClock:
    """Notes when the first core of an explanation is found: that is when its reduction begins."""

    def __init__(self) -> None:
        self.first_core: float | None = None
        reduce = Theory.reduce

        def timed(theory: Theory) -> list[Statement]:
            if self.first_core is None:
                self.first_core = process_time() - _Running.since
            return reduce(theory)

        Theory.reduce = timed  # type: ignore[assignment,method-assign]


class _Running:
    """When the stage that is being timed began."""

    since = 0.0


def _timed(call: Callable[[], Result]) -> tuple[float, Result]:
    """The CPU seconds that `call` takes without a garbage collector, as a planner calls it, and what it returns."""
    with _collector_paused():
        _Running.since = process_time()
        result = call()
        return process_time() - _Running.since, result


@contextmanager
def _collector_paused() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _main() -> None:
    told = json.load(sys.stdin)
    planted = next(one for one in PLANTED if one.name == told["problem"])
    seconds, size = time_stages(planted.load(), told["samples"])
    print(json.dumps({"seconds": seconds, "statements": size}))


if __name__ == "__main__":
    _main()
