"""What each single upgrade of a host would buy for a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import gt, lt
from typing import Final

from las_solver.change import ProvideRuntime, RaiseHardware, apply_changes
from las_solver.ladder import Ladder
from las_solver.model import Host, Request, Strategy
from las_solver.plan import Plan
from las_solver.smallest_hosts import Answer

__all__ = ["Upgrade", "bought", "rungs_above"]

_CHEAPEST_FIRST: Final = ("cores", "ram", "vram", "gpus", "total-vram")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """`change` alone makes `plan` possible, in which something is newer than in the plan `before`, if there is one.

    That is the plan with the next smaller change of the same fact that buys something, a second card being less than
    more memory on all of them, or else without any. `idle` is how many changes in between buy nothing.
    """

    change: RaiseHardware | ProvideRuntime
    before: Plan | None
    plan: Plan
    idle: int


def rungs_above(host: Host, ladders: Iterable[Ladder]) -> Iterator[list[RaiseHardware | ProvideRuntime]]:
    """For each fact that a manifest names more of than `host` has, the changes of `host` to each such amount.

    The cheapest come first: runtimes by name, then hardware. More memory together is left out where a second card
    gives it.
    """
    cards = [card.vram for card in host.gpus]
    have_of = {
        "cores": host.cores,
        "ram": host.ram,
        "vram": max(cards, default=None),
        "gpus": len(cards),
        "total-vram": sum(cards),
    }
    together = sum(cards) * 2 if len(cards) == 1 else 0
    for ladder in sorted(ladders, key=_place):
        rungs: list[RaiseHardware | ProvideRuntime] = []
        for rung in ladder.rungs:
            match rung:
                case RaiseHardware(fact, to):
                    have = have_of[fact]
                    if (have is None or have < to) and not (fact == "total-vram" and to <= together):
                        rungs.append(RaiseHardware(fact, to, have))
                case ProvideRuntime(name, version, _, spelled):
                    present = host.runtimes.get(name)
                    if present is None or present < version:
                        rungs.append(ProvideRuntime(name, version, present, spelled))
                case _:
                    raise AssertionError(f"{rung} is nothing to buy")
        if rungs:
            yield rungs


def _place(ladder: Ladder) -> tuple[int, str]:
    match ladder.rungs[0]:
        case RaiseHardware(fact):
            return _CHEAPEST_FIRST.index(fact), ""
        case ProvideRuntime(name):
            return -1, name
        case other:
            raise AssertionError(f"{other} is nothing to buy")


def bought(
    host: Host,
    request: Request,
    plan: Plan | None,
    rungs: Sequence[RaiseHardware | ProvideRuntime],
    answer: Answer,
) -> Iterator[Upgrade]:
    """Those of `rungs`, changes of one fact, that buy something besides what the smaller ones do."""
    before, idle = plan, 0
    for rung in rungs:
        after = answer(*apply_changes((rung,), host, request))
        if after is None or not (before is None or _is_better(before, after)):
            idle += 1
            continue
        yield Upgrade(change=rung, before=before, plan=after, idle=idle)
        before, idle = after, 0


def _is_better(before: Plan, after: Plan) -> bool:
    """Whether a module of both plans has a version after that the strategy prefers."""
    is_preferred = lt if after.request.strategy is Strategy.LOWEST else gt
    versions = {step.module: step.version for step in before.steps}
    return any(is_preferred(step.version, versions[step.module]) for step in after.steps if step.module in versions)
