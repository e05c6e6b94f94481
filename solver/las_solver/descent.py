"""A first descent without search: take the best version that all layers so far admit, and give up at the first clash.

What it finds is a valid answer in which every module is as new as the layers before it allow. No answer can do
better in any layer, so it is the newest answer, and most requests end here without a SAT solver
(docs/algorithm.md). Only where a pre-release that needs admission ties with a chosen version does the optimiser
have to look further.
"""

from __future__ import annotations

from dataclasses import dataclass

from las_solver.answer import Answer, find_cycles, unmet_demand
from las_solver.problem import Problem
from las_solver.ranks import Intervals, contains, intersect

__all__ = ["Descent", "descend"]


@dataclass(frozen=True, slots=True)
class Descent:
    """A valid answer, in order of discovery. `is_newest`: no tie is left to look into."""

    answer: Answer
    is_newest: bool


def descend(problem: Problem) -> Descent | None:
    """A valid answer without pre-releases that need admission, if the descent meets no clash."""
    chosen: dict[str, int] = {}
    admitted: dict[str, Intervals] = {name: problem.request_ranks(name) for name in problem.requested}
    layer = list(problem.requested)
    while layer:
        following = _choose(problem, layer, chosen, admitted)
        if following is None:
            return None
        layer = following
        if not layer and (demand := unmet_demand(problem, chosen)) is not None:
            provider = _first_provider(problem, demand[0], demand[1], chosen)
            if provider is None:
                return None
            admitted[provider] = problem.domain(provider).providing(demand[1])
            layer = [provider]
    if find_cycles(chosen, lambda name: [need.name for need in problem.domain(name).needs(chosen[name])]):
        return None
    tied = any(
        problem.domain(name).conditional and problem.domain(name).has_rival(rank, admitted[name])
        for name, rank in chosen.items()
    )
    return Descent(chosen, is_newest=not tied)


def _choose(
    problem: Problem, layer: list[str], chosen: dict[str, int], admitted: dict[str, Intervals]
) -> list[str] | None:
    """Choose the best admitted version of each module of `layer`; the next layer, or None at a clash."""
    for name in layer:
        domain = problem.domain(name)
        if not admitted[name]:
            return None
        chosen[name] = domain.best(admitted[name])
        if chosen[name] in domain.conditional:
            return None
    following: dict[str, None] = {}
    for name in layer:
        for need in problem.domain(name).needs(chosen[name]):
            ranks = need.ranks
            if need.name in chosen:
                if not contains(ranks, chosen[need.name]):
                    return None
                continue
            admitted[need.name] = intersect(admitted[need.name], ranks) if need.name in admitted else ranks
            following[need.name] = None
    return list(following)


def _first_provider(problem: Problem, consumer: str, interface: str, chosen: Answer) -> str | None:
    return next(
        (
            provider
            for provider in problem.providers(interface)
            if provider != consumer and provider not in chosen and problem.domain(provider).providing(interface)
        ),
        None,
    )
