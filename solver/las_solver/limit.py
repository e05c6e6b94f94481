"""Limits on what the modules of an answer weigh together: the caller's own constraints (docs/decisions/0022)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING

from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_solver.model import ModuleVersion

__all__ = ["Limit"]


@dataclass(frozen=True, slots=True)
class Limit:
    """The modules of an answer weigh no more than `at_most` together.

    `weigh` answers what a module version weighs, a whole number from 0 on, and the same each time that it is asked.
    With weights 0 and 1 this is a cardinality constraint, else a pseudo-Boolean one. `name` is what reports say there
    are no more of, such as ``inference servers``; two limits of one name and bound are taken for the same.
    """

    name: str
    at_most: int
    weigh: Callable[[ModuleVersion], int] = field(compare=False, repr=False)
