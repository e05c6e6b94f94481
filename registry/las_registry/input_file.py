"""Files that a caller names one by one: read whole, but never endlessly."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["read_input_file"]


def read_input_file(path: Path, limit: int) -> bytes:
    """The content of the file at `path`, at most one byte more than `limit`.

    A pipe is read to its end, so that ``<(command)`` of a shell can be named, too; one that nobody writes to is
    empty, and not waited for.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as opened:
        begun = opened.read(1)  # None: a pipe in which nothing is yet, but that somebody has open to write to
        if begun == b"":
            return b""
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        parts = [begun or b""]
        left = limit + 1 - len(parts[0])
        while left > 0 and (part := opened.read(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
