"""Rows of the tables as plain values.

Each function raises :class:`ValueError` for a row that no store holds; then the store is damaged.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from packaging.utils import canonicalize_version
from packaging.version import Version
from sqlalchemy import Row

from las_registry.lifecycle.records import Module, Pin, PlanRecord, Transition
from las_registry.lifecycle.states import State
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput

__all__ = ["module_of", "pin_of", "plan_of", "time_of", "transition_of", "version_key"]


def version_key(version: Version) -> str:
    """A text that exactly the versions equal to `version` share, as ``1.0`` and ``1.0.0`` are (contract, section 2)."""
    return canonicalize_version(version)


def time_of(text: str) -> str:
    """`text`, which has to be a time."""
    datetime.fromisoformat(str(text))  # damaged files hold NULL where none can be
    return text


def module_of(row: Row[Any]) -> Module:
    """A row of the modules, or of those of a snapshot."""
    return Module(
        name=row.name,
        version=row.version,
        state=State(row.state),
        installed=bool(row.installed),
        requested=bool(row.requested),
        since=time_of(row.since),
        manifest=row.manifest,
    )


def transition_of(row: Row[Any]) -> Transition:
    """A row of the history."""
    return Transition(
        id=row.id,
        at=time_of(row.at),
        who=row.who,
        why=row.why,
        module=row.module,
        version=row.version,
        from_state=State(row.from_state),
        to_state=State(row.to_state),
        plan=row.plan,
        operation=row.operation,
        installed=bool(row.installed),
    )


def pin_of(row: Row[Any]) -> Pin:
    """A row of the pins."""
    try:
        return Pin(Requirement.parse(row.requirement), time_of(row.at))
    except InvalidInput as error:
        raise ValueError(f"a pin cannot be read: {error.message}") from None


def plan_of(row: Row[Any]) -> PlanRecord:
    """A row of the plans."""
    request, document = json.loads(row.request), json.loads(row.document)
    host = None if row.host is None else json.loads(row.host)
    if not (isinstance(document, dict) and isinstance(request, list) and isinstance(host, dict | None)):
        raise ValueError("a plan that was applied cannot be read")
    return PlanRecord(
        id=row.id,
        at=time_of(row.at),
        who=row.who,
        request=tuple(map(str, request)),
        host=host,
        registry=row.registry,
        installed=row.installed,
        document=document,
    )
