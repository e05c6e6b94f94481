"""Decision 0017: the planner against brute force and the checker, on thousands of random machines that have modules.

``LAS_SOLVE_EXAMPLES`` multiplies the number of cases: with 20, some minutes.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from types import MappingProxyType

import pytest
from brute_force import BruteForce, as_far_as
from installed_strategies import installed_cases, installed_features
from random_cases import answer, on_many
from strategies import Case

from las_solver.check import check
from las_solver.source import MemorySource

SHARDS = range(4)
OTHERS: dict[str, dict[str, object]] = {
    **{backend: {"backend": backend, "descent": False} for backend in ("cadical195", "minisat22")},
    "eager": {"eager": True},
    "without descent": {"descent": False},
    "eager without descent": {"eager": True, "descent": False},
}


@pytest.mark.parametrize("shard", SHARDS)
def test_brute_force_gives_the_same_verdict_and_the_same_plan(shard: int) -> None:
    @on_many(installed_cases(), 250, shard)
    def holds(case: Case) -> None:
        wanted = BruteForce(case.module_versions, case.host, case.request).document()
        found = answer(case, held_back=False)
        if wanted is None:
            assert found["status"] == "conflict"
        else:
            assert as_far_as(wanted, found) == wanted


@pytest.mark.parametrize("shard", SHARDS)
def test_the_checker_finds_nothing_wrong(shard: int) -> None:
    @on_many(installed_cases(), 150, shard + len(SHARDS))
    def holds(case: Case) -> None:
        assert check(answer(case), MemorySource(case.module_versions), case.host) == ()


@pytest.mark.parametrize("options", OTHERS.values(), ids=OTHERS.keys())
def test_other_ways_to_solve_give_the_same_bytes(options: dict[str, object]) -> None:
    @on_many(installed_cases(), 80, shard=20)
    def holds(case: Case) -> None:
        assert answer(case, **options) == answer(case)


def test_the_order_of_manifests_and_of_what_is_installed_does_not_matter() -> None:
    @on_many(installed_cases(), 100, shard=30)
    def holds(case: Case) -> None:
        shuffled, installed = list(case.module_versions), list(case.host.installed.items())
        random.Random(len(shuffled)).shuffle(shuffled)
        host = replace(case.host, installed=MappingProxyType(dict(reversed(installed))))
        assert answer(Case(module_versions=tuple(shuffled), host=host, request=case.request)) == answer(case)


def test_every_feature_occurs_in_the_random_cases() -> None:
    seen: Counter[str] = Counter()

    @on_many(installed_cases(), 1000)
    def count(case: Case) -> None:
        seen.update(installed_features(case))

    enough = {name for name, times in seen.items() if times >= 3}
    assert enough == {
        "a chosen module is free of the lock", "a chosen module is pinned",
        "a version of a chosen module is deprecated", "after", "an invalid one is chosen", "conflict",
        "decided by lock", "decided by pins", "decided by removal", "decided by strategy", "downgrade", "for nothing",
        "install", "invalid: cycle", "invalid: hardware", "invalid: interface", "invalid: mode", "invalid: need",
        "keep", "kept: a pre-release", "kept: deprecated", "kept: its manifest differs", "kept: its module is gone",
        "kept: its version is gone", "locked", "plan", "remove", "strategy keep", "strategy lowest",
        "strategy newest", "strategy upgrade", "upgrade",
    }  # fmt: skip
    assert seen["plan"] > 450
    assert seen["conflict"] > 200
