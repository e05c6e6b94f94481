"""A refresh that is killed, or interrupted, at any point leaves the old index or the new one, and nobody behind."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from indexes import as_a_whole, by_index, kept, wait_for_the_clock
from manifests import manifest_text, write_files

from las_registry.compiled import marks, reading, refreshing
from las_registry.compiled.opening import Place
from las_registry.registry import Registry
from las_registry.trust.trust import NO_TRUST, Trust

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for caches, for registries of any size."""
    monkeypatch.setattr(refreshing, "_WORTHWHILE", 0)
    monkeypatch.setattr(marks, "_TICK", -1)
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A small registry."""
    needs = "dependencies: {modules: [lib]}\n"
    files = {f"m{at}/manifest.yaml": manifest_text(f"m{at}", rest=needs) for at in range(4)}
    return write_files(tmp_path / "registry", {**files, "lib/manifest.yaml": manifest_text("lib")})


def in_a_child(run: Callable[[], object]) -> int:
    """The status of a process that did `run`, once that and all that it started have ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            run()
            os._exit(0)
        except KeyboardInterrupt:
            os._exit(130)
        finally:
            os._exit(1)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    ready, _, _ = select.select([reader], [], [], 60)
    assert ready and os.read(reader, 1) == b"", "a process was left behind"
    os.close(reader)
    return os.waitstatus_to_exitcode(status)


def calls_of(directory: Path, last: int | None) -> int:
    """How many calls it takes to open the registry; at the `last`, this process is killed."""
    calls = count(1)
    done = 0

    def take(*ignored: object) -> None:
        nonlocal done
        done = next(calls)
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(take)
    try:
        Registry.open([directory])
    finally:
        sys.setprofile(None)
    return done


@pytest.mark.parametrize("what", ["build", "refresh", "restructure"])
def test_killed_at_any_point_it_leaves_the_old_index_or_the_new_one(what: str, directory: Path, cache: Path) -> None:
    by_index(directory)
    version = count(2)

    def change() -> None:
        wait_for_the_clock(directory)
        (directory / "lib/manifest.yaml").write_text(manifest_text("lib", str(next(version))))
        if what == "build":
            kept(cache)[0].unlink()
        elif what == "restructure":
            (directory / f"x{next(version)}").mkdir()

    change()
    number = calls_of(directory, None)
    place = Place.of(directory, NO_TRUST)
    assert place.path is not None
    for at in range(1, 71):
        change()
        is_there = place.path.exists()
        assert in_a_child(lambda last=number * at // 70: calls_of(directory, last)) in (-signal.SIGKILL, 0)
        assert (place.table() is not None) >= is_there
        assert by_index(directory) == as_a_whole(directory), at
    change()
    by_index(directory)
    assert sorted(one.suffix for one in cache.iterdir()) == [".lock", ".sqlite3"]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_processes_that_read_end_with_the_one_that_started_them(
    end: signal.Signals, directory: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_the_work(monkeypatch)

    def stop(done: int, total: int) -> None:
        if end is signal.SIGINT:
            os.killpg(0, end)  # as a terminal does
        else:
            os.kill(os.getpid(), end)

    signal_before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        status = in_a_child(lambda: Registry.open([directory], on_progress=stop))
    finally:
        signal.signal(signal.SIGTERM, signal_before)
    assert status == (130 if end is signal.SIGINT else -end)
    assert not kept(cache)
    assert end is not signal.SIGINT or not list(cache.glob("*.new"))
    assert by_index(directory) == as_a_whole(directory)


def test_what_several_processes_read_is_the_same(directory: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_index(directory)
    alone = kept(cache)[0].read_bytes()
    kept(cache)[0].unlink()
    share_the_work(monkeypatch)
    assert in_a_child(lambda: Registry.open([directory])) == 0
    assert kept(cache)[0].read_bytes() == alone


def test_what_a_process_did_not_manage_is_read_here(
    directory: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the system ends processes for want of memory."""
    by_index(directory)
    alone = kept(cache)[0].read_bytes()
    kept(cache)[0].unlink()
    share_the_work(monkeypatch)
    read_file, home = reading.read_file, os.getpid()

    def read_or_die(at: str, path: str, pool: reading.Pool, trust: Trust) -> reading.FileContent:
        if os.getpid() not in (home, child_of_home):
            os.kill(os.getpid(), signal.SIGKILL)
        return read_file(at, path, pool, trust)

    child_of_home = 0

    def run() -> None:
        nonlocal child_of_home
        child_of_home = os.getpid()
        Registry.open([directory])

    monkeypatch.setattr(reading, "read_file", read_or_die)
    assert in_a_child(run) == 0
    assert kept(cache)[0].read_bytes() == alone


def share_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, several processes read registries of any size."""
    monkeypatch.setattr(reading, "_WORTHWHILE", 0)
    monkeypatch.setattr(reading, "_MOST_FILES", 1)
    monkeypatch.setattr(reading, "processors", lambda: 3)
