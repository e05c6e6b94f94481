"""Whether amounts fit on cards, and on which card each goes (docs/decisions/0022).

An amount stays together on one card, or may be *spread* over all of them in any shares. Packing what stays together is
bin packing; what can be spread then fits if the total does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from las_solver.sat import Stopped, never

__all__ = ["Load", "Packing", "place"]

_PATIENCE = 256


class Load(NamedTuple):
    """An amount, and whether it may be spread over several cards."""

    amount: int
    spread: bool = False

    def is_harder_than(self, other: Load) -> bool:
        """Whether this fits nowhere that `other` does not: it is as much or more, and spreads no better."""
        return self.amount >= other.amount and (other.spread or not self.spread)

    def fits(self, cards: Sequence[int]) -> bool:
        """Whether this fits on `cards` alone."""
        return self.amount <= (sum(cards) if self.spread else max(cards, default=0))


class Packing:
    """What is found out about packing one set of loads: which of what is left has no room in which free amounts.

    `stop` is asked now and then; once it answers True, :class:`las_solver.sat.Stopped` is raised.
    """

    def __init__(self, loads: Sequence[Load], *, stop: Callable[[], bool] = never) -> None:
        self._amounts = sorted((load.amount for load in loads if not load.spread and load.amount), reverse=True)
        self._total = sum(load.amount for load in loads)
        self._hopeless: set[tuple[int, tuple[int, ...]]] = set()
        self._stop = stop
        self._looks = 0

    def fits(self, cards: Sequence[int]) -> bool:
        """Whether all loads fit on `cards`."""
        return self._total <= sum(cards) and self.has_room(0, cards)

    def has_room(self, first: int, free: Sequence[int]) -> bool:
        """Whether the amounts that stay together, by size and those before `first` left out, fit in `free`."""
        room = tuple(sorted((one for one in free if one), reverse=True))
        amounts = self._amounts
        if len(room) <= 1 or first == len(amounts):
            return sum(amounts[first:]) <= sum(room)
        return self._is_quick(first, room) or self._search(first, room)

    def _is_quick(self, first: int, room: Sequence[int]) -> bool:
        """Whether taking the fullest card on which each still fits puts all of them somewhere."""
        left = list(room)
        for amount in self._amounts[first:]:
            able = [place for place, free in enumerate(left) if free >= amount]
            if not able:
                return False
            left[min(able, key=left.__getitem__)] -= amount
        return True

    def _search(self, first: int, room: tuple[int, ...]) -> bool:
        """Each amount, the largest first, on each card of another free amount; cards are told apart by that alone."""
        pending = [(first, room)]
        looked: list[tuple[int, tuple[int, ...]]] = []
        while pending:
            place, free = pending.pop()
            if place == len(self._amounts):
                self._hopeless.difference_update(looked)  # some of them led here
                return True
            self._ask_stop()
            if (place, free) in self._hopeless:
                continue
            self._hopeless.add((place, free))  # unless one of those that follow, all pending, leads to the end
            looked.append((place, free))
            amounts = self._amounts[place:]
            if sum(amounts) > sum(one for one in free if one >= amounts[-1]):
                continue
            amount = amounts[0]
            for card in dict.fromkeys(one for one in free if one >= amount):
                rest = list(free)
                rest.remove(card)
                rest.append(card - amount)
                pending.append((place + 1, tuple(sorted((one for one in rest if one), reverse=True))))
        return False

    def _ask_stop(self) -> None:
        self._looks += 1
        if self._looks % _PATIENCE == 0 and self._stop():
            raise Stopped


def place(
    loads: Mapping[str, Load], cards: Sequence[int], *, stop: Callable[[], bool] = never
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Where each of the named `loads`, which fit, goes: numbers of cards from 0 on, and the amounts on them.

    What stays together goes first, the most first, ties by name: each on the first card with which the rest has room.
    Then what can be spread takes what is free, card by card.
    """
    order = sorted((name for name, load in loads.items() if load.amount), key=lambda name: (-loads[name].amount, name))
    packing = Packing(list(loads.values()), stop=stop)
    free = list(cards)
    placed: dict[str, tuple[tuple[int, int], ...]] = {}
    for taken, name in enumerate((name for name in order if not loads[name].spread), 1):
        amount = loads[name].amount
        for card, room in enumerate(free):
            if room >= amount and packing.has_room(taken, [*free[:card], room - amount, *free[card + 1 :]]):
                free[card] -= amount
                placed[name] = ((card, amount),)
                break
        else:
            raise AssertionError(f"there is no room for {name}, although all fit")
    for name in (name for name in order if loads[name].spread):
        left, parts = loads[name].amount, []
        for card, room in enumerate(free):
            if (part := min(left, room)) > 0:
                free[card] -= part
                left -= part
                parts.append((card, part))
        placed[name] = tuple(parts)
    return placed
