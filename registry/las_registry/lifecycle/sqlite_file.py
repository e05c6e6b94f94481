"""A store's file as SQLite sees it, by the standard library alone: how it is opened, and what its errors mean."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

from las_registry.lifecycle.errors import StoreUnusable

__all__ = [
    "APPLICATION_ID",
    "SCHEMA_VERSION",
    "as_it_stands",
    "check_version",
    "connect",
    "connect_as_it_stands",
    "connect_to_read",
    "damaged",
    "is_store",
    "newer",
    "unusable",
]

APPLICATION_ID: Final = 0x4C415353
"""What marks the file as a store of las-solve: ``LASS``."""

SCHEMA_VERSION: Final = 1
"""The version of the tables; raised with each step in :mod:`las_registry.lifecycle.migrations`."""

_ANOTHER: Final = "name another file: --store FILE"
_RESTORE: Final = "restore a copy, or `las-solve state import` an export, into a new file; keep this one"


def connect(path: Path, *, timeout: float) -> sqlite3.Connection:
    """The file at `path`, which has to exist, for writing, or for reading where it cannot be written to.

    Raises :class:`sqlite3.Error`.
    """
    try:
        return _open(path, "mode=rw", timeout)
    except sqlite3.OperationalError as error:
        # In a directory that cannot be written to there is no place for the files that SQLite keeps beside this one.
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        if not path.is_file() or as_it_stands(path) is None:
            raise
        return connect_as_it_stands(path)


def connect_to_read(path: Path, *, timeout: float) -> sqlite3.Connection:
    """The file at `path`, for reading beside whoever writes to it; raises :class:`sqlite3.Error`."""
    return _open(path, "mode=ro", timeout)


def connect_as_it_stands(path: Path) -> sqlite3.Connection:
    """The file at `path`, for reading without looking whether somebody writes to it meanwhile: see
    :func:`as_it_stands`. Raises :class:`sqlite3.Error`."""
    return _open(path, "mode=ro&immutable=1", 0)


def as_it_stands(path: Path) -> tuple[object, ...] | None:
    """What changes whenever the file is written to; None if it is not all that there is, as somebody has it open or did
    not come to close it."""
    path = Path(os.path.realpath(path))  # SQLite's own files lie where a link leads
    marks: list[object] = []
    for ending in ("-wal", "-journal"):
        try:
            status = path.with_name(f"{path.name}{ending}").stat()
        except FileNotFoundError:
            marks.append(None)
            continue
        if status.st_size:
            return None
        marks.append((status.st_ino, status.st_mtime_ns))
    status = path.stat()
    with path.open("rb") as opened:
        head = opened.read(100)  # SQLite counts in it how often the file was changed
    return *marks, status.st_ino, status.st_size, status.st_mtime_ns, head


def _open(path: Path, how: str, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=timeout, isolation_level=None)
    try:
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # only now it is read at all
    except BaseException:
        connection.close()
        raise
    return connection


def is_store(connection: sqlite3.Connection, place: str) -> bool:
    """Whether the file holds a store; one without any tables is a store that has not been made yet.

    Raises :class:`StoreUnusable` if it holds something else.
    """
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if mark == APPLICATION_ID:
        return bool(tables)
    if mark or tables:
        raise StoreUnusable(f"{place} is a database of something else, not a store", hint=_ANOTHER)
    return False


def check_version(connection: sqlite3.Connection, place: str) -> None:
    """Raises :class:`StoreUnusable` for tables of a newer version, :class:`ValueError` if they do not say which."""
    rows = connection.execute("SELECT version FROM schema").fetchall()
    if len(rows) != 1 or not isinstance(rows[0][0], int):
        raise ValueError("it does not say which version its tables have")
    if rows[0][0] > SCHEMA_VERSION:
        raise newer(place, rows[0][0], SCHEMA_VERSION)


def newer(place: str, found: int, known: int) -> StoreUnusable:
    """The store at `place` has tables of a version that is not known here."""
    return StoreUnusable(
        f"the store {place} was written by a newer las-solve: its tables have version {found}, this one knows {known}",
        hint="use that las-solve, or a newer one",
    )


def unusable(error: Exception, place: str) -> StoreUnusable:
    """What `error`, of SQLite or of the file system, means for the store at `place`."""
    if isinstance(error, sqlite3.Error):
        what, hint = _meaning(error)
    elif isinstance(error, OSError):
        reason = error.strerror or str(error)
        what, hint = f"cannot be used: {reason[:1].lower()}{reason[1:]}", _ANOTHER
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            what, hint = _MEANINGS[sqlite3.SQLITE_FULL]
    else:
        return damaged(place, str(error))
    return StoreUnusable(f"the store {place} {what}", hint=hint)


def damaged(place: str, what: str) -> StoreUnusable:
    """The store at `place` holds what no store can."""
    return StoreUnusable(f"the store {place} is damaged: {what}", hint=_RESTORE)


def _meaning(error: sqlite3.Error) -> tuple[str, str]:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    known = _MEANINGS.get(code)
    if known is not None:
        return known
    if isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error):
        return _MEANINGS[sqlite3.SQLITE_CORRUPT]
    if isinstance(error, sqlite3.OperationalError) and str(error).startswith("no such "):
        return f"is damaged: there is {error}", _RESTORE
    return f"cannot be used: {error}", "las-solve state check says whether it is damaged"


_MEANINGS: Final = {
    sqlite3.SQLITE_BUSY: ("is locked by another process", "wait until that is done, then try again"),
    sqlite3.SQLITE_LOCKED: ("is locked by another process", "wait until that is done, then try again"),
    sqlite3.SQLITE_FULL: ("cannot be written to: the disk is full", "make room there, then try again"),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: the system reports an input/output error",
        "look whether the disk is full or failing, then try again",
    ),
    sqlite3.SQLITE_READONLY: (
        "cannot be written to: the file or its directory is read-only",
        "look at who may write there, or name another file: --store FILE",
    ),
    sqlite3.SQLITE_PERM: ("cannot be opened: access is denied", "look at who may read it"),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "look at who may read it and write to its directory, or name another file: --store FILE",
    ),
    sqlite3.SQLITE_NOTADB: ("is not a database", _ANOTHER),
    sqlite3.SQLITE_CORRUPT: ("is damaged", _RESTORE),
}
