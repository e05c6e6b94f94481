"""Decision 0022: the planner against brute force and the checker, on random cases in which it matters what fits.

``LAS_SOLVE_EXAMPLES`` multiplies the number of cases: with 20, some minutes.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from types import MappingProxyType

import pytest
from brute_force import BruteForce, as_far_as
from random_cases import answer, on_many
from strategies import Case
from together_strategies import together_cases, together_features

from las_solver.check import check
from las_solver.document import conflict_document
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

OTHERS: dict[str, dict[str, object]] = {
    "another solver": {"backend": "minisat22", "descent": False},
    "eager": {"eager": True},
    "without descent": {"descent": False},
}


def test_brute_force_gives_the_same_verdict_and_the_same_plan() -> None:
    @on_many(together_cases(), 150)
    def holds(case: Case) -> None:
        wanted = BruteForce(case.module_versions, case.host, case.request).document()
        found = answer(case)
        if wanted is None:
            assert found["status"] == "conflict"
        else:
            assert as_far_as(wanted, found) == wanted


def test_the_checker_finds_nothing_wrong() -> None:
    @on_many(together_cases(), 120, shard=10)
    def holds(case: Case) -> None:
        found = check(answer(case), MemorySource(case.module_versions), case.host, limits=case.request.limits)
        assert found == ()


@pytest.mark.parametrize("options", OTHERS.values(), ids=OTHERS.keys())
def test_other_ways_to_solve_give_the_same_bytes(options: dict[str, object]) -> None:
    @on_many(together_cases(), 30, shard=20)
    def holds(case: Case) -> None:
        assert answer(case, **options) == answer(case)


def test_the_order_of_manifests_and_of_what_is_installed_does_not_matter() -> None:
    @on_many(together_cases(), 30, shard=30)
    def holds(case: Case) -> None:
        shuffled, installed = list(case.module_versions), list(case.host.installed.items())
        random.Random(len(shuffled)).shuffle(shuffled)
        host = replace(case.host, installed=MappingProxyType(dict(reversed(installed))))
        assert answer(Case(module_versions=tuple(shuffled), host=host, request=case.request)) == answer(case)


def test_a_planner_keeps_nothing_from_one_request_to_the_next() -> None:
    @on_many(together_cases(), 30, shard=40)
    def holds(case: Case) -> None:
        planner = Planner(MemorySource(case.module_versions), case.host)
        free = replace(case.request, together=False, limits=())
        before, found, after = (planner.plan(request) for request in (free, case.request, free))
        assert before == after
        assert found == Planner(MemorySource(case.module_versions), case.host).plan(case.request)


def test_the_checker_finds_nothing_wrong_with_repairs() -> None:
    changes: Counter[str] = Counter()

    @on_many(together_cases(), 60, shard=50)
    def holds(case: Case) -> None:
        planner, source = Planner(MemorySource(case.module_versions), case.host), MemorySource(case.module_versions)
        found = planner.plan(case.request, held_back=False)
        if not isinstance(found, Plan):
            document = json.loads(json.dumps(conflict_document(found, planner.diagnose(found))))
            assert check(document, source, case.host, limits=case.request.limits) == ()
            changes.update(change["kind"] for repair in document["repairs"] for change in repair["changes"])

    assert {"limit", "hardware", "requested"} <= changes.keys()


def test_every_feature_occurs_in_the_random_cases() -> None:
    seen: Counter[str] = Counter()

    @on_many(together_cases(), 200)
    def count(case: Case) -> None:
        seen.update(together_features(case))

    assert {name for name, times in seen.items() if times >= 3} >= {
        "conflict", "conflict: limits", "conflict: machine", "decided by limits", "decided by machine",
        "installed", "plan", "several cards", "spread", "strategy keep", "strategy lowest", "strategy newest",
        "strategy upgrade",
    }  # fmt: skip
    assert seen["plan"] > 100
