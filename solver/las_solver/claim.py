"""Claims: what the statements of a core say about the states that modules are in.

A module is absent, or present at one version; a set of its states is a number with a bit for each: ``ABSENT``, then the
versions by rank. A claim is a set of terms, each a module with a set of its states, and says that not all of them hold
at once: *app 2.0 needs lib >=3* is ``{app: at 2.0, lib: absent or older than 3}``. docs/algorithm.md ("Explaining")
tells what is done with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from math import prod
from typing import Final, TypeAlias

from las_solver.constraint import Requirement
from las_solver.lazy_dataclass import dataclass
from las_solver.placement import Load, Packing
from las_solver.problem import Problem
from las_solver.ranks import Intervals
from las_solver.statement import (
    CapacityLimit,
    Cycle,
    Dependency,
    Deprecation,
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    LockLimit,
    ModeLimit,
    NoVersion,
    PinLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Share,
    Span,
    Statement,
    Staying,
    UnknownModule,
    spans_of,
)

__all__ = ["ABSENT", "Claim", "States", "Terms", "claims_of"]

ABSENT: Final = 1
_THERE: Final = 2
_MOST_CIRCLES: Final = 20
_MOST_STEPS: Final = 20_000
_MOST_CHOICES: Final = 5_000

Terms: TypeAlias = Mapping[str, int]
"""Sets of states by module; as a claim: not all of them hold at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What some `statements` of a core (their places in it) say together.

    `said` is one statement that says it of all versions in the set of states `subject`, for the wording; `varies`: some
    of them say more. `after` are the places of statements that have to be read before.
    """

    terms: Terms
    statements: tuple[int, ...]
    said: Statement
    subject: int = 0
    varies: bool = False
    after: tuple[int, ...] = ()


class States:
    """The states of the modules of a problem that is not pruned.

    A module that does not exist counts as having one version. A constraint that no version meets makes up a module of
    its own, ``name@constraint``, which is there if a version that meets it is.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._everything: dict[str, int] = {}

    def everything(self, name: str) -> int:
        """All states of a module."""
        known = self._everything.get(name)
        if known is None:
            count = 1 if "@" in name else len(self.problem.domain(name)) or 1
            known = self._everything[name] = (1 << (count + 1)) - 1
        return known

    def is_made_up(self, name: str) -> bool:
        """Whether no module of that name has versions."""
        return "@" in name or not len(self.problem.domain(name))

    def at(self, ranks: Intervals) -> int:
        """Present at one of `ranks`."""
        states = 0
        for low, high in ranks:
            states |= ((1 << (high - low + 1)) - 1) << (low + 1)
        return states

    def meeting(self, requirement: Requirement) -> tuple[str, int]:
        """The module that `requirement` is about, and its states that meet it."""
        name, constraint = requirement.name, requirement.constraint
        if not len(self.problem.domain(name)):
            return name, _THERE
        admitted = self.problem.admitted(name, constraint)
        return (name, self.at(admitted)) if admitted else (f"{name}@{constraint}", _THERE)

    def ranks(self, states: int) -> list[int]:
        """The ranks of the versions in `states`, sorted."""
        bits = bin(states >> 1)[:1:-1]
        return [rank for rank, bit in enumerate(bits) if bit == "1"]

    def spans(self, name: str, states: int) -> list[Span]:
        """The versions of a module in `states`, as spans, the newest first."""
        return spans_of(name, self.problem.domain(name).versions, self.ranks(states))


def claims_of(states: States, core: Sequence[Statement]) -> list[Claim]:
    """The claims of the statements of `core`, in their order; those about circles last."""
    claims = []
    for place, statement in enumerate(core):
        subject, terms = _particulars(states, statement)
        if terms:
            claims.append(Claim(terms=_together(states, terms), statements=(place,), said=statement, subject=subject))
    for place, statement in enumerate(core):
        if isinstance(statement, Cycle):
            claims.extend(_about_circles(states, core, place, statement))
        elif isinstance(statement, CapacityLimit):
            claims.extend(_about_excess(states, place, statement))
    return claims


