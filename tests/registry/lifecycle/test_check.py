"""What is wrong with a store that somebody has written to by other means."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from stores import kept, plan_of, put, step_of

from las_registry.lifecycle import State, Store, StoreUnusable, read_store
from las_solver.constraint import Requirement


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        texts = {("lib", "1.0"): kept("lib", "1.0")}
        store.apply(plan_of(step_of("lib", "1.0"), request=["lib"]), manifests=texts, installed=True)
        put(store, "app", needs=["lib"])
        put(store, "app", "2.0", State.RESOLVED)
        put(store, "gone")
        store.remove("gone")
        store.snapshot()
        store.pin(Requirement.parse("app@<2"))
        assert store.check() == ()
    return path


def mistakes(path: Path, *statements: str) -> list[str]:
    """What the store finds wrong after these statements, which no constraint and no trigger hinders."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for trigger in ("transitions_never_change", "transitions_never_go"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            assert connection.execute(statement).rowcount != 0
        connection.commit()
    with Store.open(path) as store:
        return list(store.check())


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE modules SET state = 'stopped' WHERE name = 'lib'", "lib 1.0 is stopped (installed, since "),
        (
            "UPDATE modules SET since = '2020' WHERE name = 'lib'",
            "lib 1.0 is installed (installed, since 2020), but by",
        ),
        ("UPDATE modules SET installed = 0 WHERE name = 'lib'", "the file is damaged: CHECK constraint failed"),
        ("UPDATE modules SET state = 'asleep' WHERE name = 'lib'", "the file is damaged: CHECK constraint failed"),
        (
            "UPDATE modules SET version = '3.0' WHERE name = 'lib'",
            "lib 3.0: the manifest of lib 3.0 that is kept is one",
        ),
        ("UPDATE modules SET version = 'x' WHERE name = 'lib'", "lib x: this is no version"),
        ("UPDATE modules SET version = '1.0.0' WHERE key = '2'", "app 1.0.0 is there twice"),
        ("UPDATE modules SET key = 'x' WHERE name = 'lib'", "lib 1.0: its key is x"),
        ("DELETE FROM modules WHERE name = 'lib'", "lib 1.0 is not known, but by its history installed (installed, "),
        ("UPDATE manifests SET text = text || ' '", "is not what its digest says"),
        ("UPDATE modules SET manifest = 'x' WHERE name = 'lib'", "refers to what is not in the table manifests"),
        ("DELETE FROM transitions WHERE id = 1", "record 2 of lib 1.0 begins at resolved, but the state was available"),
        (
            "UPDATE transitions SET to_state = 'running' WHERE id = 2",
            "goes from resolved to running, which is not allowed",
        ),
        ("UPDATE transitions SET installed = 0 WHERE id = 2", "does not say rightly whether it was installed"),
        (
            "UPDATE transitions SET operation = 'set' WHERE operation = 'remove'",
            "from installed to available, which is not",
        ),
        (
            "UPDATE transitions SET operation = 'remove' WHERE id = 2",
            "record 2 of lib 1.0 is no removal that there can be",
        ),
        ("UPDATE transitions SET version = '?' WHERE id = 2", "record 2 of lib ?: this is no version"),
        (
            "UPDATE transitions SET at = '2020-01-01T00:00:00.000000Z' WHERE id = 3",
            "record 3 of transitions is earlier",
        ),
        ("UPDATE transitions SET at = 'noon' WHERE id = 3", "record 3 of transitions has no time"),
        ("UPDATE transitions SET at = '2026-01-01' WHERE id = 3", "record 3 of transitions has no time"),
        ("UPDATE snapshot_modules SET since = 'noon' WHERE name = 'lib'", "snapshot 1: lib 1.0 has no time"),
        ("UPDATE pins SET at = 'noon'", "the pin of app has no time"),
        ("UPDATE plans SET document = '{'", "the document of plan 1 is not JSON"),
        ("UPDATE plans SET document = '[]'", "the document of plan 1 is something else"),
        ("UPDATE plans SET request = '{}'", "the request of plan 1 is something else"),
        ("UPDATE plans SET host = '7'", "the host of plan 1 is something else"),
        ("UPDATE pins SET requirement = 'app@<'", "the pin of app cannot be read"),
        ("UPDATE pins SET requirement = 'lib@<2'", "the pin of app is one of something else: lib@<2"),
        ("UPDATE snapshot_modules SET version = '9' WHERE name = 'lib'", "snapshot 1: lib 9: the manifest of lib 9"),
    ],
)
def test_what_is_wrong_is_said(path: Path, statement: str, said: str) -> None:
    found = mistakes(path, statement)
    assert any(said in one for one in found), found


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TRIGGER eager AFTER INSERT ON plans BEGIN DELETE FROM pins; END", "there is a trigger eager, which"),
        ("CREATE VIEW more AS SELECT * FROM pins", "there is a view more, which is no part of a store"),
        ("DROP INDEX one_installed_version", "the index one_installed_version is missing"),
        ("DROP TRIGGER transitions_never_go", "the trigger transitions_never_go is missing"),
    ],
)
def test_what_is_no_part_of_a_store_or_missing(path: Path, statement: str, said: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    with Store.open(path) as store:
        (found,) = store.check()
    assert found.startswith(said)


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text.replace('"consumes":[]', '"consumes":[null]'),
        lambda text: text.replace(":", ": "),
    ],
)
def test_a_manifest_in_another_spelling(path: Path, harm: Callable[[str], str]) -> None:
    """A plan reads manifests as they are kept, without validating them."""
    with closing(sqlite3.connect(path)) as connection:
        ((text, digest),) = connection.execute(
            "SELECT text, digest FROM manifests WHERE text LIKE '%\"lib\",%'"
        ).fetchall()
        other = harm(text)
        values = {"text": other, "new": f"sha256:{sha256(other.encode()).hexdigest()}", "old": digest}
        connection.execute("UPDATE manifests SET text = :text, digest = :new WHERE digest = :old", values)
        for table in ("modules", "snapshot_modules"):
            connection.execute(f"UPDATE {table} SET manifest = :new WHERE manifest = :old", values)
        connection.commit()
    with Store.open(path) as store:
        assert "lib 1.0: the manifest that is kept is not in the spelling of the store" in store.check()


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("UPDATE modules SET since = 'noon'", Store.modules),
        ("UPDATE pins SET at = 'noon'", Store.pins),
        ("UPDATE snapshots SET at = 'noon'", Store.snapshots),
        ("UPDATE plans SET at = 'noon'", Store.plans),
    ],
)
def test_what_is_no_time_is_damage(path: Path, statement: str, read: Callable[[Store], object]) -> None:
    assert mistakes(path, statement) != []
    with Store.open(path) as store, pytest.raises(StoreUnusable, match="is damaged"):
        read(store)


