"""The order of a plan's steps: what a module needs comes before it (contract, section 6)."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping

from las_solver.answer import Modules
from las_solver.graph import leads
from las_solver.model import ModuleVersion
from las_solver.problem import Problem

__all__ = ["arrange", "edges_of", "edges_to_leaving", "versions_of"]


def versions_of(problem: Problem, answer: Modules) -> dict[str, ModuleVersion]:
    """The module versions of `answer`, by name."""
    versions = {name: problem.domain(name).candidates[rank] for name, rank in answer.active.items()}
    versions.update((name, problem.installed.modules[name]) for name in answer.at_rest)
    return versions


def edges_of(problem: Problem, chosen: Mapping[str, ModuleVersion]) -> dict[str, set[str]]:
    """For each module of `chosen`, the modules that come before it: its needs, and providers of what it consumes.

    Edges to providers are added in order of consumer, then provider, each unless it closes a cycle.
    """
    before: dict[str, set[str]] = {}
    providing: dict[str, list[str]] = {}
    for name, one in chosen.items():
        before[name] = {entry.name for entry in one.requirements}
        before[name].update(entry.name for entry in one.runtimes if not problem.host_meets(entry))
        for interface in one.provides:
            providing.setdefault(interface, []).append(name)
    outside = problem.host.interfaces
    for consumer in sorted(name for name, one in chosen.items() if one.consumes):
        providers = {
            provider
            for interface in chosen[consumer].consumes
            if interface not in outside
            for provider in providing.get(interface, ())
            if provider != consumer
        }
        for provider in sorted(providers - before[consumer]):
            if not leads(before, provider, consumer):
                before[consumer].add(provider)
    return before


def edges_to_leaving(
    problem: Problem, chosen: Mapping[str, ModuleVersion], before: Mapping[str, set[str]], leaving: Collection[str]
) -> dict[str, set[str]]:
    """For each module that is downgraded, or `leaving`, the modules that as they are installed need what it takes away.

    They come before it, too, apart from those that `before` already puts there. Edges to downgrades are added in order
    of the downgraded module, then of the other, each unless it closes a cycle; then those to what leaves, where that
    is needed, then where it is consumed.
    """
    installed = problem.installed
    edges = {name: set(names) for name, names in before.items()}
    edges.update((name, set()) for name in leaving)
    added: dict[str, set[str]] = {}

    def add(name: str, user: str) -> None:
        if user != name and user in edges and user not in edges[name] and not leads(edges, user, name):
            edges[name].add(user)
            added.setdefault(name, set()).add(user)

    downgraded = [
        name for name, one in sorted(installed.modules.items()) if name in chosen and chosen[name].version < one.version
    ]
    needing = installed.needing(downgraded, leaving) if downgraded or leaving else {}
    for name in downgraded:
        version = chosen[name].version
        for user, constraints in sorted(needing.get(name, {}).items()):
            if not all(constraint.admits(version) for constraint in constraints):
                add(name, user)
    for name in sorted(leaving):
        for user in sorted(needing.get(name, {})):
            add(name, user)
    for name in sorted(leaving):
        for user in installed.consuming(name):
            add(name, user)
    return added


def arrange(before: Mapping[str, Collection[str]]) -> list[str]:
    """The keys of `before`, each after those that it maps to; among those free to go next, by name."""
    waiting = {name: len(names) for name, names in before.items()}
    after: dict[str, list[str]] = {name: [] for name in before}
    for name, names in before.items():
        for other in names:
            after[other].append(name)
    free = [name for name, count in waiting.items() if count == 0]
    heapq.heapify(free)
    arranged = []
    while free:
        name = heapq.heappop(free)
        arranged.append(name)
        for follower in after[name]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(free, follower)
    return arranged
