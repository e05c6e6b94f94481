"""Repairs: the cheapest sets of changes that make a plan possible, each proved by planning again.

A request without a plan is relaxed rung by rung (:mod:`las_solver.relaxation`). The cheapest rungs that meet
everything known so far are tried; where no answer is possible with them, the SAT solver says which rungs are to blame,
one of which has to change; where one is, planning as a whole decides, and dearer sets that contain this one are not
looked at. So the sets come in order of cost, and no part of one is superfluous: without it, the set would be cheaper
and would have come before. (Where pre-releases play a part, a set may be found late, with more beside it, which is then
left out.) This is the duality of cores and correction sets, by implicit hitting sets (Chandrasekaran and others, 2011).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from itertools import pairwise
from operator import ge
from typing import Any, Final

from las_solver.change import (
    ALL_CHANGES,
    Change,
    LeaveOut,
    RelaxConstraint,
    ReleaseModule,
    TakeInstead,
    apply_changes,
    cost,
)
from las_solver.ladder import Ladder, Levels
from las_solver.lazy_dataclass import dataclass
from las_solver.model import Host, Request
from las_solver.plan import Plan
from las_solver.relaxation import Relaxation
from las_solver.sat import Budget, Cheapest, Stopped
from las_solver.shelf import Shelf

__all__ = ["Repair", "find_repairs"]

_RUNGS: Final = 10_000
"""How many times as much as a further rung of a ladder costs the unit in which changes are weighed."""

_MOST_REFUSED: Final = 20
"""Relaxing does not see that what goes may have admitted a pre-release; so not all that it finds works."""

_MOST_REMOVED: Final = 10
"""Nobody removes more modules than that to install one; so the search ends with the first repair that would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Changes that together make `plan` possible; without any one of them there is no plan."""

    changes: tuple[Change, ...]
    plan: Plan

    def to_dict(self) -> dict[str, Any]:
        """The repair as plain values, ready for JSON (docs/documents.md)."""
        from las_solver.repair_document import repair_document

        return repair_document(self)


def find_repairs(
    shelf: Shelf,
    request: Request,
    *,
    plan: Callable[[Host, Request], Plan | None],
    budget: Budget,
    offers: frozenset[type] = ALL_CHANGES,
) -> Iterator[Repair]:
    """The repairs of a `request` without a plan on the host of `shelf`, cheapest first.

    `plan` answers a changed request on a changed host. Raises :class:`las_solver.sat.Stopped` when `budget` is used up.
    """
    trials = _Trials(shelf, request, plan)
    smaller = trials.smaller()
    waiting = next(smaller, None)
    for repair in _all_repairs(shelf, request, trials, budget, offers):
        while waiting is not None and _cost(waiting) <= _cost(repair):
            yield waiting
            waiting = next(smaller, None)
        yield repair
    while waiting is not None:
        yield waiting
        waiting = next(smaller, None)


def _all_repairs(
    shelf: Shelf, request: Request, trials: _Trials, budget: Budget, offers: frozenset[type]
) -> Iterator[Repair]:
    """The repairs that relaxing finds, cheapest first."""
    beside: list[str] = []
    while True:
        relaxation = Relaxation(shelf, request, offers, budget, beside=beside)
        try:
            disturbed = yield from _repairs(relaxation, trials, budget)
        finally:
            relaxation.close()
        if not disturbed:
            return
        beside.extend(disturbed)


def _cost(repair: Repair) -> int:
    return sum(map(cost, repair.changes))


def _repairs(relaxation: Relaxation, trials: _Trials, budget: Budget) -> Generator[Repair, None, list[str]]:
    """The repairs, cheapest first, that were not tried yet.

    Returns early with staying modules of which `relaxation` does not speak, if these are why planning refused changes.
    """
    cheapest = _master(relaxation.ladders, budget)
    for clause in relaxation.rules:
        cheapest.add(clause)
    try:
        while (taken := cheapest.find()) is not None:
            levels: Levels = relaxation.levels_of(taken)
            if not relaxation.admits(levels):
                for remedy in relaxation.remedies(levels):
                    cheapest.add(remedy)
                continue
            changes = relaxation.changes(levels)
            if sum(isinstance(change, ReleaseModule) for change in changes) > _MOST_REMOVED:
                raise Stopped
            if trials.works(changes):
                if relaxation.is_narrow:
                    levels = _needed(levels, relaxation, trials)
                    changes = relaxation.changes(levels)
                changes = trials.least(changes)
                if (repair := trials.repair(changes)) is not None:
                    yield repair
                cheapest.add(-_rung(ladder, levels) for ladder in relaxation.ladders if levels.get(ladder.fact))
            elif disturbed := relaxation.disturbed():
                return disturbed
            else:
                trials.refuse(changes)
                cheapest.add(_anything_but(relaxation.ladders, levels))
    finally:
        cheapest.close()
    return []


def _needed(levels: Levels, relaxation: Relaxation, trials: _Trials) -> Levels:
    """`levels`, which work, less those without which the others do, as planning as a whole says."""
    for fact in tuple(levels):
        fewer = {other: level for other, level in levels.items() if other != fact}
        if (changes := relaxation.changes(fewer)) and trials.works(changes):
            levels = fewer
    return levels


class _Trials:
    """Changes that were tried by planning as a whole."""

    def __init__(self, shelf: Shelf, request: Request, plan: Callable[[Host, Request], Plan | None]) -> None:
        self._shelf = shelf
        self._host = shelf.host
        self._request = request
        self._plan = plan
        self._broken = {one.module for one in shelf.installed.invalid}
        self._answers: dict[tuple[Change, ...], Plan | None] = {}
        self._led_to: list[tuple[Host, Request]] = []
        self._refused: set[tuple[Change, ...]] = set()

    def works(self, changes: tuple[Change, ...]) -> bool:
        """Whether there is a plan after `changes`, and they break nothing that is installed."""
        if changes not in self._answers:
            plan = self._plan(*apply_changes(changes, self._host, self._request))
            breaks = plan is not None and any(one.module not in self._broken for one in plan.invalid)
            self._answers[changes] = None if breaks else plan
        return self._answers[changes] is not None

    def least(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """`changes`, which work, with no more of anything that modules hold together than it takes."""
        if not (self._request.limits or self._request.together):
            return changes
        from las_solver.making_room import least_changes  # late: few requests have any

        def plan(less: tuple[Change, ...]) -> Plan | None:
            return self._answers[less] if self.works(less) else None

        return least_changes(changes, self._shelf, self._request, plan)

    def smaller(self) -> Iterator[Repair]:
        """For each requested module, another size of it that works in its place, the largest that is smaller."""
        if not self._request.together:
            return
        from las_solver.making_room import smaller_modules  # late: few requests need it

        requested = dict.fromkeys(one.name for one in self._request.requirements)
        for name in requested:
            for other in smaller_modules(self._shelf, name):
                if other in requested:
                    continue  # that would merely leave one out
                changes = (TakeInstead(name, other),)
                if self.works(changes) and (repair := self.repair(changes)) is not None:
                    yield repair
                    break

    def repair(self, changes: tuple[Change, ...]) -> Repair | None:
        """The repair of `changes`, which work; None if an earlier one asks for no more."""
        plan = self._answers[changes]
        assert plan is not None
        changed = apply_changes(changes, self._host, self._request)
        asks_for_more = any(_asks_for_more(changed, less) for less in self._led_to)
        self._led_to.append(changed)
        return None if asks_for_more else Repair(changes=changes, plan=plan)

    def refuse(self, changes: tuple[Change, ...]) -> None:
        """Note that `changes` do not work, and nobody knows why."""
        self._refused.add(changes)
        if len(self._refused) > _MOST_REFUSED:
            raise Stopped


def _master(ladders: tuple[Ladder, ...], budget: Budget) -> Cheapest:
    """What the rungs cost: the first of a ladder what its change does, and each further one as little as possible.

    Leaving out a module takes away its constraints, which is a rung each (:attr:`Relaxation.rules`), at no more cost.
    """
    relaxing: Counter[str] = Counter()
    for change in (rung for ladder in ladders for rung in ladder.rungs):
        if isinstance(change, RelaxConstraint):
            relaxing[change.requirement.name] += cost(change)
    weights: dict[int, int] = {}
    for ladder in ladders:
        first, *further = ladder.literals
        change = ladder.rungs[0]
        alone = cost(change) - (relaxing[change.module] if isinstance(change, LeaveOut) else 0)
        weights[first] = max(1, alone * _RUNGS)
        weights.update(dict.fromkeys(further, 1))
    cheapest = Cheapest(weights, budget)
    for ladder in ladders:
        for lower, higher in pairwise(ladder.literals):
            cheapest.add((-higher, lower))
    return cheapest


def _rung(ladder: Ladder, levels: Levels) -> int:
    return ladder.literals[levels[ladder.fact] - 1]


def _asks_for_more(changed: tuple[Host, Request], other: tuple[Host, Request]) -> bool:
    """Whether a host and a request are those of `other`, apart from as much hardware or more."""
    (host, request), (less, asked) = changed, other
    if request != asked or replace(host, cores=less.cores, ram=less.ram, gpus=less.gpus) != less:
        return False
    cards, fewer = (sorted((card.vram for card in one.gpus), reverse=True) for one in (host, less))
    return (
        (host.cores or 0) >= (less.cores or 0)
        and (host.ram or 0) >= (less.ram or 0)
        and len(cards) >= len(fewer)
        and all(map(ge, cards, fewer))
    )


def _anything_but(ladders: tuple[Ladder, ...], levels: Levels) -> Iterator[int]:
    """A rung more than `levels`, or where a higher one may do less, another: as planning as a whole refused these."""
    for ladder in ladders:
        level = levels.get(ladder.fact, 0)
        if level < len(ladder.literals):
            yield ladder.literals[level]
        if level and ladder.exact:
            yield -ladder.literals[level - 1]
