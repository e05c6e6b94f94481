"""Times the stages of planning inside of one process: a JSON object on standard input, seconds by stage on standard
output."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from las_cli.document import answer_document
from las_cli.render.json import render_json
from las_cli.render.text import Paper, render_plan
from las_registry.host.profile import read_profile
from las_registry.registry import Registry, default_directories
from las_solver.constraint import Requirement
from las_solver.model import Request
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.sat import Sat

__all__ = ["time_stages"]

_ENOUGH_SECONDS = 10.0


def time_stages(registry: Path | None, profile: Path, request: Sequence[str], samples: int) -> dict[str, list[float]]:
    """Seconds of every stage, in the order of the stages, as many of each as fit into some seconds."""
    places = default_directories() if registry is None else (registry,)
    wanted = Request(requirements=tuple(map(Requirement.parse, request)))
    clock = _SatClock()
    found: dict[str, list[float]] = {"load": [], "compile": [], "solve": [], "render text": [], "render JSON": []}
    began = perf_counter()
    for _ in range(samples):
        gc.collect()
        start = perf_counter()
        loaded = Registry.load(places)
        loaded.prerelease_namers(wanted.requirements[0].name)  # the first such question makes the index
        host = read_profile(profile)
        found["load"].append(perf_counter() - start)
        clock.seconds = 0.0
        start = perf_counter()
        plan = Planner(loaded, host).plan(wanted)
        seconds = perf_counter() - start
        if not isinstance(plan, Plan):
            raise RuntimeError("the request has no plan")
        found["compile"].append(seconds - clock.seconds)
        found["solve"].append(clock.seconds)
        start = perf_counter()
        render_plan(plan, place="on the machine measured", paper=Paper(width=100))
        found["render text"].append(perf_counter() - start)
        start = perf_counter()
        render_json(answer_document(plan, host))
        found["render JSON"].append(perf_counter() - start)
        if perf_counter() - began > _ENOUGH_SECONDS:
            break
    return found


class _SatClock:
    """Adds up the time that is spent inside of the SAT solver."""

    def __init__(self) -> None:
        self.seconds = 0.0
        solve = Sat.solve

        def timed(sat: Sat, assumptions: Sequence[int] = ()) -> bool:
            start = perf_counter()
            try:
                return solve(sat, assumptions)
            finally:
                self.seconds += perf_counter() - start

        Sat.solve = timed  # type: ignore[assignment,method-assign]


def _main() -> None:
    told = json.load(sys.stdin)
    registry = None if told["registry"] is None else Path(told["registry"])
    print(json.dumps(time_stages(registry, Path(told["profile"]), told["request"], told["samples"])))


if __name__ == "__main__":
    _main()
