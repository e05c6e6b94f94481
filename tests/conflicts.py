"""Requests without a plan, and what the planner says of them, held against the checker."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice

from brute_force import BruteForce
from closed_schemas import assert_described
from installed_strategies import make_installed_case
from strategies import Case, Dice, make_case

from las_solver.check import check
from las_solver.conflict import Conflict
from las_solver.diagnosis import Diagnosis
from las_solver.document import conflict_document
from las_solver.model import Host, ModuleVersion, Request
from las_solver.planner import Planner
from las_solver.source import MemorySource

__all__ = ["diagnosis", "random_conflicts", "random_installed_conflicts"]


def diagnosis(
    versions: list[ModuleVersion] | Case, request: Request | None = None, host: Host | None = None
) -> Diagnosis:
    """What is said of a request without a plan; fails if there is one, or if the checker finds fault."""
    if isinstance(versions, Case):
        source, request, host = MemorySource(versions.module_versions), versions.request, versions.host
    else:
        source, host = MemorySource(versions), host or Host()
    assert request is not None
    planner = Planner(source, host)
    found = planner.plan(request)
    assert isinstance(found, Conflict), found
    said = planner.diagnose(found)
    document = json.loads(json.dumps(conflict_document(found, said)))
    assert check(document, source, host) == ()
    assert_described(document)
    return said


def random_conflicts(count: int, seed: str = "repairs") -> Iterator[Case]:
    """Cases without a plan, the same every time."""
    dices = (Dice(random.Random(f"{seed} {number}").randbytes(700)) for number in range(100 * count))
    yield from islice(filter(_has_none, map(make_case, dices)), count)


def random_installed_conflicts(count: int, seed: str = "repairs") -> Iterator[Case]:
    """Cases without a plan on machines that have modules already, the same every time."""
    dices = (Dice(random.Random(f"{seed} {number}").randbytes(1000)) for number in range(100 * count))
    yield from islice(filter(_has_none, map(make_installed_case, dices)), count)


def _has_none(case: Case) -> bool:
    return next(BruteForce(case.module_versions, case.host, case.request).answers(), None) is None
