"""What fits on cards, and where it is placed: the arithmetic of decision 0022, for the checker alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from las_solver.check_document import Malformed

__all__ = ["NOTHING", "Weight", "fits", "least_excess", "placed"]

_MOST_STATES = 50_000
"""More ways to fill the cards than these are not looked at."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What something holds: on one card alone or, where it is `spread`, on all of them in any shares."""

    amount: int
    spread: bool = False


NOTHING = Weight(0)


def fits(cards: Sequence[int], weights: Iterable[Weight]) -> bool:
    """Whether `weights` can be held by cards that hold so much; raises :class:`Malformed` if that is too hard."""
    held = tuple(weights)
    return sum(one.amount for one in held) <= sum(cards) and _fit(cards, [one.amount for one in held if not one.spread])


def least_excess(cards: Sequence[int], weights: Sequence[Weight]) -> list[int]:
    """The places of some `weights` that do not fit on `cards`, as all do not, but fit without any one of them."""
    heaviest_first = sorted(range(len(weights)), key=lambda place: (-weights[place].amount, weights[place].spread))
    taken: list[int] = []
    while fits(cards, [weights[place] for place in taken]):
        taken.append(heaviest_first[len(taken)])
    for place in reversed(taken[:-1]):
        others = [other for other in taken if other != place]
        if not fits(cards, [weights[other] for other in others]):
            taken = others
    return taken


def placed(cards: Sequence[int], weights: Mapping[str, Weight]) -> dict[str, list[tuple[int, int]]]:
    """The placement by decision 0022 of `weights` that fit: by name, the cards in order and what is held on each."""
    free = list(cards)
    places: dict[str, list[tuple[int, int]]] = {name: [] for name in weights}
    in_turn = sorted(weights, key=lambda name: (weights[name].spread, -weights[name].amount, name))
    singles = [name for name in in_turn if weights[name].amount and not weights[name].spread]
    for turn, name in enumerate(singles):
        rest = [weights[other].amount for other in singles[turn + 1 :]]
        card = next(card for card, left in _after(free, weights[name].amount) if _fit(left, rest))
        places[name] = [(card, weights[name].amount)]
        free[card] -= weights[name].amount
    for name in in_turn:
        if weights[name].spread:
            places[name] = _spread(free, weights[name].amount)
    return places


def _spread(free: list[int], amount: int) -> list[tuple[int, int]]:
    """Takes `amount` from what is `free`, of the first card first."""
    shares: list[tuple[int, int]] = []
    for card, left in enumerate(free):
        share = min(left, amount)
        if share:
            shares.append((card, share))
            free[card] -= share
            amount -= share
    return shares


def _after(free: Sequence[int], amount: int) -> Iterator[tuple[int, list[int]]]:
    """The cards on which `amount` is free, each with what is free on all of them after it was taken."""
    for card, left in enumerate(free):
        if left >= amount:
            yield card, [*free[:card], left - amount, *free[card + 1 :]]


def _fit(cards: Sequence[int], amounts: Iterable[int]) -> bool:
    """Whether `amounts` can be held on `cards`, each on one.

    Depth first, heaviest first, fullest card first. A card with less free than the least amount holds nothing more.
    """
    heaviest_first = sorted(filter(None, amounts), reverse=True)
    if not heaviest_first:
        return True
    rest = [sum(heaviest_first[place:]) for place in range(len(heaviest_first))]
    stack: list[tuple[int, tuple[int, ...]]] = [(0, _useful(cards, heaviest_first[-1]))]
    seen = set(stack)
    while stack:
        place, free = stack.pop()
        if place == len(heaviest_first):
            return True
        if sum(free) < rest[place]:
            continue
        for _, left in reversed(tuple(_after(free, heaviest_first[place]))):
            state = (place + 1, _useful(left, heaviest_first[-1]))
            if state not in seen:
                seen.add(state)
                stack.append(state)
        if len(seen) > _MOST_STATES:
            raise Malformed(f"whether {len(heaviest_first)} modules fit on {len(cards)} cards is too hard to check")
    return False


def _useful(free: Iterable[int], least: int) -> tuple[int, ...]:
    """The cards on which at least `least` is free, the fullest first."""
    return tuple(sorted(left for left in free if left >= least))
