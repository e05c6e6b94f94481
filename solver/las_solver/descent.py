"""A first descent without search: take the best version that all layers so far admit, and give up at the first clash.

What it finds is a valid answer in which every module is as new as the layers before it allow, and in which nothing
that is installed is removed, or changes unless a layer says so. No answer can do better in any layer, so it is the
newest answer, and most requests end here without a SAT solver (docs/algorithm.md). Only where a pre-release that needs
admission ties with a chosen version does the optimiser have to look further.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from las_solver.answer import Answer, Modules, is_changed, narrowed, not_resting, unmet_demand
from las_solver.graph import find_cycles
from las_solver.lazy_dataclass import dataclass
from las_solver.model import Strategy
from las_solver.problem import Problem
from las_solver.ranks import Intervals, contains, intersect
from las_solver.sat import Stopped, never

__all__ = ["Descent", "descend"]


@dataclass(frozen=True, slots=True)
class Descent:
    """A valid answer. `is_newest`: no tie is left to look into."""

    answer: Modules
    is_newest: bool


def descend(problem: Problem, stop: Callable[[], bool] = never) -> Descent | None:
    """A valid answer without pre-releases that need admission, if the descent meets no clash.

    Raises :class:`las_solver.sat.Stopped` once `stop` answers True.
    """
    return _Descending(problem, stop).descend()


class _Descending:
    """`chosen` is what is decided so far, apart from what rests; `admitted` is what that and the request allow."""

    def __init__(self, problem: Problem, stop: Callable[[], bool]) -> None:
        self._problem = problem
        self._stop = stop
        self._staying = problem.installed.is_staying
        self._chosen: dict[str, int] = {}
        self._admitted: dict[str, Intervals] = {name: problem.request_ranks(name) for name in problem.requested}
        self._is_settled = False

    def descend(self) -> Descent | None:
        problem, chosen = self._problem, self._chosen
        settles_last = problem.request.strategy is Strategy.UPGRADE
        layer: list[str] | None = list(problem.requested)
        while layer is not None:
            while layer:
                layer = self._choose(layer)
            if layer is None:
                return None
            if not self._is_settled and not settles_last and not self._settle():
                return None
            demand = unmet_demand(problem, Modules(problem, chosen) if self._is_settled else chosen)
            if demand is None and self._is_settled:
                break
            if demand is not None:
                layer = self._pick(*demand)
            elif not self._settle():
                return None
        if layer is None or self._has_cycle():
            return None
        return Descent(Modules(problem, chosen), is_newest=not self._is_tied())

    def _choose(self, layer: list[str]) -> list[str] | None:
        """Choose the best admitted version of each module of `layer`; the next layer, or None at a clash."""
        problem, chosen, admitted = self._problem, self._chosen, self._admitted
        before = dict(chosen)
        fixed: Callable[[str], int | None] = before.get
        if self._staying and (self._is_settled or problem.keeps):
            fixed = partial(self._fixed, before)
        for name in layer:
            if self._stop():
                raise Stopped
            domain = problem.domain(name)
            admitted[name] = narrowed(problem, name, admitted[name], fixed)
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
            chosen[name] = rank
        following: dict[str, None] = {}
        for name in layer:
            for need in problem.domain(name).needs(chosen[name]):
                ranks = need.ranks
                there = chosen.get(need.name)
                if there is None and self._is_settled:
                    there = problem.rest(need.name)
                if there is not None:
                    if not contains(ranks, there):
                        return None
                    continue
                admitted[need.name] = intersect(admitted[need.name], ranks) if need.name in admitted else ranks
                following[need.name] = None
        return list(following)

    def _fixed(self, before: Answer, name: str) -> int | None:
        """The rank of a module that was chosen before, or can only be as it is installed."""
        return before[name] if name in before else self._problem.rest(name)

    def _settle(self) -> bool:
        """Let the staying modules that are not chosen rest; False if one of them cannot."""
        problem, chosen = self._problem, self._chosen
        self._is_settled = True
        if any(name not in chosen for name in problem.disturbed):
            return False
        modules = Modules(problem, chosen)
        changed = [name for name in chosen if name in self._staying and is_changed(problem, name, chosen)]
        dependents = problem.installed.dependents
        users = {user for name in changed for user in dependents(name) if modules.rests(user)}
        return not not_resting(problem, users, modules, is_founded=True)

    def _pick(self, consumer: str, interface: str) -> list[str] | None:
        """The layer of the first provider of `interface`; None at a clash."""
        problem = self._problem
        able = (
            provider
            for provider in problem.providers(interface)
            if provider != consumer
            and provider not in self._chosen
            and not (self._is_settled and provider in self._staying)
            and problem.domain(provider).providing(interface)
        )
        provider = next(able, None)
        if provider is None:
            return None
        self._admitted[provider] = problem.domain(provider).providing(interface)
        return [provider]

    def _has_cycle(self) -> bool:
        """Whether needs go in a circle; what rests needs nothing that would not be there without the request."""
        domain, chosen = self._problem.domain, self._chosen
        return bool(find_cycles(chosen, lambda name: [need.name for need in domain(name).needs(chosen[name])]))

    def _is_tied(self) -> bool:
        """Whether a pre-release that needs admission ties with a chosen version."""
        problem = self._problem
        return any(
            problem.domain(name).conditional
            and problem.domain(name).has_rival(rank, self._admitted[name])
            and not (problem.keeps and name in problem.installed.modules)
            for name, rank in self._chosen.items()
        )
