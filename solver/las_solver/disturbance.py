"""Staying modules that cannot stay as they are installed. What is said of all others is true of itself.

docs/algorithm.md ("What stays") says why nothing else has to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Final

from las_solver.feasibility import objections
from las_solver.problem import Problem
from las_solver.ranks import contains

__all__ = ["Disturbance"]

_FEW: Final = 8


class Disturbance:
    """Which staying modules of a `problem`, which is not pruned, cannot stay as they are installed.

    `roomy` are the capacities of which nobody can hold too much.
    """

    def __init__(self, problem: Problem, *, roomy: Collection[tuple[str, str]] = ()) -> None:
        self._problem = problem
        self._installed = problem.installed
        self._capacities = [one for one in problem.capacities if one.key not in roomy]

    def beside(self, model: Mapping[str, int], told: Collection[str]) -> list[str]:
        """Staying modules of which nothing was `told` yet and which could not stay beside `model`, in order of name.

        None only if there are none; else no more than doubles what was told, as a few are often enough to contradict
        it. `model` has the ranks of modules; -1 stands for any.
        """
        staying = self._installed.is_staying
        if not staying:
            return []
        found = self._ruled_out.difference(told)
        for name in staying.intersection((*told, *model)):
            rank = model.get(name)
            if rank == -1 or rank == self._problem.rest(name):
                continue
            if name not in told:
                found.update(() if rank is None else (name,))
                continue
            users = (user for user in self._installed.dependents(name) if user not in told and user not in found)
            found.update(user for user in users if self._misses(user, name, rank))
        found = found or set(self._crowded(model, told))
        return sorted(found)[: max(_FEW, len(told))]

    def _crowded(self, model: Mapping[str, int], told: Collection[str]) -> Iterator[str]:
        """Staying modules not `told` of which something does not fit beside `model`, with others that stay."""
        if not self._capacities:
            return
        from las_solver.capacity import too_much  # late: few requests have any

        problem, installed = self._problem, self._installed
        chosen = {name: installed.modules[name] for name in installed.staying if name not in told and name not in model}
        for name, rank in model.items():
            domain = problem.domain(name)
            there = rank if rank >= 0 else problem.rest(name)
            if len(domain):
                chosen[name] = domain.candidates[len(domain) - 1 if there is None else there]
        for capacity in self._capacities:
            excess = too_much({name: capacity.load(one) for name, one in chosen.items()}, capacity.cards)
            yield from (name for name in excess if name in self._installed.is_staying and name not in told)

    @cached_property
    def _ruled_out(self) -> set[str]:
        """The staying modules whose installed version the options of the request rule out by itself."""
        request, installed = self._problem.request, self._installed
        names: Collection[str] = installed.staying
        if request.modes is None and request.locked is None:
            named = {*(one.name for one in (*request.excluded, *request.pinned)), *request.forced_modes}
            names = named & installed.is_staying
        host = self._problem.host
        return {name for name in names if objections(installed.modules[name], host, request)}

    def _misses(self, user: str, name: str, rank: int | None) -> bool:
        """Whether `user`, as it is installed, cannot do with `name` at `rank` (None: not at all)."""
        problem, one = self._problem, self._installed.modules[user]
        entries = [*one.requirements, *(runtime for runtime in one.runtimes if not problem.host_meets(runtime))]
        needed = [entry.constraint for entry in entries if entry.name == name]
        provided, outside = self._installed.modules[name].provides, problem.host.interfaces
        used = [interface for interface in one.consumes if interface in provided and interface not in outside]
        if rank is None:
            return bool(needed or used)
        return any(not contains(problem.admitted(name, constraint), rank) for constraint in needed) or any(
            not problem.provides(name, rank, interface) for interface in used
        )
