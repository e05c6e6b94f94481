"""Everything that there is to say about a request without a plan."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from las_solver.conflict import Conflict, independent_conflicts
from las_solver.errors import OutOfTime
from las_solver.lazy_dataclass import dataclass
from las_solver.model import Host, Request
from las_solver.plan import Plan
from las_solver.problem import Problem
from las_solver.progress import OnProgress, Phase, Progress
from las_solver.repair import Repair, find_repairs
from las_solver.sat import Budget, Stopped
from las_solver.shelf import Shelf
from las_solver.smallest import smallest_conflict

__all__ = ["Diagnosis", "diagnose"]

_EFFORT: Final = 100_000
"""The SAT conflicts that each part of a diagnosis may cost."""

_MOST_CONFLICTS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`conflicts` are independent of each other: each has causes of its own, on the host or in the request.

    `repairs` each make a plan possible, the cheapest first. `complete`: no budget cut short the search for either, and
    there are no conflicts beyond the ten that are looked for.
    """

    conflicts: tuple[Conflict, ...]
    repairs: tuple[Repair, ...]
    complete: bool

    def to_dict(self) -> dict[str, Any]:
        """The first conflict with all that is said of it, as :meth:`las_solver.conflict.Conflict.to_dict` has it."""
        return self.conflicts[0].to_dict(self)


def diagnose(
    shelf: Shelf,
    conflict: Conflict,
    *,
    plan: Callable[[Host, Request], Plan | None],
    smallest: bool,
    most_repairs: int,
    stop: Callable[[], bool],
    on_progress: OnProgress | None = None,
) -> Diagnosis:
    """The diagnosis of `conflict`, for the source and the host of `shelf`; `plan` answers changed requests.

    `on_progress` is told of each conflict and each repair.
    """
    problem = Problem(shelf, conflict.request, pruned=False)
    if smallest:
        conflict = smallest_conflict(problem, conflict, Budget(_EFFORT, stop))
    conflicts, repairs = [conflict], list[Repair]()
    complete = conflict.minimal
    try:
        others = independent_conflicts(problem, conflict, Budget(_EFFORT, stop))
        for other in islice(others, _MOST_CONFLICTS):
            conflicts.append(other)
            if on_progress is not None:
                on_progress(Progress(Phase.EXPLAINING, len(conflicts)))
        if len(conflicts) > _MOST_CONFLICTS:
            conflicts.pop()
            complete = False
    except Stopped:
        complete = False
    try:
        found = find_repairs(
            shelf,
            conflict.request,
            plan=plan,
            budget=Budget(_EFFORT, stop),
        )
        for repair in islice(found, most_repairs):
            repairs.append(repair)
            if on_progress is not None:
                on_progress(Progress(Phase.REPAIRING, len(repairs), most_repairs))
    except (Stopped, OutOfTime):
        complete = False
    return Diagnosis(conflicts=tuple(conflicts), repairs=tuple(repairs), complete=complete)
