"""One process at a time writes the index of a registry; the others wait, which only saves them work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["locked"]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other processes from entering with the same `path`, as far as the system can.

    The lock ends with the process, however that ends. Where there are no locks, everybody enters: each writes a file of
    its own, and the last that is put in place stays. Raises :class:`OSError` if nothing can be written at `path`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if fcntl is not None:
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
