"""Checks the steps of a plan and their order: what section 6 and decision 0017 say of each field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from las_solver.check_document import Fields
from las_solver.check_order import arranged, edges_after, edges_of_section_6
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
