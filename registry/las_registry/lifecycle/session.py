"""A connection to a store, and its transactions: what goes wrong in them is one clear error, and leaves no trace."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from las_registry.lifecycle import sqlite_dialect as dialect
from las_registry.lifecycle.errors import StoreUnusable
from las_registry.lifecycle.migrations import bring_up_to_date
from las_registry.lifecycle.sqlite_file import damaged, unusable
from las_registry.lifecycle.writer import Writer
from las_registry.problem import printable

__all__ = ["Session"]


class Session:
    """One connection, for one thread; `place` is how messages call the store. Who writes had that `token`, if any."""

    def __init__(self, place: Path | str, *, create: bool, timeout: float, token: str | None = None) -> None:
        self._token = token
        path = _path_of(place)
        self.place = printable(str(path))
        with self.translated():
            _check_file(path, self.place, create)
            self._engine = dialect.engine_for(path, timeout)
            self._connection = self._engine.connect()
        try:
            with self.translated():
                bring_up_to_date(self._connection, self.place)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Lets go of the file."""
        with suppress(SQLAlchemyError, sqlite3.Error):
            self._connection.close()
        self._engine.dispose()

    @contextmanager
    def writing(self, *, dry_run: bool = False) -> Iterator[Writer]:
        """One transaction that no other writer is beside; with `dry_run`, all of it is undone at its end."""
        with self._transaction(keep=not dry_run, writing=True) as connection:
            yield Writer(connection, self._token)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees the store as it is now."""
        with self._transaction(keep=False, writing=False) as connection:
            yield connection

    @contextmanager
    def reading_apart(self) -> Iterator[Connection]:
        """The same by a connection of its own, beside which this one may write."""
        with self.translated(), self._engine.connect() as connection:
            dialect.begin_reading(connection)
            yield connection

    @contextmanager
    def _transaction(self, *, keep: bool, writing: bool) -> Iterator[Connection]:
        connection = self._connection
        with self.translated():
            try:
                (dialect.begin_writing if writing else dialect.begin_reading)(connection)
                yield connection
                if keep:
                    connection.commit()
                else:
                    connection.rollback()
            except BaseException:
                with suppress(SQLAlchemyError, sqlite3.Error):
                    connection.rollback()
                raise

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Errors of the database and of the file system as :class:`StoreUnusable`."""
        try:
            yield
        except DBAPIError as error:
            raise unusable(error.orig if isinstance(error.orig, Exception) else error, self.place) from error
        except (sqlite3.Error, OSError, SQLAlchemyError) as error:
            raise unusable(error, self.place) from error
        except ValueError as error:
            raise damaged(self.place, str(error)) from error


def _path_of(place: Path | str) -> Path:
    """The file that a path, or the URL of a SQLite database, names."""
    if isinstance(place, Path) or "://" not in place:
        return Path(place)
    try:
        url = make_url(place)
    except ArgumentError:
        raise StoreUnusable(f"{printable(place)} names no store", hint="name a file") from None
    if url.get_backend_name() != "sqlite" or not url.database:
        raise StoreUnusable(
            f"a store cannot be kept in {printable(url.render_as_string())}", hint="name a file, or sqlite:///FILE"
        )
    return Path(url.database)


def _check_file(path: Path, place: str, create: bool) -> None:
    """Makes the file where there is none, if `create`; raises :class:`StoreUnusable` where there is no file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not create:
            raise StoreUnusable(f"there is no store {place}", hint="las-solve apply makes one") from None
        dialect.make_file(path)
        return
    if not stat.S_ISREG(mode):
        what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise StoreUnusable(f"the store {place} is {what}", hint="name a file: --store FILE")
