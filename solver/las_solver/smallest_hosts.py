"""The smallest hosts on which a request has a plan (docs/algorithm.md, "The smallest hosts")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import le
from typing import Final

from packaging.version import Version

from las_solver.change import ProvideRuntime, RaiseHardware, apply_changes, raised_cards
from las_solver.constraint import Constraint
from las_solver.errors import OutOfTime
from las_solver.ladder import Ladder, Levels
from las_solver.model import Gpu, Host, Request
from las_solver.plan import Plan
from las_solver.relaxation import Relaxation
from las_solver.sat import Budget, Stopped
from las_solver.shelf import Shelf

__all__ = ["Answer", "Minimum", "NeededRuntime", "SmallestHosts", "largest"]

_MOST_TRIED: Final = 500

_DEAREST_FIRST: Final = ("gpus", "vram", "total-vram", "ram", "cores")

Answer = Callable[[Host, Request], Plan | None]
"""Plans for a request on a host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededRuntime:
    """A runtime that a host has to provide: at `version`, the oldest that will do, which manifests call `spelled`.

    `constraints` are what the modules of a plan say of it: every version that they admit will do for that plan.
    """

    name: str
    version: Version
    spelled: str
    constraints: tuple[Constraint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Facts with which there is a plan: no hardware can be less, and with this hardware no runtime older.

    Sizes in bytes; None where nothing is needed. `vram` is that of the largest card, `total_vram` that of all cards
    together where it has to be more. Of `runtimes`, one alternative after the other, the first has the oldest versions;
    the others allow newer ones. `plan` is the newest plan on `host`, which has just that; two cards that together need
    more than twice the largest share it equally. `lacks` are the facts of the host which was asked about that will not
    do: ``cores``, ``ram``, ``gpus`` (their number), ``vram``, ``total-vram``, ``runtime.NAME``.
    """

    cores: int | None
    ram: int | None
    gpus: int
    vram: int | None
    total_vram: int | None
    runtimes: tuple[tuple[NeededRuntime, ...], ...]
    host: Host
    plan: Plan
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A host with a plan, the amounts of its hardware, and the levels of its runtimes."""

    hardware: Mapping[str, int]
    levels: tuple[int, ...]
    runtimes: tuple[NeededRuntime, ...]
    host: Host
    plan: Plan


class SmallestHosts:
    """The smallest hosts for `request`, sorted: by each fact in the order of the `ladders`.

    They have the modes, interfaces and system packages of the host of `shelf`, and nothing else of it. To be iterated
    over once; raises :class:`las_solver.sat.Stopped` when `budget` is used up.
    """

    def __init__(self, shelf: Shelf, request: Request, answer: Answer, budget: Budget) -> None:
        self._shelf = shelf
        self._host = shelf.host
        self._request = request
        self._answer = answer
        self._bare = replace(shelf.host, cores=None, ram=None, gpus=(), runtimes={})
        offers = frozenset([RaiseHardware, ProvideRuntime])
        self._relaxation = Relaxation(Shelf(shelf.registry, self._bare), request, offers, budget, apart=True)
        self.ladders = tuple(sorted(self._relaxation.ladders, key=_place))

    def close(self) -> None:
        """Free the solver's memory."""
        self._relaxation.close()

    def __iter__(self) -> Iterator[Minimum]:
        alike: list[_Found] = []
        try:
            for found in self._all():
                if alike and alike[0].hardware != found.hardware:
                    yield from self._merged(alike)
                    alike = []
                alike.append(found)
        except (Stopped, OutOfTime):
            yield from self._merged(alike)
            raise
        yield from self._merged(alike)

    def _all(self) -> Iterator[_Found]:
        """The smallest hosts, and after each those with the same hardware on which its plan will not do."""
        tried = 0
        while (levels := self._least()) is not None:
            tried += 1
            if tried > _MOST_TRIED:
                raise Stopped
            found = self._plan_at(levels)
            if found is None:
                self._relaxation.add(self._elsewhere(levels))
                continue
            yield found
            if not any(levels.values()):
                return
            self._relaxation.add(self._outside(levels, found))

    def _merged(self, alike: Iterable[_Found]) -> Iterator[Minimum]:
        """Those of `alike`, which have the same hardware, of which no other has all runtimes at most as new."""
        groups: list[list[_Found]] = []
        for found in alike:
            newer = next((group for group in groups if all(map(le, group[0].levels, found.levels))), None)
            if newer is None:
                groups.append([found])
            else:
                newer.append(found)
        yield from map(self._minimum, groups)

    def _least(self) -> Levels | None:
        """The levels with an answer that are the least at the first ladder, then at the second, and so on."""
        solve, found = self._relaxation.solve, self._relaxation.found
        if not solve(()):
            return None
        levels = found()
        assumed: list[int] = []
        for ladder in self.ladders:
            while levels[ladder.fact] and solve((*assumed, -ladder.literals[levels[ladder.fact] - 1])):
                levels = found()
            assumed.extend(-one for one in ladder.literals[levels[ladder.fact] :][:1])
        return levels

    def _outside(self, levels: Levels, found: _Found) -> Iterator[int]:
        """Rungs of which one holds wherever a host has not all that the plan of `found`, at `levels`, needs."""
        admitted = {one.name: one.constraints for one in found.runtimes}
        for ladder in self.ladders:
            level = levels[ladder.fact]
            if not level:
                continue
            yield -ladder.literals[level - 1]
            if not ladder.exact:
                continue
            for rung, literal in zip(ladder.rungs[level:], ladder.literals[level:], strict=True):
                assert isinstance(rung, ProvideRuntime)
                if not all(one.admits(rung.to) for one in admitted[rung.name]):
                    yield literal
                    break

    def _elsewhere(self, levels: Levels) -> Iterator[int]:
        """Rungs of which one holds wherever hardware is more, or a runtime other, than at `levels`."""
        for ladder in self.ladders:
            level = levels[ladder.fact]
            yield from ladder.literals[level : level + 1]
            if level and ladder.exact:
                yield -ladder.literals[level - 1]

    def _plan_at(self, levels: Levels) -> _Found | None:
        """The newest plan on the host at `levels`, if there is one."""
        taken = [ladder.rungs[levels[ladder.fact] - 1] for ladder in self.ladders if levels[ladder.fact]]
        amounts = {one.fact: one.to for one in taken if isinstance(one, RaiseHardware)}
        offered = [one for one in taken if isinstance(one, ProvideRuntime)]
        cards = 2 if "gpus" in amounts else min(amounts.get("vram", 0), 1)
        host = replace(
            self._bare,
            cores=amounts.get("cores"),
            ram=amounts.get("ram"),
            gpus=_cards(cards, amounts.get("vram", 0), amounts.get("total-vram", 0)),
            runtimes={one.name: one.to for one in offered},
        )
        plan = self._answer(host, self._request)
        if plan is None:
            return None
        return _Found(
            hardware=amounts,
            levels=tuple(levels[ladder.fact] for ladder in self.ladders if ladder.exact),
            runtimes=tuple(self._needed(one, plan) for one in offered),
            host=host,
            plan=plan,
        )

    def _needed(self, offered: ProvideRuntime, plan: Plan) -> NeededRuntime:
        entries = (
            entry
            for step in plan.steps
            for one in self._shelf.versions(step.module)
            if one.version == step.version
            for entry in one.runtimes
            if entry.name == offered.name and entry.constraint.admits(offered.to)
        )
        constraints = tuple(dict.fromkeys(entry.constraint for entry in entries if entry.constraint.text))
        return NeededRuntime(name=offered.name, version=offered.to, spelled=offered.spelled, constraints=constraints)

    def _minimum(self, alike: Sequence[_Found]) -> Minimum:
        """The first of `alike`, with the others as alternatives."""
        first = alike[0]
        gpus, vram = len(first.host.gpus), first.hardware.get("vram", 0)
        together = first.hardware.get("total-vram", 0)
        minimum = Minimum(
            cores=first.host.cores,
            ram=first.host.ram,
            gpus=gpus,
            vram=vram or None,
            total_vram=together if gpus > 1 and together > vram else None,
            runtimes=tuple(one.runtimes for one in alike),
            host=first.host,
            plan=first.plan,
            lacks=(),
        )
        return replace(minimum, lacks=(*self._too_little(minimum), *self._unfit(minimum)))

    def _too_little(self, minimum: Minimum) -> Iterator[str]:
        """The hardware facts that the host asked about has less of than `minimum`."""
        cards = [card.vram for card in self._host.gpus]
        amounts = (
            ("cores", minimum.cores, self._host.cores),
            ("ram", minimum.ram, self._host.ram),
            ("gpus", minimum.gpus, len(cards)),
            ("vram", minimum.vram, max(cards, default=None)),
            ("total-vram", minimum.total_vram, sum(cards)),
        )
        for fact, need, have in amounts:
            if need and (have is None or have < need):
                yield fact

    def _unfit(self, minimum: Minimum) -> tuple[str, ...]:
        """The runtimes that the host asked about has not at a version that will do: where choice is, the fewest."""
        have = self._host.runtimes
        missing = (
            tuple(
                f"runtime.{one.name}"
                for one in alternative
                if one.name not in have or not all(each.admits(have[one.name]) for each in one.constraints)
            )
            for alternative in minimum.runtimes
        )
        return min(missing, key=len)


def _place(ladder: Ladder) -> tuple[int, str]:
    """Where a ladder stands among the others: the dearest hardware first, then runtimes by name."""
    change = ladder.rungs[0]
    if isinstance(change, RaiseHardware):
        return _DEAREST_FIRST.index(change.fact), ""
    assert isinstance(change, ProvideRuntime)
    return len(_DEAREST_FIRST), change.name


def _cards(count: int, vram: int, together: int) -> tuple[Gpu, ...]:
    """So many cards, the largest with `vram` bytes, with `together` if that is more; no more of either if possible."""
    if count < 2:
        return (Gpu(vram=vram),) * count
    rest = max(together - vram, 0)
    return (Gpu(vram=vram), Gpu(vram=rest)) if rest <= vram else raised_cards((), 0, count, together)


def largest(host: Host, ladders: Iterable[Ladder], request: Request) -> Host:
    """`host` with the most of everything that any manifest names."""
    changed, _ = apply_changes((ladder.rungs[-1] for ladder in ladders), host, request)
    return changed
