"""Conflicts: why no valid answer exists, as a minimal set of statements that contradict each other.

Every statement gets a selector, a literal that switches it on. The modules are taken breadth-first from the
request, until the statements about them contradict each other (:mod:`las_solver.contradiction`); then statements are
left out one by one, the furthest from the request first, as long as the rest still does. This is done for groups of
statements first (all that a module says about another), and then for the statements of the groups that are left, in a
fresh solver. Up to a few thousand groups, each step depends on what is true alone, never on which core the SAT solver
happened to find; docs/algorithm.md says why.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Final

from las_solver.contradiction import Contradiction
from las_solver.graph import leads
from las_solver.ground import completed
from las_solver.lazy_dataclass import dataclass
from las_solver.merge import sharpened, united, weakened
from las_solver.model import Request
from las_solver.problem import Problem
from las_solver.sat import UNLIMITED, Budget, Stopped
from las_solver.statement import (
    CapacityLimit,
    Cycle,
    Dependency,
    HardwareLimit,
    InterfaceNeed,
    LockLimit,
    ModeLimit,
    NoVersion,
    PinLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Statement,
    Staying,
    UnknownModule,
)
from las_solver.theory import NO_CYCLE, Theory

if TYPE_CHECKING:
    from las_solver.diagnosis import Diagnosis

__all__ = ["Conflict", "explain_conflict", "independent_conflicts"]

_MOST_REPEATED: Final = 10
"""How many conflicts that blame the same again are passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """No valid answer to `request` exists: the statements of `core` contradict each other.

    `minimal`: each of them is needed for that. It is False where a time limit kept some in that may not be; where it
    came before any contradiction was found, only the request is in `core`.
    """

    request: Request
    core: tuple[Statement, ...]
    minimal: bool
    problem: Problem = field(compare=False, repr=False)
    """What the statements are about; not pruned."""
    smallest: bool | None = None
    """Whether no other core has fewer statements; None where that was not asked, False where it is not known."""

    def to_dict(self, diagnosis: Diagnosis | None = None) -> dict[str, Any]:
        """The conflict as plain values, ready for JSON (docs/documents.md), with what a `diagnosis` of it adds.

        ``document_schema("plan")`` describes them.
        """
        from las_solver.document import conflict_document

        return conflict_document(self, diagnosis)

    @property
    def is_explained(self) -> bool:
        """Whether the statements of `core` are known to contradict each other."""
        return self.minimal or not all(isinstance(statement, Requested) for statement in self.core)


def explain_conflict(problem: Problem, budget: Budget = UNLIMITED) -> Conflict:
    """The conflict of an unpruned `problem` without a valid answer; no longer reduced once `budget` is used up."""
    conflict = _conflict_besides(problem, (), budget)
    assert conflict is not None, "all statements together can be true, although no valid answer was found"
    return conflict


def independent_conflicts(problem: Problem, first: Conflict, budget: Budget = UNLIMITED) -> Iterator[Conflict]:
    """Conflicts besides `first`, each with causes of its own; not those that blame one request on the same facts again.

    Causes are what the host and the options of the request say in a core, such as how much memory there is; where they
    say nothing in it, that there is no such module or version; else what has to stay; else what is asked for. Raises
    :class:`las_solver.sat.Stopped` when `budget` is used up.
    """
    settled: list[Statement] = []
    told: list[tuple[set[Hashable], set[Hashable]]] = []
    repeated = 0
    conflict: Conflict | None = first
    while conflict is not None and conflict.minimal and repeated <= _MOST_REPEATED:
        causes = _causes(conflict.core)
        settled.extend(causes)
        asked: set[Hashable] = {one for one in conflict.core if isinstance(one, Requested)}
        facts = {_fact(one) for one in causes}
        if any(asked <= others and facts <= known for others, known in told):
            repeated += 1
        else:
            told.append((asked, facts))
            if conflict is not first:
                yield conflict
        conflict = _conflict_besides(problem, settled, budget)


def _conflict_besides(problem: Problem, settled: Sequence[Statement], budget: Budget) -> Conflict | None:
    """The conflict that is left when the statements `settled` are taken away, if there is one."""
    kept: list[Statement] = [Requested(one) for one in problem.request.requirements]
    minimal = False
    try:
        contradiction = Contradiction(problem, settled, budget)
        if not contradiction.exists():
            contradiction.close()
            return None
        kept = contradiction.core()
        kept = contradiction.reduce()
        contradiction.close()
        theory = Theory(problem, kept, budget=budget)
        if not theory.contradicts(theory.selectors):
            raise AssertionError("the statements of a core do not contradict each other")
        kept = theory.core()
        kept = theory.reduce()
        theory.close()
        minimal = True
        kept = weakened(problem, sharpened(problem, kept, budget), settled, budget)
    except Stopped:
        if settled:
            raise
    return Conflict(request=problem.request, core=finished(problem, kept), minimal=minimal, problem=problem)


def _causes(core: Sequence[Statement]) -> list[Statement]:
    """What the host and the options of the request say in `core`; else what there is not, what stays, what is asked."""
    absent = UnknownModule | NoVersion
    neutral = Dependency | Cycle | absent | Staying | Requested
    causes: list[Statement] = [one for one in core if not isinstance(one, neutral)]
    return (
        causes
        or [one for one in core if isinstance(one, absent)]
        or [one for one in core if isinstance(one, Staying)]
        or [one for one in core if isinstance(one, Requested)]
    )


def _fact(cause: Statement) -> Hashable:
    """What a cause says something of, whatever module it is about."""
    match cause:
        case HardwareLimit(_, lack):
            return HardwareLimit, lack.fact
        case CapacityLimit():
            return CapacityLimit, *cause.key
        case RuntimeNeed(_, requirement):
            return RuntimeNeed, requirement.name
        case InterfaceNeed(_, interface):
            return InterfaceNeed, interface
        case ModeLimit() | PreRelease():
            return type(cause).__name__
        case PinLimit(_, requirement):
            return PinLimit, requirement
        case LockLimit(span):
            return LockLimit, span.module
        case _:
            return cause


def finished(problem: Problem, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements of a core, each with what it only says beside the others; that there is no circle comes last."""
    needed = {one.requirement.name: one for one in statements if isinstance(one, Requested | Dependency)}
    statements = united(statements)
    finished = [
        completed(problem, one, is_runtime=isinstance(one, UnknownModule) and one.module not in needed)
        for one in statements
        if one != NO_CYCLE
    ]
    return (*finished, _circle_among(statements)) if NO_CYCLE in statements else tuple(finished)


def _circle_among(statements: Sequence[Statement]) -> Cycle:
    """That there must be no circle, with the modules in one and their needs, as the other statements name them."""
    edges = {
        (statement.span.module, statement.requirement.name): None
        for statement in statements
        if isinstance(statement, Dependency | RuntimeNeed)
    }
    targets: dict[str, list[str]] = {}
    for name, target in edges:
        targets.setdefault(name, []).append(target)
        targets.setdefault(target, [])
    around = tuple((name, target) for name, target in edges if leads(targets, target, name))
    return replace(NO_CYCLE, modules=tuple(sorted({name for name, _ in around})), edges=around)
