"""What the store does in SQLite's own words: everything else is the same for every database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from sqlalchemy import Connection, Engine, MetaData, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from las_registry.lifecycle.sqlite_file import APPLICATION_ID, connect, is_store
from las_registry.problem import printable

__all__ = [
    "begin_reading",
    "begin_writing",
    "engine_for",
    "find_faults",
    "find_strangers",
    "finish_tables",
    "has_tables",
    "make_file",
]

_ON_CONNECTING: Final = (
    "PRAGMA synchronous = FULL",  # a transaction is on the disk before it is said to be done
    "PRAGMA fullfsync = ON",  # where the system would otherwise leave it to the disk: macOS
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA foreign_keys = ON",
)

_TURN: Final = 20
"""Milliseconds after which SQLite begins anew to wait for its turn to write."""

_APPEND_ONLY: Final = {
    f"transitions_never_{what}": f"BEFORE {event} ON transitions "
    "BEGIN SELECT RAISE(ABORT, 'the history is never changed'); END"
    for what, event in (("change", "UPDATE"), ("go", "DELETE"))
}
"""The triggers that keep the history as it is."""


def make_file(path: Path) -> None:
    """Makes an empty file, and the directories above it, for this user alone; raises :class:`OSError`."""
    for directory in reversed([path.parent, *path.parent.parents]):
        if not directory.is_dir():
            directory.mkdir(mode=0o700, exist_ok=True)
            _sync_directory(directory.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    _sync_directory(path.parent)


def engine_for(path: Path, timeout: float) -> Engine:
    """An engine whose connections open the file at `path`, and wait `timeout` seconds where it is locked."""
    return create_engine("sqlite://", creator=lambda: _connect(path, timeout), poolclass=NullPool)


def has_tables(connection: Connection, place: str) -> bool:
    """Whether the tables have been made; raises :class:`StoreUnusable` where they are not those of a store."""
    return is_store(_driver(connection), place)


def begin_writing(connection: Connection) -> None:
    """Begins a transaction that no other writer is beside.

    SQLite by itself would ask ever more rarely whether it is its turn, and beside busy writers might never get it.
    """
    driver = _driver(connection)
    (timeout,) = driver.execute("PRAGMA busy_timeout").fetchone()
    deadline = monotonic() + timeout / 1000
    driver.execute(f"PRAGMA busy_timeout = {min(timeout, _TURN)}")
    try:
        while not _has_begun(connection, deadline):
            pass
    finally:
        driver.execute(f"PRAGMA busy_timeout = {timeout}")


def _has_begun(connection: Connection, deadline: float) -> bool:
    """Tries to begin to write; False where somebody else writes and there is time to try again."""
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return True
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code != sqlite3.SQLITE_BUSY or monotonic() > deadline:
            raise
        return False


def begin_reading(connection: Connection) -> None:
    """Begins a transaction that sees everything as it is now."""
    connection.exec_driver_sql("BEGIN")
    connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first()  # only the first reading fixes what is seen


def finish_tables(connection: Connection) -> None:
    """Marks the file as a store, and its history as one that only grows."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    for name, rule in _APPEND_ONLY.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {rule}")


def find_faults(connection: Connection) -> Iterator[str]:
    """What the database itself finds wrong with its file."""
    for (fault,) in connection.exec_driver_sql("PRAGMA integrity_check(20)").all():
        if fault != "ok":
            yield f"the file is damaged: {fault}"
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        yield f"row {row} of the table {table} refers to what is not in the table {parent}"


def find_strangers(connection: Connection, tables: MetaData) -> Iterator[str]:
    """What the file has besides `tables`, their indices and the triggers of the history, and what it lacks of these."""
    parts = {("table", table.name) for table in tables.tables.values()}
    parts |= {("index", str(index.name)) for table in tables.tables.values() for index in table.indexes}
    parts |= {("trigger", name) for name in _APPEND_ONLY}
    query = "SELECT type, name FROM sqlite_master WHERE name NOT GLOB 'sqlite_*'"
    found = {(kind, name) for kind, name in connection.exec_driver_sql(query).all()}
    for kind, name in sorted(parts - found):
        yield f"the {kind} {name} is missing"
    for kind, name in sorted(found - parts):
        yield f"there is a {kind} {name}, which is no part of a store"


def _connect(path: Path, timeout: float) -> sqlite3.Connection:
    connection = connect(path, timeout=timeout)
    try:
        is_store(connection, printable(str(path)))  # what belongs to something else is not touched
        for statement in _ON_CONNECTING:
            connection.execute(statement)
        _log_ahead(connection, monotonic() + timeout)
    except BaseException:
        connection.close()
        raise
    return connection


def _log_ahead(connection: sqlite3.Connection, deadline: float) -> None:
    """Sets write-ahead logging, once for all: readers and a writer then do not wait for each other.

    Where it is not to be had, as on some network drives, transactions are as durable without.
    """
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF
            if code == sqlite3.SQLITE_READONLY:
                return
            if code != sqlite3.SQLITE_BUSY or monotonic() > deadline:  # SQLite does not wait in this case
                raise
            sleep(0.01)


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _sync_directory(path: Path) -> None:
    """Makes a new name durable, where the system can."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
