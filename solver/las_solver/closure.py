"""Everything that can be said of the modules that a request can reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from las_solver.constraint import Requirement
from las_solver.ground import missing, statements_about, stays
from las_solver.lazy_dataclass import dataclass
from las_solver.problem import Problem
from las_solver.sat import Stopped
from las_solver.statement import InterfaceNeed, Requested, Statement, target_of

__all__ = ["Closure", "absence", "closure"]


@dataclass(frozen=True, slots=True)
class Closure:
    """The `statements` about some `modules`, which lead to no others."""

    statements: tuple[Statement, ...]
    modules: frozenset[str]


def closure(problem: Problem, stop: Callable[[], bool], *, beside: Iterable[str] = ()) -> Closure:
    """Every statement about a module that the request can reach, breadth-first; `problem` is not pruned.

    Of what is installed besides, it reaches the modules `beside`.

    Raises :class:`las_solver.sat.Stopped` when `stop` answers True.
    """
    statements: dict[Statement, None] = {}
    for requirement in problem.request.requirements:
        statements[Requested(requirement)] = None
        statements.update(absence(problem, requirement))
    queue = [*problem.requested, *beside]
    seen: set[str] = set()
    for name in queue:
        if name in seen:
            continue
        seen.add(name)
        if stop():
            raise Stopped
        if (stay := stays(problem, name)) is not None:
            statements[stay] = None
        for statement in statements_about(problem, name):
            statements[statement] = None
            if (target := target_of(statement)) is not None:
                statements.update(absence(problem, target))
                queue.append(target.name)
            elif isinstance(statement, InterfaceNeed):
                queue.extend(statement.providers)
    return Closure(tuple(statements), frozenset(seen))


def absence(problem: Problem, requirement: Requirement) -> dict[Statement, None]:
    """The statement that nothing meets `requirement`, if nothing does."""
    nothing = missing(problem, requirement)
    return {} if nothing is None else {nothing: None}
