"""Everything that can be said of a request, each statement lifted by the changes that make it untrue.

What a user can change is laid out as *ladders*: one a fact, its rungs the changes of this fact from small to large.
Rung i of a ladder is a literal, "the fact is at rung i or above", and rungs are linked as ranks are::

    rung i+1 -> rung i

Only amounts and versions that manifests name are rungs (docs/algorithm.md, "What would help").
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from las_solver.capacity import Capacity, capacities_of
from las_solver.change import (
    AddCard,
    AdmitPrereleases,
    AllowMode,
    Change,
    FreeMode,
    LeaveOut,
    LiftExclusion,
    LiftPin,
    ProvideInterface,
    ProvideRuntime,
    RaiseHardware,
    RaiseLimit,
    RelaxConstraint,
    ReleaseModule,
    Unlock,
    apply_changes,
    barred_by,
    raised_cards,
)
from las_solver.closure import closure
from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.disturbance import Disturbance
from las_solver.ground import misspelt, shares_of
from las_solver.ladder import Ladder, Levels
from las_solver.making_room import amounts_between, held_together
from las_solver.model import Request
from las_solver.problem import Problem
from las_solver.ranks import admitted_ranks
from las_solver.runtime_versions import versions_named
from las_solver.sat import Budget
from las_solver.shelf import Shelf
from las_solver.statement import (
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    LockLimit,
    ModeLimit,
    PinLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Statement,
    Staying,
)
from las_solver.theory import NO_CYCLE, Theory

__all__ = ["Relaxation"]

_ABOUT_CARDS: Final = ("vram", "gpus", "total-vram")


class Relaxation:
    """All statements that the request can reach, on the host of `shelf`, whose facts can be changed.

    What is installed stays, whatever the changes: no change of the host is thought of that breaks it. What the request
    does not reach rests as it is; the modules `beside` are spoken of nevertheless, with what they reach.

    `offers` says which kinds of changes are thought of. By default, the rungs about cards stand for the cards that
    they lead to: a card of 24 GB and a second card are two of 24 GB. With `apart` each is a bound of its own, and all
    that follows is that together the cards have as much as the largest. Raises :class:`las_solver.sat.Stopped` when
    `budget` is used up.
    """

    def __init__(
        self,
        shelf: Shelf,
        request: Request,
        offers: frozenset[type],
        budget: Budget,
        *,
        beside: Iterable[str] = (),
        apart: bool = False,
    ) -> None:
        self._host = shelf.host
        self._request = request
        self._offers = offers
        self._apart = apart
        if ProvideRuntime in offers:
            bare = replace(shelf.host, runtimes={})
            shelf = Shelf(shelf.registry, bare, installed=shelf.installed)
        problem = Problem(shelf, request, pruned=False, names_admit=RelaxConstraint not in offers)
        reached = closure(problem, budget, beside=beside)
        statements = (*reached.statements, *self._shares(problem, reached.modules))
        self._reached = reached.modules
        self._disturbance = Disturbance(problem)
        self._theory = Theory(problem, budget=budget, room=self._room)
        self._theory.encoding.prefers_installed = True
        self._ladders: dict[Hashable, Ladder] = {}
        self._places: dict[int, tuple[Hashable, int]] = {}
        self._enough: dict[tuple[str, int], tuple[int, ...]] = {}
        self._amounts: dict[str, Sequence[tuple[int, int]]] = {}
        self._build_ladders(problem, statements)
        if apart:
            self._link_cards()
        for statement in statements:
            self._theory.sat.ask_stop()
            for part in self._parts(statement):
                self._theory.add(part, tuple(self._lifting(part)))
        self._theory.add(NO_CYCLE, ())
        self.rules = tuple(self._rules_of_requests())
        """Clauses about rungs alone, which every choice of changes has to meet."""

    def _shares(self, problem: Problem, names: Iterable[str]) -> Iterator[Statement]:
        """What modules hold together, also of what there is not enough for one of them, or of unknown memory."""
        capacities = list(problem.capacities)
        if self._request.together and self._host.ram is None:
            capacities.append(Capacity("ram", "", (0,)))
        for capacity in capacities if self._request.together else ():
            for name in sorted(names):
                yield from shares_of(capacity, problem.domain(name))

    @property
    def is_narrow(self) -> bool:
        """Whether :meth:`admits` may refuse what would do: it takes needs that changes end for some that last when it
        asks which providers, and so which entries that name pre-releases, an answer has; and it does not see what a
        further card and other changes about cards come to together."""
        return "pre-release" in self._ladders or "card" in self._ladders

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

    def disturbed(self) -> list[str]:
        """The staying modules not spoken of that could not stay beside the answer that :meth:`admits` found."""
        return self._disturbance.beside(self._theory.encoding.snapshot(), self._reached)

    def remedies(self, levels: Levels) -> Iterator[tuple[int, ...]]:
        """Clauses that every choice of rungs with a valid answer meets, and not `levels`, which :meth:`admits` refused.

        Each further one is not met even with all rungs that those before ask for.
        """
        raised = dict(levels)
        while True:
            remedy = self._remedy()
            yield remedy
            more = dict(self._places[literal] for literal in remedy if literal > 0)
            raised.update(more)
            if not more or self.admits(raised):
                return

    def _remedy(self) -> tuple[int, ...]:
        """Rungs of which one must be taken, or not be taken if negative: after :meth:`admits` refused some levels.

        Of each ladder it is the highest rung below which none would do, as far as the others stay as they are.
        """
        blamed = list(self._theory.sat.core)
        for number, literal in enumerate(blamed):
            fact, level = self._places[abs(literal)]
            above = self._ladders[fact].literals[level - 1 :]
            if literal < 0 and len(above) > 1:
                others = [*blamed[:number], *blamed[number + 1 :]]
                enough = bisect_left(above, True, lo=1, key=lambda rung, others=others: self.solve([*others, -rung]))  # type: ignore[misc]
                blamed[number] = -above[enough - 1]
        return tuple(-literal for literal in blamed)

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
        added: set[int] = set()
        for held in held_together(statements):
            match held.key:
                case ("limit", name):
                    bound = held.cards[0]
                    self._offer(
                        ("limit", name), [RaiseLimit(name, to, bound) for to in amounts_between(bound, held.most)]
                    )
                case (fact, _):
                    enough = {*held.alone, *amounts_between(max(held.cards, default=0), held.most)}
                    amounts.setdefault(fact, set()).update(one for one in enough if one > max(held.cards, default=0))
                    if fact == "vram" and held.cards:
                        added = {*held.alone, *amounts_between(min(held.alone), held.most)}
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
                case Exclusion(_, requirement, removes):
                    self._offer_exclusion(requirement, removes=removes)
                case PinLimit(_, requirement):
                    self._offer(("pinned", requirement), [LiftPin(requirement)])
                case LockLimit(span):
                    self._offer(("locked", span.module), [Unlock(span.module)])
                case Staying(span):
                    self._offer(("installed", span.module), [ReleaseModule(span.module, span.versions[span.low])])
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

        cards_now = len(self._host.gpus)
        self._offer("card", [AddCard(vram, cards_now) for vram in sorted(added)])

    def _room(self, capacity: tuple[str, str]) -> tuple[Sequence[int] | None, Sequence[int]]:
        """The cards of a capacity at the levels of the model that was found, and the next rungs of what makes room."""
        fact, name = capacity
        facts: tuple[Hashable, ...] = (("limit", name),) if fact == "limit" else (("hardware", "ram"),)
        if fact == "vram":
            facts = (*(("hardware", one) for one in _ABOUT_CARDS), "card")
        changes: list[Change] = []
        raised: list[int] = []
        for ladder in filter(None, map(self._ladders.get, facts)):
            level = sum(map(self._theory.sat.value, ladder.literals))
            changes.extend(ladder.rungs[level - 1 : level] if level else ())
            raised.extend(ladder.literals[level : level + 1])
        changed = capacities_of(*apply_changes(changes, self._host, self._request))
        return next((one.cards for one in changed if one.key == capacity), (0,)), raised

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
        self._places.update((literal, (fact, level)) for level, literal in enumerate(literals, 1))

    def _offer_request(self, requirement: Requirement) -> None:
        if requirement.constraint.text:
            self._offer(("requested", requirement), [RelaxConstraint(requirement)])
        if len({one.name for one in self._request.requirements}) > 1:
            self._offer(("left out", requirement.name), [LeaveOut(requirement.name)])

    def _offer_exclusion(self, requirement: Requirement, *, removes: bool) -> None:
        """To exclude what may be removed is to ask for its removal; that is not taken back if nothing else is asked."""
        request = self._request
        if request.requirements or set(request.removed) != {requirement.name}:
            self._offer(("excluded", requirement), [LiftExclusion(requirement, removes)])

    def _rules_of_requests(self) -> Iterator[tuple[int, ...]]:
        """Not every module is left out; and one that is, is not asked for with a constraint either."""
        names = dict.fromkeys(one.name for one in self._request.requirements)
        leaving = [self._first(("left out", name)) for name in names]
        if leaving and all(leaving):
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
                yield from self._admitting(statement.span.module)
            case Exclusion(_, requirement):
                yield from self._first(("excluded", requirement))
            case PinLimit(_, requirement):
                yield from self._first(("pinned", requirement))
            case LockLimit(span):
                yield from self._first(("locked", span.module))
            case Staying(span):
                yield from self._first(("installed", span.module))
            case InterfaceNeed(_, interface):
                yield from self._first(("interface", interface))
            case _:
                pass

    def _first(self, fact: Hashable) -> tuple[int, ...]:
        ladder = self._ladders.get(fact)
        return () if ladder is None else ladder.literals[:1]

    def _admitting(self, module: str) -> Iterator[int]:
        """Where the request admits pre-releases of `module`: a constraint, pin or lock that names one still counts."""
        request = self._request
        for fact, several in (("requested", request.requirements), ("pinned", request.pinned)):
            for requirement in dict.fromkeys(several):
                if requirement.name == module and requirement.constraint.names_prerelease:
                    yield from self._unless((fact, requirement))
        if self._theory.encoding.problem.lock_admits(module):
            yield from self._unless(("locked", module))

    def _unless(self, fact: Hashable) -> Iterator[int]:
        """Where `fact` is not changed; always, if it cannot be."""
        return (-literal for literal in self._first(fact) or (-self._theory.encoding.true,))

    def _all(self, literals: Iterable[int]) -> int:
        """A literal that is true only if all of `literals` are."""
        encoding = self._theory.encoding
        together = encoding.true
        for one in literals:
            together = one if together == encoding.true else encoding.both(together, one)
        return together

    def _providing(self, requirement: Requirement) -> Iterator[int]:
        """Where the host provides the runtime at a version that `requirement` admits; a literal for each range."""
        have = self._host.runtimes.get(requirement.name)
        ladder = self._ladders.get(("runtime", requirement.name))
        rungs, literals = ((), ()) if ladder is None else (ladder.rungs, ladder.literals)
        versions = [rung.to for rung in rungs if isinstance(rung, ProvideRuntime)]
        below = 1 if have is None else 0
        for low, high in admitted_ranks(versions if have is None else [have, *versions], requirement.constraint):
            first, last = low + below, high + below
            bounds = list(literals[first - 1 : first]) if first else []
            yield self._all((*bounds, *(-one for one in literals[last : last + 1])))

    def _sufficing(self, fact: str, need: int) -> tuple[int, ...]:
        """Where the host has `need` of `fact`."""
        known = self._enough.get((fact, need))
        if known is None:
            steps = self._steps(fact)
            enough = bisect_left(steps, need, key=lambda step: step[0])
            direct = [literal for _, literal in steps[enough : enough + 1]]
            known = self._enough[fact, need] = (*direct, *self._with_cards(fact, need))
        return known

    def _steps(self, fact: str) -> Sequence[tuple[int, int]]:
        """The rungs of a hardware fact: the amount and the literal of each."""
        known = self._amounts.get(fact)
        if known is None:
            ladder = self._ladders.get(("hardware", fact))
            pairs = () if ladder is None else zip(ladder.rungs, ladder.literals, strict=True)
            known = [(rung.to, literal) for rung, literal in pairs if isinstance(rung, RaiseHardware)]
            self._amounts[fact] = known
        return known

    def _with_cards(self, fact: str, need: int) -> Iterator[int]:
        """The least changes of other facts about cards with which `fact` comes to `need` on the side."""
        if self._apart or fact not in _ABOUT_CARDS:
            return
        larger, second, together = map(self._steps, _ABOUT_CARDS)
        yield from self._least(fact, need, self._card_steps(), lambda amount: (0, 0, 0), is_added=True)
        if fact != "total-vram":
            yield from self._least(fact, need, together, lambda amount: (0, 0, amount))
            return
        yield from self._least(fact, need, larger, lambda amount: (amount, 0, 0))
        yield from self._least(fact, need, second, lambda count: (0, count, 0))
        for count, literal in second:
            raised = self._least(fact, need, larger, lambda amount, count=count: (amount, count, 0))  # type: ignore[misc]
            yield from (self._all((literal, one)) for one in raised)

    def _card_steps(self) -> list[tuple[int, int]]:
        """The rungs of a further card: its memory and the literal of each."""
        ladder = self._ladders.get("card")
        pairs = () if ladder is None else zip(ladder.rungs, ladder.literals, strict=True)
        return [(rung.vram, literal) for rung, literal in pairs if isinstance(rung, AddCard)]

    def _least(
        self,
        fact: str,
        need: int,
        steps: Sequence[tuple[int, int]],
        raised: Callable[[int], tuple[int, int, int]],
        *,
        is_added: bool = False,
    ) -> Iterator[int]:
        """The literal of the first of `steps` of which the amount, `raised` among cards, brings `fact` to `need`; or as
        a further card, if it `is_added`."""

        def have(step: tuple[int, int]) -> int:
            cards = [card.vram for card in raised_cards(self._host.gpus, *raised(step[0]))]
            cards.extend(step[:1] if is_added else ())
            return {"vram": max(cards, default=0), "gpus": len(cards), "total-vram": sum(cards)}[fact]

        enough = bisect_left(steps, need, key=have)
        yield from (literal for _, literal in steps[enough : enough + 1])

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
