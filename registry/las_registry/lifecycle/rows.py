"""Rows of the tables as plain values.

Each function raises :class:`ValueError` for a row that no store holds; then the store is damaged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from packaging.utils import canonicalize_version
from packaging.version import Version
from sqlalchemy import Row

from las_registry.lifecycle.records import Module, Pin, PlanRecord, Transition
from las_registry.lifecycle.states import State
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput

__all__ = ["module_of", "pin_of", "plan_of", "transition_of", "version_key"]


def version_key(version: Version) -> str:
    """A text that exactly the versions equal to `version` share, as ``1.0`` and ``1.0.0`` are (contract, section 2)."""
    return canonicalize_version(version)


def module_of(row: Row[Any]) -> Module:
    """A row of the modules, or of those of a snapshot."""
    return Module(
        name=_text(row.name),
        version=_text(row.version),
        state=State(row.state),
        installed=bool(row.installed),
        requested=bool(row.requested),
        since=_text(row.since),
        manifest=None if row.manifest is None else _text(row.manifest),
    )


def transition_of(row: Row[Any]) -> Transition:
    """A row of the history."""
    return Transition(
        id=row.id,
        at=_text(row.at),
        who=_text(row.who),
        why=_text(row.why),
        module=_text(row.module),
        version=_text(row.version),
        from_state=State(row.from_state),
        to_state=State(row.to_state),
        plan=row.plan,
        operation=_text(row.operation),
        installed=bool(row.installed),
    )


def pin_of(row: Row[Any]) -> Pin:
    """A row of the pins."""
    try:
        return Pin(Requirement.parse(_text(row.requirement)), _text(row.at))
    except InvalidInput as error:
        raise ValueError(f"a pin cannot be read: {error.message}") from None


def plan_of(row: Row[Any]) -> PlanRecord:
    """A row of the plans."""
    request, document = json.loads(_text(row.request)), json.loads(_text(row.document))
    host = None if row.host is None else json.loads(_text(row.host))
    if not isinstance(document, Mapping) or not isinstance(request, list) or not isinstance(host, Mapping | None):
        raise ValueError("a plan that was applied cannot be read")
    return PlanRecord(
        id=row.id,
        at=_text(row.at),
        who=_text(row.who),
        request=tuple(map(_text, request)),
        host=host,
        registry=row.registry,
        installed=row.installed,
        document=document,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} stands where a text belongs")
    return value
