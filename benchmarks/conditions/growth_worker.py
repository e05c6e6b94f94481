"""Times plans out of a registry that has its index: a JSON object on standard input, CPU seconds on standard output."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time

from las_registry.host.profile import read_profile
from las_registry.registry import Registry
from las_solver.constraint import Requirement
from las_solver.model import Host, Request
from las_solver.plan import Plan
from las_solver.planner import Planner

__all__ = ["time_plans"]

_ENOUGH_SECONDS = 10.0


def time_plans(tree: Path, host: Host, wanted: Sequence[str], samples: int) -> dict[str, list[float]]:
    """CPU seconds of plans with and without reasons, as many as fit into some seconds.

    The first of each is to warm up, unless it takes all of these seconds.
    """
    request = Request(requirements=tuple(map(Requirement.parse, wanted)))
    found: dict[str, list[float]] = {"plan": [], "answer": []}
    began = perf_counter()
    for taken in range(samples + 1):
        for subject, several in found.items():
            registry = Registry.open((tree,))
            gc.collect()
            start = process_time()
            plan = Planner(registry, host).plan(request, held_back=subject == "plan")
            seconds = process_time() - start
            if not isinstance(plan, Plan) or not plan.optimal:
                raise RuntimeError("there is no plan that is proved to be the newest")
            several += [seconds] if taken or seconds > _ENOUGH_SECONDS else []
        if all(found.values()) and perf_counter() - began > _ENOUGH_SECONDS:
            break
    return found


if __name__ == "__main__":
    TOLD = json.load(sys.stdin)
    HOST = read_profile(Path(TOLD["profile"]))
    print(json.dumps(time_plans(Path(TOLD["tree"]), HOST, TOLD["request"], TOLD["samples"])))
