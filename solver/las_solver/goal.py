"""What an optimum is about: quantities of single modules that are to be as small as possible."""

from __future__ import annotations

from typing import Protocol

from las_solver.answer import Answer, is_changed
from las_solver.problem import Domain, Problem
from las_solver.ranks import Intervals
from las_solver.search import Search

__all__ = ["Goal", "Newness", "Presence", "Sameness"]


class Goal(Protocol):
    """A quantity of the module `name`: no answer can go below `least`; `granted` is what cores have conceded so far."""

    name: str
    least: int
    granted: int

    def cost(self, answer: Answer) -> int:
        """The quantity in `answer`."""
        ...

    def within(self, search: Search, cost: int) -> int | None:
        """The literal "at most `cost`"; None where that says nothing."""
        ...


class Newness:
    """The versions that a module is behind (ahead, under the strategy `lowest`) of those that are `allowed`.

    The best of `possible`, some of those, is the best that any answer has. A module that `may_go` and is not there is
    none behind.
    """

    def __init__(
        self, problem: Problem, name: str, allowed: Intervals, possible: Intervals, *, may_go: bool = False
    ) -> None:
        self.name = name
        self._domain: Domain = problem.domain(name)
        self._allowed = allowed
        self._lowest = problem.lowest
        self._may_go = may_go
        self.least = 0 if may_go else self._domain.behind(possible[0][0] if self._lowest else possible[-1][1])
        self.granted = self.least

    def cost(self, answer: Answer) -> int:
        rank = answer.get(self.name)
        return 0 if rank is None else self._domain.behind(rank)

    def within(self, search: Search, cost: int) -> int | None:
        eligible = self._domain.eligible
        if cost >= len(eligible):
            return None
        if self._lowest:
            literal = -search.encoding.at_least(self.name, eligible[cost] + 1)
        else:
            literal = search.encoding.at_least(self.name, eligible[-1 - cost])
        if literal == search.encoding.true:
            return None
        return search.encoding.either(-search.encoding.present(self.name), literal) if self._may_go else literal

    def has_rival(self, rank: int) -> bool:
        """Whether a pre-release that is as far behind as the version at `rank` would win the tie against it."""
        return self._domain.has_rival(rank, self._allowed)


class Sameness:
    """Whether an installed module is changed: 0 or 1."""

    least = 0

    def __init__(self, problem: Problem, name: str) -> None:
        self.name = name
        self.granted = 0
        self._problem = problem

    def cost(self, answer: Answer) -> int:
        return int(is_changed(self._problem, self.name, answer))

    def within(self, search: Search, cost: int) -> int | None:
        return search.unchanged(self.name) if cost < 1 else None


class Presence:
    """Whether a module is removed: 0 or 1."""

    least = 0

    def __init__(self, name: str) -> None:
        self.name = name
        self.granted = 0

    def cost(self, answer: Answer) -> int:
        return int(self.name not in answer)

    def within(self, search: Search, cost: int) -> int | None:
        return search.encoding.present(self.name) if cost < 1 else None
