"""What the modules of an answer hold together: limits of the request, and the memory of what runs at the same time.

Each is a number of cards (docs/decisions/0022); a limit, or the memory of the host, is one card. What does not fit is
cut down to the least modules that do not, and forbidden for all versions that hold as much. After some such cuts, how
much is held together is counted by clauses, too: cuts alone can be exponentially many.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from las_solver.errors import InvalidInput
from las_solver.lazy_dataclass import dataclass
from las_solver.limit import Limit
from las_solver.model import Host, ModuleVersion, Request
from las_solver.placement import Load, Packing
from las_solver.ranks import intervals_of
from las_solver.sat import never
from las_solver.sum_bound import add_at_most

if TYPE_CHECKING:
    from las_solver.encode import Encoding
    from las_solver.problem import Problem
    from las_solver.statement import Share

__all__ = ["Candidates", "Capacity", "Counter", "Holdings", "Part", "Said", "capacities_of", "exceeds", "too_much"]

IsOn: TypeAlias = Callable[[tuple[int, ...]], bool]
"""Whether none of the literals that lift something is true."""

_NOTHING: Final = Load(0)

_PATIENCE: Final = 8
"""The cuts after which what is held together is counted."""

_NEARBY: Final = 64


def always(lifted: tuple[int, ...]) -> bool:
    """Nothing is lifted."""
    return True


@dataclass(frozen=True, slots=True)
class Capacity:
    """Something that there is only so much of: `cards`, as a :class:`las_solver.statement.CapacityLimit` has them.

    `limit` is that of the request, where it is one.
    """

    fact: str
    name: str
    cards: tuple[int, ...]
    limit: Limit | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others of one request."""
        return self.fact, self.name

    def load(self, one: ModuleVersion) -> Load:
        """What `one` holds of it."""
        if self.limit is not None:
            return Load(_weight(self.limit, one))
        hardware = one.hardware
        if self.fact == "ram":
            return Load(hardware.ram_min) if hardware.ram_min else _NOTHING
        return Load(hardware.vram_min, hardware.multi_gpu) if hardware.vram_min else _NOTHING


def _weight(limit: Limit, one: ModuleVersion) -> int:
    weight = limit.weigh(one)
    if not isinstance(weight, int) or weight < 0:
        raise InvalidInput(
            f"the limit {limit.name!r} weighs {one} {weight!r}", hint="weights are whole numbers from 0 on"
        )
    return int(weight)


def capacities_of(host: Host, request: Request) -> tuple[Capacity, ...]:
    """What the answers to `request` on `host` may only hold so much of, the request's own limits first.

    Raises :class:`las_solver.errors.InvalidInput` for two limits of one name, or one below 0.
    """
    found: list[Capacity] = []
    for limit in request.limits:
        if limit.at_most < 0:
            raise InvalidInput(f"the limit {limit.name!r} is below 0: {limit.at_most}")
        found.append(Capacity("limit", limit.name, (limit.at_most,), limit))
    if len({limit.name for limit in request.limits}) < len(request.limits):
        raise InvalidInput("two limits have the same name", hint="each limit has a name of its own")
    if request.together:
        if host.ram is not None:  # else nothing that needs any can be there at all
            found.append(Capacity("ram", "", (host.ram,)))
        found.append(Capacity("vram", "", tuple(card.vram for card in host.gpus)))
    return tuple(found)


def exceeds(problem: Problem, modules: Mapping[str, int], *, stop: Callable[[], bool] = never) -> bool:
    """Whether `modules`, with their ranks, do not fit some capacity of `problem`."""
    chosen = [problem.domain(name).candidates[rank] for name, rank in modules.items()] if problem.capacities else []
    return any(not Packing(list(map(one.load, chosen)), stop=stop).fits(one.cards) for one in problem.capacities)


def too_much(loads: Mapping[str, Load], cards: Sequence[int], *, stop: Callable[[], bool] = never) -> list[str]:
    """Modules that do not fit on `cards`, of which none can be left out; none if all of `loads` fit.

    The least are left out first, so that few are left.
    """
    if Packing(list(loads.values()), stop=stop).fits(cards):
        return []
    kept = {name: load for name, load in loads.items() if load.amount}
    total, room = sum(load.amount for load in kept.values()), sum(cards)
    for name in sorted(kept, key=lambda name: (kept[name].amount, name)):
        load = kept.pop(name)
        total -= load.amount
        if total <= room and Packing(list(kept.values()), stop=stop).fits(cards):
            kept[name] = load
            total += load.amount
    return sorted(kept)


@dataclass(frozen=True, slots=True)
class Part:
    """The ranks `low` to `high` of a module hold `load`, or more, unless one of the literals `lifted` is true."""

    low: int
    high: int
    load: Load
    lifted: tuple[int, ...] = ()


class Holdings(Protocol):
    """What the versions of modules hold of one capacity."""

    def at(self, name: str, rank: int, is_on: IsOn) -> Part | None:
        """The part of the module `name` that `rank` is in, of those that are on; None if it holds nothing."""
        ...

    def as_hard(self, name: str, part: Part) -> tuple[int, int]:
        """Neighbouring ranks of a module, those of `part` among them, that hold as much and are lifted by the same."""
        ...

    def parts(self, name: str) -> Sequence[Part]:
        """All parts of the module `name`."""
        ...


