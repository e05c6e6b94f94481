"""What a process does that is killed in the middle of an operation on a store: at its n-th step of one kind."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeAlias

from sqlalchemy import Dialect, Engine
from store_operations import acknowledge, perform, run

from las_registry.lifecycle import Store, StoreUnusable, sqlite_dialect

__all__ = ["KINDS", "count_steps", "die_at", "prepare", "run_checkpointing", "run_out_of_room", "sharing_compiled"]

KINDS: Final = ("instruction", "database step", "byte")
"""Instructions of Python; instructions of SQLite's virtual machine, of which statements are made; bytes that files may
have, where the write that would make one longer is cut in the middle."""


EngineFor: TypeAlias = Callable[[Path, float], Engine]


def sharing_compiled(engine_for: EngineFor) -> EngineFor:
    """`engine_for`, by which what SQLAlchemy compiled for one store serves the next: little else takes longer here."""
    dialects: list[Dialect] = []
    compiled: dict[Any, Any] = {}

    def engine_that_shares(path: Path, timeout: float) -> Engine:
        engine = engine_for(path, timeout)
        if not dialects:
            dialects.append(engine.dialect)
        engine.dialect = engine.pool._dialect = dialects[0]
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    return engine_that_shares


def prepare(path: str) -> None:
    """Perform many operations, so that a child finds everything imported and compiled."""
    sqlite_dialect.engine_for = sharing_compiled(sqlite_dialect.engine_for)
    run(path, 0, 0, 80)


class _Steps:
    """Counts steps, and kills this process at one of them."""

    def __init__(self, last: int | None) -> None:
        self.taken = 0
        self._last = last

    def take(self) -> None:
        self.taken += 1
        if self.taken == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def die_at(path: str, seed: int, at: int, kind: str, last: int) -> None:
    """Perform the operation `at`, from opening the store on, and die at the step `last` of this kind."""
    if kind == "byte":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (last, last))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    else:
        _watch(kind, _Steps(last))
    _perform(path, seed, at)


def count_steps(path: str, seed: int, at: int, kind: str, journal: str) -> None:
    """Perform the operation `at`, and write to `journal` how many steps of this kind that takes."""
    if kind == "byte":
        store = Store.open(Path(path))
        perform(store, seed, at)
        log = Path(f"{path}-wal")  # it goes when the store is closed
        acknowledge(journal, log.stat().st_size - 1 if log.exists() else 0)
        return
    steps = _Steps(None)
    _watch(kind, steps)
    _perform(path, seed, at)
    sys.settrace(None)
    acknowledge(journal, steps.taken)


def run_checkpointing(path: str, seed: int, first: int, number: int, journal: str, pages: int) -> None:
    """As :func:`store_operations.run`, while the log is written back whenever it has this many pages."""
    _on_connecting(lambda connection: connection.execute(f"PRAGMA wal_autocheckpoint = {pages}"))
    run(path, seed, first, number, journal)


def run_out_of_room(path: str, room: int, journal: str) -> None:
    """Write until no file may become longer than the store is now and `room`; note how many operations were done.

    The error is clear, the store goes on being read, and, as soon as there is room again, written.
    """
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    done = 0
    with Store.open(Path(path)) as store:
        limit = max(room, Path(path).stat().st_size + room - 100_000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))
        try:
            for done in range(1000):
                store.snapshot(f"until the end {done}")
        except StoreUnusable as error:
            assert error.hint is not None and "disk" in str(error), error
        else:
            raise AssertionError("there was room for everything")
        assert len(store.snapshots()) >= done
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        assert store.check() == ()
        store.snapshot(f"until the end {done}")
    acknowledge(journal, done + 1)


def _perform(path: str, seed: int, at: int) -> None:
    with Store.open(Path(path)) as store:
        perform(store, seed, at)


def _watch(kind: str, steps: _Steps) -> None:
    if kind == "database step":
        _on_connecting(lambda connection: connection.set_progress_handler(steps.take, 1))
        return

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        if event == "opcode":
            steps.take()
        return trace

    sys.settrace(trace)


def _on_connecting(prepare: Callable[[sqlite3.Connection], object]) -> None:
    """Do this with every connection to a database that this process makes."""
    plain = sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = plain(*arguments, **options)
        prepare(connection)
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]