def _particulars(states: States, statement: Statement) -> tuple[int, list[tuple[str, int]]]:
    """The states that `statement` is about, and its terms."""

    def here(span: Span) -> int:
        return states.at(((span.low, span.high),))

    def unmet(requirement: Requirement) -> tuple[str, int]:
        name, meeting = states.meeting(requirement)
        return name, states.everything(name) & ~meeting

    problem = states.problem
    match statement:
        case Requested(requirement):
            return 0, [unmet(requirement)]
        case Dependency(span, requirement) | RuntimeNeed(span, requirement):
            return here(span), [(span.module, here(span)), unmet(requirement)]
        case Staying(span):
            return 0, [(span.module, ABSENT)]
        case (
            HardwareLimit(span)
            | ModeLimit(span)
            | Exclusion(span)
            | PinLimit(span)
            | LockLimit(span)
            | Deprecation(span)
        ):
            return here(span), [(span.module, here(span))]
        case InterfaceNeed(span, interface, providers):
            able = [(name, problem.domain(name).providing(interface)) for name in providers]
        case PreRelease(span):
            namers = sorted(problem.source.prerelease_namers(span.module))
            able = [(name, problem.domain(name).naming_prerelease(span.module)) for name in namers]
        case UnknownModule(module):
            return 0, [(module, _THERE)]
        case NoVersion(module, constraint):
            return 0, [(f"{module}@{constraint}", _THERE)]
        case _:
            return 0, []
    others = [(name, states.everything(name) & ~states.at(ranks)) for name, ranks in able if ranks]
    return here(span), [(span.module, here(span)), *others]


def _together(states: States, terms: Sequence[tuple[str, int]]) -> Terms:
    """`terms` with one a module; it holds in no state where a module needs itself, which only circles forbid."""
    together: dict[str, int] = {}
    for name, term in terms:
        together[name] = together.get(name, states.everything(name)) & term
    return together


def _about_circles(states: States, core: Sequence[Statement], place: int, cycle: Cycle) -> Iterator[Claim]:
    """For each circle of needs that the core names, as far as there are few: not all modules of it are at versions with
    those needs."""
    needing: dict[tuple[str, str], int] = {}
    naming: dict[tuple[str, str], list[int]] = {}
    for other, statement in enumerate(core):
        if isinstance(statement, Dependency | RuntimeNeed):
            span, edge = statement.span, (statement.span.module, statement.requirement.name)
            needing[edge] = needing.get(edge, 0) | states.at(((span.low, span.high),))
            naming.setdefault(edge, []).append(other)
    for circle in islice(_circles(cycle.edges), _MOST_CIRCLES):
        edges = list(zip(circle, [*circle[1:], circle[0]], strict=True))
        named = tuple(other for edge in edges for other in naming[edge])
        yield Claim(
            terms={edge[0]: needing[edge] for edge in edges},
            statements=(place, *named),
            said=Cycle(tuple(sorted(circle)), tuple(edges)),
            after=named,
        )


def _about_excess(states: States, place: int, limit: CapacityLimit) -> Iterator[Claim]:
    """For each least choice of shares that do not fit, as far as there are few to choose from: not all modules of it
    are at versions that hold so much."""
    shares: dict[str, list[Share]] = {}
    for share in limit.shares:
        shares.setdefault(share.span.module, []).append(share)
    choices: list[tuple[Share | None, ...]] = [(None, *several) for several in shares.values()]
    if prod(map(len, choices)) > _MOST_CHOICES:
        return

    def fits(chosen: Iterable[Share | None]) -> bool:
        return Packing([Load(one.weight, one.spread) for one in chosen if one is not None]).fits(limit.cards)

    for chosen in product(*choices):
        if fits(chosen):
            continue
        terms: dict[str, int] = {}
        is_least = True
        for number, taken in enumerate(chosen):
            if taken is None:
                continue
            lighter = [other for other in choices[number] if other is None or other.weight < taken.weight]
            if not all(fits((*chosen[:number], other, *chosen[number + 1 :])) for other in lighter):
                is_least = False
                break
            name, load = taken.span.module, Load(taken.weight, taken.spread)
            as_hard = [one.span for one in shares[name] if Load(one.weight, one.spread).is_harder_than(load)]
            terms[name] = states.at(tuple((span.low, span.high) for span in as_hard))
        if is_least:
            said = replace(limit, shares=tuple(one for one in chosen if one is not None))
            yield Claim(terms=terms, statements=(place,), said=said)


def _circles(edges: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    """The circles of `edges` in which no module comes twice, each from its first module by name; not all if looking
    for them takes too long."""
    targets: dict[str, list[str]] = {}
    for name, target in sorted(edges):
        targets.setdefault(name, []).append(target)
    steps = 0
    for start in sorted(targets):
        path, inside = [start], {start}
        pending = [iter(targets[start])]
        while pending and steps < _MOST_STEPS:
            steps += 1
            target = next(pending[-1], "")
            if not target:
                pending.pop()
                inside.discard(path.pop())
            elif target == start:
                yield list(path)
            elif target > start and target not in inside and target in targets:
                path.append(target)
                inside.add(target)
                pending.append(iter(targets[target]))
