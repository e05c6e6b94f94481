"""The JSON of a plan, as far as applying it needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from packaging.version import Version

from las_solver.constraint import Requirement, check_name, parse_version
from las_solver.errors import InvalidInput

__all__ = ["PlanContent", "PlannedStep", "read_plan"]

CHANGES: Final = ("install", "upgrade", "downgrade")


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step; `installed` is the version that was installed when the plan was made."""

    module: str
    version: Version
    action: str
    installed: Version | None

    @property
    def brings(self) -> bool:
        """Whether the step brings a version that was not installed."""
        return self.action in CHANGES


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContent:
    """What a plan says: its steps in order, which modules were asked for, and which were already invalid.

    `installed` is the digest of what was installed, None where the plan does not say. `is_upgrade`: the plan is one of
    ``las-solve upgrade``, which asks for nothing new.
    """

    steps: tuple[PlannedStep, ...]
    asked: frozenset[str]
    invalid: frozenset[str]
    installed: str | None
    is_upgrade: bool


def read_plan(document: Mapping[str, Any]) -> PlanContent:
    """What the JSON of a plan says; raises :class:`InvalidInput` if it is no plan."""
    if document.get("status") != "resolved":
        raise InvalidInput("this is not a plan: its status is not 'resolved'", hint="apply what las-solve plan printed")
    steps = tuple(_step(one, f"steps[{at}]") for at, one in enumerate(_list(document, "steps", "")))
    names = [step.module for step in steps]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InvalidInput(f"this is not a plan: it has two steps for {twice[0]}")
    request = [_text(one, f"request[{at}]") for at, one in enumerate(_list(document, "request", ""))]
    invalid = _list(document, "invalid", "") if "invalid" in document else []
    options = document.get("options")
    installed = document.get("installed")
    if installed is not None:
        _text(installed, "installed")
    return PlanContent(
        steps=steps,
        asked=frozenset(Requirement.parse(one).name for one in request),
        invalid=frozenset(_text(_field(one, "module", "invalid"), "invalid") for one in invalid),
        installed=installed,
        is_upgrade=isinstance(options, dict) and options.get("strategy") == "upgrade",
    )


def _step(value: Any, place: str) -> PlannedStep:
    name = check_name(_text(_field(value, "module", place), f"{place}.module"))
    version = parse_version(_text(_field(value, "version", place), f"{place}.version"))
    action = _text(_field(value, "action", place), f"{place}.action")
    stated = value.get("installed")
    installed = None if stated is None else parse_version(_text(stated, f"{place}.installed"))
    match action:
        case "install":
            fits = installed is None
        case "upgrade":
            fits = installed is not None and installed < version
        case "downgrade":
            fits = installed is not None and installed > version
        case "keep" | "remove":
            fits = installed == version
        case _:
            fits = False
    if not fits:
        was = "nothing" if installed is None else str(installed)
        raise InvalidInput(f"this is not a plan: {place}: {action!r} of {version} where {was} was installed")
    return PlannedStep(name, version, action, installed)


def _field(value: Any, key: str, place: str) -> Any:
    if not isinstance(value, dict) or key not in value:
        raise InvalidInput(f"this is not a plan: {place} has no {key!r}")
    return value[key]


def _list(value: Any, key: str, place: str) -> list[Any]:
    found = _field(value, key, place or "it")
    if not isinstance(found, list):
        raise InvalidInput(f"this is not a plan: {key!r} is not a list")
    return found


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"this is not a plan: {place} is not a text")
    return value
