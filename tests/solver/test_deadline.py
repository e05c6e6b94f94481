"""Section 10: a time limit ends whatever takes long, the first descent included."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import pytest
from registries import ask, module, version

from las_solver.conflict import Conflict
from las_solver.constraint import Requirement
from las_solver.errors import OutOfTime
from las_solver.model import Host
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

Answer = TypeVar("Answer", Plan, Conflict)


class AfterSome:
    """Answers True from the time it was asked so often."""

    def __init__(self, asked: int) -> None:
        self.left = asked

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


CHAIN = [version(f"m{place} 1.0", f"m{place + 1}") for place in range(300)]


def test_the_first_descent_is_ended_too() -> None:
    """It ends this request without a search, so that nothing else would ask."""
    planner = Planner(MemorySource([*CHAIN, *module("m300", "1.0")]), Host())
    stop = AfterSome(100)
    with pytest.raises(OutOfTime):
        planner.plan(ask("m0"), stop=stop)
    assert stop.left == -1
    with pytest.raises(OutOfTime):
        planner.has_plan(ask("m0"), stop=AfterSome(100))
    assert planner.has_plan(ask("m0"), stop=AfterSome(400))


HELD_BACK = [
    version("app 1.0", *(f"m{place}" for place in range(60))),
    *(version(f"m{place} {number}.0", ram_min=number) for place in range(60) for number in (1, 2)),
]


def test_the_first_reasons_are_ended_too() -> None:
    """No search is needed for them, so that nothing else would ask."""
    planner = Planner(MemorySource(HELD_BACK), Host(ram=1))
    stop = AfterSome(0)
    plan = planner.plan(ask("app"), stop_explaining=stop)
    assert isinstance(plan, Plan)
    assert plan.optimal and not plan.explained and stop.left == -1
    assert 0 < sum(bool(step.held_back_by) for step in plan.steps) < 60
    assert planner.plan(ask("app")) == planner.plan(ask("app"), stop_explaining=AfterSome(100)) != plan


def test_a_deadline_holds_for_reasons_unless_they_have_one_of_their_own() -> None:
    planner = Planner(MemorySource([*module("tool", "1.0"), version("app 1.0", "tool@>=2")]), Host())
    asked = 0
    while True:  # until the search alone asks no more often
        with suppress(OutOfTime):
            cut = planner.plan(ask("app"), stop=AfterSome(asked))
            break
        asked += 1
    assert isinstance(cut, Conflict) and not cut.minimal
    whole = planner.plan(ask("app"), stop=AfterSome(asked), stop_explaining=lambda: False)
    assert isinstance(whole, Conflict) and whole.minimal


TOWERS = [
    version(f"m{place} {number}.0", *([f"m{place + 1}@<={number}"] if place < 15 else []), ram_min=number + place % 3)
    for place in range(16)
    for number in range(1, 5)
]
ENTRIES: dict[str, Callable[[Planner, Callable[[], bool]], object]] = {
    "plan": lambda planner, stop: planner.plan(ask("m0"), stop=stop),
    "no plan": lambda planner, stop: planner.plan(ask("m0@<2", "m15@>=2"), stop=stop),
    "has_plan": lambda planner, stop: planner.has_plan(ask("m0"), stop=stop),
    "why": lambda planner, stop: planner.why(Requirement.parse("m9@4.0"), ask("m0"), stop=stop),
    "needs": lambda planner, stop: planner.needs(ask("m0"), stop=stop),
    "survey": lambda planner, stop: list(planner.survey(Requirement.parse("m0"), stop=stop)),
    "admit": lambda planner, stop: planner.admit(_answer(planner, Plan, "m0"), stop=stop),
    "diagnose": lambda planner, stop: planner.diagnose(_answer(planner, Conflict, "m0@<2", "m15@>=2"), stop=stop),
}


def _answer(planner: Planner, kind: type[Answer], *requirements: str) -> Answer:
    answer = planner.plan(ask(*requirements))
    assert isinstance(answer, kind)
    return answer


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_question_asks_often_and_ends_soon(entry: str) -> None:
    whole = AfterSome(10**9)
    ENTRIES[entry](Planner(MemorySource(TOWERS), Host(ram=6)), whole)
    asked = 10**9 - whole.left
    assert asked > 15
    for often in (0, asked // 4, asked // 2):
        stop = AfterSome(often)
        with suppress(OutOfTime):
            ENTRIES[entry](Planner(MemorySource(TOWERS), Host(ram=6)), stop)
        assert -12 <= stop.left < 0
