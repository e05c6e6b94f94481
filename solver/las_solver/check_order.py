"""The order of a plan's steps, worked out again for the checker: section 6, and decision 0017 for what is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from las_solver.check_rules import Chosen, Rules

__all__ = ["arranged", "edges_after", "edges_of_section_6"]

Edges = Mapping[str, set[str]]
"""What each step comes after, by module."""


def arranged(edges: Edges) -> list[str]:
    """The names by "free to go next, by name"; without those that a cycle holds back."""
    above: dict[str, list[str]] = {name: [] for name in edges}
    waiting = {name: len(lower) for name, lower in edges.items()}
    for name, lower in edges.items():
        for other in lower:
            above[other].append(name)
    free = [name for name, count in waiting.items() if not count]
    heapify(free)
    order: list[str] = []
    while free:
        name = heappop(free)
        order.append(name)
        for other in above[name]:
            waiting[other] -= 1
            if not waiting[other]:
                heappush(free, other)
    return order


def edges_of_section_6(chosen: Chosen, rules: Rules) -> dict[str, set[str]]:
    """What each module comes after: what it needs; and providers, as far as that makes no cycle."""
    edges = {name: {need.name for need in rules.needs(one)} for name, one in chosen.items()}
    by_interface: dict[str, set[str]] = {}
    for name, one in chosen.items():
        for interface in one.provides:
            by_interface.setdefault(interface, set()).add(name)
    growing = _Growing(edges)
    for consumer in sorted(chosen):
        providers = {
            provider
            for interface in rules.open_interfaces(chosen[consumer])
            for provider in by_interface.get(interface, ())
        }
        for provider in sorted(providers - {consumer} - edges[consumer]):
            growing.add_unless_cycle(consumer, provider)
    return edges


def edges_after(chosen: Chosen, removed: Iterable[str], edges: Edges, rules: Rules) -> dict[str, set[str]]:
    """What else each step comes after: of those whose installed versions need what a downgrade or removal takes away.

    In the order of the decision: downgrades, then needs of what is removed, then interfaces of what is removed; each
    edge unless it closes a cycle with `edges` and those before.
    """
    gone = set(removed)
    together = {name: set(edges.get(name, ())) for name in (*chosen, *gone)}
    installed = {name: rules.installed[name] for name in together if name in rules.installed}
    downgraded = {name for name in installed if name in chosen and chosen[name].version < installed[name].version}
    providers: dict[str, set[str]] = {}
    for name in gone:
        for interface in installed[name].provides:
            providers.setdefault(interface, set()).add(name)
    needs = [(need, other) for other, one in installed.items() for need in rules.needs(one)]
    bound = {
        (need.name, other)
        for need, other in needs
        if need.name in downgraded and not need.constraint.admits(chosen[need.name].version)
    }
    needed = {(need.name, other) for need, other in needs if need.name in gone}
    consumed = {
        (name, other)
        for other, one in installed.items()
        for interface in rules.open_interfaces(one)
        for name in providers.get(interface, ())
    }
    growing = _Growing(together)
    for pairs in (bound, needed, consumed):
        for upper, lower in sorted(pairs):
            growing.add_unless_cycle(upper, lower)
    return {name: lower - set(edges.get(name, ())) for name, lower in together.items()}


class _Growing:
    """`edges` without a cycle, to which more are added; and an order that obeys them (Pearce and Kelly's algorithm)."""

    def __init__(self, edges: dict[str, set[str]]) -> None:
        self._lower = edges
        self._upper: dict[str, set[str]] = {name: set() for name in edges}
        self._rank = {name: place for place, name in enumerate(arranged(edges))}
        for name, lower in edges.items():
            for other in lower:
                self._upper[other].add(name)

    def add_unless_cycle(self, upper: str, lower: str) -> None:
        """`upper` comes after `lower`, too, unless `lower` comes after `upper` already."""
        rank = self._rank
        if rank[upper] <= rank[lower]:
            below = self._led_to(lower, self._lower, lambda place: place >= rank[upper])
            if upper in below:
                return
            above = self._led_to(upper, self._upper, lambda place: place <= rank[lower])
            moved = [*sorted(below, key=rank.__getitem__), *sorted(above, key=rank.__getitem__)]
            rank.update(zip(moved, sorted(rank[name] for name in moved), strict=True))
        self._lower[upper].add(lower)
        self._upper[lower].add(upper)

    def _led_to(self, start: str, edges: Edges, is_near: Callable[[int], bool]) -> set[str]:
        """`start`, and what `edges` lead to from there over names whose ranks are near."""
        seen = {start}
        stack = [start]
        while stack:
            new = {name for name in edges[stack.pop()] if is_near(self._rank[name])} - seen
            seen |= new
            stack.extend(new)
        return seen
