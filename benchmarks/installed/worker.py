"""Times a case with a fresh planner, beside what is installed or on an empty machine: a JSON object on standard input,
CPU seconds and what the answer holds on standard output."""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, replace
from time import perf_counter, process_time

from benchmarks.installed.machine import HOST, Case, case_of, installed_modules, registry
from las_solver.errors import OutOfTime
from las_solver.model import ModuleVersion
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

__all__ = ["Reply", "time_case"]

_ENOUGH_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """CPU seconds of each sample; `found` says in words what the answer holds. `over_limit`: one call took too long."""

    seconds: list[float]
    found: str = ""
    over_limit: bool = False


def time_case(case: Case, modules: tuple[ModuleVersion, ...], *, is_beside: bool, samples: int, limit: float) -> Reply:
    """Plan `case` with `modules` as the registry, once to warm up, then as often as fits into some seconds."""
    source = MemorySource(modules)
    host = replace(HOST, installed=installed_modules(modules)) if is_beside else HOST
    request = case.wanted()
    seconds: list[float] = []
    found = ""
    began = perf_counter()
    for taken in range(samples + 1):
        gc.collect()
        start = process_time()

        def is_over(start: float = start) -> bool:
            return process_time() - start > limit

        try:
            answer = Planner(source, host).plan(request, stop=is_over, stop_explaining=is_over)
        except OutOfTime:
            return Reply(seconds=[], over_limit=True)
        if is_over():
            return Reply(seconds=[], over_limit=True)
        if taken:
            seconds.append(process_time() - start)
        if isinstance(answer, Plan) != case.has_plan:
            raise RuntimeError(f"{case.name} is not answered as it should be")
        if isinstance(answer, Plan):
            actions = Counter(step.action for step in answer.steps)
            found = ", ".join(f"{count:,} {action}" for action, count in sorted(actions.items()))
        else:
            found = f"{len(answer.core)} statements"
        if seconds and perf_counter() - began > _ENOUGH_SECONDS:
            break
    return Reply(seconds=seconds, found=found)


def _main() -> None:
    told = json.load(sys.stdin)
    case = case_of(told.pop("case"))
    print(json.dumps(asdict(time_case(case, registry(), **told))))


if __name__ == "__main__":
    _main()
