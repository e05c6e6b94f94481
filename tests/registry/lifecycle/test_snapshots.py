"""Snapshots, and the way back to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stores import known, put

from las_registry.lifecycle import Refused, State, Store
from las_solver.constraint import Requirement


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite3") as opened:
        yield opened
        assert opened.check() == ()


def test_a_snapshot_says_what_was_known(store: Store) -> None:
    put(store, "lib", "2.0", State.RESOLVED)
    put(store, "app")
    made = store.snapshot("before the upgrade")
    put(store, "app", "2.0")
    assert store.snapshots() == (made,)
    assert (made.id, made.label) == (1, "before the upgrade")
    assert [(one.name, one.version, one.state) for one in made.modules] == [
        ("app", "1.0", "installed"),
        ("lib", "2.0", "resolved"),
    ]


def test_back_to_a_snapshot_all_is_as_it_was(store: Store) -> None:
    put(store, "app", "1.0", State.STOPPED)
    put(store, "lib", "1.0", State.DEPRECATED)
    put(store, "same")
    store.request("app", False)
    store.snapshot()
    before, manifest = known(store), store.manifest("app", "1.0")
    put(store, "app", "2.0")
    put(store, "new")
    store.remove("lib", "1.0")
    store.pin(Requirement.parse("app@>=2"))
    made = store.rollback(1)
    assert (known(store), store.manifest("app", "1.0")) == (before, manifest)
    assert not store.module("app", "1.0").requested
    assert [(one.module, one.version, one.from_state, one.to_state) for one in made] == [
        ("app", "2.0", "installed", "available"),
        ("new", "1.0", "installed", "available"),
        ("lib", "1.0", "available", "deprecated"),
        ("app", "1.0", "available", "stopped"),
    ]
    assert {(one.operation, one.why) for one in made} == {("rollback", "back to snapshot 1")}
    assert [str(pin.requirement) for pin in store.pins()] == ["app@>=2"]
    assert store.rollback(1) == ()


def test_a_mark_comes_back_without_a_record(store: Store) -> None:
    put(store, "app")
    store.snapshot()
    store.request("app", False)
    assert store.rollback(1) == ()
    assert store.module("app", "1.0").requested


def test_what_ran_then_comes_back_as_stopped_unless_it_still_runs(store: Store) -> None:
    put(store, "app", state=State.RUNNING)
    put(store, "lib", state=State.RUNNING)
    store.snapshot()
    store.transition("app", "1.0", State.FAILED)
    store.rollback(1)
    assert known(store) == {"app 1.0": "stopped", "lib 1.0": "running"}


def test_not_while_something_runs_that_did_not(store: Store) -> None:
    put(store, "app")
    store.snapshot()
    store.transition("app", "1.0", State.RUNNING)
    before = tuple(store.export())
    with pytest.raises(Refused, match=r"app 1\.0 is running, and did not then"):
        store.rollback(1)
    assert tuple(store.export()) == before


def test_there_has_to_be_one(store: Store) -> None:
    with pytest.raises(Refused, match="there is no snapshot 3"):
        store.rollback(3)


def test_an_empty_one_is_the_way_back_to_nothing(store: Store) -> None:
    store.snapshot()
    put(store, "app")
    store.rollback(1)
    assert (known(store), len(store.history())) == ({}, 3)
