"""The statements nearest to the request that contradict each other, in groups (docs/algorithm.md, "Widening")."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.disturbance import Disturbance
from las_solver.ground import limits_of, missing, statements_about, stays
from las_solver.merge import unconstrained
from las_solver.problem import Need, Problem
from las_solver.ranks import intervals_of
from las_solver.sat import Budget, Stopped
from las_solver.statement import (
    CapacityLimit,
    Cycle,
    Dependency,
    HardwareLimit,
    InterfaceNeed,
    NoVersion,
    PreRelease,
    Requested,
    RuntimeNeed,
    Span,
    Statement,
    UnknownModule,
    module_of,
    target_of,
)
from las_solver.theory import NO_CYCLE, Theory

__all__ = ["Contradiction"]

_GROWTH: Final = 1.5
_MANY: Final = 4000
_LOOSE: Final = "at any version"


class Contradiction:
    """What is said of the modules nearest to the request, layer by layer, without the statements that are `settled`.

    What belongs together is one group, with one selector. What a module says about another in several constraints is
    two: everything, and only that the other is needed. The latter follows from the former. Of needs, which are most of
    what is said, the statements are made only once it is known that their group is needed.
    """

    def __init__(self, problem: Problem, settled: Sequence[Statement], budget: Budget) -> None:
        self._problem = problem
        self._settled = frozenset(settled)
        self._roomy = {one.key for one in settled if isinstance(one, CapacityLimit)}
        self._covered: dict[Hashable, set[int]] = {}
        for one in settled:
            if (topic := _topic(one)) is not None:
                span, about = topic
                self._covered.setdefault(about, set()).update(range(span.low, span.high + 1))
        self._budget = budget
        self._theory = Theory(problem, budget=budget)
        self._theory.encoding.prefers_installed = True
        self._selectors: dict[Hashable, int] = {}
        self._intricate: set[int] = set()
        self._asked: set[tuple[str, str]] = set()
        self._absences: dict[tuple[str, str], Statement] = {}
        self._layer: list[str] = list(problem.requested)
        self._disturbance = Disturbance(problem, roomy=self._roomy)
        self._widened: dict[str, None] = {}
        self._seen: set[str] = set(self._layer)
        self._selected: list[int] = []
        self._first: list[Statement] = [NO_CYCLE, *map(Requested, problem.request.requirements)]
        for statement in self._first:
            self._add(statement)
        for requirement in problem.request.requirements:
            self._add_absence(requirement.name, requirement.constraint)

    def close(self) -> None:
        """Free the solver's memory."""
        self._theory.close()

    def exists(self) -> bool:
        """Whether there is a contradiction; if so, it is then between the statements of as few layers as it takes.

        Whether there is one between those of some layers is asked as soon as there are half as many groups more than
        the last time, and, once there is, of the layers since then. While there is none, staying modules that could
        not stay beside what was found as they are join the next layer.
        """
        sizes = [len(self._selectors)]
        consistent = 0
        while not self._contradicts(len(self._selectors)):
            consistent = len(sizes)
            self._reach(self._disturbance.beside(self._theory.encoding.snapshot(), self._widened))
            enough = _GROWTH * sizes[-1]
            while self._layer and (len(sizes) == consistent or sizes[-1] < enough):
                self._widen()
                sizes.append(len(self._selectors))
            if len(sizes) == consistent:
                return False
        contradictory = len(sizes) - 1
        while consistent < contradictory:
            middle = (consistent + contradictory) // 2
            if self._contradicts(sizes[middle]):
                contradictory = middle
            else:
                consistent = middle + 1
        self._selected = list(self._selectors.values())[: sizes[contradictory]]
        return True

    def core(self) -> list[Statement]:
        """The statements of the groups in the core that was found last."""
        return self._said(self._theory.sat.core)

    def reduce(self) -> list[Statement]:
        """The statements of the groups left after leaving out groups as long as the rest still contradicts itself.

        Left out first is that there is no circle, then what says everything where there is one that says less, then
        the others, each time the last first. So a core keeps to what follows without telling cases apart, if it can.
        Where there are very many groups, they are those of the core that the SAT solver found.
        """
        if len(self._selected) > _MANY:
            return self.core()
        no_cycle = self._selectors[NO_CYCLE]
        rank = {selector: (selector == no_cycle, selector in self._intricate) for selector in self._selected}
        return self._said(self._theory.reduced(sorted(self._selected, key=rank.__getitem__)))

    def _said(self, selectors: Iterable[int]) -> list[Statement]:
        """The statements of the groups of `selectors`, the nearest to the request first."""
        chosen = set(selectors)
        groups = {group for group, selector in self._selectors.items() if selector in chosen}
        modules = {group[1] for group in groups if isinstance(group, tuple)}
        said = {statement: None for statement in self._first if _group(statement) in groups}
        for name in self._widened:
            if name not in modules:
                continue
            for statement in self._said_of(name, groups):
                said[statement] = None
                target = target_of(statement)
                absence = target and self._absences.get((target.name, target.constraint.text))
                if absence and absence in groups:
                    said[absence] = None
        said.update((absence, None) for absence in self._absences.values() if absence in groups)
        return list(said)

    def _said_of(self, name: str, groups: Collection[Hashable]) -> Iterator[Statement]:
        """The statements of `groups` that are about the module `name`."""
        stay = stays(self._problem, name)
        about = (*(() if stay is None else (stay,)), *statements_about(self._problem, name))
        unsettled = [one for one in about if not self._is_settled(one)]
        loose: dict[Hashable, list[Dependency | RuntimeNeed]] = {}
        for statement in unsettled:
            group = _group(statement)
            if group in groups:
                yield statement
            elif isinstance(statement, Dependency | RuntimeNeed) and (group, name, _LOOSE) in groups:
                loose.setdefault(group, []).append(statement)
        for several in loose.values():
            yield from unconstrained([one for one in several if self._is_met(one.requirement)])

    def _is_met(self, requirement: Requirement) -> bool:
        return (requirement.name, requirement.constraint.text) not in self._absences

    def _contradicts(self, groups: int) -> bool:
        return self._theory.contradicts(list(self._selectors.values())[:groups])

    def _widen(self) -> None:
        """Add what is said of the modules of the next layer."""
        following: dict[str, None] = {}
        for name in self._layer:
            if self._budget():
                raise Stopped
            limits = list(limits_of(self._problem, name))
            stay = stays(self._problem, name)
            if stay is not None:
                self._add(stay)
            for statement in limits:
                if not isinstance(statement, InterfaceNeed | PreRelease | CapacityLimit):
                    self._add(statement)
            self._add_needs(name, following)
            for statement in limits:
                if isinstance(statement, InterfaceNeed | PreRelease | CapacityLimit):
                    self._add(statement)
                if isinstance(statement, InterfaceNeed):
                    following.update(dict.fromkeys(statement.providers))
        self._widened.update(dict.fromkeys(self._layer))
        self._layer = []
        self._reach(following)

    def _reach(self, names: Iterable[str]) -> None:
        """Let `names` join the next layer, unless they were reached before."""
        for name in names:
            if name not in self._seen:
                self._seen.add(name)
                self._layer.append(name)

    def _add(self, statement: Statement) -> None:
        if not self._is_settled(statement):
            self._theory.add(statement, (-self._select(_group(statement)),))

    def _add_needs(self, name: str, following: dict[str, None]) -> None:
        """Add what the module `name` needs, and note that this is `following`."""
        alike: dict[Hashable, dict[Need, list[tuple[int, int]]]] = {}
        for need, runs in self._runs(name).items():
            following[need.name] = None
            self._add_absence(need.name, need.constraint)
            group: Hashable = ("need", name, need.name, need.field)
            alike.setdefault(group, {})[need] = runs
            lifted = (-self._select(group),)
            for low, high in runs:
                self._theory.add_need(name, low, high, need.name, need.constraint, lifted)
        for group, needs in alike.items():
            if len(needs) > 1:
                self._add_loose(name, group, needs)

    def _runs(self, name: str) -> dict[Need, list[tuple[int, int]]]:
        """What versions of the module `name` need, with the runs of neighbouring ranks that do; the newest first."""
        domain = self._problem.domain(name)
        runs: dict[Need, list[tuple[int, int]]] = {}
        for rank in reversed(range(len(domain))):
            for need in domain.needs(rank):
                if self._settled and self._is_settled_need(name, rank, need):
                    continue
                before = runs.setdefault(need, [])
                if before and before[-1][0] == rank + 1:
                    before[-1] = (rank, before[-1][1])
                else:
                    before.append((rank, rank))
        return runs

    def _is_settled_need(self, name: str, rank: int, need: Need) -> bool:
        return need.field == "runtime" and rank in self._covered.get((RuntimeNeed, name, need.name), ())

    def _is_settled(self, statement: Statement) -> bool:
        """Whether `statement` is settled, or said by what is settled, perhaps about more versions."""
        if statement in self._settled or (isinstance(statement, CapacityLimit) and statement.key in self._roomy):
            return True
        topic = _topic(statement)
        if topic is None:
            return False
        span, about = topic
        covered = self._covered.get(about)
        return covered is not None and covered.issuperset(range(span.low, span.high + 1))

    def _add_loose(self, name: str, group: Hashable, needs: Mapping[Need, list[tuple[int, int]]]) -> None:
        """Add what `needs` of one module, the `group`, say without their constraints, where that is less."""
        met = [runs for need, runs in needs.items() if (need.name, need.constraint.text) not in self._absences]
        ranks = sorted({rank for runs in met for low, high in runs for rank in range(low, high + 1)})
        spans = intervals_of(ranks)
        if len(met) > 1 and len(spans) < sum(map(len, met)):
            self._intricate.add(self._selectors[group])
            lifted = (-self._select((group, name, _LOOSE)),)
            for low, high in spans:
                self._theory.add_need(name, low, high, next(iter(needs)).name, ANY, lifted)

    def _add_absence(self, name: str, constraint: Constraint) -> None:
        """Add that nothing meets `constraint` on the module `name`, if nothing does and that was not added yet."""
        key = (name, constraint.text)
        if key not in self._asked:
            self._asked.add(key)
            nothing = missing(self._problem, Requirement(name, constraint))
            if nothing is not None:
                self._absences[key] = nothing
                self._add(nothing)

    def _select(self, group: Hashable) -> int:
        selector = self._selectors.get(group)
        if selector is None:
            selector = self._selectors[group] = self._theory.new_selector()
        return selector


def _topic(statement: Statement) -> tuple[Span, Hashable] | None:
    """The versions that `statement` is about, and what it says of them that needs no more to be settled."""
    match statement:
        case RuntimeNeed(span, requirement):
            return span, (RuntimeNeed, span.module, requirement.name)
        case HardwareLimit(span, lack):
            return span, (HardwareLimit, span.module, lack.fact)
        case InterfaceNeed(span, interface):
            return span, (InterfaceNeed, span.module, interface)
        case _:
            return None


def _group(statement: Statement) -> Hashable:
    """Statements of one group are kept or left out together at first."""
    match statement:
        case Dependency(span, requirement):
            return ("need", span.module, requirement.name, "modules")
        case RuntimeNeed(span, requirement):
            return ("need", span.module, requirement.name, "runtime")
        case Requested() | UnknownModule() | NoVersion() | Cycle():
            return statement
        case CapacityLimit(shares=shares):
            return CapacityLimit, shares[0].span.module, *statement.key
        case _:
            return (type(statement), module_of(statement))
