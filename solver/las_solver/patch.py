"""A valid answer made of another one, by changing no more than a few modules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from las_solver.answer import reached, unmet_demand
from las_solver.graph import find_cycles
from las_solver.needs_alone import NeedsAlone
from las_solver.problem import Problem
from las_solver.ranks import contains

__all__ = ["is_patched"]

_ROUNDS: Final = 16


def is_patched(
    problem: Problem, answer: Mapping[str, int], wanted: Mapping[str, int], fixed: Collection[str], alone: NeedsAlone
) -> bool:
    """Whether a valid answer is known that has the modules of `wanted` at these ranks, and `fixed` ones as `answer`.

    It is made of `answer`: what does not go with the others any more takes the newest rank that `alone` leaves, which
    knows of all this. False says nothing. Nothing is installed.
    """
    ranks = {**answer, **wanted}
    decided = {*fixed, *wanted}
    for _ in range(_ROUNDS):
        if alone.refute():
            return False
        there = reached(problem, ranks)
        unfit = {
            name if need.name in decided else need.name
            for name, rank in there.items()
            for need in problem.domain(name).needs(rank)
            if need.name not in ranks or not contains(need.ranks, ranks[need.name])
        }
        if not unfit:
            return _is_valid(problem, there)
        if not decided.isdisjoint(unfit):
            return False
        for name in sorted(unfit):
            alone.suppose(name, ((0, len(problem.domain(name)) - 1),))
        if alone.refute():
            return False
        for name in sorted(unfit):
            if not (left := alone.left(name)):
                return False
            rank = ranks[name] = left.bit_length() - 1
            alone.suppose(name, ((rank, rank),))
        decided |= unfit
    return False


def _is_valid(problem: Problem, modules: Mapping[str, int]) -> bool:
    """Whether nothing but needs, which are met, stands against `modules`."""
    domain = problem.domain
    return (
        not any(rank in domain(name).conditional for name, rank in modules.items())
        and unmet_demand(problem, modules) is None
        and not find_cycles(modules, lambda name: [need.name for need in domain(name).needs(modules[name])])
    )
