"""A bound on a sum to which each of several parts adds one of its amounts, as a reduced decision diagram.

The construction by intervals is that of Abío, Nieuwenhuis, Oliveras, Rodríguez-Carbonell and Mayer-Eichberger ("A New
Look at BDDs for Pseudo-Boolean Constraints", 2012), with a branch for each amount of a part: where the same remains
possible for all that is left of the bound within an interval, one node stands for it, so that nodes are few even where
hardly two sums are equal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from operator import itemgetter
from typing import Final, TypeAlias

__all__ = ["Node", "TooLarge", "clauses", "diagram"]

_MOST_PARTS: Final = 400
"""The depth of recursion."""


class TooLarge(Exception):
    """The diagram would have more branches than allowed."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """What follows if `part` adds nothing, and for each of its amounts in order: another node, or whether that is all
    right whatever the parts after it add."""

    part: int
    without: Node | bool
    branches: tuple[Node | bool, ...]


_Found: TypeAlias = tuple[float, float, Node | bool]
"""A node, and the least and the most that may be left of the bound where it stands for what is possible."""


def diagram(parts: Sequence[Sequence[int]], bound: int, most_branches: int) -> Node | bool:
    """All choices of one or none of the amounts, above 0, of each of `parts` with a sum of at most `bound`.

    Raises :class:`TooLarge` where it takes more than `most_branches` to find it.
    """
    if len(parts) > _MOST_PARTS:
        raise TooLarge
    return _Diagram(parts, most_branches).found(0, bound)[2]


class _Diagram:
    """The nodes that were made."""

    def __init__(self, parts: Sequence[Sequence[int]], most_branches: int) -> None:
        self._parts = parts
        self._branches_left = most_branches
        largest = [max(amounts, default=0) for amounts in parts]
        self._rest = [*accumulate(reversed(largest), initial=0)][::-1]
        self._known: list[list[_Found]] = [[] for _ in parts]

    def found(self, part: int, left: int) -> _Found:
        """What is possible for the parts from `part` on, if `left` is left of the bound."""
        if left < 0:
            return -inf, -1, False
        if left >= self._rest[part]:
            return self._rest[part], inf, True
        known = self._known[part]
        place = bisect_right(known, left, key=itemgetter(0))
        if place > 0 and left <= known[place - 1][1]:
            return known[place - 1]
        self._branches_left -= 1 + len(self._parts[part])
        if self._branches_left < 0:
            raise TooLarge
        low, high, without = self.found(part + 1, left)
        branches = []
        for amount in self._parts[part]:
            least, most, branch = self.found(part + 1, left - amount)
            low, high = max(low, least + amount), min(high, most + amount)
            branches.append(branch)
        is_all_the_same = all(branch is without for branch in branches)
        found: _Found = (low, high, without if is_all_the_same else Node(part, without, tuple(branches)))
        known.insert(place, found)
        return found


def clauses(
    root: Node | bool, literals: Sequence[Sequence[int]], new_variable: Callable[[], int]
) -> Iterator[list[int]]:
    """Clauses that can be true if and only if what is chosen leads from `root` to True.

    `literals` are those of the amounts of each part, the largest first: "it adds so much, or more". Each node but the
    root has a variable, which demands that what the node stands for is possible.
    """
    if root is False:
        yield []
    waiting: list[tuple[Node, list[int]]] = [(root, [])] if isinstance(root, Node) else []
    variables: dict[Node, int] = {}
    while waiting:
        node, unless = waiting.pop()
        for literal, branch in ((None, node.without), *zip(literals[node.part], node.branches, strict=True)):
            clause = unless if literal is None else [*unless, -literal]
            if isinstance(branch, Node):
                if branch not in variables:
                    variables[branch] = new_variable()
                    waiting.append((branch, [-variables[branch]]))
                yield [*clause, variables[branch]]
            elif not branch:
                yield clause
