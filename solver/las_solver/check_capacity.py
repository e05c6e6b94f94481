"""What limits, memory and cards hold (decision 0022), and the clauses that say so, for the checker alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from las_solver.check_document import Malformed
from las_solver.check_packing import NOTHING, Weight, fits, least_excess
from las_solver.limit import Limit
from las_solver.model import Host, ModuleVersion, Request
from las_solver.sat import Sat

__all__ = ["Capacities", "Capacity", "Group", "capacities", "ram_of", "vram_of", "weight_of"]

_MOST_CLAUSES = 20_000
"""More sets of versions that do not fit are not looked for."""

_MOST_BEFOREHAND = 20_000
"""What takes more clauses than these is only said of sets of versions that do not fit."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the modules of an answer hold of `what`, each as much as `weigh` says, has to fit on `cards`."""

    what: str
    cards: tuple[int, ...]
    weigh: Callable[[ModuleVersion], Weight]


def capacities(host: Host, request: Request) -> tuple[Capacity, ...]:
    """The limits of `request` and, of modules that run at the same time, memory and cards of `host`.

    Where the memory is not known, no version that needs any can be there (section 3).
    """
    found = [Capacity(one.name, (one.at_most,), weight_of(one)) for one in request.limits]
    if request.together and host.ram is not None:
        found.append(Capacity("ram", (host.ram,), ram_of))
    if request.together:
        found.append(Capacity("vram", tuple(card.vram for card in host.gpus), vram_of))
    return tuple(found)


def weight_of(limit: Limit) -> Callable[[ModuleVersion], Weight]:
    """What a version weighs by `limit`; raises :class:`Malformed` if that is no whole number from 0 on."""

    def weigh(one: ModuleVersion) -> Weight:
        amount = limit.weigh(one)
        if not isinstance(amount, int) or amount < 0:
            raise Malformed(f"the limit {limit.name!r} weighs {one} {amount!r}, which is no whole number from 0 on")
        return Weight(int(amount))

    return weigh


def ram_of(one: ModuleVersion) -> Weight:
    """The memory that `one` needs."""
    return Weight(one.hardware.ram_min or 0)


def vram_of(one: ModuleVersion) -> Weight:
    """The memory of cards that `one` needs: on one of them, or over all."""
    need = one.hardware
    return Weight(need.vram_min, need.multi_gpu) if need.vram_min else NOTHING


@dataclass(frozen=True, slots=True)
class Group:
    """Where one of the `literals`, all of one module, is true, it holds `weight` or more; unless `besides` is true."""

    module: str
    weight: Weight
    literals: Sequence[int]
    besides: int | None = None


class Capacities:
    """Cards as clauses, which come once a model holds what does not fit.

    Each module has a literal for every amount that it can hold, "it holds so much or more"; a clause is about the
    amounts of a set that does not fit, and fits without any one of them::

        # not m1 >= a1 or not m2 >= a2 or ...
    """

    def __init__(self, sat: Sat) -> None:
        self._sat = sat
        self._held: list[tuple[tuple[int, ...], tuple[int, ...], list[list[tuple[int, Weight]]]]] = []
        self._clauses = 0

    def hold(self, cards: tuple[int, ...], groups: Iterable[Group], *, unless: Sequence[int] = ()) -> None:
        """What `groups` hold fits on `cards`, unless one of the literals is true."""
        amounts: dict[tuple[str, bool], list[tuple[int, Weight]]] = {}
        for group in sorted(groups, key=lambda group: -group.weight.amount):
            held = self._sat.new_variable(phase=False)
            for literal in group.literals:
                self._sat.add([-literal, held] if group.besides is None else [-literal, group.besides, held])
            of_module = amounts.setdefault((group.module, group.weight.spread), [])
            if of_module:
                self._sat.add([-of_module[-1][0], held])
            of_module.append((held, group.weight))
        if amounts:
            self._held.append((cards, tuple(unless), list(amounts.values())))
            self._bound(sum(cards), unless, list(amounts.values()))

    def _bound(self, total: int, unless: Sequence[int], amounts: Sequence[Sequence[tuple[int, Weight]]]) -> None:
        """All `amounts` together are no more than `total`, if it does not take too many clauses to say so beforehand.

        With a literal for each sum of the first amounts with which what is still to come could be too much::

            # not sum[i-1] >= s or not m[i] >= a or sum[i] >= s + a
        """
        steps = _sums(total, [[weight.amount for _, weight in pairs] for pairs in amounts])
        reached: dict[int, int | None] = {0: None}
        for pairs, sums in zip(amounts, steps, strict=False):
            after = {one: self._sat.new_variable(phase=False) for one in sums if one}
            for before, literal in reached.items():
                least = [] if literal is None else [-literal]
                if before in after:
                    self._sat.add([*least, after[before]])
                for held, weight in pairs:
                    now = before + weight.amount
                    if now > total:
                        self._sat.add([*unless, *least, -held])
                    elif now in after:
                        self._sat.add([*least, -held, after[now]])
            reached = {one: after.get(one) for one in sums}

    def solve(self, assumptions: Sequence[int]) -> bool:
        """As :meth:`Sat.solve`, with a model of which everything fits; raises :class:`Malformed` if it is too hard."""
        while self._sat.solve(assumptions):
            clauses = self._broken()
            if not clauses:
                return True
            self._clauses += len(clauses)
            if self._clauses > _MOST_CLAUSES:
                raise Malformed("there are too many sets of modules that do not fit together to check")
            for clause in clauses:
                self._sat.add(clause)
        return False

    def _broken(self) -> list[list[int]]:
        """A clause for each of the cards on which the model holds too much."""
        clauses: list[list[int]] = []
        for cards, unless, amounts in self._held:
            if any(map(self._sat.value, unless)):
                continue
            there = [next((pair for pair in pairs if self._sat.value(pair[0])), None) for pairs in amounts]
            held = [pair for pair in there if pair is not None]
            weights = [weight for _, weight in held]
            if not fits(cards, weights):
                clauses.append([*unless, *(-held[place][0] for place in least_excess(cards, weights))])
        return clauses


def _sums(total: int, amounts: Sequence[Sequence[int]]) -> list[list[int]]:
    """After each of the `amounts`, the sums up to `total` with which it can still be passed; none if it takes too many.

    Of each amount there are several, the largest first, of which one or none counts.
    """
    rest = sum(choices[0] for choices in amounts)
    if rest <= total:
        return []
    steps: list[list[int]] = []
    sums, clauses = [0], 0
    for choices in amounts:
        rest -= choices[0]
        clauses += len(sums) * (1 + len(choices))
        if clauses > _MOST_BEFOREHAND:
            return []
        found = {before + amount for before in sums for amount in (0, *choices)}
        sums = sorted(one for one in found if total - rest < one <= total)
        steps.append(sums)
    return steps
