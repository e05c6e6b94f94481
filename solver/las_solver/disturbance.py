"""Staying modules that cannot stay as they are installed. What is said of all others is true of itself.

docs/algorithm.md ("Widening") says why nothing else has to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from las_solver.feasibility import objections
from las_solver.problem import Problem
from las_solver.ranks import contains

__all__ = ["disturbed_by", "disturbed_by_request"]

_FEW: Final = 8


def disturbed_by_request(problem: Problem) -> tuple[str, ...]:
    """The staying modules whose installed version the request's options rule out by itself, in order of name."""
    request, installed = problem.request, problem.installed
    names = installed.staying
    if request.modes is None and request.locked is None:
        named = {*(one.name for one in (*request.excluded, *request.pinned)), *request.forced_modes}
        names = tuple(sorted(named & installed.is_staying))
    return tuple(name for name in names if objections(installed.modules[name], problem.host, request))


def disturbed_by(problem: Problem, model: Mapping[str, int], told: Collection[str]) -> list[str]:
    """Staying modules of which nothing was `told` yet and which could not stay beside `model`, in order of name.

    None only if there are none; else no more than doubles what was told, as a few are often enough to contradict it.
    `model` has the ranks of modules; -1 stands for any. `problem` is not pruned.
    """
    installed = problem.installed
    found: set[str] = set()
    for name in installed.is_staying.intersection((*told, *model)):
        rank = model.get(name)
        if rank == -1 or rank == problem.rest(name):
            continue
        if name not in told:
            found.update(() if rank is None else (name,))
            continue
        users = (user for user in installed.dependents(name) if user not in told and user not in found)
        found.update(user for user in users if _is_disturbed(problem, user, name, rank))
    return sorted(found)[: max(_FEW, len(told))]


def _is_disturbed(problem: Problem, user: str, name: str, rank: int | None) -> bool:
    """Whether `user`, as it is installed, cannot have `name` at `rank` (None: not at all), which it uses."""
    one = problem.installed.modules[user]
    entries = [*one.requirements, *(runtime for runtime in one.runtimes if not problem.host_meets(runtime))]
    needed = [entry.constraint for entry in entries if entry.name == name]
    if rank is None:
        return bool(needed) or bool(_used(problem, user, name))
    return any(not contains(problem.admitted(name, constraint), rank) for constraint in needed) or any(
        not problem.provides(name, rank, interface) for interface in _used(problem, user, name)
    )


def _used(problem: Problem, user: str, name: str) -> list[str]:
    """The interfaces that `user` consumes and `name` provides, both as they are installed."""
    provided, outside = problem.installed.modules[name].provides, problem.host.interfaces
    return [one for one in problem.installed.modules[user].consumes if one in provided and one not in outside]