def test_two_installed_versions_of_a_module(path: Path) -> None:
    found = mistakes(
        path,
        "DROP INDEX one_installed_version",
        "UPDATE modules SET installed = 1, state = 'installed' WHERE key = '2'",
    )
    assert "app 2.0: another version of it is installed, too" in found


@pytest.mark.parametrize("text", ["{", '{"name": "app"}'])
def test_a_manifest_that_cannot_be_read_is_damage(path: Path, text: str) -> None:
    """Also that of a version that is not installed; with a digest that fits, or without."""
    digest = f"sha256:{sha256(text.encode()).hexdigest()}"
    wrong = (
        f"UPDATE manifests SET text = '{text}'",
        f"INSERT INTO manifests VALUES ('{digest}', '{text}')",
        f"UPDATE modules SET manifest = '{digest}' WHERE version = '2.0'",
    )
    for statements, said in ((wrong[:1], "is not what its digest says"), (wrong[1:], "is not")):
        other = path.with_name(f"{len(statements)}.sqlite3")
        other.write_bytes(path.read_bytes())
        assert mistakes(other, *statements) != []
        with Store.open(other) as store, pytest.raises(StoreUnusable, match=f"is damaged: .*{said}"):
            store.manifest("app", "2.0")


def test_a_table_that_is_missing_is_damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE modules")
    for read in (Store.modules, Store.check):
        with (
            Store.open(path) as store,
            pytest.raises(StoreUnusable, match="is damaged: there is no such table: modules"),
        ):
            read(store)
    with pytest.raises(StoreUnusable, match="is damaged"):
        read_store(path)


def test_what_is_wrong_with_a_manifest_is_one_line(path: Path) -> None:
    text = '{"name":"lib","version":"1.0"}'
    digest = f"sha256:{sha256(text.encode()).hexdigest()}"
    found = mistakes(
        path,
        f"INSERT INTO manifests VALUES ('{digest}', '{text}')",
        f"UPDATE modules SET manifest = '{digest}' WHERE name = 'lib'",
    )
    said = "the manifest of installed lib 1.0 is not accepted"
    assert [one for one in found if one.startswith(f"lib 1.0: {said} installed lib 1.0:1: ")], found
    with pytest.raises(StoreUnusable, match=f"keeps a manifest that cannot be read: {said} installed") as caught:
        read_store(path)
    assert "\\n" not in caught.value.message and "\n" not in caught.value.message
    assert all("\n" not in one for one in found)
