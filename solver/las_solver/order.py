"""The order of a plan's steps: what a module needs comes before it (contract, section 6)."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping

from packaging.version import Version

from las_solver.answer import Answer
from las_solver.graph import leads
from las_solver.problem import Problem

__all__ = ["arrange", "edges_of", "edges_to_leaving"]


def edges_of(problem: Problem, answer: Answer) -> dict[str, set[str]]:
    """For each module of `answer`, the modules that come before it: its needs, and providers of what it consumes.

    Edges to providers are added in order of consumer, then provider, each unless it closes a cycle.
    """
    before: dict[str, set[str]] = {
        name: {need.name for need in problem.domain(name).needs(rank)} for name, rank in answer.items()
    }
    for consumer in sorted(answer):
        interfaces = problem.domain(consumer).consumes(answer[consumer])
        if not interfaces:
            continue
        providers = {
            provider
            for interface in interfaces
            for provider in problem.source.providers(interface)
            if provider in answer and provider != consumer and problem.provides(provider, answer[provider], interface)
        }
        for provider in sorted(providers - before[consumer]):
            if not leads(before, provider, consumer):
                before[consumer].add(provider)
    return before


def edges_to_leaving(
    problem: Problem, answer: Answer, before: Mapping[str, set[str]], leaving: Collection[str]
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
        name
        for name in sorted(answer)
        if name in installed.modules and version_of(problem, answer, name) < installed.modules[name].version
    ]
    needing = installed.needing(downgraded, leaving) if downgraded or leaving else {}
    for name in downgraded:
        version = version_of(problem, answer, name)
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


def version_of(problem: Problem, answer: Answer, name: str) -> Version:
    """The version of the module `name` in `answer`."""
    return problem.domain(name).versions[answer[name]]


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
