"""A machine in memory: what is installed on it before, between and after the steps of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from las_solver.model import Host, ModuleVersion
from las_solver.plan import Plan, Step

__all__ = ["apply_plan", "apply_step", "machines_between"]

Installed = Mapping[str, ModuleVersion]


def apply_plan(plan: Plan, host: Host, module_versions: Iterable[ModuleVersion]) -> Host:
    """`host` after all steps of `plan`, whose new versions are among `module_versions`."""
    *_, (_, installed) = [(None, dict(host.installed)), *machines_between(plan, host, module_versions)]
    return replace(host, installed=MappingProxyType(installed))


def machines_between(
    plan: Plan, host: Host, module_versions: Iterable[ModuleVersion]
) -> Iterator[tuple[Step, Installed]]:
    """Each step of `plan`, and what is installed after it."""
    versions = {(one.name, one.version): one for one in module_versions}
    installed = dict(host.installed)
    for step in plan.steps:
        apply_step(step, installed, versions)
        yield step, dict(installed)


def apply_step(
    step: Step, installed: dict[str, ModuleVersion], versions: Mapping[tuple[str, object], ModuleVersion]
) -> None:
    """Changes `installed` as `step` says; fails where the step takes another machine for granted."""
    before = installed.get(step.module)
    assert (before and before.version) == step.installed
    match step.action:
        case "keep":
            assert step.version == step.installed
        case "remove":
            del installed[step.module]
        case _:
            assert step.version != step.installed
            installed[step.module] = versions[step.module, step.version]
