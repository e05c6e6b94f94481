"""Whatever happens to the file of a store or to its disk: one clear error, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_operations import content, kept_text, perform
from zygote import Zygote

from las_registry.lifecycle import Refused, State, Store, StoreUnusable, read_store

NOBODY = 65534
"""An ordinary user, for tests that root runs; the system need not know it."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a history in a directory of its own."""
    return made(tmp_path / "kept")


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    if not hasattr(os, "fork"):
        pytest.skip("limits are set in a process of its own")
    with Zygote("store_crashes") as zygote:
        yield zygote


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that every user reaches."""
    with TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


def made(directory: Path, operations: int = 60) -> Path:
    directory.mkdir()
    path = directory / "store.sqlite3"
    with Store.open(path) as store:
        for at in range(operations):
            perform(store, 7, at)
        if not store.module("app", "3.0").installed:
            for to in (State.RESOLVED, State.INSTALLED):
                store.transition("app", "3.0", to, manifest=kept_text("app", "3.0"))
    return path


def write(store: Store) -> object:
    return store.transition("app", "3.0", State.FAILED, reason="written")


def fails(act: Callable[[], object], *words: str) -> str:
    """The message of the one error that `act` raises, which has these words and a hint."""
    with pytest.raises(StoreUnusable) as caught:
        act()
    message = str(caught.value)
    assert caught.value.hint
    assert len(message.splitlines()) == 2
    for word in words:
        assert word in message
    return message


def opened_and_read(path: Path) -> object:
    with Store.open(path, timeout=0.1) as store:
        return store.modules()


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Nobody in place of root, to whom no file is read-only."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def limited(plain: Callable[..., sqlite3.Connection], pages: int) -> Callable[..., sqlite3.Connection]:
    """Connections to databases that cannot become longer than by `pages`."""

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = plain(*arguments, **options)
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {count + pages}")
        return connection

    return connect


@pytest.mark.parametrize("pages", range(4))
def test_a_full_disk(path: Path, monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    monkeypatch.setattr(sqlite3, "connect", limited(sqlite3.connect, pages))
    with Store.open(path) as store:
        before = content(path)
        message = fails(lambda: fill(store, lambda: before.update(content(path))), str(path), "the disk is full")
        assert message.endswith("hint: make room there, then try again")
        assert store.check() == ()
        assert content(path) == before
    monkeypatch.undo()
    with Store.open(path) as store:
        assert write(store) is not None
        assert store.check() == ()


def fill(store: Store, after_each: Callable[[], object]) -> None:
    """Write until that fails; the error is the caller's."""
    for _ in range(100):
        store.snapshot("x" * 2000)
        after_each()


def test_a_new_store_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store"
    monkeypatch.setattr(sqlite3, "connect", limited(sqlite3.connect, 3))
    fails(lambda: Store.open(path), "the disk is full")
    assert read_store(path) is None
    monkeypatch.undo()
    with Store.open(path) as store:
        assert store.check() == ()


@pytest.mark.parametrize("room", [0, 1, 33, 5_000, 9_000, 40_000, 100_000])
def test_a_file_that_must_not_become_longer(path: Path, tmp_path: Path, zygote: Zygote, room: int) -> None:
    """The system's limit cuts the write that would exceed it in the middle."""
    journal = tmp_path / "journal"
    assert zygote.call("store_crashes.run_out_of_room", str(path), room, str(journal)) == 0
    said, *rest = journal.read_text().split()
    assert rest == []
    with Store.open(path) as store:
        assert store.check() == ()
        labels = [snapshot.label for snapshot in store.snapshots() if snapshot.label.startswith("until")]
        assert labels == [f"until the end {number}" for number in range(int(said))]
        assert write(store) is not None


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the system has no such users")
@pytest.mark.parametrize("what", ["file", "directory", "file and directory"])
def test_what_may_only_be_read_is_read(public: Path, what: str) -> None:
    path = made(public / "kept")
    expected = content(path)
    path.parent.chmod(0o755 if what == "file" else 0o555)
    path.chmod(0o666 if what == "directory" else 0o444)
    try:
        with ordinary_user():
            plan_sees = read_store(path)
            with Store.open(path) as store:
                assert {module.name for module in store.modules()} == {row[0] for row in expected["modules"]}
                assert store.check() == ()
                message = fails(lambda: write(store), str(path), "read-only")
                assert "hint: look at who may write there" in message
                fails(lambda: store.snapshot(dry_run=True), "read-only")
    finally:
        path.parent.chmod(0o755)
        path.chmod(0o644)
    assert read_store(path) == plan_sees
    assert content(path) == expected


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the system has no such users")
@pytest.mark.parametrize("what", ["file", "directory", "no file, and a directory that nobody may write to"])
def test_what_may_not_even_be_read(public: Path, what: str) -> None:
    path = made(public / "kept")
    if what == "file":
        path.chmod(0)
    elif what == "directory":
        path.parent.chmod(0)
    else:
        path.unlink()
        path.parent.chmod(0o555)
    try:
        with ordinary_user():
            fails(lambda: Store.open(path), str(path))
            if what.startswith("no file"):
                assert read_store(path) is None
            else:
                fails(lambda: read_store(path), str(path))
    finally:
        path.parent.chmod(0o755)


