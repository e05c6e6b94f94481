"""The least vector of versions of entangled modules, by cores: OLL, as in :mod:`las_solver.newest`, on tangles alone.

For a module with the versions c0, c1, ... that it can have, from close to far, there is a variable "ck or further".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise

from las_solver.propagation import Table
from las_solver.sat import DEFAULT_BACKEND, Budget, Sat, Totalizer
from las_solver.tangles import Part

__all__ = ["least_by_cores"]


class _Ladder:
    """The versions that a module can have, from close to far, and the literals that say how far it is."""

    def __init__(self, sat: Sat, table: Table, ranks: list[int]) -> None:
        self._sat = sat
        self.ranks = ranks
        self.distances = [table.distance(rank) for rank in ranks]
        self._further = [sat.new_variable(phase=False) for _ in ranks[1:]]
        self._outside: dict[int, int | None] = {}
        self.granted = self.distances[0]
        for nearer, further in pairwise(self._further):
            sat.add((-further, nearer))

    def within(self, distance: int) -> int | None:
        """The literal "no further than `distance`", which is no less than the least; None where that says nothing."""
        place = bisect_right(self.distances, distance)
        return -self._further[place - 1] if place < len(self.ranks) else None

    def outside(self, ranks: int) -> int | None:
        """A literal that is true only if the module is at none of `ranks`; None if it always is at one of them."""
        if ranks not in self._outside:
            self._outside[ranks] = self._make_outside([not ranks >> rank & 1 for rank in self.ranks])
        return self._outside[ranks]

    def _make_outside(self, is_outside: list[bool]) -> int | None:
        if not any(is_outside):
            return None
        first = is_outside.index(True)
        if first and all(is_outside[first:]):
            return self._further[first - 1]
        literal = self._sat.new_variable(phase=False)
        for place, outside in enumerate(is_outside):
            if not outside:  # not at this one: nearer than it, or further
                before = [-self._further[place - 1]] if place else []
                beyond = [self._further[place]] if place < len(self._further) else []
                self._sat.add((-literal, *before, *beyond))
        return literal

    def place(self, model: Sequence[bool]) -> int:
        """Where the module is in `model`."""
        return sum([model[literal] for literal in self._further])


def least_by_cores(
    part: Part, start: dict[Table, int], after: Callable[[Table, int, int], int | None], effort: Budget
) -> tuple[int, ...] | None:
    """As :func:`las_solver.tangles.least`; each question to the SAT solver counts as one conflict more.

    Raises :class:`las_solver.sat.Stopped` once `effort` is spent.
    """
    sat = Sat(DEFAULT_BACKEND, stop=effort, spend=lambda conflicts: effort.spend(conflicts + 1))
    try:
        ladders = {table: _Ladder(sat, table, _ranks(table, start[table], after)) for table in part[0]}
        for tangle in part[1]:
            literals = [ladders[table].outside(ranks) for table, ranks in tangle]
            sat.add([literal for literal in literals if literal is not None])
        if not sat.solve():
            return None
        tangled = _minimise(sat, list(ladders.values()))
        for ladder in ladders.values():
            if ladder in tangled:
                _settle(sat, ladder)
        return tuple([ladder.ranks[ladder.place(sat.model)] for ladder in ladders.values()])
    finally:
        sat.close()


def _ranks(table: Table, rank: int, after: Callable[[Table, int, int], int | None]) -> list[int]:
    ranks = [rank]
    while (further := after(table, ranks[-1], 0)) is not None:
        ranks.append(further)
    return ranks


def _minimise(sat: Sat, ladders: list[_Ladder]) -> set[_Ladder]:
    """Demand the least total distance; the modules that share a core with others."""
    tangled: set[_Ladder] = set()
    assumed: dict[int, _Ladder] = {}
    counters: dict[int, tuple[Totalizer, int]] = {}

    def count(counter: Totalizer, most: int) -> None:
        if (more := counter.more_than(most)) is not None:
            counters[-more] = counter, most

    for ladder in ladders:
        if (literal := ladder.within(ladder.granted)) is not None:
            assumed[literal] = ladder
    while not sat.solve((*assumed, *counters)):
        core = sat.core
        if len(core) > 1:
            tangled.update(assumed[literal] for literal in core if literal in assumed)
        for literal in core:
            if literal in assumed:
                ladder = assumed.pop(literal)
                ladder.granted += 1
                if (relaxed := ladder.within(ladder.granted)) is not None:
                    assumed[relaxed] = ladder
            else:
                counter, most = counters.pop(literal)
                count(counter, most + 1)
        if len(core) > 1:
            count(Totalizer(sat, [-literal for literal in core]), 1)
    for literal in (*assumed, *counters):
        sat.add((literal,))
    return tangled


def _settle(sat: Sat, ladder: _Ladder) -> None:
    """Demand the closest version of one module that is left, and find a model with it."""
    model = sat.model
    while place := ladder.place(model):
        closer = ladder.within(ladder.distances[place - 1])
        assert closer is not None
        if not sat.solve((closer,)):
            break
        model = sat.model
    if (literal := ladder.within(ladder.distances[ladder.place(model)])) is not None:
        sat.add((literal,))
