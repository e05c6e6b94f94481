"""Files in which a user says whose word counts: read only if nobody else can have written them."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import Final

from las_registry.problem import InvalidFile, Problem

__all__ = ["LARGEST_KEYS_FILE", "read_private_file"]

LARGEST_KEYS_FILE: Final = 4 << 20
"""A larger file of keys is refused, in bytes."""

_WRITABLE: Final = 0o022
"""By the group, or by everybody."""

_OWN: Final = "whose word counts is for you alone to say: make it your own, or remove it"


def read_private_file(path: Path, limit: int) -> bytes | None:
    """The content of the file at `path`, None if there is none.

    Raises :class:`InvalidFile` if it cannot be read, is no regular file, has more than `limit` bytes, or belongs to
    another user than this one and root, or if others may write it or replace it in its directory, or, of a link, in
    that of the file which it leads to.
    """
    try:
        path.lstat()  # of a link that leads nowhere, too: it is there, and cannot be read
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _refused(path, f"the file cannot be read: {_reason(error)}") from None
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise _refused(path, f"the file cannot be read: {_reason(error)}") from None
    try:
        with os.fdopen(descriptor, "rb") as opened:
            _require_private(path, os.fstat(descriptor))
            data = opened.read(limit + 1)
    except OSError as error:
        raise _refused(path, f"the file cannot be read: {_reason(error)}") from None
    if len(data) > limit:
        raise _refused(path, f"the file is larger than {limit >> 10} KiB", "is this the right file?")
    return data


def _require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _refused(path, "it is not a regular file", "put a file there, or remove it")
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid not in (os.geteuid(), 0):
        raise _refused(path, "the file belongs to another user", _OWN)
    if status.st_mode & _WRITABLE:
        raise _refused(path, "others may write the file", f"{shlex.join(['chmod', 'go-w', str(path)])} forbids that")
    for around in dict.fromkeys((path.parent, Path(os.path.realpath(path)).parent)):  # of a link, and where that leads
        found = around.stat()
        if found.st_uid not in (os.geteuid(), 0):
            raise _refused(path, f"others may replace the file: {around} belongs to another user", _OWN)
        if found.st_mode & _WRITABLE and not found.st_mode & stat.S_ISVTX:
            hint = f"{shlex.join(['chmod', 'go-w', str(around)])} forbids that"
            raise _refused(path, f"others may replace the file: they may write in {around}", hint)


def _refused(path: Path, message: str, hint: str = "make it readable, or remove it") -> InvalidFile:
    return InvalidFile([Problem(file=str(path), message=message, hint=hint)])


def _reason(error: OSError | ValueError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
