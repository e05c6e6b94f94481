"""How a store comes to the newest version of its tables.

A new store gets the tables of :mod:`las_registry.lifecycle.schema` at once. An older one is brought there step by step,
each step in a transaction of its own that also raises the version: where it ends half-way, the next opening goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from sqlalchemy import Connection, insert, select, update

from las_registry.lifecycle import sqlite_dialect as dialect
from las_registry.lifecycle.schema import METADATA, SCHEMA
from las_registry.lifecycle.sqlite_file import newer

__all__ = ["MIGRATIONS", "Migration", "bring_up_to_date"]

Migration: TypeAlias = Callable[[Connection], None]

MIGRATIONS: Final[Sequence[Migration]] = ()
"""The step from version 1 to 2, from 2 to 3, and so on. No step is ever changed once it was released."""


def bring_up_to_date(connection: Connection, place: str, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Makes the tables, or migrates them; does nothing, and needs no lock, where they are as they should be.

    Raises :class:`StoreUnusable` for tables of a newer version, or of something else.
    """
    newest = len(migrations) + 1
    while (found := _version(connection, place)) != newest:
        if found > newest:
            raise newer(place, found, newest)
        _step(connection, place, found, migrations)


def _version(connection: Connection, place: str) -> int:
    """The version of the tables, 0 where there are none."""
    dialect.begin_reading(connection)
    try:
        return _read_version(connection, place)
    finally:
        connection.rollback()


def _read_version(connection: Connection, place: str) -> int:
    if not dialect.has_tables(connection, place):
        return 0
    versions = connection.execute(select(SCHEMA.c.version)).scalars().all()
    if len(versions) != 1 or not isinstance(versions[0], int) or versions[0] < 1:
        raise ValueError("it does not say which version its tables have")
    return versions[0]


def _step(connection: Connection, place: str, found: int, migrations: Sequence[Migration]) -> None:
    """The step from the version `found`, unless another process has taken it by now."""
    dialect.begin_writing(connection)
    try:
        if _read_version(connection, place) == found:
            if found == 0:
                METADATA.create_all(connection, checkfirst=False)
                dialect.finish_tables(connection)
                connection.execute(insert(SCHEMA).values(version=len(migrations) + 1))
            else:
                migrations[found - 1](connection)
                connection.execute(update(SCHEMA).values(version=found + 1))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
