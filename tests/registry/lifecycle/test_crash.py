"""Contract, section 9: each transition is one durable transaction. A process that is killed at any instruction leaves
the state before or after what it was doing, and all that it had said to be done."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from store_crashes import KINDS, sharing_compiled
from store_operations import Content, content, perform
from zygote import Zygote

from las_registry.lifecycle import Store, sqlite_dialect

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="processes are killed in the middle where they can fork"
)

KILLS = int(os.environ.get("STORE_TEST_KILLS", "1000"))
"""How often processes are killed; more by hand: STORE_TEST_KILLS=20000."""

HISTORIES = 70
OPERATIONS = 12
"""Of one history, of which each is killed at steps of each kind."""


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with pytest.MonkeyPatch.context() as patch, Zygote("store_operations", "store_crashes") as zygote:
        patch.setattr(sqlite_dialect, "engine_for", sharing_compiled(sqlite_dialect.engine_for))
        zygote.prepare("store_crashes.prepare", str(tmp_path_factory.mktemp("zygote") / "store"))
        yield zygote


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A directory where no disk is waited for, if there is one: what is killed leaves its files there as well."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as name:
        yield Path(name)


class History:
    """The operations that follow from a seed, and what a store holds after each; nobody disturbs this one."""

    def __init__(self, directory: Path, seed: int) -> None:
        directory.mkdir()
        self.seed = seed
        self._path = directory / "undisturbed"
        with Store.open(self._path):
            self._contents = [content(self._path)]

    def after(self, number: int) -> Content:
        """What a store holds after the first `number` operations."""
        if number >= len(self._contents):
            with Store.open(self._path) as store:
                for at in range(len(self._contents) - 1, number + 5):
                    perform(store, self.seed, at)
                    self._contents.append(content(self._path))
        return self._contents[number]


def copied(path: Path, to: Path, *, suffixes: tuple[str, ...] = ("", "-wal", "-shm")) -> Path:
    """A copy of a store as its files are now, in a new directory."""
    to.mkdir(exist_ok=True)
    for suffix in suffixes:
        if (file := path.with_name(path.name + suffix)).exists():
            shutil.copy(file, to / file.name)
    return to / path.name


def opened(path: Path) -> Content:
    """What a store holds, in which nothing is wrong."""
    with Store.open(path) as store:
        assert store.check() == ()
    return content(path)


def acknowledged(journal: Path) -> int:
    """How many operations were said to be done."""
    lines = journal.read_bytes().split() if journal.exists() else []
    return int(lines[-1]) + 1 if lines else 0


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_a_process_that_is_killed_at_any_time_loses_nothing(directory: Path, zygote: Zygote, seed: int) -> None:
    random = Random(seed)
    history = History(directory / "history", seed)
    path, journal = directory / "store", directory / "journal"
    done = 0
    for kill in range(KILLS * 7 // 10 // HISTORIES):
        wanted = done + random.choice((0, 0, 1, 2, 4))
        child = zygote.start("store_operations.run", str(path), seed, done, 1000, str(journal))
        status = zygote.kill(
            child, after=random.uniform(0, 0.008), once=lambda least=wanted: acknowledged(journal) >= least
        )
        assert status == -signal.SIGKILL
        # Of a copy, the next process finds what the last one left, and may be killed while it recovers from that.
        found = opened(copied(path, directory / f"copy {kill}") if path.exists() and random.random() < 0.3 else path)
        said = max(done, acknowledged(journal))
        assert found in (history.after(said), history.after(said + 1)), f"kill {kill}, {said} acknowledged"
        done = said + 1 if found == history.after(said + 1) else said


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_is_killed_at_its_nth_step_leaves_what_was_before_or_after(
    directory: Path, zygote: Zygote, kind: str
) -> None:
    random = Random(kind)
    seed = 1
    history = History(directory / "history", seed)
    path, journal = directory / "store", directory / "journal"
    share = max(2, KILLS // 10 // OPERATIONS)
    changes, undone = 0, 0
    for at in range(OPERATIONS):
        before, after = history.after(at), history.after(at + 1)
        counted = copied(path, directory / f"{at} counted")
        assert zygote.call("store_crashes.count_steps", str(counted), seed, at, kind, str(journal)) == 0
        steps = acknowledged(journal) - 1
        for turn in range(share):
            last = int(steps * (turn + random.random()) / share) + 1
            torn = copied(path, directory / f"{at} torn {turn}")
            status = zygote.call("store_crashes.die_at", str(torn), seed, at, kind, last)
            assert status in (-signal.SIGKILL, -signal.SIGXFSZ) or before == after
            found = opened(torn)
            assert found in (before, after), f"operation {at}, step {last} of {steps}"
            changes += before != after
            undone += before != after and found == before
        with Store.open(path) as store:
            perform(store, seed, at)
    assert changes > share and undone > share, "the operations are not killed before they are done"


@pytest.mark.parametrize("pages", [4, 1000])
def test_after_a_power_cut_the_store_is_what_it_was_at_some_time(directory: Path, zygote: Zygote, pages: int) -> None:
    """What was not on the disk yet is lost, or is rubbish. What was written back to the database was in the log before,
    for good: so much of the log is left."""
    random = Random(pages)
    history = History(directory / "history", pages)
    for turn in range(10):
        path, journal = directory / f"store {turn}", directory / f"journal {turn}"
        child = zygote.start("store_crashes.run_checkpointing", str(path), pages, 0, 1000, str(journal), pages)
        wanted = random.randint(3, 40)
        zygote.kill(
            child, after=random.uniform(0, 0.01), once=lambda least=wanted, of=journal: acknowledged(of) >= least
        )
        log = path.with_name(f"{path.name}-wal")
        size = log.stat().st_size if log.exists() else 0
        last = 0
        for length in [*sorted(random.randint(min(written_back(path), size), size) for _ in range(6)), size]:
            cut = copied(path, directory / f"{turn} cut at {length}", suffixes=("", "-wal"))
            if log.exists():
                os.truncate(cut.with_name(log.name), length)
                with cut.with_name(log.name).open("ab") as file:
                    file.write(random.randbytes(random.choice((0, 1, 5000)) if length < size else 0))
            found = opened(cut)
            said = acknowledged(journal)
            last = next((at for at in range(last, said + 2) if history.after(at) == found), -1)
            assert last >= 0, f"{length} of {size} bytes are left of the log"
        assert found in (history.after(said), history.after(said + 1)), "an acknowledged operation is lost"


def written_back(path: Path) -> int:
    """How many bytes of the log may be in the database already; the format of SQLite's log and of its index.

    While the log is begun anew, all that it held is in the database: then that is all of them.
    """
    log, index = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    if not log.exists() or log.stat().st_size < 32:
        return 0
    header, shared = log.read_bytes()[:32], index.read_bytes()
    if shared[32:40] != header[16:24]:
        return log.stat().st_size
    (page,) = struct.unpack(">I", header[8:12])
    (attempted,) = struct.unpack("=I", shared[128:132])
    return 32 + int(attempted) * (24 + int(page))


def test_what_is_said_to_be_done_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings with which SQLite waits for the disk in each transaction."""
    connections: list[sqlite3.Connection] = []
    plain = sqlite3.connect

    def connect(*arguments: object, **options: object) -> sqlite3.Connection:
        connections.append(plain(*arguments, **options))  # type: ignore[call-overload]
        return connections[-1]

    monkeypatch.setattr(sqlite3, "connect", connect)
    with Store.open(tmp_path / "store") as store:
        perform(store, 0, 0)
        used = connections[-1]
        assert used.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert used.execute("PRAGMA synchronous").fetchone() == (2,)
        assert used.execute("PRAGMA fullfsync").fetchone() == (1,)
        assert used.execute("PRAGMA checkpoint_fullfsync").fetchone() == (1,)
