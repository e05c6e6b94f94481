"""One process at a time writes the index of a registry; the others wait, which only saves them work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["is_locked", "locked"]


@contextmanager
def locked(path: Path, on_waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Keeps other processes from entering with the same `path`, as far as the system can.

    The lock ends with the process, however that ends. Where there are no locks, everybody enters: each writes a file of
    its own, and the last that is put in place stays. `on_waiting` tells who has to wait. Raises :class:`OSError` if
    nothing can be written at `path`.
    """
    descriptor = _opened(path)
    try:
        if fcntl is not None:
            with suppress(OSError):
                _take(descriptor, on_waiting)
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether another process, or this one, has entered with `path`; False where the system cannot tell."""
    if fcntl is None:
        return False
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, flags, 0o600)
    except PermissionError:  # somebody else's, say the superuser's, who once worked for this user
        path.unlink()
        return os.open(path, flags, 0o600)


def _take(descriptor: int, on_waiting: Callable[[], None] | None) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if on_waiting is not None:
            on_waiting()
        fcntl.flock(descriptor, fcntl.LOCK_EX)
