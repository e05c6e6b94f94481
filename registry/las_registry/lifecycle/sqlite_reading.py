"""The rows that planning needs, by the standard library's SQLite alone: imported only where there is a store."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from las_registry.lifecycle.sqlite_file import (
    as_it_stands,
    check_version,
    connect_as_it_stands,
    connect_to_read,
    damaged,
    is_store,
    unusable,
)

__all__ = ["Rows", "read_rows"]

_TRIES: Final = 3
_MODULES: Final = """
    SELECT name, version, state, installed, requested, text, digest
    FROM modules LEFT JOIN manifests ON manifest = digest
    WHERE installed OR state = 'deprecated' ORDER BY name, key
"""
_PINS: Final = "SELECT requirement FROM pins ORDER BY name"


class Rows(NamedTuple):
    """What is installed or deprecated (name, version, state, installed, requested, manifest, digest), and the pins."""

    modules: list[tuple[Any, ...]]
    pins: list[str]


def read_rows(path: Path, place: str, timeout: float) -> Rows | None:
    """The rows of the store at `path`, which messages call `place`; None if its tables have not been made yet.

    A file that nobody has open is read as it stands, which waits for nobody and leaves nothing beside it; whether that
    was right is seen afterwards. Raises :class:`StoreUnusable`.
    """
    try:
        for _ in range(_TRIES):
            before = as_it_stands(path)
            if before is None:
                break
            try:
                rows = _read(connect_as_it_stands(path), place)
            except sqlite3.Error:
                if as_it_stands(path) == before:
                    raise
                continue
            if as_it_stands(path) == before:
                return rows
        return _read(connect_to_read(path, timeout=timeout), place)
    except (sqlite3.Error, OSError) as error:
        raise unusable(error, place) from error
    except ValueError as error:
        raise damaged(place, str(error)) from error


def _read(opened: sqlite3.Connection, place: str) -> Rows | None:
    with closing(opened) as connection:
        connection.execute("BEGIN")
        if not is_store(connection, place):
            return None
        check_version(connection, place)
        return Rows(connection.execute(_MODULES).fetchall(), [row[0] for row in connection.execute(_PINS)])
