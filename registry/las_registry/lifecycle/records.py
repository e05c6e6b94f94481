"""What a store holds, as plain values. Times are UTC, in ISO 8601 with microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from las_registry.lifecycle.states import State
from las_solver.constraint import Requirement

__all__ = ["Applied", "Module", "Pin", "PlanRecord", "Snapshot", "Transition"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module at a version.

    `requested`: somebody asked for it; else it is there because others need it. `since`: when it came into its state;
    empty where the store does not know it, for it is available then. `manifest` is the digest of the manifest that is
    kept of it, if there is one.
    """

    name: str
    version: str
    state: State
    installed: bool
    requested: bool
    since: str
    manifest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One record of the history.

    `operation` says what caused it: ``set`` (a transition by itself), ``apply`` (a plan), ``replace`` (another version
    was installed in its place), ``remove`` or ``rollback``. `installed`: whether the version was installed afterwards.
    """

    id: int
    at: str
    who: str
    why: str
    module: str
    version: str
    from_state: State
    to_state: State
    plan: int | None
    operation: str
    installed: bool


@dataclass(frozen=True, slots=True)
class Pin:
    """A constraint of the machine's owner on every plan."""

    requirement: Requirement
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the store knew of modules at one time, in order of name, newest version first."""

    id: int
    at: str
    who: str
    label: str
    modules: tuple[Module, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """A plan that was applied.

    `request` are the requirements asked for, `host` the profile that it was made for, `registry` the digest of the
    registry, `installed` that of what was installed; None where the plan does not say. `document` is the whole plan.
    """

    id: int
    at: str
    who: str
    request: tuple[str, ...]
    host: Mapping[str, Any] | None
    registry: str | None
    installed: str | None
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a plan did: the id of its record, and the transitions, in order."""

    plan: int
    transitions: tuple[Transition, ...]
