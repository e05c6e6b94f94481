"""The changes of one fact, from small to large."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from las_solver.change import Change
from las_solver.lazy_dataclass import dataclass

__all__ = ["Ladder", "Levels"]

Levels = Mapping[Hashable, int]
"""For each fact, how many of its rungs are taken; none of a fact that is not named."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The changes of one fact, from small to large, and the literal of each: "at this rung or above".

    `exact`: a higher rung does not lift all that a lower one does, as with the version of a runtime.
    """

    fact: Hashable
    rungs: tuple[Change, ...]
    literals: tuple[int, ...]
    exact: bool = False
