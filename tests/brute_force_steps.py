"""Section 6 and decision 0017 by brute force: the steps to an answer, and their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from brute_force_machine import Machine
from brute_force_together import placement_of

from las_solver.model import ModuleVersion

if TYPE_CHECKING:
    from brute_force import BruteForce

__all__ = ["arranged", "document_of", "edges_of"]

Chosen = Mapping[str, ModuleVersion]
Edges = Mapping[str, set[str]]


def document_of(oracle: BruteForce, chosen: Chosen) -> dict[str, object]:
    """What the JSON of the plan for the answer `chosen` says, as far as the contract fixes it."""
    removed = oracle.removed(dict(chosen))
    requires = edges_of(oracle.machine, chosen) | {name: set() for name in removed}
    edges = _with_what_comes_after(oracle.machine, chosen, removed, requires)
    steps = [
        _removal(oracle, name, edges[name]) if name in removed else _step(oracle, chosen[name], requires, edges[name])
        for name in arranged(edges)
    ]
    places = (placement_of(chosen, oracle.host) if oracle.request.together else None) or {}
    for step in steps:
        if step["module"] in places:
            step["placement"] = places[str(step["module"])]
    packages = {package for one in chosen.values() for package in one.system_packages}
    installed = oracle.host.installed
    return {
        "status": "resolved",
        "optimal": True,
        "steps": steps,
        "system_packages": sorted(packages - oracle.host.system_packages),
        "invalid": [
            {"module": name, "version": str(installed[name].version)} for name in sorted(oracle.machine.invalid)
        ],
    }


def _step(oracle: BruteForce, one: ModuleVersion, requires: Edges, before: set[str]) -> dict[str, object]:
    return {
        **_of_module(oracle, one),
        "action": _action(one, oracle.host.installed.get(one.name)),
        "mode": oracle.mode(one),
        "requires": sorted(requires[one.name]),
        "required_by": sorted(name for name in requires if one.name in requires[name]),
        "after": sorted(before - requires[one.name]),
        "versions_behind": oracle.versions_behind(one),
        "system_packages": [it for it in one.system_packages if it not in oracle.host.system_packages],
    }


def _removal(oracle: BruteForce, name: str, before: set[str]) -> dict[str, object]:
    """'A `remove` step has the installed version and its manifest's values; `mode` is null, `requires`, `required_by`,
    `held_back_by` and `system_packages` are empty, `versions_behind` is 0.'
    """
    return {
        **_of_module(oracle, oracle.host.installed[name]),
        "action": "remove",
        "mode": None,
        "requires": [],
        "required_by": [],
        "after": sorted(before),
        "held_back_by": [],
        "versions_behind": 0,
        "system_packages": [],
    }


def _of_module(oracle: BruteForce, one: ModuleVersion) -> dict[str, object]:
    """'`newest` is the registry's newest; where it has none of the module, the installed version.'"""
    installed = oracle.host.installed.get(one.name)
    versions = [each.version for each in oracle.registered.get(one.name, [one])]
    return {
        "module": one.name,
        "version": str(one.version),
        "category": one.category,
        "installed": None if installed is None else str(installed.version),
        "newest": str(max([each for each in versions if not each.is_prerelease] or versions)),
        "source": one.source,
        "checksum": one.checksum,
    }


def _action(one: ModuleVersion, installed: ModuleVersion | None) -> str:
    if installed is None:
        return "install"
    if one.version == installed.version:
        return "keep"
    return "upgrade" if one.version > installed.version else "downgrade"


def edges_of(machine: Machine, chosen: Chosen) -> dict[str, set[str]]:
    """'What a module needs comes before it. Present providers of what it consumes, where the host does
    not provide it, come before it too as far as that makes no cycle: these edges are added in order of
    consumer name, then provider name, each unless it closes a cycle with those before.'
    """
    edges = {name: {need.name for need in machine.needs(one)} for name, one in chosen.items()}
    for consumer in sorted(chosen):
        for provider in sorted(chosen):
            if _provides_for(machine, chosen[provider], chosen[consumer]) and consumer not in _below(provider, edges):
                edges[consumer].add(provider)
    return edges


def _provides_for(machine: Machine, provider: ModuleVersion, consumer: ModuleVersion) -> bool:
    interfaces = set(consumer.consumes) - machine.host.interfaces
    return provider.name != consumer.name and bool(interfaces & set(provider.provides))


def _with_what_comes_after(machine: Machine, chosen: Chosen, removed: list[str], requires: Edges) -> Edges:
    """`requires`, and what else comes before steps, each unless it closes a cycle with those before."""
    edges = {name: set(before) for name, before in requires.items()}
    for name, other in [
        *_after_downgrades(machine, chosen, edges),
        *_after_removals(machine, removed, edges),
        *_after_removed_providers(machine, removed, edges),
    ]:
        if name not in _below(other, edges):
            edges[name].add(other)
    return edges


def _after_downgrades(machine: Machine, chosen: Chosen, steps: Edges) -> Iterator[tuple[str, str]]:
    """'A `downgrade` comes after each step of a module whose installed version needs it at a version that the new one
    is not, ... in order of the downgraded module, then of the other.'
    """
    for name in sorted(chosen):
        if _action(chosen[name], machine.host.installed.get(name)) == "downgrade":
            for other, was in _installed_with_steps(machine, steps):
                needs = [need for need in machine.needs(was) if need.name == name]
                if not all(need.constraint.admits(chosen[name].version) for need in needs):
                    yield name, other


def _after_removals(machine: Machine, removed: list[str], steps: Edges) -> Iterator[tuple[str, str]]:
    """'A `remove` step comes after each step of a module whose *installed* version needs that module ...'"""
    for name in removed:
        for other, was in _installed_with_steps(machine, steps):
            if any(need.name == name for need in machine.needs(was)):
                yield name, other


def _after_removed_providers(machine: Machine, removed: list[str], steps: Edges) -> Iterator[tuple[str, str]]:
    """'... or consumes an interface that its installed version provides.'"""
    for name in removed:
        for other, was in _installed_with_steps(machine, steps):
            if _provides_for(machine, machine.host.installed[name], was):
                yield name, other


def _installed_with_steps(machine: Machine, steps: Edges) -> list[tuple[str, ModuleVersion]]:
    return [(name, machine.host.installed[name]) for name in sorted(steps) if name in machine.host.installed]


def _below(name: str, edges: Edges) -> set[str]:
    """`name`, and all that comes before it."""
    below: set[str] = set()
    new = {name}
    while new:
        below |= new
        new = {lower for upper in new for lower in edges[upper]} - below
    return below


def arranged(edges: Edges) -> list[str]:
    """'Among steps free to go next, by name (code points).'"""
    order: list[str] = []
    while len(order) < len(edges):
        order.append(min(name for name in edges if name not in order and edges[name] <= set(order)))
    return order
