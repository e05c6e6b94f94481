"""The smallest hosts on which a request has a plan (docs/algorithm.md, "The smallest hosts")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from operator import le
from types import MappingProxyType
from typing import Final

from packaging.version import Version

from las_solver.change import ProvideRuntime, RaiseHardware, apply_changes, raised_cards
from las_solver.constraint import Constraint
from las_solver.model import Gpu, Host, Request
from las_solver.plan import Plan
from las_solver.relaxation import Ladder, Levels, Relaxation
from las_solver.sat import Budget, Stopped
from las_solver.shelf import Shelf

__all__ = ["Answer", "Minimum", "NeededRuntime", "SmallestHosts", "largest"]

_MOST_REFUSED: Final = 100
"""A runtime that a host provides can keep a pre-release from being admitted, which relaxing does not see."""

_DEAREST_FIRST: Final = ("gpus", "vram", "total-vram", "ram", "cores")

Answer = Callable[[Host, Request], Plan | None]
"""Plans for a request on a host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededRuntime:
    """A runtime that a host has to provide: at `version`, the oldest that will do, which manifests call `spelled`.

    `constraints` are what the modules of the plan on that host say of it: every version that they admit will do.
    """

    name: str
    version: Version
    spelled: str
    constraints: tuple[Constraint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Facts with which there is a plan: no hardware can be less, and with this hardware no runtime older.

    Sizes in bytes; None where nothing is needed. `vram` is that of the largest card, `total_vram` that of all cards
    together where it has to be more. `plan` is the newest plan on `host`, which has just that; two cards that together
    need more than twice the largest share it equally. `lacks` are the facts of the host which was asked about that
    will not do: ``cores``, ``ram``, ``gpus`` (their number), ``vram``, ``total-vram``, ``runtime.NAME``.
    """

    cores: int | None
    ram: int | None
    gpus: int
    vram: int | None
    total_vram: int | None
    runtimes: tuple[NeededRuntime, ...]
    host: Host
    plan: Plan
    lacks: tuple[str, ...]


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
        self._bare = replace(shelf.host, cores=None, ram=None, gpus=(), runtimes=MappingProxyType({}))
        offers = frozenset([RaiseHardware, ProvideRuntime])
        self._relaxation = Relaxation(shelf.source, self._bare, request, offers, budget, apart=True)
        self.ladders = tuple(sorted(self._relaxation.ladders, key=_place))

    def close(self) -> None:
        """Free the solver's memory."""
        self._relaxation.close()

    def __iter__(self) -> Iterator[Minimum]:
        refused = 0
        seen: list[tuple[list[int], list[int]]] = []
        while (levels := self._least()) is not None:
            minimum = self._minimum(levels)
            if minimum is None:
                refused += 1
                if refused > _MOST_REFUSED:
                    raise Stopped
                self._relaxation.add(self._elsewhere(levels))
                continue
            hardware = [levels[ladder.fact] for ladder in self.ladders if not ladder.exact]
            runtimes = [levels[ladder.fact] for ladder in self.ladders if ladder.exact]
            if not any(hardware == same and all(map(le, older, runtimes)) for same, older in seen):
                yield minimum
            seen.append((hardware, runtimes))
            if not any(levels.values()):
                return
            self._relaxation.add(self._outside(levels, minimum))

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

    def _outside(self, levels: Levels, minimum: Minimum) -> Iterator[int]:
        """Rungs of which one holds wherever a host has not all that the plan of `minimum`, at `levels`, needs."""
        admitted = {one.name: one.constraints for one in minimum.runtimes}
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

    def _minimum(self, levels: Levels) -> Minimum | None:
        """The smallest host at `levels`, if there is a plan on it."""
        taken = [ladder.rungs[levels[ladder.fact] - 1] for ladder in self.ladders if levels[ladder.fact]]
        amounts = {one.fact: one.to for one in taken if isinstance(one, RaiseHardware)}
        offered = [one for one in taken if isinstance(one, ProvideRuntime)]
        vram, together = amounts.get("vram", 0), amounts.get("total-vram", 0)
        gpus = 2 if "gpus" in amounts else min(vram, 1)
        host = replace(
            self._bare,
            cores=amounts.get("cores"),
            ram=amounts.get("ram"),
            gpus=_cards(gpus, vram, together),
            runtimes=MappingProxyType({one.name: one.to for one in offered}),
        )
        plan = self._answer(host, self._request)
        if plan is None:
            return None
        minimum = Minimum(
            cores=host.cores,
            ram=host.ram,
            gpus=gpus,
            vram=vram or None,
            total_vram=together if gpus > 1 and together > vram else None,
            runtimes=tuple(self._needed(one, plan) for one in offered),
            host=host,
            plan=plan,
            lacks=(),
        )
        return replace(minimum, lacks=self._lacks(minimum))

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

    def _lacks(self, minimum: Minimum) -> tuple[str, ...]:
        """The facts that the host asked about has too little of, or a runtime that is too old or too new."""
        host = self._host
        cards = [card.vram for card in host.gpus]
        amounts = (
            ("cores", minimum.cores, host.cores),
            ("ram", minimum.ram, host.ram),
            ("gpus", minimum.gpus, len(cards)),
            ("vram", minimum.vram, max(cards, default=None)),
            ("total-vram", minimum.total_vram, sum(cards)),
        )
        less = [fact for fact, need, have in amounts if need and (have is None or have < need)]
        have_of = host.runtimes
        older = [one.name for one in minimum.runtimes if one.name not in have_of or have_of[one.name] < one.version]
        newer = [
            one.name
            for one in minimum.runtimes
            if one.name not in older and not all(each.admits(have_of[one.name]) for each in one.constraints)
        ]
        if newer:
            runtimes = {**have_of, **{name: minimum.host.runtimes[name] for name in older}}
            if self._answer(replace(minimum.host, runtimes=MappingProxyType(runtimes)), self._request) is not None:
                newer = []
        others = [one.name for one in minimum.runtimes if one.name in (*older, *newer)]
        return (*less, *(f"runtime.{name}" for name in others))


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
