"""Everything that can be said of a request, each statement lifted by the changes that make it untrue.

What a user can change is laid out as *ladders*: one a fact, its rungs the changes of this fact from small to large.
Rung i of a ladder is a literal, "the fact is at rung i or above", and rungs are linked as ranks are::

    rung i+1 -> rung i

Only amounts and versions that manifests name are rungs (docs/algorithm.md, "What would help").
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from packaging.version import Version

from las_solver.change import (
    ANY_RUNTIME,
    AdmitPrereleases,
    AllowMode,
    Change,
    FreeMode,
    LeaveOut,
    LiftExclusion,
    ProvideInterface,
    ProvideRuntime,
    RaiseHardware,
    RelaxConstraint,
    barred_by,
    raised_cards,
)
from las_solver.closure import closure
from las_solver.constraint import ANY, Constraint, Requirement, parse_version
from las_solver.ground import misspelt
from las_solver.model import Host, Request
from las_solver.problem import Problem
from las_solver.sat import Budget
from las_solver.shelf import Shelf
from las_solver.source import Source
from las_solver.statement import (
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    ModeLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Statement,
)
from las_solver.theory import NO_CYCLE, Theory

__all__ = ["Ladder", "Levels", "Relaxation"]

_ABOUT_CARDS: Final = ("vram", "gpus", "total-vram")

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


class Relaxation:
    """All statements that the request can reach, on a host whose facts can be changed.

    `offers` says which kinds of changes are thought of. By default, the rungs about cards stand for the cards that
    they lead to: a card of 24 GB and a second card are two of 24 GB. With `apart` each is a bound of its own, and all
    that follows is that together the cards have as much as the largest. Raises :class:`las_solver.sat.Stopped` when
    `budget` is used up.
    """

    def __init__(
        self,
        source: Source,
        host: Host,
        request: Request,
        offers: frozenset[type],
        budget: Budget,
        *,
        apart: bool = False,
    ) -> None:
        self._host = host
        self._request = request
        self._offers = offers
        self._apart = apart
        bare = replace(host, runtimes=MappingProxyType({})) if ProvideRuntime in offers else host
        problem = Problem(Shelf(source, bare), request, pruned=False)
        statements = closure(problem, budget)
        self._theory = Theory(problem, budget=budget)
        self._ladders: dict[Hashable, Ladder] = {}
        self._enough: dict[tuple[str, int], tuple[int, ...]] = {}
        self._build_ladders(problem, statements)
        if apart:
            self._link_cards()
        for statement in statements:
            for part in self._parts(statement):
                self._theory.add(part, tuple(self._lifting(part)))
        self._theory.add(NO_CYCLE, ())
        self.rules = tuple(self._rules_of_requests())
        """Clauses about rungs alone, which every choice of changes has to meet."""

    @property
    def ladders(self) -> tuple[Ladder, ...]:
        """Every fact that a change could matter for, in an order that depends on nothing but the problem."""
        return tuple(self._ladders.values())

    def close(self) -> None:
        """Free the solver's memory."""
        self._theory.close()

    def admits(self, levels: Levels) -> bool:
        """Whether there is a valid answer once the changes of `levels` are made."""
        return not self._theory.contradicts(self._assumptions(levels))

    def remedy(self) -> tuple[int, ...]:
        """Rungs of which one must be taken, or not be taken if negative: after :meth:`admits` answered False."""
        return tuple(-literal for literal in self._theory.sat.core)

    def changes(self, levels: Levels) -> tuple[Change, ...]:
        """The changes that `levels` stand for."""
        taken = [ladder.rungs[levels[ladder.fact] - 1] for ladder in self.ladders if levels.get(ladder.fact, 0) > 0]
        gone = {change.module for change in taken if isinstance(change, LeaveOut)}
        return tuple(
            change for change in taken if not (isinstance(change, RelaxConstraint) and change.requirement.name in gone)
        )

    def levels_of(self, literals: Iterable[int]) -> dict[Hashable, int]:
        """The levels at which the rungs `literals` are taken."""
        taken = set(literals)
        counts = {ladder.fact: sum(one in taken for one in ladder.literals) for ladder in self.ladders}
        return {fact: count for fact, count in counts.items() if count}

    def solve(self, assumptions: Sequence[int]) -> bool:
        """Whether there is a valid answer under `assumptions` about rungs; :meth:`found` says at which levels."""
        return not self._theory.contradicts(assumptions)

    def found(self) -> dict[Hashable, int]:
        """The levels of the answer that :meth:`solve` found."""
        value = self._theory.sat.value
        return {ladder.fact: sum(map(value, ladder.literals)) for ladder in self.ladders}

    def forbid(self, literals: Iterable[int]) -> None:
        """From now on, not all of `literals` hold."""
        self._theory.encoding.add([-one for one in literals])

    def new_literal(self) -> int:
        """A literal that stands for nothing yet."""
        return self._theory.sat.new_variable(phase=False)

    def add(self, clause: Iterable[int]) -> None:
        """From now on, one of the literals of `clause` holds."""
        self._theory.encoding.add(clause)

    def _assumptions(self, levels: Levels) -> list[int]:
        assumed = []
        for ladder in self.ladders:
            level = levels.get(ladder.fact, 0)
            if level < len(ladder.rungs):
                assumed.append(-ladder.literals[level])
            if level and ladder.exact:
                assumed.append(ladder.literals[level - 1])
        return assumed

    # The ladders

    def _build_ladders(self, problem: Problem, statements: Sequence[Statement]) -> None:
        """A ladder for each fact that one of `statements` depends on, in order of first mention."""
        amounts: dict[str, set[int]] = {}
        constraints: dict[str, dict[Constraint, None]] = {}
        for statement in statements:
            match statement:
                case Requested(requirement):
                    self._offer_request(requirement)
                case HardwareLimit(_, lack):
                    amounts.setdefault(lack.fact, set()).add(lack.need)
                case RuntimeNeed(_, requirement):
                    constraints.setdefault(requirement.name, {})[requirement.constraint] = None
                case ModeLimit(span, lack):
                    self._offer_modes(span.module, lack.modes)
                case PreRelease():
                    self._offer("pre-release", [AdmitPrereleases()])
                case Exclusion(_, requirement):
                    self._offer(("excluded", requirement), [LiftExclusion(requirement)])
                case InterfaceNeed(_, interface, providers):
                    if providers or not misspelt(problem, interface):
                        self._offer(("interface", interface), [ProvideInterface(interface)])
                case _:
                    pass
        for name, named in constraints.items():
            have = self._host.runtimes.get(name)
            versions = {one: text for one, text in versions_named(named).items() if have is None or one > have}
            rungs = [ProvideRuntime(name, one, have, text) for one, text in versions.items()]
            self._offer(("runtime", name), rungs, exact=True)
        cards = [card.vram for card in self._host.gpus]
        have_of = {
            "cores": self._host.cores,
            "ram": self._host.ram,
            "vram": max(cards, default=None),
            "gpus": len(cards),
            "total-vram": sum(cards),
        }
        for fact, have_amount in have_of.items():
            self._offer(
                ("hardware", fact), [RaiseHardware(fact, to, have_amount) for to in sorted(amounts.get(fact, ()))]
            )

    def _link_cards(self) -> None:
        """Where one card has so much, all have it together."""
        together = self._steps("total-vram")
        for amount, literal in self._steps("vram"):
            below = [other for less, other in together if less <= amount]
            if below:
                self._theory.encoding.add((-literal, below[-1]))

    def _offer(self, fact: Hashable, rungs: Sequence[Change], *, exact: bool = False) -> None:
        if fact in self._ladders or not rungs or type(rungs[0]) not in self._offers:
            return
        literals = tuple(self._theory.sat.new_variable(phase=False) for _ in rungs)
        for lower, higher in pairwise(literals):
            self._theory.encoding.add((-higher, lower))
        self._ladders[fact] = Ladder(fact, tuple(rungs), literals, exact)

    def _offer_request(self, requirement: Requirement) -> None:
        if requirement.constraint.text:
            self._offer(("requested", requirement), [RelaxConstraint(requirement)])
        if len({one.name for one in self._request.requirements}) > 1:
            self._offer(("left out", requirement.name), [LeaveOut(requirement.name)])

    def _rules_of_requests(self) -> Iterator[tuple[int, ...]]:
        """Not every module is left out; and one that is, is not asked for with a constraint either."""
        names = dict.fromkeys(one.name for one in self._request.requirements)
        leaving = [self._first(("left out", name)) for name in names]
        if all(leaving):
            yield tuple(-one for literals in leaving for one in literals)
        for requirement in self._request.requirements:
            for left in self._first(("left out", requirement.name)):
                for relaxed in self._first(("requested", requirement)):
                    yield (-left, relaxed)

    def _offer_modes(self, module: str, modes: Sequence[str]) -> None:
        forced = self._request.forced_modes.get(module)
        if forced is not None:
            self._offer(("forced", module), [FreeMode(module, forced)])
        for mode in modes:
            if self._is_mode_barred(mode):
                self._offer(("mode", mode), [AllowMode(mode, barred_by(mode, self._host, self._request))])

    def _is_mode_barred(self, mode: str) -> bool:
        return bool(barred_by(mode, self._host, self._request))

    # What lifts a statement

    def _parts(self, statement: Statement) -> Iterator[Statement]:
        """`statement`, and what is left of it when it is relaxed."""
        yield statement
        if isinstance(statement, Requested) and statement.requirement.constraint.text:
            yield Requested(Requirement(statement.requirement.name, ANY))

    def _lifting(self, statement: Statement) -> Iterator[int]:
        match statement:
            case Requested(requirement):
                yield from self._first(("requested", requirement))
                yield from self._first(("left out", requirement.name))
            case RuntimeNeed(_, requirement):
                yield from self._providing(requirement)
            case HardwareLimit(_, lack):
                yield from self._sufficing(lack.fact, lack.need)
            case ModeLimit(span, lack):
                yield from self._allowing(span.module, lack.modes)
            case PreRelease():
                yield from self._first("pre-release")
            case Exclusion(_, requirement):
                yield from self._first(("excluded", requirement))
            case InterfaceNeed(_, interface):
                yield from self._first(("interface", interface))
            case _:
                pass

    def _first(self, fact: Hashable) -> tuple[int, ...]:
        ladder = self._ladders.get(fact)
        return () if ladder is None else ladder.literals[:1]

    def _all(self, literals: Iterable[int]) -> int:
        """A literal that is true only if all of `literals` are."""
        encoding = self._theory.encoding
        together = encoding.true
        for one in literals:
            together = one if together == encoding.true else encoding.both(together, one)
        return together

    def _providing(self, requirement: Requirement) -> Iterator[int]:
        """Where the host provides the runtime at a version that `requirement` admits; a literal for each version."""
        have = self._host.runtimes.get(requirement.name)
        ladder = self._ladders.get(("runtime", requirement.name))
        literals = () if ladder is None else ladder.literals
        rungs = () if ladder is None else ladder.rungs
        versions = [have, *(rung.to for rung in rungs if isinstance(rung, ProvideRuntime))]
        for place, version in enumerate(versions):
            if version is not None and requirement.constraint.admits(version):
                bounds = [literals[place - 1]] if place else []
                bounds.extend(-one for one in literals[place : place + 1])
                yield self._all(bounds)

    def _sufficing(self, fact: str, need: int) -> tuple[int, ...]:
        """Where the host has `need` of `fact`."""
        known = self._enough.get((fact, need))
        if known is None:
            steps = self._steps(fact)
            direct = next(((literal,) for amount, literal in steps if amount >= need), ())
            known = self._enough[fact, need] = (*direct, *self._with_cards(fact, need))
        return known

    def _steps(self, fact: str) -> list[tuple[int, int]]:
        """The rungs of a hardware fact: the amount and the literal of each."""
        ladder = self._ladders.get(("hardware", fact))
        if ladder is None:
            return []
        pairs = zip(ladder.rungs, ladder.literals, strict=True)
        return [(rung.to, literal) for rung, literal in pairs if isinstance(rung, RaiseHardware)]

    def _with_cards(self, fact: str, need: int) -> Iterator[int]:
        """The least changes of other facts about cards with which `fact` comes to `need` on the side."""
        if self._apart or fact not in _ABOUT_CARDS:
            return
        larger, second, together = map(self._steps, _ABOUT_CARDS)
        ways: list[list[tuple[tuple[int, int, int], list[int]]]] = [
            [((0, 0, amount), [literal]) for amount, literal in together],
        ]
        if fact == "total-vram":
            ways = [
                [((amount, 0, 0), [literal]) for amount, literal in larger],
                [((0, count, 0), [literal]) for count, literal in second],
                [((amount, count, 0), [one, other]) for count, other in second for amount, one in larger],
            ]
        for way in ways:
            for amounts, literals in way:
                cards = [card.vram for card in raised_cards(self._host.gpus, *amounts)]
                have = {"vram": max(cards, default=0), "gpus": len(cards), "total-vram": sum(cards)}[fact]
                if have >= need:
                    yield self._all(literals)
                    break

    def _allowing(self, module: str, modes: Sequence[str]) -> Iterator[int]:
        """Where one of `modes` is allowed for `module`."""
        forced = self._request.forced_modes.get(module)
        freed = self._first(("forced", module))
        for mode in modes:
            allowed = self._first(("mode", mode))
            if self._is_mode_barred(mode) and not allowed:
                continue
            if forced is None or mode == forced:
                yield self._all(allowed)
            elif freed:
                yield self._all((*freed, *allowed))


def versions_named(constraints: Iterable[Constraint]) -> dict[Version, str]:
    """The versions that `constraints` on a runtime name, as they spell them, sorted, if one of them admits each.

    With :data:`ANY_RUNTIME` where one admits what is older than all, and a version soon after each that is the newest
    which one admits, or that it leaves out.
    """
    named = {ANY_RUNTIME: ""}
    for constraint in constraints:
        for operator, text in constraint.parts:
            if operator not in (">", "!="):
                spelled = text.removesuffix(".*")
                named.setdefault(parse_version(spelled), spelled)
            if operator not in (">=", "<"):
                beyond = _next(operator, text)
                named.setdefault(parse_version(beyond), beyond)
    return {one: named[one] for one in sorted(named) if any(constraint.admits(one) for constraint in constraints)}


def _next(operator: str, text: str) -> str:
    """A version soon after those that a specifier is about: ``12.0.1`` after ``==12.0``, ``13`` after ``==12.*``."""
    version = parse_version(text.removesuffix(".*"))
    prefix = version.release[:-1] if operator == "~=" else version.release
    if operator != "~=" and not text.endswith(".*"):
        return f"{version.base_version}.1"
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, (*prefix[:-1], prefix[-1] + 1)))
