"""Repairs: the cheapest sets of changes that make a plan possible, each proved by planning again.

A request without a plan is relaxed rung by rung (:mod:`las_solver.relaxation`). The cheapest rungs that meet
everything known so far are tried; where no answer is possible with them, the SAT solver says which rungs are to blame,
one of which has to change; where one is, planning as a whole decides, and dearer sets that contain this one are not
looked at. So the sets come in order of cost, and no part of one is superfluous: without it, the set would be cheaper
and would have come before. This is the duality of cores and correction sets, by implicit hitting sets (Chandrasekaran
and others, 2011).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import ge
from typing import Final

from las_solver.change import ALL_CHANGES, Change, LeaveOut, RelaxConstraint, apply_changes, cost
from las_solver.ladder import Ladder, Levels
from las_solver.model import Host, Request
from las_solver.plan import Plan
from las_solver.relaxation import Relaxation
from las_solver.sat import Budget, Cheapest, Stopped
from las_solver.source import Source

__all__ = ["Repair", "find_repairs"]

_RUNGS: Final = 10_000
"""How many times as much as a further rung of a ladder costs the unit in which changes are weighed."""

_MOST_REFUSED: Final = 20
"""Relaxing does not see that what goes may have admitted a pre-release; so not all that it finds works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Changes that together make `plan` possible; without any one of them there is no plan."""

    changes: tuple[Change, ...]
    plan: Plan


def find_repairs(
    source: Source,
    host: Host,
    request: Request,
    *,
    plan: Callable[[Host, Request], Plan | None],
    budget: Budget,
    offers: frozenset[type] = ALL_CHANGES,
) -> Iterator[Repair]:
    """The repairs of a `request` without a plan, cheapest first.

    `plan` answers a changed request on a changed host. Raises :class:`las_solver.sat.Stopped` when `budget` is used up.
    """
    relaxation = Relaxation(source, host, request, offers, budget)
    cheapest = _master(relaxation.ladders, budget)
    for clause in relaxation.rules:
        cheapest.add(clause)
    refused = 0
    led_to: list[tuple[Host, Request]] = []
    try:
        while (taken := cheapest.find()) is not None:
            levels = relaxation.levels_of(taken)
            if not relaxation.admits(levels):
                for remedy in relaxation.remedies(levels):
                    cheapest.add(remedy)
                continue
            changes = relaxation.changes(levels)
            changed = apply_changes(changes, host, request)
            answer = plan(*changed)
            if answer is None:
                refused += 1
                if refused > _MOST_REFUSED:
                    raise Stopped
                cheapest.add(_anything_but(relaxation.ladders, levels))
                continue
            if not any(_asks_for_more(changed, less) for less in led_to):
                yield Repair(changes=changes, plan=answer)
            led_to.append(changed)
            cheapest.add(-_rung(ladder, levels) for ladder in relaxation.ladders if levels.get(ladder.fact))
    finally:
        cheapest.close()
        relaxation.close()


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
