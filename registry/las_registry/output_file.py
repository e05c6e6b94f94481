"""Files that are written for a caller: as a whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from las_solver.errors import InvalidInput

__all__ = ["check_output_file", "make_directories", "write_output_file"]

_HINT = "look at who may write there, or name another file"


def check_output_file(path: Path) -> None:
    """Raises :class:`InvalidInput` if it is plain by now that no file can be written at `path`: before work that would
    be lost with it."""
    try:
        if _is_device(path):
            return
        code = errno.EISDIR if path.is_dir() else 0 if path.parent.is_dir() else errno.ENOENT
        if not code and not os.access(path.parent, os.W_OK | os.X_OK):
            code = errno.EACCES
    except OSError as error:
        code = error.errno or errno.EIO
    if code:
        raise InvalidInput(f"{path} cannot be written: {os.strerror(code)}", hint=_HINT)


def write_output_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Puts `data` at `path`, so that there is always the old file or the new one, whatever happens on the way.

    The permissions and the owner of an old file stay. A new one is as private as others that the user writes; if
    `private`, it is the user's alone, and so are directories that have to be made for it. A link to a file stays
    one; a device or a pipe is written to. Raises :class:`InvalidInput` if the file cannot be written.
    """
    try:
        if private:
            make_directories(path.parent)
        if _is_device(path):
            path.write_bytes(data)
            return
        _replace(_target(path), data, 0o600 if private else 0o666)
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "make room there" if is_full else _HINT
        raise InvalidInput(f"{path} cannot be written: {error.strerror}", hint=hint) from None


def _is_device(path: Path) -> bool:
    """Whether there is something at `path` that is no file to be replaced, like ``/dev/null``."""
    return path.exists() and not (path.is_symlink() or path.is_file() or path.is_dir())


def _target(path: Path) -> Path:
    """The file that `path` leads to; `path` itself where it leads to none, so that a broken link is replaced."""
    return Path(os.path.realpath(path)) if path.is_file() else path


def make_directories(directory: Path) -> None:
    """Makes `directory` and those above it, as far as they are missing: each for the user alone, and to stay."""
    if directory.is_dir():
        return
    make_directories(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    _sync_directory(directory.parent)


def _replace(target: Path, data: bytes, mode: int) -> None:
    fresh = target.with_name(f".las-solve-{secrets.token_hex(4)}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(fresh, flags, mode), "wb") as opened:
        try:
            opened.write(data)
            opened.flush()
            with suppress(OSError, AttributeError):
                _keep_status(fresh, target.lstat())
            os.fsync(opened.fileno())
            fresh.replace(target)
        except BaseException:
            with suppress(OSError):
                fresh.unlink()
            raise
    _sync_directory(target.parent)


def _keep_status(fresh: Path, old: os.stat_result) -> None:
    """Gives the new file the owner and the permissions of the old one, if that was a file."""
    if stat.S_ISREG(old.st_mode):
        fresh.chmod(stat.S_IMODE(old.st_mode))
        os.chown(fresh, old.st_uid, old.st_gid)


def _sync_directory(path: Path) -> None:
    """Makes a new name durable, where the system can."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
