"""Whether a set of module versions is a valid answer, by the items of section 4; written again for the checker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heappush

from las_solver.check_rules import Chosen, Rules

__all__ = ["arranged", "breaches"]


def breaches(chosen: Chosen, rules: Rules) -> Iterator[str]:
    """What section 4 says against `chosen`, by items; item 1 holds already."""
    for requirement in rules.request.requirements:
        if requirement.name not in chosen:
            yield f"{requirement} is requested and not there"
        elif not requirement.constraint.admits(chosen[requirement.name].version):
            yield f"{chosen[requirement.name]} is not {requirement}, which is requested"
    for one in chosen.values():
        for need in rules.needs(one):
            if need.name not in chosen:
                yield f"{one} needs {need}, which is not there"
            elif not need.constraint.admits(chosen[need.name].version):
                yield f"{one} needs {need} and there is {chosen[need.name]}"
        for fact in rules.unmet_facts(one):
            yield f"{one} needs more {fact}"
        if rules.mode(one) is None:
            yield f"{one} has no mode that is allowed"
        if rules.is_excluded(one):
            yield f"{one} is excluded"
    missing = rules.first_missing_interface(chosen.values())
    if missing is not None:
        yield f"{missing[0]} consumes {missing[1]}, which no other module provides"
    needs = {name: {need.name for need in rules.needs(one)} & chosen.keys() for name, one in chosen.items()}
    if len(order := arranged(needs)) < len(chosen):
        yield f"the needs of {', '.join(sorted(chosen.keys() - set(order)))} have no order"
    for one in rules.unadmitted(chosen):
        yield f"{one} is a pre-release that nothing admits"
    if not any(len(names) == len(chosen) for names in rules.constructions(chosen)):
        reached = next(rules.constructions(chosen))
        yield f"nothing leads to {', '.join(sorted(chosen.keys() - set(reached)))}"


def arranged(edges: Mapping[str, set[str]]) -> list[str]:
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
