"""Staying modules that cannot stay as they are installed. What is said of all others is true of itself.

docs/algorithm.md ("What stays") says why nothing else has to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final

from las_solver.feasibility import objections
from las_solver.problem import Problem
from las_solver.ranks import contains

__all__ = ["Disturbance"]

_FEW: Final = 8


class Disturbance:
    """Which staying modules of a `problem`, which is not pruned, cannot stay as they are installed."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._installed = problem.installed

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
        return sorted(found)[: max(_FEW, len(told))]

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