def test_a_locked_store(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other, Store.open(path, timeout=0.05) as store:
        before = content(path)
        other.execute("BEGIN EXCLUSIVE")
        message = fails(lambda: write(store), str(path), "is locked by another process")
        assert message.endswith("hint: wait until that is done, then try again")
        assert read_store(path) is not None
        assert store.check() == ()
        other.execute("ROLLBACK")
        assert content(path) == before
        assert write(store) is not None


def test_a_store_that_another_process_is_making(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        fails(lambda: Store.open(path, timeout=0.05), "is locked by another process")
        fails(lambda: read_store(path, timeout=0.05), "is locked by another process")
        other.execute("ROLLBACK")
    with Store.open(path) as store:
        assert store.modules() == ()


def newer_schema(path: Path) -> None:
    made(path.parent / "newer").rename(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE schema SET version = 1000")
        connection.commit()


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE modules (name TEXT)")


PLACES: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "a directory": (Path.mkdir, ("hint: name a file",)),
    "a loop of links": (lambda path: path.symlink_to(path), ("hint: name another file",)),
    "a pipe": (lambda path: os.mkfifo(path), ("is not a regular file",)),
    "below a file": (lambda path: path.parent.rmdir() or path.parent.write_text(""), ("not a directory",)),
    "a text": (lambda path: path.write_text("Hello, world!\n" * 500), ("is not a database",)),
    "two bytes": (lambda path: path.write_bytes(b"xy"), ("is not a database",)),
    "rubbish": (lambda path: path.write_bytes(Random(0).randbytes(50_000)), ("is not a database",)),
    "another database": (other_database, ("is a database of something else",)),
    "a newer store": (newer_schema, ("was written by a newer las-solve", "version 1000", "hint: use that las-solve")),
}


@pytest.mark.parametrize("what", PLACES)
def test_what_is_no_store_is_left_alone(tmp_path: Path, what: str) -> None:
    path = tmp_path / "place" / "store"
    path.parent.mkdir()
    make, words = PLACES[what]
    if what == "a pipe" and not hasattr(os, "mkfifo"):
        pytest.skip("the system has no such pipes")
    make(path)
    before = path.read_bytes() if path.is_file() else None
    fails(lambda: Store.open(path), str(path), *words)
    fails(lambda: read_store(path), str(path), *words)
    if before is not None:
        assert path.read_bytes() == before
        assert stat.S_ISREG(path.stat().st_mode)


def test_an_empty_file_is_a_store_that_has_not_been_made_yet(tmp_path: Path) -> None:
    path = tmp_path / "store"
    path.touch()
    assert read_store(path) is None
    with Store.open(path) as store:
        assert store.modules() == ()
        assert store.check() == ()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("whole") / "kept")


def states(store: Store) -> object:
    """What is known of modules, and how it came about."""
    known = [(one.name, one.version, one.state, one.installed, one.manifest) for one in store.modules()]
    past = [(one.id, one.module, one.version, one.from_state, one.to_state, one.installed) for one in store.history()]
    return known, past


def tell_all(store: Store) -> None:
    """Ask all that there is to ask."""
    for ask in (store.pins, store.plans, store.snapshots, store.installed, store.digest, lambda: list(store.export())):
        ask()  # type: ignore[operator]
    try:
        store.transition("app", "3.0", State.FAILED, dry_run=True)
        store.snapshot(dry_run=True)
    except Refused:
        pass


def never_silently_wrong(whole: Path, harm: Callable[[bytearray], object]) -> None:
    """The store tells the same after this harm, or says in one clear error, or on being checked, that it is damaged."""
    with TemporaryDirectory() as name:
        path = Path(name) / "store"
        data = bytearray(whole.read_bytes())
        harm(data)
        path.write_bytes(data)
        with Store.open(whole) as store:
            expected = states(store)
        try:
            read_store(path)
        except StoreUnusable as error:
            assert error.hint
        found, mistakes = None, None
        for act in (tell_all, states, Store.check):
            try:
                with Store.open(path) as store:
                    if act is states:
                        found = states(store)
                    elif act is tell_all:
                        tell_all(store)
                    else:
                        mistakes = store.check()
            except StoreUnusable as error:
                assert error.hint
                assert str(path) in error.message
        assert mistakes != () or found == expected


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=8))
def test_flipped_bytes(whole: Path, flips: list[tuple[float, int]]) -> None:
    def flip(data: bytearray) -> None:
        for place, mask in flips:
            data[int(place * len(data))] ^= mask

    never_silently_wrong(whole, flip)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 99), mask=st.integers(1, 255))
def test_flipped_bytes_of_the_head(whole: Path, place: int, mask: int) -> None:
    def flip(data: bytearray) -> None:
        data[place] ^= mask

    never_silently_wrong(whole, flip)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(place=st.floats(0, 1), random=st.randoms(use_true_random=False), length=st.integers(1, 5000))
def test_rubbish_in_the_middle(whole: Path, place: float, random: Random, length: int) -> None:
    def overwrite(data: bytearray) -> None:
        at = int(place * len(data))
        data[at : at + length] = random.randbytes(length)[: len(data) - at]

    never_silently_wrong(whole, overwrite)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(share=st.floats(0.0001, 1, exclude_max=True))
def test_a_truncated_file(whole: Path, share: float) -> None:
    def cut(data: bytearray) -> None:
        del data[int(share * len(data)) :]

    never_silently_wrong(whole, cut)


def test_a_log_of_another_store_is_not_taken_for_its_own(tmp_path: Path, path: Path) -> None:
    other = made(tmp_path / "other", operations=5)
    before = content(path)
    with Store.open(other) as store:
        write(store)
        shutil.copy(other.with_name(f"{other.name}-wal"), path.with_name(f"{path.name}-wal"))
    try:
        with Store.open(path) as found:
            assert found.check() != () or content(path) == before
    except StoreUnusable as error:
        assert error.hint
