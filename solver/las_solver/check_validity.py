"""Whether a set of module versions is a valid answer, by section 4 and decision 0022; written again for the
checker."""

from __future__ import annotations

from collections.abc import Iterator

from las_solver.check_construction import constructions, reached
from las_solver.check_order import arranged
from las_solver.check_packing import fits
from las_solver.check_rules import Chosen, Rules
from las_solver.model import ModuleVersion

__all__ = ["breaches"]


def breaches(chosen: Chosen, rules: Rules) -> Iterator[str]:
    """What section 4 says against `chosen`, by items; item 1 holds already."""
    for requirement in rules.request.requirements:
        if requirement.name not in chosen:
            yield f"{requirement} is requested and not there"
        elif not requirement.constraint.admits(chosen[requirement.name].version):
            yield f"{chosen[requirement.name]} is not {requirement}, which is requested"
    for name in rules.staying:
        if name not in chosen and not rules.is_removable(name):
            yield f"{rules.installed[name]} is installed and {name} is not there"
    for one in chosen.values():
        yield from _breaches_of_one(one, chosen, rules)
    missing = rules.first_missing_interface(chosen.values())
    if missing is not None:
        yield f"{missing[0]} consumes {missing[1]}, which no other module provides"
    needs = {name: {need.name for need in rules.needs(one)} & chosen.keys() for name, one in chosen.items()}
    if len(order := arranged(needs)) < len(chosen):
        yield f"the needs of {', '.join(sorted(chosen.keys() - set(order)))} have no order"
    for one in rules.unadmitted(chosen):
        yield f"{one} is a pre-release that nothing admits"
    for capacity in rules.capacities:
        weights = [capacity.weigh(one) for one in chosen.values()]
        if not fits(capacity.cards, weights):
            yield f"all modules hold {sum(weight.amount for weight in weights)} of {capacity.what}, which does not fit"
    led_to = reached(rules, chosen)
    if len(led_to) == len(chosen):
        if any(len(names) == len(chosen) for names in constructions(rules, chosen)):
            return
        led_to = set(next(constructions(rules, chosen)))
    yield f"nothing leads to {', '.join(sorted(chosen.keys() - led_to))}"


def _breaches_of_one(one: ModuleVersion, chosen: Chosen, rules: Rules) -> Iterator[str]:
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
    if rules.is_deprecated(one):
        yield f"{one} is deprecated"
    if rules.is_pinned_out(one):
        yield f"{one} is not what {one.name} is pinned to"
    if rules.is_locked_out(one):
        yield f"{one} is not what is locked"
