"""The front door: deadlines, reuse and wrong use (section 5 on `optimal`; pitfalls 6 and 11)."""

from __future__ import annotations

from itertools import count

import pytest
from brute_force import BruteForce
from registries import ask, module, version

from las_solver.errors import InvalidInput, OutOfTime
from las_solver.model import Host
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

TRADE_OFF = [
    *(version(f"{name} {number}.0", f"lib@<={7 - number}") for name in "abc" for number in range(1, 7)),
    *(version(f"{name} {number}.0", f"lib@>={number}") for name in "de" for number in range(1, 7)),
    *module("lib", *(f"{number}.0" for number in range(1, 7))),
]
WANTED = ask("a", "d", "b", "e", "c")


def test_a_plan_whose_time_was_up_is_valid_and_says_what_is_missing() -> None:
    """With more and more time: none, one that is not proved to be the newest, the newest without all reasons, all."""
    best = Planner(MemorySource(TRADE_OFF), Host(), descent=False).plan(WANTED)
    assert isinstance(best, Plan) and best.optimal and best.explained
    said: list[tuple[bool, bool]] = []
    for patience in range(200):
        asked = count()
        try:
            found = Planner(MemorySource(TRADE_OFF), Host(), descent=False).plan(
                WANTED,
                stop=lambda asked=asked, patience=patience: next(asked) >= patience,  # type: ignore[misc]
            )
        except OutOfTime:
            assert not said, "once there is time for a first answer, more time never gives less"
            continue
        assert isinstance(found, Plan)
        oracle = BruteForce(TRADE_OFF, Host(), WANTED)
        own = {step.module: str(step.version) for step in found.steps}
        assert oracle.is_valid({one.name: one for one in TRADE_OFF if own.get(one.name) == str(one.version)})
        if found.optimal:
            assert own == {step.module: str(step.version) for step in best.steps}
        if found.optimal and found.explained:
            assert found == best
            break
        said.append((found.optimal, found.explained))
    else:
        pytest.fail("the proof never ended")
    assert said == sorted(said) and {optimal for optimal, _ in said} == {False, True}


def test_without_any_time_there_is_no_plan() -> None:
    with pytest.raises(OutOfTime):
        Planner(MemorySource(TRADE_OFF), Host(), descent=False).plan(WANTED, stop=lambda: True)


def test_a_planner_answers_each_request_as_a_fresh_one_would() -> None:
    """A, B, A; also where requests differ in what rules versions out."""
    planner = Planner(MemorySource(TRADE_OFF), Host())
    requests = [ask("a"), ask("a@<3", "e"), ask("a", excluded=["a@6"]), WANTED, ask("ghost")]
    for request in [*requests, *reversed(requests)]:
        assert planner.plan(request) == Planner(MemorySource(TRADE_OFF), Host()).plan(request)


def test_an_unknown_backend_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"no SAT backend 'minesat'[^$]*there are .*glucose4"):
        Planner(MemorySource([]), Host(), backend="minesat")


def test_a_request_for_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="nothing is requested"):
        Planner(MemorySource([]), Host()).plan(ask())


@pytest.mark.parametrize("options", [{}, {"descent": False}, {"descent": False, "eager": True}])
def test_a_long_chain_needs_no_recursion(options: dict[str, bool]) -> None:
    chain = [version(f"m{place} 1.0", *([f"m{place + 1}"] if place < 1999 else [])) for place in range(2000)]
    found = Planner(MemorySource(chain), Host(), **options).plan(ask("m0"))  # type: ignore[arg-type]
    assert isinstance(found, Plan)
    assert [step.module for step in found.steps] == [f"m{place}" for place in reversed(range(2000))]


@pytest.mark.parametrize("options", [{}, {"descent": False}])
def test_a_thousand_versions_of_one_module(options: dict[str, bool]) -> None:
    registry = [version(f"app 1.{number}", f"lib@=={number}") for number in range(1000)]
    registry += module("lib", *(str(number) for number in range(0, 1000, 2)))
    found = Planner(MemorySource(registry), Host(), **options).plan(ask("app", "lib@<501"))  # type: ignore[arg-type]
    assert isinstance(found, Plan)
    assert [str(step.version) for step in found.steps] == ["500", "1.500"]


def test_a_thousand_versions_of_which_each_is_too_large_and_needs_something_of_its_own() -> None:
    registry = [version(f"app {number}.0", f"lib{number}@>=2", ram_min=number) for number in range(1, 1001)]
    registry += [version(f"lib{number} 2.0") for number in range(1, 1001)]
    found = Planner(MemorySource(registry), Host(ram=1)).plan(ask("app"))
    assert isinstance(found, Plan) and found.explained
    assert [str(step.version) for step in found.steps] == ["2.0", "1.0"]
    assert len(found.steps[-1].held_back_by) == 999
