"""Plans made by hand, to show how they are rendered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from las_solver.constraint import Requirement, parse_version
from las_solver.model import Request
from las_solver.plan import Invalid, Plan, Step


def a_step(text: str, **values: Any) -> Step:
    """A step for ``name version``: the newest, requiring nothing and required by nothing, unless said so.

    `installed` is the version that is installed, as text.
    """
    module, version = text.split()
    values = {"newest": version, "versions_behind": 0, "action": "install", "installed": None} | values
    values = {"mode": None if values["action"] == "remove" else "native"} | values
    return Step(
        module=module,
        version=parse_version(version),
        category="tool",
        action=values["action"],
        mode=values["mode"],
        requires=tuple(values.get("requires", ())),
        required_by=tuple(values.get("required_by", ())),
        newest=parse_version(values["newest"]),
        versions_behind=values["versions_behind"],
        system_packages=tuple(values.get("system_packages", ())),
        source=f"{module}/manifest.yaml",
        checksum=None,
        installed=None if values["installed"] is None else parse_version(values["installed"]),
        after=tuple(values.get("after", ())),
        ram=values.get("ram", 0),
        placement=tuple(values.get("placement", ())),
    )


def a_plan(
    *steps: Step, request: str = "app", optimal: bool = True, invalid: Sequence[Invalid] = (), **options: Any
) -> Plan:
    """A plan of `steps` for the requirements in `request`, separated by spaces."""
    packages = sorted({package for step in steps for package in step.system_packages})
    return Plan(
        request=Request(requirements=tuple(map(Requirement.parse, request.split())), **options),
        steps=steps,
        optimal=optimal,
        system_packages=tuple(packages),
        invalid=tuple(invalid),
    )


STACK = a_plan(
    a_step("cuda 12.4.1", newest="12.6.0", versions_behind=1, required_by=["torch"], system_packages=["gcc"]),
    a_step("python 3.12.4", newest="3.13.0", required_by=["app", "torch"]),
    a_step("torch 2.5.0", requires=["cuda", "python"], required_by=["app"], system_packages=["cmake", "gcc"]),
    a_step("app 2.1", requires=["python", "torch"], mode="container"),
    request="app@>=2",
)

CHANGES = a_plan(
    a_step("old 1.0", action="remove", installed="1.0", newest="2.0"),
    a_step(
        "cuda 12.4.1", action="downgrade", installed="12.6.0", newest="12.6.0", versions_behind=1, required_by=["app"]
    ),
    a_step("other 3.0", action="keep", installed="3.0", newest="4.0", versions_behind=1),
    a_step("python 3.12.4", action="keep", installed="3.12.4", required_by=["app", "other"]),
    a_step("torch 2.5.0", action="upgrade", installed="2.4.0", requires=["cuda"], required_by=["app"]),
    a_step("app 2.1", requires=["cuda", "python", "torch"]),
    a_step("tool 1.1", action="keep", installed="1.1"),
    request="app@>=2 tool",
    invalid=[Invalid("broken", parse_version("1.0"), "needs gone >=2, which is not installed")],
)
"""A plan with one step of each kind, on a machine that has modules already."""
