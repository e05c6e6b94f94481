"""What is wrong with a store: the file, what is known of modules, the history that has to lead there, manifests, plans.

It shares the tables and the states with what writes them, nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion, Version
from sqlalchemy import Connection, Row, Table, select

from las_registry.lifecycle.kept_manifest import read_kept_manifest
from las_registry.lifecycle.schema import (
    MANIFESTS,
    METADATA,
    MODULES,
    PINS,
    PLANS,
    SNAPSHOT_MODULES,
    SNAPSHOTS,
    TRANSITIONS,
)
from las_registry.lifecycle.sqlite_dialect import find_faults, find_strangers
from las_registry.lifecycle.states import ALLOWED, ALWAYS_INSTALLED, State
from las_registry.manifest import Pool
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput

__all__ = ["find_mistakes"]

_Known = tuple[str, Version]


class _Past(NamedTuple):
    """What the history says of a module at a version."""

    state: str
    installed: bool
    since: str


_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_NEVER: Final = _Past(State.AVAILABLE, False, "")


def find_mistakes(connection: Connection) -> Iterator[str]:
    """Each mistake as a sentence, in an order that depends on the store alone."""
    faults = tuple(find_faults(connection))
    yield from faults
    if faults:  # what can be read of such a file says little
        return
    yield from find_strangers(connection, METADATA)
    yield from _of_manifests(connection)
    yield from _of_modules(connection, MODULES, "")
    for row in connection.execute(select(SNAPSHOTS).order_by(SNAPSHOTS.c.id)):
        yield from _of_modules(connection, SNAPSHOT_MODULES, f"snapshot {row.id}: ", row.id)
    yield from _of_history(connection)
    yield from _of_plans_and_pins(connection)
    yield from _of_times(connection)


def _of_manifests(connection: Connection) -> Iterator[str]:
    for row in connection.execute(select(MANIFESTS).order_by(MANIFESTS.c.digest)):
        if f"sha256:{sha256(str(row.text).encode()).hexdigest()}" != row.digest:
            yield f"the manifest {row.digest} is not what its digest says"


def _of_modules(connection: Connection, table: Table, place: str, snapshot: int | None = None) -> Iterator[str]:
    query = select(table, MANIFESTS.c.text).outerjoin(MANIFESTS, table.c.manifest == MANIFESTS.c.digest)
    if snapshot is not None:
        query = query.where(table.c.snapshot == snapshot)
    pool, keys, installed = Pool(), set[_Known](), set[str]()
    for row in connection.execute(query.order_by(table.c.name, table.c.key)):
        what = f"{place}{row.name} {row.version}"
        version = _version(row.version)
        if version is None:
            yield f"{what}: this is no version"
            continue
        if (row.name, version) in keys:
            yield f"{what} is there twice"
        keys.add((row.name, version))
        if row.key != canonicalize_version(version):
            yield f"{what}: its key is {row.key}"
        if not _is_time(row.since):
            yield f"{what} has no time"
        yield from _of_state(row, what)
        if row.installed and row.name in installed:
            yield f"{what}: another version of it is installed, too"
        if row.installed:
            installed.add(row.name)
        if row.text is not None:
            try:
                read_kept_manifest(row.text, row.name, version, pool)
            except InvalidInput as error:
                yield f"{what}: {' '.join(error.message.split())}"
                continue
            if not _is_spelled_as_kept(row.text):
                yield f"{what}: the manifest that is kept is not in the spelling of the store"


def _is_spelled_as_kept(text: str) -> bool:
    """Whether a manifest stands there as manifests are kept: nothing else is read without being validated."""
    content = json.loads(text)
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return plain == text and not _has_nothing(content)


def _has_nothing(value: Any) -> bool:
    """Whether there is a null anywhere in a value of JSON."""
    if isinstance(value, dict | list):
        return any(map(_has_nothing, value.values() if isinstance(value, dict) else value))
    return value is None


def _of_state(row: Row[Any], what: str) -> Iterator[str]:
    states = {state.value for state in State} - {State.AVAILABLE.value}
    if row.state not in states:
        yield f"{what} is in no state that there is: {row.state!r}"
    elif row.state in ALWAYS_INSTALLED and not row.installed:
        yield f"{what} is {row.state}, but not installed"
    if row.installed and row.text is None:
        yield f"{what} is installed, and no manifest of it is kept"


def _of_history(connection: Connection) -> Iterator[str]:
    past: dict[_Known, _Past] = {}
    spelled: dict[_Known, str] = {}
    for row in connection.execute(select(TRANSITIONS).order_by(TRANSITIONS.c.id)):
        version = _version(row.version)
        what = f"record {row.id} of {row.module} {row.version}"
        if version is None:
            yield f"{what}: this is no version"
            continue
        before = past.get((row.module, version), _NEVER)
        if row.from_state != before.state:
            yield f"{what} begins at {row.from_state}, but the state was {before.state}"
        yield from _of_record(row, before, what)
        past[row.module, version] = _Past(row.to_state, row.installed, row.at)
        spelled[row.module, version] = f"{row.module} {row.version}"
    for row in connection.execute(select(MODULES).order_by(MODULES.c.name, MODULES.c.key)):
        known = (row.name, _version(row.version) or Version("0"))
        found = past.pop(known, _NEVER)
        now = _Past(row.state, row.installed, row.since)
        if found != now:
            yield f"{row.name} {row.version} is {_shown(now)}, but by its history {_shown(found)}"
    for known, left in sorted(past.items()):
        if left.state != State.AVAILABLE:
            yield f"{spelled[known]} is not known, but by its history {_shown(left)}"


def _of_record(row: Row[Any], before: _Past, what: str) -> Iterator[str]:
    """Whether a record by itself is one that there can be."""
    states = {state.value for state in State}
    if row.from_state not in states or row.to_state not in states:
        yield f"{what} names a state that there is not"
        return
    gone = row.to_state == State.AVAILABLE
    if row.operation in ("set", "apply"):
        installed = row.to_state in ALWAYS_INSTALLED or before.installed
        if State(row.to_state) not in ALLOWED[State(row.from_state)]:
            yield f"{what} goes from {row.from_state} to {row.to_state}, which is not allowed"
        if row.installed != installed:
            yield f"{what} does not say rightly whether it was installed"
    elif row.operation in ("remove", "replace"):
        if not gone or row.installed or row.from_state in (State.AVAILABLE, State.RUNNING):
            yield f"{what} is no removal that there can be"
    elif row.operation != "rollback" or (gone and row.installed):
        yield f"{what} is of no kind that there is"


def _of_plans_and_pins(connection: Connection) -> Iterator[str]:
    for row in connection.execute(select(PLANS).order_by(PLANS.c.id)):
        for column, kind in (("request", list), ("host", dict), ("document", dict)):
            text = getattr(row, column)
            if text is None and column == "host":
                continue
            try:
                if not isinstance(json.loads(text), kind):
                    yield f"the {column} of plan {row.id} is something else"
            except (ValueError, TypeError, RecursionError):
                yield f"the {column} of plan {row.id} is not JSON"
    for row in connection.execute(select(PINS).order_by(PINS.c.name)):
        try:
            if Requirement.parse(row.requirement).name != row.name:
                yield f"the pin of {row.name} is one of something else: {row.requirement}"
        except (InvalidInput, AttributeError):
            yield f"the pin of {row.name} cannot be read"


def _of_times(connection: Connection) -> Iterator[str]:
    for table in (TRANSITIONS, PLANS, SNAPSHOTS):
        last = ""
        for row in connection.execute(select(table.c.id, table.c.at).order_by(table.c.id)):
            if not _is_time(row.at):
                yield f"record {row.id} of {table.name} has no time"
                continue
            if row.at < last:
                yield f"record {row.id} of {table.name} is earlier than the one before it"
            last = row.at
    for row in connection.execute(select(PINS.c.name, PINS.c.at).order_by(PINS.c.name)):
        if not _is_time(row.at):
            yield f"the pin of {row.name} has no time"


def _is_time(text: object) -> bool:
    """Whether it is a time, in the spelling in which texts sort as times do."""
    try:
        datetime.fromisoformat(str(text))
    except ValueError:
        return False
    return _TIME.fullmatch(str(text)) is not None


def _version(text: object) -> Version | None:
    try:
        return Version(text) if isinstance(text, str) else None
    except InvalidVersion:
        return None


def _shown(past: _Past) -> str:
    if past.state == State.AVAILABLE:
        return "unknown"
    installed = "installed" if past.installed else "not installed"
    return f"{past.state} ({installed}, since {past.since})"