class Candidates:
    """The holdings of all versions of a `problem`."""

    def __init__(self, problem: Problem, capacity: Capacity) -> None:
        self._problem = problem
        self._capacity = capacity
        self._loads: dict[tuple[str, int], Load] = {}

    def load(self, name: str, rank: int) -> Load:
        """What the module `name` holds at `rank`."""
        found = self._loads.get((name, rank))
        if found is None:
            found = self._loads[name, rank] = self._capacity.load(self._problem.domain(name).candidates[rank])
        return found

    def at(self, name: str, rank: int, is_on: IsOn) -> Part | None:
        load = self.load(name, rank)
        return Part(rank, rank, load) if load.amount else None

    def as_hard(self, name: str, part: Part) -> tuple[int, int]:
        low, high = part.low, part.high
        while low > max(part.low - _NEARBY, 0) and self.load(name, low - 1).is_harder_than(part.load):
            low -= 1
        last = min(part.high + _NEARBY, len(self._problem.domain(name)) - 1)
        while high < last and self.load(name, high + 1).is_harder_than(part.load):
            high += 1
        return low, high

    def parts(self, name: str) -> Sequence[Part]:
        ranks: dict[Load, list[int]] = {}
        for rank in range(len(self._problem.domain(name))):
            if (load := self.load(name, rank)).amount:
                ranks.setdefault(load, []).append(rank)
        return [Part(low, high, load) for load, several in ranks.items() for low, high in intervals_of(several)]


class Said:
    """The holdings that statements name; each may be lifted by literals of its own."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Part]] = {}

    def add(self, share: Share, lifted: tuple[int, ...]) -> None:
        """Take note of a share."""
        part = Part(share.span.low, share.span.high, Load(share.weight, share.spread), lifted)
        insort(self._parts.setdefault(share.span.module, []), part, key=lambda one: one.low)

    def at(self, name: str, rank: int, is_on: IsOn) -> Part | None:
        able = (one for one in self._parts.get(name, ()) if one.low <= rank <= one.high and is_on(one.lifted))
        return max(able, key=lambda one: (one.load.amount, not one.load.spread), default=None)

    def as_hard(self, name: str, part: Part) -> tuple[int, int]:
        low, high = part.low, part.high
        alike = [one for one in self._parts[name] if one.lifted == part.lifted and one.load.is_harder_than(part.load)]
        for one in alike:
            high = max(high, one.high) if one.low <= high + 1 and one.high >= low - 1 else high
        for one in reversed(alike):
            low = min(low, one.low) if one.high >= low - 1 and one.low <= high + 1 else low
        return low, high

    def parts(self, name: str) -> Sequence[Part]:
        return self._parts.get(name, ())


class Counter:
    """What modules hold of one capacity of so many `cards`, in a SAT solver."""

    def __init__(self, encoding: Encoding, cards: Sequence[int], holdings: Holdings) -> None:
        self._encoding = encoding
        self._cards = cards
        self._holdings = holdings
        self._seen: dict[str, None] = {}
        self._counted: set[tuple[str, Part]] = set()
        self._cuts = 0

    def excess(
        self, chosen: Mapping[str, int], is_on: IsOn = always, cards: Sequence[int] | None = None
    ) -> dict[str, Part]:
        """Of the modules `chosen`, with their ranks, the least that do not fit; none if they do. On other `cards`, if
        given."""
        held: dict[str, Part] = {}
        for name, rank in chosen.items():
            if (part := self._holdings.at(name, rank, is_on)) is not None:
                held[name] = part
        loads = {name: part.load for name, part in held.items()}
        room = self._cards if cards is None else cards
        return {name: held[name] for name in too_much(loads, room, stop=self._encoding.sat.stop)}

    def forbid(self, excess: Mapping[str, Part], raised: Sequence[int] = ()) -> None:
        """Forbid what does not fit, unless one of the literals `raised` is true."""
        clause = list(raised)
        for name, part in excess.items():
            clause.extend(part.lifted)
            clause.extend(self._encoding.outside(name, *self._holdings.as_hard(name, part)))
        self._encoding.add(clause)
        self._seen.update(dict.fromkeys(excess))
        self._cuts += 1
        if not raised and self._cuts >= _PATIENCE:
            self._cuts = 0
            self._count()

    def _count(self) -> None:
        """Add that what was seen in cuts holds no more than all cards together, if there is more than the last time."""
        parts = {name: self._holdings.parts(name) for name in self._seen}
        counted = {(name, part) for name, several in parts.items() for part in several}
        if self._counted.issuperset(counted):
            return
        self._counted.update(counted)
        chains = [self._chain(name, several) for name, several in parts.items()]
        add_at_most(self._encoding.sat, chains, sum(self._cards))

    def _chain(self, name: str, parts: Sequence[Part]) -> list[tuple[int, int]]:
        """For each amount that `name` may hold, the most first, a literal that is true if it holds so much or more."""
        amounts: dict[int, int] = {}
        for part in sorted(parts, key=lambda part: -part.load.amount):
            amount = part.load.amount
            holds = amounts.get(amount)
            if holds is None:
                holds = self._encoding.sat.new_variable(phase=False)
                if amounts:
                    self._encoding.add((-next(reversed(amounts.values())), holds))
                amounts[amount] = holds
            self._encoding.add((holds, *part.lifted, *self._encoding.outside(name, part.low, part.high)))
        return [(holds, amount) for amount, holds in amounts.items()]
