"""The order in which people read what contradicts itself: a module is spoken of once something has led to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from las_solver.claim import Claim
from las_solver.statement import (
    CapacityLimit,
    Cycle,
    Dependency,
    InterfaceNeed,
    Requested,
    RuntimeNeed,
    Staying,
    module_of,
)

__all__ = ["read_in_order"]


def read_in_order(claims: Sequence[Claim], places: Sequence[int], told: Iterable[int]) -> list[int]:
    """`places` of claims: what was asked for, then the others as they are, but each after one that leads to its module.

    Where a claim that was `told` before leads to a module, or nothing does, it can be spoken of at once.
    """
    places = sorted(places, key=lambda place: not isinstance(claims[place].said, Requested))
    leading: dict[str, list[int]] = {}
    for place in places:
        for target in _targets(claims[place]):
            leading.setdefault(target, []).append(place)
    known = {target for place in told for target in _targets(claims[place])}
    ordered: dict[int, None] = {}
    for first in places:
        pending = [first]
        begun: dict[int, Iterator[str]] = {}
        while pending:
            place = pending[-1]
            subjects = begun.setdefault(place, iter(_subjects(claims[place])))
            unknown = (module for module in subjects if module not in known)
            able = (one for module in unknown for one in leading.get(module, ()) if one not in ordered)
            lead = next((one for one in able if one not in begun), None)
            if lead is not None:
                pending.append(lead)
                continue
            pending.pop()
            if place not in ordered:
                ordered[place] = None
                known.update(_targets(claims[place]))
    return list(ordered)


def _subjects(claim: Claim) -> Sequence[str]:
    """The modules that `claim` speaks of, unless it leads there itself."""
    match claim.said:
        case Cycle() | Requested() | Staying():
            return ()
        case CapacityLimit(shares=shares):
            return [share.span.module for share in shares]
        case _:
            return [module_of(claim.said)]


def _targets(claim: Claim) -> Iterator[str]:
    """The modules that `claim` leads to."""
    match claim.said:
        case Requested(requirement) | Dependency(_, requirement) | RuntimeNeed(_, requirement):
            yield requirement.name
        case InterfaceNeed(_, _, providers):
            yield from providers
        case Staying(span):
            yield span.module
        case _:
            pass
