"""Older and newer versions of the tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection
from stores import known, put

from las_registry.lifecycle import Store, StoreUnusable, migrations, read_store, session
from las_registry.lifecycle.sqlite_file import SCHEMA_VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        put(store, "app")
    return path


def to_two(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE pins ADD COLUMN why TEXT")
    connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY)")


def to_three(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO notes VALUES (1), (2)")


def fails_half_way(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO notes VALUES (7)")
    raise KeyboardInterrupt


def migrated(path: Path, monkeypatch: pytest.MonkeyPatch, *steps: migrations.Migration) -> None:
    """Opens the store as a las-solve with these steps does."""
    with monkeypatch.context() as patch:
        patch.setattr(
            session,
            "bring_up_to_date",
            lambda connection, place: migrations.bring_up_to_date(connection, place, steps),
        )
        with Store.open(path):
            pass


def ask(path: Path, query: str) -> object:
    """The only value that a query gives."""
    with closing(sqlite3.connect(path)) as connection:
        (value,) = connection.execute(query).fetchone()
    return value


def test_both_readers_know_the_same_version() -> None:
    assert len(migrations.MIGRATIONS) + 1 == SCHEMA_VERSION


def test_an_older_store_is_brought_up_step_by_step(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrated(path, monkeypatch, to_two)
    assert ask(path, "SELECT version FROM schema") == 2
    migrated(path, monkeypatch, to_two, to_three)
    assert ask(path, "SELECT version FROM schema") == 3
    assert ask(path, "SELECT COUNT(*) FROM notes") == 2
    migrated(path, monkeypatch, to_two, to_three)
    assert ask(path, "SELECT COUNT(*) FROM notes") == 2
    assert ask(path, "SELECT name FROM modules") == "app"


def test_all_steps_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrated(path, monkeypatch, to_two, to_three)
    assert (ask(path, "SELECT version FROM schema"), ask(path, "SELECT COUNT(*) FROM notes")) == (3, 2)


def test_a_step_that_ends_half_way_is_taken_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        migrated(path, monkeypatch, to_two, fails_half_way)
    assert (ask(path, "SELECT version FROM schema"), ask(path, "SELECT COUNT(*) FROM notes")) == (2, 0)
    migrated(path, monkeypatch, to_two, to_three)
    assert (ask(path, "SELECT version FROM schema"), ask(path, "SELECT COUNT(*) FROM notes")) == (3, 2)


def test_a_newer_store_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrated(path, monkeypatch, to_two)
    before = path.read_bytes()
    said = f"the store {path} was written by a newer las-solve: its tables have version 2, this one knows 1"
    for act in (Store.open, read_store):
        with pytest.raises(StoreUnusable) as caught:
            act(path)
        assert (caught.value.message, caught.value.hint) == (said, "use that las-solve, or a newer one")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "change", ["DELETE FROM schema", "INSERT INTO schema VALUES (1)", "UPDATE schema SET version = 'x'"]
)
def test_one_that_does_not_say_its_version(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(change)
        connection.commit()
    for act in (Store.open, read_store):
        with pytest.raises(StoreUnusable, match="it does not say which version its tables have"):
            act(path)


def test_a_store_in_the_making_is_made_by_whoever_comes_next(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0
    assert read_store(path) is None
    with Store.open(path) as store:
        assert known(store) == {}
