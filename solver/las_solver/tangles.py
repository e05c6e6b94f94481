"""The least vector of versions of modules that cannot all be at their best.

Each tangle says of some modules of a layer that they are not all at the ranks given there. Modules that no tangle
connects do not matter to each other, so that each connected part is a search of its own, and mostly a small one: best
first, with what tangles without a module in common will cost in any case as the bound (A*).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import TypeAlias

from las_solver.propagation import Table

__all__ = ["Part", "Tangle", "TooMany", "least", "parts_of"]

Tangle: TypeAlias = "tuple[tuple[Table, int], ...]"
Part: TypeAlias = "tuple[list[Table], list[Tangle]]"
_Vector: TypeAlias = "tuple[int, ...]"
_Placed: TypeAlias = "list[tuple[int, int]]"

_MOST_MODULES = 12
_MOST = 100
"""How many vectors are looked at for one part."""


class TooMany(Exception):
    """The search takes longer than it is worth."""


def parts_of(tables: Iterable[Table], tangles: Iterable[Tangle]) -> Iterator[Part]:
    """The connected parts: their modules, in the order of `tables`, and their tangles."""
    roots: dict[Table, Table] = {}

    def find(table: Table) -> Table:
        while (above := roots.setdefault(table, table)) is not table:
            table = above
        return table

    tangles = list(tangles)
    for tangle in tangles:
        first = find(tangle[0][0])
        for table, _ in tangle[1:]:
            roots[find(table)] = first
    parts: dict[Table, Part] = {}
    for table in tables:
        if table in roots:
            parts.setdefault(find(table), ([], []))[0].append(table)
    for tangle in tangles:
        parts[find(tangle[0][0])][1].append(tangle)
    yield from parts.values()


def least(part: Part, start: Mapping[Table, int], after: Callable[[Table, int, int], int | None]) -> _Vector | None:
    """The ranks of the modules of `part`, no closer than at `start`, that no tangle forbids.

    Their total distance is the least; of those that tie, the earlier module is closer. None if there are none.
    `after` answers the next rank of a module that is further away than one and outside of some; None if there is none.
    Raises :class:`TooMany` where cores are the better way.
    """
    if len(part[0]) > _MOST_MODULES:
        raise TooMany
    return _Search(part, after).run(tuple([start[table] for table in part[0]]))


class _Search:
    def __init__(self, part: Part, after: Callable[[Table, int, int], int | None]) -> None:
        self._tables, tangles = part
        places = {table: place for place, table in enumerate(self._tables)}
        self._tangles: list[_Placed] = [[(places[table], ranks) for table, ranks in tangle] for tangle in tangles]
        self._after = after
        self._next: dict[tuple[int, int, int], int | None] = {}

    def run(self, start: _Vector) -> _Vector | None:
        heap: list[tuple[int, _Vector, _Vector, _Placed]] = []
        seen = {start}
        pending = [start]
        while True:
            for vector in pending:
                bound, broken = self._judge(vector)
                if bound is not None:
                    distances = tuple([table.distance(rank) for table, rank in zip(self._tables, vector, strict=True)])
                    heappush(heap, (sum(distances) + bound, distances, vector, broken))
            if not heap:
                return None
            if len(seen) > _MOST:
                raise TooMany
            *_, vector, broken = heappop(heap)
            if not broken:
                return vector
            pending = [one for one in self._leaving(vector, broken) if one not in seen]
            seen.update(pending)

    def _judge(self, vector: _Vector) -> tuple[int | None, _Placed]:
        """What vectors without broken tangles cost beyond `vector` at least, and a tangle that it breaks, if any.

        None: there are no such vectors.
        """
        used: set[int] = set()
        bound = 0
        smallest: _Placed = []
        for tangle in self._tangles:
            if all(ranks >> vector[place] & 1 for place, ranks in tangle):
                costs = self._costs(vector, tangle)
                if not costs:
                    return None, tangle
                if used.isdisjoint(place for place, _ in tangle):
                    used.update(place for place, _ in tangle)
                    bound += min(costs)
                if not smallest or len(tangle) < len(smallest):
                    smallest = tangle
        return bound, smallest

    def _costs(self, vector: Sequence[int], tangle: _Placed) -> list[int]:
        costs = []
        for place, ranks in tangle:
            rank = self._further(place, vector[place], ranks)
            if rank is not None:
                distance = self._tables[place].distance
                costs.append(distance(rank) - distance(vector[place]))
        return costs

    def _leaving(self, vector: _Vector, tangle: _Placed) -> Iterator[_Vector]:
        """The vectors in which one module is moved as far as it takes to leave `tangle`."""
        for place, ranks in tangle:
            rank = self._further(place, vector[place], ranks)
            if rank is not None:
                yield (*vector[:place], rank, *vector[place + 1 :])

    def _further(self, place: int, rank: int, ranks: int) -> int | None:
        key = (place, rank, ranks)
        if key not in self._next:
            self._next[key] = self._after(self._tables[place], rank, ranks)
        return self._next[key]
