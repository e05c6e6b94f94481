"""The planner against brute force and the checker, on thousands of random cases ("Proof that it is exact").

``LAS_SOLVE_EXAMPLES`` multiplies the number of cases: with 20, some minutes.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from brute_force import BruteForce, as_far_as
from random_cases import TIMES, answer, on_many
from strategies import Case, Dice, cases, features, make_case

from las_solver.check import check
from las_solver.planner import Planner
from las_solver.sat import BACKENDS, DEFAULT_BACKEND
from las_solver.source import MemorySource

SHARDS = range(4)
OTHERS = {
    **{backend: {"backend": backend} for backend in BACKENDS if backend != DEFAULT_BACKEND},
    "eager": {"eager": True},
    "without descent": {"descent": False},
    "eager without descent": {"eager": True, "descent": False},
}


@pytest.mark.parametrize("shard", SHARDS)
def test_brute_force_gives_the_same_verdict_and_the_same_plan(shard: int) -> None:
    @on_many(cases(), 300, shard)
    def holds(case: Case) -> None:
        wanted = BruteForce(case.module_versions, case.host, case.request).document()
        found = answer(case)
        if wanted is None:
            assert found["status"] == "conflict"
        else:
            assert as_far_as(wanted, found) == wanted


@pytest.mark.parametrize("shard", SHARDS)
def test_the_checker_finds_nothing_wrong(shard: int) -> None:
    @on_many(cases(), 300, shard + len(SHARDS))
    def holds(case: Case) -> None:
        assert check(answer(case), MemorySource(case.module_versions), case.host) == ()


@pytest.mark.parametrize("options", OTHERS.values(), ids=OTHERS.keys())
def test_other_ways_to_solve_give_the_same_bytes(options: dict[str, object]) -> None:
    """Pitfalls 2, 4 and 5: lazily added modules, a filter or another solver changed the answer."""

    @on_many(cases(), 100, shard=20)
    def holds(case: Case) -> None:
        assert answer(case, **options) == answer(case)


def test_what_is_alike_in_versions_may_be_one_object() -> None:
    """As a registry has it."""

    @on_many(cases(), 200, shard=50)
    def holds(case: Case) -> None:
        kept: dict[object, Any] = {}
        shared = tuple(
            replace(
                one, hardware=kept.setdefault(one.hardware, one.hardware), modes=kept.setdefault(one.modes, one.modes)
            )
            for one in case.module_versions
        )
        forced = replace(case.request, modes=None, forced_modes={case.module_versions[0].name: "native"})
        for other in (case, replace(case, host=replace(case.host, modes=None), request=forced)):
            assert answer(replace(other, module_versions=shared)) == answer(other)


def test_the_order_of_manifests_does_not_matter() -> None:
    """Pitfalls 5 and 16."""

    @on_many(cases(), 200, shard=30)
    def holds(case: Case) -> None:
        shuffled = list(case.module_versions)
        random.Random(len(shuffled)).shuffle(shuffled)
        other = Case(module_versions=tuple(shuffled), host=case.host, request=case.request)
        assert answer(other) == answer(case)


def print_answers(count: int) -> None:
    """Prints the answers to `count` random cases; run in processes with other hash seeds."""
    for number in range(count):
        print(json.dumps(answer(make_case(Dice(random.Random(number).randbytes(700))))))


def test_the_hash_seed_does_not_matter() -> None:
    """Pitfall 5."""
    program = f"import test_exact; test_exact.print_answers({100 * TIMES})"
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent)])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def test_a_planner_keeps_nothing_from_one_request_to_the_next() -> None:
    """Pitfall 6: solving A, B, A again equals solving A fresh."""

    @on_many(cases(), 100, shard=40)
    def holds(case: Case) -> None:
        planner = Planner(MemorySource(case.module_versions), case.host)
        other = make_case(Dice(bytes(700))).request
        first, _, again = (planner.plan(request) for request in (case.request, other, case.request))
        assert first == again


def test_every_feature_occurs_in_the_random_cases() -> None:
    seen: Counter[str] = Counter()

    @on_many(cases(), 1000)
    def count(case: Case) -> None:
        seen.update(features(case))

    enough = {name for name, times in seen.items() if times >= 3}
    assert enough == {
        "conflict", "decided by the earlier module", "decided by the total", "decided by the version",
        "edge of a provider left out", "first layer not free", "forced mode", "lowest", "more than one answer",
        "not all newest", "other version excluded", "plan", "pre-release", "pre-release that only a requirement admits",
        "provider", "provider that is not the first", "runtime of the host", "runtime that is a module",
        "same module twice", "three layers or more", "three modules or more",
    }  # fmt: skip
    assert seen["plan"] > 400
    assert seen["conflict"] > 300
