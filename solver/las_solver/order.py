"""The order of a plan's steps: what a module needs comes before it (contract, section 6)."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping

from las_solver.answer import Modules
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

    Edges to providers are added in order of consumer, then provider, each unless it closes a cycle. Whether one does is
    not changed by others from the same consumer.
    """
    before: dict[str, set[str]] = {}
    providing: dict[str, list[str]] = {}
    for name, one in chosen.items():
        before[name] = {entry.name for entry in one.requirements}
        before[name].update(entry.name for entry in one.runtimes if not problem.host_meets(entry))
        for interface in one.provides:
            providing.setdefault(interface, []).append(name)
    outside = problem.host.interfaces
    backwards: _Backwards | None = None
    for consumer in sorted(name for name, one in chosen.items() if one.consumes):
        providers = {
            provider
            for interface in chosen[consumer].consumes
            if interface not in outside
            for provider in providing.get(interface, ())
            if provider != consumer
        }
        providers -= before[consumer]
        if any(before[provider] for provider in providers):  # others lead nowhere
            backwards = backwards or _Backwards(before)
            providers -= backwards.leading_to(consumer)
        before[consumer] |= providers
        if backwards is not None:
            backwards.add(consumer, providers)
    return before


class _Backwards:
    """Which names lead to one another along `edges`, while more of them come in: a set of names is a number of bits."""

    def __init__(self, edges: Mapping[str, Iterable[str]]) -> None:
        self._names = list(edges)
        self._places = {name: place for place, name in enumerate(self._names)}
        self._back = [0] * len(self._names)
        for name, targets in edges.items():
            self.add(name, targets)

    def add(self, name: str, targets: Iterable[str]) -> None:
        """From now on, there are edges from `name` to `targets`, too."""
        bit = 1 << self._places[name]
        for target in targets:
            self._back[self._places[target]] |= bit

    def leading_to(self, name: str) -> set[str]:
        """The names from which a walk leads to `name`."""
        found: set[str] = set()
        seen = left = self._back[self._places[name]]
        while left:
            place = left.bit_length() - 1
            found.add(self._names[place])
            fresh = self._back[place] & ~seen
            seen |= fresh
            left = (left ^ 1 << place) | fresh
        return found


def edges_to_leaving(
    problem: Problem, chosen: Mapping[str, ModuleVersion], before: Mapping[str, set[str]], leaving: Collection[str]
) -> dict[str, set[str]]:
    """For each module that is downgraded, or `leaving`, the modules that as they are installed need what it takes away.

    They come before it, too, apart from those that `before` already puts there. Edges to downgrades are added in order
    of the downgraded module, then of the other, each unless it closes a cycle; then those to what leaves, where that
    is needed, then where it is consumed.
    """
    installed = problem.installed
    downgraded = [
        name for name, one in sorted(installed.modules.items()) if name in chosen and chosen[name].version < one.version
    ]
    if not downgraded and not leaving:
        return {}
    edges = {name: set(names) for name, names in before.items()}
    edges.update((name, set()) for name in leaving)
    added: dict[str, set[str]] = {}
    backwards = _Backwards(edges)

    def add(name: str, users: Iterable[str]) -> None:
        fresh = {user for user in users if user != name and user in edges and user not in edges[name]}
        if fresh:
            fresh -= backwards.leading_to(name)
            edges[name] |= fresh
            backwards.add(name, fresh)
            added.setdefault(name, set()).update(fresh)

    needing = installed.needing(downgraded, leaving)
    for name in downgraded:
        version = chosen[name].version
        needs = needing.get(name, {}).items()
        add(name, [user for user, said in needs if not all(one.admits(version) for one in said)])
    for name in sorted(leaving):
        add(name, needing.get(name, ()))
    for name in sorted(leaving):
        add(name, installed.consuming(name))
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
