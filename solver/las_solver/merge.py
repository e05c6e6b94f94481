"""Cores said in fewer statements, where it does not matter which version or how much is needed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from las_solver.constraint import ANY, Requirement
from las_solver.feasibility import LacksHardware, objections
from las_solver.ground import statements_about
from las_solver.placement import Load
from las_solver.problem import Domain, Need, Problem
from las_solver.sat import Budget
from las_solver.statement import (
    CapacityLimit,
    Dependency,
    HardwareLimit,
    RuntimeNeed,
    Share,
    Span,
    Statement,
    spans_of,
)
from las_solver.theory import Theory

__all__ = ["merged", "sharpened", "subject", "trimmed", "unconstrained", "united", "weakened"]

_Needs: TypeAlias = Dependency | RuntimeNeed


def unconstrained(several: Sequence[_Needs]) -> list[Statement]:
    """What statements of one subject say without their constraints."""
    module, versions = several[0].span.module, several[0].span.versions
    saying = sorted({rank for one in several for rank in range(one.span.low, one.span.high + 1)})
    return [_without_constraint(span, several) for span in spans_of(module, versions, saying)]


def _without_constraint(span: Span, several: Sequence[_Needs]) -> Statement:
    """That the versions of `span` need what `several` statements say of parts of it, at whatever version."""
    newest = next(one for one in several if one.span.low <= span.high <= one.span.high)
    weaker = replace(newest, span=span, requirement=Requirement(newest.requirement.name, ANY))
    if isinstance(weaker, RuntimeNeed):
        oldest = next(one for one in several if one.span.low <= span.low <= one.span.high)
        weaker = replace(weaker, oldest=oldest.requirement.constraint)
    return weaker


def sharpened(problem: Problem, core: list[Statement], budget: Budget) -> list[Statement]:
    """A minimal core like `core`, with constraints where one statement that has one is enough.

    In place of "these versions need it, whatever its version" stands what a part of these versions says.
    """
    alike = {one: _with_constraint(problem, one) for one in core if isinstance(one, _Needs)}
    if not any(alike.values()):
        return core
    theory = Theory(problem, core, budget=budget)
    sharp = {one: theory.select(one) for one in core}
    for statement in (one for one, several in alike.items() if several):
        others = [selector for one, selector in sharp.items() if one != statement]
        if theory.contradicts(others):
            del sharp[statement]
            continue
        # Whatever makes the others true has the module at a version that the one statement would be about.
        rank = theory.encoding.snapshot().get(statement.span.module, -1)
        said = next((one for one in alike[statement] if one.span.low <= rank <= one.span.high), None)
        if said is None or said in sharp:
            continue
        theory.add(said)
        if theory.contradicts([*others, theory.select(said)]):
            sharp = {
                said if one == statement else one: theory.select(said if one == statement else one) for one in sharp
            }
    theory.close()
    return core if [*sharp] == core else _reduced(problem, [*sharp], budget)


def _with_constraint(problem: Problem, statement: _Needs) -> list[_Needs]:
    """What is said with a constraint of the subject of `statement`, if that names none."""
    if statement.requirement.constraint.text:
        return []
    about = subject(statement)
    return [
        one
        for one in statements_about(problem, statement.span.module)
        if isinstance(one, _Needs) and one.requirement.constraint.text and subject(one) == about
    ]


def weakened(problem: Problem, core: list[Statement], settled: Sequence[Statement], budget: Budget) -> list[Statement]:
    """A minimal core with fewer statements, where it does not matter which version of a module is needed.

    What several statements say about versions of one module and the same other module is said at once, without their
    constraints and of all neighbouring versions that need it, if that still contradicts the rest. The last are tried
    first.
    """
    alike: dict[Hashable, list[Statement]] = {}
    for statement in core:
        about = subject(statement)
        if about is not None and not any(subject(one) == about for one in settled):
            alike.setdefault(about, []).append(statement)
    fewer = {about: merged(problem, several) for about, several in alike.items() if len(several) > 1}
    said = {about: alike[about] for about, instead in fewer.items() if len(instead) < len(alike[about])}
    if not said:
        return core
    theory = Theory(problem, core, budget=budget)
    for about in said:
        for statement in fewer[about]:
            theory.add(statement)
    for about in reversed(tuple(said)):
        said[about] = fewer[about]
        if not theory.contradicts([theory.select(one) for one in _replaced(core, alike, said)]):
            said[about] = alike[about]
    theory.close()
    lighter = _replaced(core, alike, said)
    return core if lighter == core else _reduced(problem, lighter, budget)


def _replaced(
    core: Sequence[Statement],
    alike: Mapping[Hashable, Sequence[Statement]],
    said: Mapping[Hashable, Sequence[Statement]],
) -> list[Statement]:
    """`core` with what is `said` of each subject in place of those `alike`, where the first of them stands."""
    found: dict[Statement, None] = {}
    for statement in core:
        about = subject(statement)
        if about not in said:
            found[statement] = None
        elif statement == alike[about][0]:
            found.update(dict.fromkeys(said[about]))
    return list(found)


def _reduced(problem: Problem, statements: Sequence[Statement], budget: Budget) -> list[Statement]:
    """What is left of statements that contradict each other, asked of a fresh solver."""
    theory = Theory(problem, statements, budget=budget)
    if not theory.contradicts(theory.selectors):
        raise AssertionError("the statements of a core do not contradict each other")
    kept = theory.reduce()
    theory.close()
    return kept


def subject(statement: Statement) -> Hashable | None:
    """What statements are about that can be said at once."""
    match statement:
        case Dependency(span, requirement) | RuntimeNeed(span, requirement):
            return type(statement), span.module, requirement.name
        case HardwareLimit(span, lack):
            return HardwareLimit, span.module, lack.fact
        case CapacityLimit(shares=(share,)):
            return CapacityLimit, share.span.module, *statement.key
        case _:
            return None


def merged(problem: Problem, several: Sequence[Statement]) -> list[Statement]:
    """What `several` statements of one subject say, said of all neighbouring versions at once, in few spans."""
    first = several[0]
    if isinstance(first, HardwareLimit):
        return list(_merged_limits(problem, first, [one for one in several if isinstance(one, HardwareLimit)]))
    if isinstance(first, CapacityLimit):
        return list(_merged_shares(problem, [one for one in several if isinstance(one, CapacityLimit)]))
    needs = [one for one in several if isinstance(one, Dependency | RuntimeNeed)]
    return list(_merged_needs(problem, needs))


def _merged_shares(problem: Problem, several: list[CapacityLimit]) -> Iterator[CapacityLimit]:
    """That all versions which hold as much as the one that holds least do so, on one card or spread as all of them."""
    first = several[0]
    shares = [share for one in several for share in one.shares]
    if len({share.spread for share in shares}) > 1:
        yield from several
        return
    least = Load(min(share.weight for share in shares), shares[0].spread)
    capacity = next(one for one in problem.capacities if one.key == first.key)
    domain = problem.domain(shares[0].span.module)
    loads = map(capacity.load, domain.candidates)
    holding = [rank for rank, load in enumerate(loads) if load.amount >= least.amount and load.spread == least.spread]
    for span in spans_of(domain.name, domain.versions, holding):
        if any(span.low <= share.span.high <= span.high for share in shares):
            yield replace(first, shares=(Share(span, least.amount, least.spread),))


def united(statements: Sequence[Statement]) -> list[Statement]:
    """`statements`, with one in place of those about the same capacity, where the last of them stands."""
    shares: dict[tuple[str, str], list[Share]] = {}
    last: dict[tuple[str, str], int] = {}
    for place, one in enumerate(statements):
        if isinstance(one, CapacityLimit):
            shares.setdefault(one.key, []).extend(one.shares)
            last[one.key] = place
    return [
        replace(one, shares=tuple(shares[one.key])) if isinstance(one, CapacityLimit) else one
        for place, one in enumerate(statements)
        if not isinstance(one, CapacityLimit) or last[one.key] == place
    ]


def trimmed(problem: Problem, core: Sequence[Statement], budget: Budget) -> list[Statement]:
    """`core`, which is minimal, with no share more than it takes in what it says of capacities."""
    if not any(isinstance(one, CapacityLimit) and len(one.shares) > 1 for one in core):
        return list(core)
    parts: list[Statement] = []
    for one in core:
        if isinstance(one, CapacityLimit):
            parts.extend(replace(one, shares=(share,)) for share in one.shares)
        else:
            parts.append(one)
    return united(_reduced(problem, parts, budget))


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
