"""Checks the steps of a plan and their order: what section 6 and decisions 0017 and 0022 say of each field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from las_solver.check_capacity import vram_of
from las_solver.check_document import Fields
from las_solver.check_order import arranged, edges_after, edges_of_section_6
from las_solver.check_packing import placed
from las_solver.check_rules import Chosen, Rules
from las_solver.model import ModuleVersion

__all__ = ["complaints_about_steps"]


def complaints_about_steps(steps: Sequence[Fields], chosen: Chosen, removed: Chosen, rules: Rules) -> Iterator[str]:
    """What is wrong with the `steps` of a valid plan of the versions `chosen`, which removes `removed`."""
    edges = edges_of_section_6(chosen, rules)
    after = edges_after(chosen, removed, edges, rules)
    order = arranged({name: lower | edges.get(name, set()) for name, lower in after.items()})
    if [step.text("module") for step in steps] != order:
        yield f"the order of the steps should be {', '.join(order)}"
    above: dict[str, list[str]] = {name: [] for name in after}
    for name in sorted(edges):
        for lower in edges[name]:
            above[lower].append(name)
    for step in steps:
        name = step.text("module")
        lists = {"requires": sorted(edges.get(name, ())), "required_by": above[name], "system_packages": []}
        if name in removed:
            yield from _complaints(step, removed[name], "remove", rules)
            if step.text_or_null("admitted_by") is not None:
                yield f"{step.place}.admitted_by of {name}, which is removed, should be null"
        else:
            one = chosen[name]
            yield from _complaints(step, one, rules.action(one), rules)
            lists["system_packages"] = [it for it in one.system_packages if it not in rules.host.system_packages]
        for key, values in lists.items():
            if list(step.texts(key)) != values:
                yield f"{step.place}.{key} of {name} should be {values!r}"
        if list(step.texts("after") if step.has("after") else ()) != sorted(after[name]):
            yield f"{step.place}.after of {name} should be {sorted(after[name])!r}"
    yield from _complaints_about_placement(steps, chosen, rules)


def _complaints_about_placement(steps: Sequence[Fields], chosen: Chosen, rules: Rules) -> Iterator[str]:
    """Decision 0022: where what runs at the same time is placed; without `together`, and of removals, nothing is."""
    cards = [card.vram for card in rules.host.gpus]
    places = placed(cards, {name: vram_of(one) for name, one in chosen.items()}) if rules.request.together else {}
    for step in steps:
        name = step.text("module")
        if name not in places:
            if step.has("placement"):
                yield f"{step.place} should have no placement"
        elif [(share.integer("card"), share.integer("vram")) for share in step.objects("placement")] != places[name]:
            said = [{"card": card, "vram": amount} for card, amount in places[name]]
            yield f"{step.place}.placement of {name} should be {said!r}"


def _complaints(step: Fields, one: ModuleVersion, action: str, rules: Rules) -> Iterator[str]:
    """What is wrong with the single values of a step, whose version is `one`."""
    is_removed, installed = action == "remove", rules.installed.get(one.name)
    expected: dict[str, str | None] = {
        "version": str(one.version),
        "category": one.category,
        "action": action,
        "mode": None if is_removed else rules.mode(one),
        "installed": None if installed is None else str(installed.version),
        "newest": str(rules.newest(one.name).version),
        "source": one.source,
        "checksum": one.checksum,
    }
    for key, value in expected.items():
        if step.text_or_null(key) != value:
            yield f"{step.place}.{key} of {one} should be {value!r}"
    behind = 0 if is_removed else rules.versions_behind(one)
    if step.integer("versions_behind") != behind:
        yield f"{step.place}.versions_behind of {one} should be {behind}"
