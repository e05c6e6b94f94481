"""Other processes that do a share of the work: whether they can, how many pay, and that none is left behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

__all__ = ["can_start", "executor", "processors", "uninterrupted"]

_PROGRAMS: Final = ("las-solve", "las-solve-script")
"""What the file of the main module may be called, in installations."""


def processors() -> int:
    """How many processes can run at the same time."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def can_start() -> bool:
    """Whether other processes can work for this one, as copies of it or by running its program again."""
    return _can_copy() or _is_own_program()


def _can_copy() -> bool:
    """Whether a copy of this process can work: other threads would be missing from it, and what they hold stay held."""
    import threading

    return sys.platform == "linux" and threading.active_count() == 1


def _is_own_program() -> bool:
    """Whether a process that is no copy can work: it runs the main module again, which others may not expect."""
    main = sys.modules["__main__"]
    return Path(getattr(main, "__file__", None) or "").stem in _PROGRAMS and main.__spec__ is None


def _nothing() -> None:
    """Prepares nothing."""


@contextmanager
def executor(processes: int, prepare: Callable[[], None] = _nothing) -> Iterator[ProcessPoolExecutor]:
    """Processes that work, each after it was prepared; none of them is left when this ends, however it ends.

    `prepare` can be pickled, like everything that they are told and that they hand back.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("fork" if _can_copy() else "spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(prepare,))
    try:
        yield pool
    finally:
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        pool.shutdown(cancel_futures=True)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Processes that are started meanwhile are not interrupted: who started them is, and ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def _begin(prepare: Callable[[], None]) -> None:
    """Prepares a process: it ends when the one ends that started it."""
    import gc
    import multiprocessing
    import threading
    from multiprocessing.connection import wait

    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel

        def watch() -> None:
            wait([sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
    prepare()
