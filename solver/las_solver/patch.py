"""The newest answer with other versions in one layer, made of an answer that is known.

The layer takes the closest versions that nothing known forbids. Where their needs contradict each other, what does so
is forbidden from then on; else the answer is mended around them, and if that succeeds, it is the newest.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from las_solver.answer import reached, unmet_demand
from las_solver.graph import find_cycles
from las_solver.needs_alone import NeedsAlone
from las_solver.problem import Problem
from las_solver.ranks import contains

__all__ = ["patched_layer"]

_ROUNDS: Final = 16
_TRIES: Final = 32
_MOST: Final = 1000

_Nogood = Mapping[str, int]
"""Not all of these modules are at one of these ranks, which have a bit each."""


def patched_layer(
    problem: Problem, answer: Mapping[str, int], layer: Sequence[str], fixed: Collection[str], alone: NeedsAlone
) -> Mapping[str, int] | None:
    """The ranks of the modules of `layer` in the newest answer that `alone` allows, `fixed` ones as in `answer`.

    None says nothing. Nothing is installed.
    """
    if any(problem.domain(name).conditional for name in layer):
        return None
    possible = {name: alone.left(name) for name in layer}
    nogoods: list[_Nogood] = []
    for _ in range(_TRIES):
        wanted = _closest(problem, possible, nogoods)
        if wanted is None:
            return None
        supposed = alone.fork()
        for name, rank in wanted.items():
            supposed.suppose(name, ((rank, rank),))
        about = supposed.refute()
        if not about:
            return wanted if _is_patched(problem, answer, wanted, fixed, supposed) else None
        nogoods.append({name: ~(about[name] & supposed.given(name)) for name in layer if name in about})
    return None


def _closest(problem: Problem, possible: Mapping[str, int], nogoods: Sequence[_Nogood]) -> dict[str, int] | None:
    """The ranks among those `possible` that are least behind in total, ties by order, and that `nogoods` let be."""
    closest = {name: ranks.bit_length() - 1 for name, ranks in possible.items()}
    names = [name for name in possible if any(name in one for one in nogoods)]
    places = {name: place for place, name in enumerate(names)}
    start = tuple([closest[name] for name in names])

    def key(ranks: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        behind = tuple([problem.domain(name).behind(rank) for name, rank in zip(names, ranks, strict=True)])
        return sum(behind), behind

    heap = [(key(start), start)]
    seen = {start}
    while heap and len(seen) <= _MOST:
        _, ranks = heapq.heappop(heap)
        broken = next((one for one in nogoods if all(at >> ranks[places[name]] & 1 for name, at in one.items())), None)
        if broken is None:
            return {**closest, **dict(zip(names, ranks, strict=True))}
        for name, at in broken.items():
            place = places[name]
            further = possible[name] & ~at & ((1 << ranks[place]) - 1)
            after = (*ranks[:place], further.bit_length() - 1, *ranks[place + 1 :])
            if further and after not in seen:
                seen.add(after)
                heapq.heappush(heap, (key(after), after))
    return None


def _is_patched(
    problem: Problem, answer: Mapping[str, int], wanted: Mapping[str, int], fixed: Collection[str], alone: NeedsAlone
) -> bool:
    """Whether a valid answer is known that has the modules of `wanted` at these ranks, and `fixed` ones as `answer`.

    What does not go with the others any more takes the newest rank that `alone` leaves, which knows of all this.
    """
    ranks = {**answer, **wanted}
    decided = {*fixed, *wanted}
    for _ in range(_ROUNDS):
        there = reached(problem, ranks)
        unfit = sorted(set(_unfit(problem, there, ranks, decided)))
        if not unfit:
            return _is_valid(problem, there)
        if not decided.isdisjoint(unfit):
            return False
        for name in unfit:
            alone.suppose(name, ((0, len(problem.domain(name)) - 1),))
        if alone.refute():
            return False
        for name in unfit:
            if not (left := alone.left(name)):
                return False
            rank = ranks[name] = left.bit_length() - 1
            alone.suppose(name, ((rank, rank),))
        if alone.refute():
            return False
        decided.update(unfit)
    return False


def _unfit(
    problem: Problem, there: Mapping[str, int], ranks: Mapping[str, int], decided: Collection[str]
) -> Iterator[str]:
    """Modules that have to move, as a need of one of `there` is not met: what it needs, unless that is decided."""
    for name, rank in there.items():
        for need in problem.domain(name).needs(rank):
            if need.name not in ranks or not contains(need.ranks, ranks[need.name]):
                yield name if need.name in decided else need.name


def _is_valid(problem: Problem, modules: Mapping[str, int]) -> bool:
    """Whether nothing but needs, which are met, stands against `modules`."""
    domain = problem.domain
    return (
        not any(rank in domain(name).conditional for name, rank in modules.items())
        and unmet_demand(problem, modules) is None
        and not find_cycles(modules, lambda name: [need.name for need in domain(name).needs(modules[name])])
    )
