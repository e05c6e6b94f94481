"""Cores said in fewer statements, where it does not matter which version or how much is needed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace

from las_solver.constraint import ANY, Requirement
from las_solver.feasibility import LacksHardware, objections
from las_solver.problem import Domain, Need, Problem
from las_solver.sat import Budget
from las_solver.statement import Dependency, HardwareLimit, RuntimeNeed, Statement, spans_of
from las_solver.theory import Theory

__all__ = ["merged", "subject", "weakened"]


def weakened(problem: Problem, core: list[Statement], settled: Sequence[Statement], budget: Budget) -> list[Statement]:
    """A minimal core with fewer statements, where it does not matter which version of a module is needed.

    What several statements say about versions of one module and the same other module is said at once, without their
    constraints and of all neighbouring versions that need it, if that still contradicts the rest.
    """
    alike: dict[Hashable, list[Statement]] = {}
    for statement in core:
        if (about := subject(statement)) is not None:
            alike.setdefault(about, []).append(statement)
    for candidates in reversed(alike.values()):
        several = [one for one in candidates if one in core]
        if len(several) < 2 or len(fewer := merged(problem, several)) >= len(several):
            continue
        if any(subject(one) == subject(several[0]) for one in settled):
            continue
        first = core.index(several[0])
        trial = [*core[:first], *fewer, *(one for one in core[first:] if one not in several)]
        theory = Theory(problem, trial, budget=budget)
        if theory.contradicts(theory.selectors):
            core = theory.reduce()
        theory.close()
    return core


def subject(statement: Statement) -> Hashable | None:
    """What statements are about that can be said at once."""
    match statement:
        case Dependency(span, requirement) | RuntimeNeed(span, requirement):
            return type(statement), span.module, requirement.name
        case HardwareLimit(span, lack):
            return HardwareLimit, span.module, lack.fact
        case _:
            return None


def merged(problem: Problem, several: Sequence[Statement]) -> list[Statement]:
    """What `several` statements of one subject say, said of all neighbouring versions at once, in few spans."""
    first = several[0]
    if isinstance(first, HardwareLimit):
        return list(_merged_limits(problem, first, [one for one in several if isinstance(one, HardwareLimit)]))
    needs = [one for one in several if isinstance(one, Dependency | RuntimeNeed)]
    return list(_merged_needs(problem, needs))


def _merged_limits(problem: Problem, first: HardwareLimit, several: list[HardwareLimit]) -> Iterator[HardwareLimit]:
    """That all versions which need more of a fact than there is need at least as much as the one that needs least."""
    module, fact = first.span.module, first.lack.fact
    domain = problem.domain(module)
    needs: dict[int, LacksHardware] = {}
    for rank, candidate in enumerate(domain.candidates):
        for lack in objections(candidate, problem.host, problem.request):
            if isinstance(lack, LacksHardware) and lack.fact == fact:
                needs[rank] = lack
    for span in spans_of(module, domain.versions, list(needs)):
        newest = next((one for one in several if span.low <= one.span.high <= span.high), None)
        if newest is not None:
            least = min((needs[rank] for rank in range(span.low, span.high + 1)), key=lambda lack: lack.need)
            yield replace(newest, span=span, lack=least, at_least=True)


def _merged_needs(problem: Problem, several: list[Dependency | RuntimeNeed]) -> Iterator[Dependency | RuntimeNeed]:
    """That all versions which need a module do need it, without constraints."""
    module, versions = several[0].span.module, several[0].span.versions
    anything = Requirement(several[0].requirement.name, ANY)
    field = "modules" if isinstance(several[0], Dependency) else "runtime"
    domain = problem.domain(module)
    saying = [
        rank
        for rank in range(len(domain))
        if any(need.field == field and need.name == anything.name for need in domain.needs(rank))
    ]
    for span in spans_of(module, versions, saying):
        newest = next((one for one in several if span.low <= one.span.high <= span.high), None)
        if newest is not None:
            weaker = replace(newest, span=span, requirement=anything)
            if isinstance(weaker, RuntimeNeed):
                weaker = replace(weaker, oldest=_first_need(domain, span.low, anything.name).constraint)
            yield weaker


def _first_need(domain: Domain, rank: int, name: str) -> Need:
    return next(need for need in domain.needs(rank) if need.field == "runtime" and need.name == name)
