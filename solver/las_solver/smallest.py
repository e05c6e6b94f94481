"""Cores of the least size: implicit hitting sets over correction sets (Ignatiev, Previti, Liffiton and others, 2015).

Every core holds a statement of each set of statements without which the rest can be true. So the smallest set that hits
all such sets known so far is no larger than the smallest core: if its statements contradict each other, it is one; if
not, what has to be left out of a largest set around it that can be true is a new set to hit.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from las_solver.closure import closure
from las_solver.conflict import Conflict, finished
from las_solver.disturbance import Disturbance
from las_solver.lazy_dataclass import dataclass
from las_solver.merge import merged, subject, trimmed, united
from las_solver.problem import Problem
from las_solver.sat import Budget, Cheapest, Stopped
from las_solver.statement import Statement
from las_solver.theory import NO_CYCLE, Theory

__all__ = ["smallest_conflict"]


def smallest_conflict(problem: Problem, conflict: Conflict, budget: Budget) -> Conflict:
    """`conflict` with a core of which there is no smaller one, `smallest` True; if `budget` allows to find one.

    Where no core has fewer statements than that of `conflict`, it stays as it is.
    """
    try:
        core = _smallest(problem, len(conflict.core), budget)
        core = core and trimmed(problem, core, budget)
    except Stopped:
        return replace(conflict, smallest=False)
    if core is None:
        return replace(conflict, smallest=True)
    return replace(conflict, core=finished(problem, core), minimal=True, smallest=True)


def _smallest(problem: Problem, known: int, budget: Budget) -> list[Statement] | None:
    """The statements of a smallest core, if it has fewer than `known`."""
    beside: list[str] = []
    while True:
        found = _smallest_beside(problem, known, budget, beside)
        if not isinstance(found, _Disturbed):
            return found
        beside.extend(found.modules)


@dataclass(frozen=True, slots=True)
class _Disturbed:
    """Staying `modules` have to be spoken of, too: they could not stay beside what can be true of the others."""

    modules: list[str]


def _smallest_beside(
    problem: Problem, known: int, budget: Budget, beside: Iterable[str]
) -> list[Statement] | _Disturbed | None:
    """The statements of a smallest core, if it has fewer than `known`; modules `beside` take part in any case."""
    reached = closure(problem, budget, beside=beside)
    said = united(reached.statements)
    statements = [*said, *_said_at_once(problem, said), NO_CYCLE]
    theory = Theory(problem, dict.fromkeys(statements), budget=budget)
    theory.encoding.prefers_installed = True
    disturbance = Disturbance(problem)
    cheapest = Cheapest(dict.fromkeys(theory.selectors, 1), budget)
    try:
        while True:
            if budget():
                raise Stopped
            taken = cheapest.find()
            assert taken is not None, "all statements together can be true, although no valid answer was found"
            if len(taken) >= known:
                return None
            chosen = [selector for selector in theory.selectors if selector in taken]
            if theory.contradicts(chosen):
                return theory.core()
            left_out = _left_out(theory, chosen)
            if problem.installed.is_staying:
                theory.contradicts([selector for selector in theory.selectors if selector not in set(left_out)])
                disturbed = disturbance.beside(theory.encoding.snapshot(), reached.modules)
                if disturbed:
                    return _Disturbed(disturbed)
            cheapest.add(left_out)
    finally:
        cheapest.close()
        theory.close()


def _left_out(theory: Theory, chosen: Iterable[int]) -> list[int]:
    """The selectors outside of a largest set around `chosen` of which the statements can be true together."""
    inside = list(chosen)
    left = [selector for selector in theory.selectors if selector not in set(inside)]
    while left:
        some = theory.sat.new_variable(phase=False)
        theory.sat.add((-some, *left))
        if theory.sat.solve([*inside, some]):
            further = [selector for selector in left if theory.sat.value(selector)]
            if theory.contradicts([*inside, *further]):  # as cycles and pre-releases are looked at only here
                further = [further[0]]
                if theory.contradicts([*inside, *further]):
                    left.remove(further[0])
                    continue
        else:
            break
        inside.extend(further)
        left = [selector for selector in left if selector not in set(further)]
    return [selector for selector in theory.selectors if selector not in set(inside)]


def _said_at_once(problem: Problem, statements: Iterable[Statement]) -> Iterable[Statement]:
    """What several of `statements` say at once."""
    alike: dict[Hashable, list[Statement]] = {}
    for statement in statements:
        if (about := subject(statement)) is not None:
            alike.setdefault(about, []).append(statement)
    for several in alike.values():
        if len(several) > 1:
            fewer = merged(problem, several)
            if len(fewer) < len(several):
                yield from fewer
