"""What planning needs of a store, read in one go by the standard library alone: a plan has no time for SQLAlchemy, and
writes nothing."""

from __future__ import annotations

import gc
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from las_registry.lifecycle.content_digest import content_digest
from las_registry.lifecycle.errors import StoreUnusable
from las_registry.lifecycle.quick_reader import QuickReader
from las_registry.lifecycle.states import State
from las_registry.problem import printable
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput
from las_solver.model import ModuleVersion

if TYPE_CHECKING:
    import sqlite3

__all__ = ["StoreContent", "read_store"]

_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreContent:
    """What a store says of the machine: what is installed, which versions are deprecated, the pins in order of name,
    and which modules somebody asked for. `digest` is over all that a plan depends on, as the plan names it."""

    installed: Mapping[str, ModuleVersion]
    deprecated: frozenset[tuple[str, Version]]
    pins: tuple[Requirement, ...]
    requested: frozenset[str]
    digest: str


def read_store(path: Path, *, timeout: float = _TIMEOUT) -> StoreContent | None:
    """What the store in the file at `path` holds; None if there is none yet.

    Raises :class:`StoreUnusable` if it cannot be read, or a manifest that it keeps is not accepted.
    """
    place = printable(str(path))
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        from las_registry.lifecycle.sqlite_file import unusable

        raise unusable(error, place) from error
    if not stat.S_ISREG(mode):
        raise StoreUnusable(f"the store {place} is not a regular file", hint="name a file: --store FILE")
    import sqlite3  # late: most machines have no store

    from las_registry.lifecycle.sqlite_file import damaged, unusable

    try:
        return _read(path, place, timeout)
    except sqlite3.Error as error:
        raise unusable(error, place) from error
    except (ValueError, TypeError) as error:
        raise damaged(place, str(error)) from error


def _read(path: Path, place: str, timeout: float) -> StoreContent | None:
    """Reads until nobody has written meanwhile, where only the file as it stands could be read."""
    from las_registry.lifecycle.sqlite_file import as_it_stands, connect

    for _ in range(_TRIES):
        before = as_it_stands(path)
        connection, is_fixed = connect(path, timeout=timeout, writing=False)
        try:
            content = _read_all(connection, place)
        finally:
            connection.close()
        if not is_fixed or as_it_stands(path) == before:
            return content
    raise StoreUnusable(f"the store {place} is being written to and cannot be read meanwhile", hint="try again")


def _read_all(connection: sqlite3.Connection, place: str) -> StoreContent | None:
    from las_registry.lifecycle.sqlite_file import check_version, is_store

    connection.execute("BEGIN")
    if not is_store(connection, place):
        return None
    check_version(connection, place)
    modules = connection.execute(_MODULES).fetchall()
    pins = [row[0] for row in connection.execute("SELECT requirement FROM pins ORDER BY name")]
    connection.rollback()
    kept = [row for row in modules if row[2]]
    deprecated = [(name, version) for name, version, _, state, *_ in modules if state == State.DEPRECATED.value]
    return StoreContent(
        installed=MappingProxyType(_installed([(row[0], row[1], row[5], row[6]) for row in kept], place)),
        deprecated=frozenset((name, Version(version)) for name, version in deprecated),
        pins=tuple(map(_pin, pins)),
        requested=frozenset(row[0] for row in kept if row[4]),
        digest=content_digest([(row[0], row[1], row[6]) for row in kept], deprecated, pins),
    )


def _installed(kept: list[tuple[str, str, str, str]], place: str) -> dict[str, ModuleVersion]:
    """What is installed: of each module the name, the version, and the manifest that is kept, with its digest."""
    was_enabled = gc.isenabled()
    gc.disable()  # it would find nothing, and look through all of them often
    try:
        return {one.name: one for one in QuickReader().read_all(kept)}
    except InvalidInput as error:
        raise StoreUnusable(
            f"the store {place} keeps a manifest that cannot be read: {printable(error.message)}",
            hint="las-solve state check says what is wrong; to plan without the store: --no-store",
        ) from error
    finally:
        if was_enabled:
            gc.enable()


def _pin(text: str) -> Requirement:
    try:
        return Requirement.parse(text)
    except InvalidInput as error:
        raise ValueError(f"a pin cannot be read: {error.message}") from None


_TRIES: Final = 5
_MODULES: Final = """
    SELECT name, version, installed, state, requested, text, digest
    FROM modules LEFT JOIN manifests ON manifest = digest
    WHERE installed OR state = 'deprecated' ORDER BY name, key
"""
