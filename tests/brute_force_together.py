"""Decision 0022 by brute force: what limits and the machine hold together, and where it is placed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from las_solver.model import Host, ModuleVersion, Request

__all__ = ["do_fit", "placement_of"]

Placement = dict[str, list[dict[str, int]]]


def do_fit(chosen: Mapping[str, ModuleVersion], host: Host, request: Request) -> bool:
    """'The modules of an answer weigh no more than `at_most` in total'; and where 'all modules of the plan run at the
    same time', their minimums add up.
    """
    if any(sum(map(limit.weigh, chosen.values())) > limit.at_most for limit in request.limits):
        return False
    if not request.together:
        return True
    ram = sum(one.hardware.ram_min or 0 for one in chosen.values())
    return (not ram or (host.ram is not None and ram <= host.ram)) and placement_of(chosen, host) is not None


def placement_of(chosen: Mapping[str, ModuleVersion], host: Host) -> Placement | None:
    """'Modules that cannot be spread are taken by what they need, most first, ties by name (code points); each gets
    the first card, in the order of the profile, with which the rest can still be placed. Then those that can be
    spread, in the same order, each take what is free on the first card, then on the next.'

    None if there is none. The first of all assignments in the order of the cards is the one with these first cards.
    """
    needs = {name: one.hardware.vram_min or 0 for name, one in chosen.items()}
    in_turn = sorted((name for name in needs if needs[name]), key=lambda name: (-needs[name], name))
    spread = [name for name in in_turn if chosen[name].hardware.multi_gpu]
    alone = [name for name in in_turn if name not in spread]
    cards = [card.vram for card in host.gpus]
    for assignment in product(range(len(cards)), repeat=len(alone)):
        free = list(cards)
        for name, card in zip(alone, assignment, strict=True):
            free[card] -= needs[name]
        if min(free, default=0) >= 0 and sum(free) >= sum(needs[name] for name in spread):
            placed: Placement = {name: [] for name in chosen}
            for name, card in zip(alone, assignment, strict=True):
                placed[name] = [{"card": card, "vram": needs[name]}]
            return placed | _spread(((name, needs[name]) for name in spread), free)
    return None


def _spread(needs: Iterable[tuple[str, int]], free: list[int]) -> Placement:
    placed: Placement = {}
    for name, need in needs:
        placed[name] = []
        left = need
        for card, room in enumerate(free):
            taken = min(room, left)
            if taken:
                placed[name].append({"card": card, "vram": taken})
            free[card] -= taken
            left -= taken
    return placed
