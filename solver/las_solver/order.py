"""The order of a plan's steps: what a module needs comes before it (contract, section 6)."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping

from las_solver.answer import Answer, leads
from las_solver.problem import Problem

__all__ = ["arrange", "edges_of"]


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
