"""What each single upgrade of a host would buy for a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import gt, lt

from packaging.version import Version

from las_solver.change import ProvideRuntime, RaiseHardware, apply_changes
from las_solver.model import Host, Request, Strategy
from las_solver.plan import Plan
from las_solver.relaxation import Ladder
from las_solver.smallest_hosts import Answer

__all__ = ["Upgrade", "bought", "rungs_above"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """`change` alone makes `plan` possible, which has something newer than the plan without it, if there is one.

    `idle` is how many smaller changes of the same fact buy nothing, or nothing but what an even smaller one buys.
    """

    change: RaiseHardware | ProvideRuntime
    plan: Plan
    idle: int


def rungs_above(host: Host, ladders: Iterable[Ladder]) -> Iterator[list[RaiseHardware | ProvideRuntime]]:
    """For each fact that a manifest names more of than `host` has, the changes of `host` to each such amount."""
    cards = [card.vram for card in host.gpus]
    have_of = {
        "cores": host.cores,
        "ram": host.ram,
        "vram": max(cards, default=None),
        "gpus": len(cards),
        "total-vram": sum(cards),
    }
    for ladder in reversed(tuple(ladders)):
        rungs: list[RaiseHardware | ProvideRuntime] = []
        for rung in ladder.rungs:
            match rung:
                case RaiseHardware(fact, to):
                    have = have_of[fact]
                    if have is None or have < to:
                        rungs.append(RaiseHardware(fact, to, have))
                case ProvideRuntime(name, version, _, spelled):
                    present = host.runtimes.get(name)
                    if present is None or present < version:
                        rungs.append(ProvideRuntime(name, version, present, spelled))
                case _:
                    raise AssertionError(f"{rung} is nothing to buy")
        if rungs:
            yield rungs


def bought(
    host: Host,
    request: Request,
    plan: Plan | None,
    rungs: Sequence[RaiseHardware | ProvideRuntime],
    answer: Answer,
) -> Iterator[Upgrade]:
    """Those of `rungs`, changes of one fact, that buy something besides what the smaller ones do."""
    before = _versions(plan)
    last, idle = before, 0
    for rung in rungs:
        changed, _ = apply_changes((rung,), host, request)
        after = answer(changed, request)
        now = _versions(after)
        if after is None or now == last or not (plan is None or _is_better(before, now, request.strategy)):
            idle += 1
            continue
        yield Upgrade(change=rung, plan=after, idle=idle)
        last, idle = now, 0


def _versions(plan: Plan | None) -> dict[str, Version]:
    return {} if plan is None else {step.module: step.version for step in plan.steps}


def _is_better(before: Mapping[str, Version], now: Mapping[str, Version], strategy: Strategy) -> bool:
    """Whether a module of both plans has a version now that the strategy prefers."""
    is_preferred = lt if strategy is Strategy.LOWEST else gt
    return any(is_preferred(now[name], before[name]) for name in now if name in before)
