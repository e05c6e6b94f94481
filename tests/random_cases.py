"""Laws that are held against many random cases, the same ones on every run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import SearchStrategy
from strategies import Case

from las_solver.document import conflict_document, plan_document
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

TIMES = int(os.environ.get("LAS_SOLVE_EXAMPLES", "1"))


def on_many(cases: SearchStrategy[Case], examples: int, shard: int = 0) -> Callable[[Callable[[Case], None]], None]:
    """Runs the decorated function on the same `examples` of `cases` every time, other ones for each `shard`."""

    def run(holds: Callable[[Case], None]) -> None:
        fixed = settings(
            max_examples=examples * TIMES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        seed(shard)(fixed(given(cases)(holds)))()

    return run


def answer(case: Case, *, held_back: bool = True, **options: object) -> dict[str, Any]:
    """The planner's answer to `case` as it comes back from JSON."""
    planner = Planner(MemorySource(case.module_versions), case.host, **options)  # type: ignore[arg-type]
    found = planner.plan(case.request, held_back=held_back)
    document = plan_document(found) if isinstance(found, Plan) else conflict_document(found)
    decoded = json.loads(json.dumps(document))
    assert isinstance(decoded, dict)
    return decoded
