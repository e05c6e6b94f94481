"""Section 10: a time limit ends whatever takes long, the first descent included."""

from __future__ import annotations

import pytest
from registries import ask, module, version

from las_solver.errors import OutOfTime
from las_solver.model import Host
from las_solver.planner import Planner
from las_solver.source import MemorySource


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
