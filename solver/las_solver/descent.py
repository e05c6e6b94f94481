"""A first descent without search: take the best version that all layers so far admit, and give up at the first clash.

What it finds is a valid answer in which every module is as new as the layers before it allow, and in which nothing
that is installed is removed, or changes unless a layer says so. No answer can do better in any layer, so it is the
newest answer, and most requests end here without a SAT solver (docs/algorithm.md). Only where a pre-release that needs
admission ties with a chosen version does the optimiser have to look further.
"""

from __future__ import annotations

from dataclasses import dataclass

from las_solver.answer import Answer, can_rest, unmet_demand
from las_solver.graph import find_cycles
from las_solver.model import Strategy
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
    return _Descending(problem).descend()


class _Descending:
    """`chosen` is what is decided so far, `admitted` what that and the request allow, `layered` all but what rests."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._staying = problem.installed.is_staying
        self._chosen: dict[str, int] = {}
        self._admitted: dict[str, Intervals] = {name: problem.request_ranks(name) for name in problem.requested}
        self._is_settled = False

    def descend(self) -> Descent | None:
        problem, chosen = self._problem, self._chosen
        settles_last = problem.request.strategy is Strategy.UPGRADE
        layered: dict[str, int] = {}
        layer: list[str] | None = list(problem.requested)
        while layer is not None:
            while layer:
                layer = self._choose(layer, layered)
            if layer is None:
                return None
            if not self._is_settled and not settles_last and not self._settle():
                return None
            demand = unmet_demand(problem, chosen)
            if demand is None and self._is_settled:
                break
            if demand is not None:
                layer = self._pick(*demand)
            elif not self._settle():
                return None
        if layer is None or self._has_cycle(layered):
            return None
        return Descent(chosen, is_newest=not self._is_tied(layered))

    def _choose(self, layer: list[str], layered: dict[str, int]) -> list[str] | None:
        """Choose the best admitted version of each module of `layer`; the next layer, or None at a clash."""
        problem, chosen, admitted = self._problem, self._chosen, self._admitted
        for name in layer:
            domain = problem.domain(name)
            if not admitted[name]:
                return None
            rank = domain.best(admitted[name])
            if problem.keeps and name in problem.installed.modules:
                installed = problem.installed_rank(name)
                if installed is None or not contains(admitted[name], installed):
                    return None
                rank = installed
            if rank in domain.conditional:
                return None
            chosen[name] = layered[name] = rank
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

    def _settle(self) -> bool:
        """Choose the staying modules that are not chosen as they are installed; False if one of them cannot stay so."""
        problem, chosen = self._problem, self._chosen
        self._is_settled = True
        if not self._staying:
            return True
        resting = problem.resting
        if any(name not in chosen for name in problem.disturbed):
            return False
        changed = [name for name in chosen if name in self._staying and chosen[name] != resting.get(name)]
        decided = frozenset(chosen)
        for name, rank in resting.items():
            chosen.setdefault(name, rank)
        dependents = problem.installed.dependents
        users = {user for name in changed for user in dependents(name) if user not in decided}
        return all(can_rest(problem, user, chosen) for user in users)

    def _pick(self, consumer: str, interface: str) -> list[str] | None:
        """The layer of the first provider of `interface`; None at a clash."""
        problem = self._problem
        able = (
            provider
            for provider in problem.providers(interface)
            if provider != consumer and provider not in self._chosen and problem.domain(provider).providing(interface)
        )
        provider = next(able, None)
        if provider is None:
            return None
        self._admitted[provider] = problem.domain(provider).providing(interface)
        return [provider]

    def _has_cycle(self, layered: Answer) -> bool:
        """Whether needs go in a circle; what rests needs nothing that would not be there without the request."""
        domain = self._problem.domain
        return bool(find_cycles(layered, lambda name: [need.name for need in domain(name).needs(layered[name])]))

    def _is_tied(self, layered: Answer) -> bool:
        """Whether a pre-release that needs admission ties with a version of a layer."""
        return any(
            self._problem.domain(name).conditional
            and self._problem.domain(name).has_rival(rank, self._admitted[name])
            and not (self._problem.keeps and name in self._problem.installed.modules)
            for name, rank in layered.items()
        )
