"""What makes room for modules that hold too much together: how much more it takes, and smaller modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import le
from typing import Final

from packaging.version import Version

from las_solver.capacity import capacities_of
from las_solver.change import AddCard, Change, RaiseHardware, RaiseLimit, apply_changes
from las_solver.model import ModuleVersion, Request
from las_solver.placement import Packing
from las_solver.plan import Plan
from las_solver.shelf import Shelf
from las_solver.statement import CapacityLimit, Statement

__all__ = ["Held", "amounts_between", "held_together", "least_changes", "smaller_modules"]

_FEW: Final = 16
_GROWTH: Final = 1.25
_MOST_SIZES: Final = 8


@dataclass(frozen=True, slots=True)
class Held:
    """What modules hold of a capacity that has so many `cards`: some version by itself `alone`, the largest of each
    module together `most`."""

    key: tuple[str, str]
    cards: tuple[int, ...]
    alone: frozenset[int]
    most: int


def held_together(statements: Iterable[Statement]) -> list[Held]:
    """What `statements` say that modules hold of each capacity."""
    largest: dict[CapacityLimit, dict[str, int]] = {}
    alone: dict[CapacityLimit, set[int]] = {}
    for one in statements:
        if isinstance(one, CapacityLimit):
            capacity = replace(one, shares=())
            for share in one.shares:
                held = largest.setdefault(capacity, {})
                held[share.span.module] = max(share.weight, held.get(share.span.module, 0))
                alone.setdefault(capacity, set()).add(share.weight)
    return [
        Held(capacity.key, capacity.cards, frozenset(alone[capacity]), sum(held.values()))
        for capacity, held in largest.items()
    ]


def amounts_between(have: int, most: int) -> Iterator[int]:
    """Amounts above `have`, few of them and `most` the last: each one, or each a quarter more than the one before."""
    amount = have
    while amount < most:
        amount = amount + 1 if most - have <= _FEW else min(max(amount + 1, int(amount * _GROWTH)), most)
        yield amount


def _is_amount(change: Change, request: Request) -> bool:
    """Whether `change` is more of something that modules hold together under `request`."""
    match change:
        case RaiseLimit() | AddCard():
            return True
        case RaiseHardware(fact):
            return request.together and fact in ("ram", "vram")
        case _:
            return False


def least_changes(
    changes: tuple[Change, ...], shelf: Shelf, request: Request, plan: Callable[[tuple[Change, ...]], Plan | None]
) -> tuple[Change, ...]:
    """`changes`, with which `plan` finds one, with each amount that modules hold together as small as it can be."""
    for place, change in enumerate(changes):
        if _is_amount(change, request):
            changes = _least(changes, place, shelf, request, plan)
    return changes


def _least(
    changes: tuple[Change, ...],
    place: int,
    shelf: Shelf,
    request: Request,
    plan: Callable[[tuple[Change, ...]], Plan | None],
) -> tuple[Change, ...]:
    """`changes` with the least amount for the one at `place`: a plan at hand says how much it takes, and less is tried.

    One byte less at first, as most often there is no plan then; in the end half of what is left.
    """
    too_little, enough = _amount(changes[place])
    tried = 0
    while too_little < enough - 1:
        tried += 1
        trial = enough - 1 if tried <= _FEW else (too_little + enough) // 2
        if (found := plan(changes)) is not None:
            tight = _with(changes, place, _taken(changes, place, too_little, found, shelf, request))
            if tight != changes and plan(tight) is not None:
                changes, (_, enough) = tight, _amount(tight[place])
                continue
        if plan(_with(changes, place, trial)) is None:
            too_little = trial
            if tried <= _FEW:
                break
        else:
            changes, enough = _with(changes, place, trial), trial
    return changes


def _taken(changes: tuple[Change, ...], place: int, too_little: int, plan: Plan, shelf: Shelf, request: Request) -> int:
    """The least amount above `too_little` for the change at `place` with which the modules of `plan` fit."""
    chosen = [_version(shelf, step.module, step.version) for step in plan.steps if step.action != "remove"]

    def fits(amount: int) -> bool:
        less = apply_changes(_with(changes, place, amount), shelf.host, request)
        return all(Packing(list(map(one.load, chosen))).fits(one.cards) for one in capacities_of(*less))

    low, high = too_little + 1, _amount(changes[place])[1]
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return high


def _amount(change: Change) -> tuple[int, int]:
    """What there is too little of now, and what there is after `change`, which is an amount."""
    match change:
        case AddCard(vram):
            return 0, vram
        case RaiseLimit(_, to, have):
            return have, to
        case RaiseHardware(_, to, have):
            return have or 0, to
        case _:
            raise AssertionError(f"{change} is no amount")


def _version(shelf: Shelf, name: str, version: Version) -> ModuleVersion:
    return next(one for one in shelf.versions(name) if one.version == version)


def _with(changes: Sequence[Change], place: int, amount: int) -> tuple[Change, ...]:
    """`changes` with `amount` for the one at `place`."""
    match changes[place]:
        case AddCard() as change:
            changed: Change = replace(change, vram=amount)
        case RaiseLimit() | RaiseHardware() as change:
            changed = replace(change, to=amount)
        case other:
            changed = other
    return (*changes[:place], changed, *changes[place + 1 :])


def smaller_modules(shelf: Shelf, name: str) -> list[str]:
    """Modules that are other sizes of the module `name`, and smaller, the largest first.

    Their newest versions are of its category, provide and consume the same, and need no more memory of either kind and
    less of one. Their names have as many parts, of which the first is the same and one other is not.
    """
    own = shelf.versions(name)
    if not own:
        return []
    parts = _parts(name)
    found: list[tuple[tuple[int, int], str]] = []
    for other in shelf.source.names():
        others = _parts(other)
        if len(others) != len(parts) or others[0] != parts[0] or sum(map(str.__ne__, parts, others)) != 1:
            continue
        newest = shelf.versions(other)[-1]
        is_smaller = all(map(le, _size(newest), _size(own[-1]))) and _size(newest) != _size(own[-1])
        if is_smaller and _role(newest) == _role(own[-1]):
            found.append((_size(newest), other))
    found.sort(key=lambda one: (-one[0][0], -one[0][1], one[1]))
    return [other for _, other in found[:_MOST_SIZES]]


def _parts(name: str) -> list[str]:
    return re.split(r"[-_:]", name)


def _role(one: ModuleVersion) -> tuple[str, frozenset[str], frozenset[str]]:
    return one.category, frozenset(one.provides), frozenset(one.consumes)


def _size(one: ModuleVersion) -> tuple[int, int]:
    return one.hardware.vram_min or 0, one.hardware.ram_min or 0
