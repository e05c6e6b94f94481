"""Conflicts: why no valid answer exists, as a minimal set of statements that contradict each other.

Every statement gets a selector, a literal that switches it on. The modules are taken breadth-first from the
request, until the statements about them contradict each other; then statements are left out one by one, the
furthest from the request first, as long as the rest still does. Each step depends on what is true alone, never on
which core the SAT solver happened to find, so that the same problem gives the same core on every backend. This is
done for groups of statements first (all that a module says about another), and then for the statements of the
groups that are left, in a fresh solver.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from las_solver.answer import leads
from las_solver.constraint import ANY, Requirement
from las_solver.ground import completed, missing, statements_about
from las_solver.model import Request
from las_solver.problem import Domain, Need, Problem
from las_solver.sat import UNLIMITED, Budget, Stopped
from las_solver.statement import (
    Cycle,
    Dependency,
    InterfaceNeed,
    Requested,
    RuntimeNeed,
    Statement,
    UnknownModule,
    module_of,
    spans_of,
    target_of,
)
from las_solver.theory import NO_CYCLE, Theory

__all__ = ["Conflict", "explain_conflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """No valid answer to `request` exists: the statements of `core` contradict each other.

    `minimal`: each of them is needed for that. It is False where a time limit kept some in that may not be; where it
    came before any contradiction was found, only the request is in `core`.
    """

    request: Request
    core: tuple[Statement, ...]
    minimal: bool

    @property
    def is_explained(self) -> bool:
        """Whether the statements of `core` are known to contradict each other."""
        return self.minimal or not all(isinstance(statement, Requested) for statement in self.core)


def explain_conflict(problem: Problem, budget: Budget = UNLIMITED) -> Conflict:
    """The conflict of an unpruned `problem` without a valid answer; no longer reduced once `budget` is used up."""
    kept: list[Statement] = [Requested(one) for one in problem.request.requirements]
    minimal = False
    try:
        theory = _contradiction(problem, budget)
        kept = theory.core()
        kept = theory.reduce()
        theory.close()
        theory = Theory(problem, kept, budget=budget)
        if not theory.contradicts(theory.selectors):
            raise AssertionError("the statements of a core do not contradict each other")
        kept = theory.core()
        kept = theory.reduce()
        theory.close()
        minimal = True
        kept = _weakened(problem, kept, budget)
    except Stopped:
        pass
    return Conflict(request=problem.request, core=_finished(problem, kept), minimal=minimal)


def _weakened(problem: Problem, core: list[Statement], budget: Budget) -> list[Statement]:
    """A minimal core with fewer statements, where it does not matter which version of a module is needed.

    What several statements say about versions of one module and the same other module is said at once, without their
    constraints and of all neighbouring versions that need it, if that still contradicts the rest.
    """
    alike: dict[Hashable, list[Dependency | RuntimeNeed]] = {}
    for statement in core:
        if isinstance(statement, Dependency | RuntimeNeed):
            key = (type(statement), statement.span.module, statement.requirement.name)
            alike.setdefault(key, []).append(statement)
    for candidates in reversed(alike.values()):
        several = [one for one in candidates if one in core]
        if len(several) < 2 or len(merged := _merged(problem, several)) >= len(several):
            continue
        first = core.index(several[0])
        trial = [*core[:first], *merged, *(one for one in core[first:] if one not in several)]
        theory = Theory(problem, trial, budget=budget)
        if theory.contradicts(theory.selectors):
            core = theory.reduce()
        theory.close()
    return core


def _merged(problem: Problem, several: list[Dependency | RuntimeNeed]) -> list[Dependency | RuntimeNeed]:
    """What `several` say, without constraints, of all neighbouring versions that say it, in few spans."""
    module, versions = several[0].span.module, several[0].span.versions
    anything = Requirement(several[0].requirement.name, ANY)
    field = "modules" if isinstance(several[0], Dependency) else "runtime"
    domain = problem.domain(module)
    saying = [
        rank
        for rank in range(len(domain))
        if any(need.field == field and need.name == anything.name for need in domain.needs(rank))
    ]
    merged: list[Dependency | RuntimeNeed] = []
    for span in spans_of(module, versions, saying):
        newest = next((one for one in several if span.low <= one.span.high <= span.high), None)
        if newest is not None:
            weaker = replace(newest, span=span, requirement=anything)
            if isinstance(weaker, RuntimeNeed):
                weaker = replace(weaker, oldest=_first_need(domain, span.low, anything.name).constraint)
            merged.append(weaker)
    return merged


def _first_need(domain: Domain, rank: int, name: str) -> Need:
    return next(need for need in domain.needs(rank) if need.field == "runtime" and need.name == name)


def _group(statement: Statement) -> Hashable:
    """Statements of one group are kept or left out together at first."""
    match statement:
        case Dependency(span, requirement) | RuntimeNeed(span, requirement):
            return ("need", span.module, requirement.name)
        case Requested() | UnknownModule() | Cycle():
            return statement
        case _:
            return (type(statement).__name__, module_of(statement))


def _contradiction(problem: Problem, budget: Budget) -> Theory:
    """The theory of the modules nearest to the request whose statements contradict each other."""
    statements: dict[Statement, None] = {Requested(one): None for one in problem.request.requirements}
    for one in problem.request.requirements:
        _note_missing(problem, statements, one)
    seen: set[str] = set()
    layer = list(problem.requested)
    theory = Theory(problem, [*statements, NO_CYCLE], group=_group, budget=budget)
    while not theory.contradicts(theory.selectors):
        assert layer, "all statements together can be true, although no valid answer was found"
        fresh: dict[Statement, None] = {}
        following: dict[str, None] = {}
        seen.update(layer)
        for name in layer:
            if budget():
                raise Stopped
            for statement in statements_about(problem, name):
                fresh[statement] = None
                if (requirement := target_of(statement)) is not None:
                    _note_missing(problem, fresh, requirement)
                    following[requirement.name] = None
                elif isinstance(statement, InterfaceNeed):
                    following.update(dict.fromkeys(statement.providers))
        for statement in fresh:
            if statement not in statements:
                theory.add(statement)
        statements.update(fresh)
        layer = [name for name in following if name not in seen]
    return theory


def _note_missing(problem: Problem, statements: dict[Statement, None], requirement: Requirement) -> None:
    nothing = missing(problem, requirement)
    if nothing is not None:
        statements[nothing] = None


def _finished(problem: Problem, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements of a core, each with what it only says beside the others; that there is no circle comes last."""
    needed = {one.requirement.name: one for one in statements if isinstance(one, Requested | Dependency)}
    finished = [
        replace(completed(problem, one), is_runtime=one.module not in needed) if isinstance(one, UnknownModule) else one
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
