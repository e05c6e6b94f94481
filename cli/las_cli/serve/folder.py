"""The directory in which the service keeps the indexes that it works with."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from shutil import rmtree
from stat import S_ISDIR
from tempfile import mkdtemp
from time import time
from typing import Final

from las_registry.compiled.locking import is_locked, locked
from las_registry.output_file import make_directories
from las_registry.user_directories import cache_directory

__all__ = ["Folder", "nothing_kept"]

_PREFIX: Final = "serve-"
_LOCK: Final = "lock"
_YOUNG: Final = 60.0
"""Seconds in which a directory may be one that is not locked yet."""


class Folder:
    """A directory of this process alone, in the user's directory for caches where that can be written; `path`.

    What services left behind that were killed is removed first.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.path = _made(cache_directory())
        self._stack.enter_context(locked(self.path / _LOCK))

    def fresh(self) -> Path:
        """An empty directory in it."""
        return Path(mkdtemp(dir=self.path))

    def remove(self) -> None:
        """Removes it, with all that is in it."""
        self._stack.close()
        rmtree(self.path, ignore_errors=True)


def nothing_kept(place: Path, error: OSError) -> str:
    """What is told where no index can be written in `place`, whatever the directory in it is called."""
    return f"nothing can be kept in {place}: {error.strerror or 'it cannot be written to'}"


def _made(place: Path | None) -> Path:
    if place is not None:
        with suppress(OSError):
            make_directories(place)
            for left in place.glob(f"{_PREFIX}*"):
                if _is_left(left):
                    rmtree(left, ignore_errors=True)
            return Path(mkdtemp(prefix=_PREFIX, dir=place))
    return Path(mkdtemp(prefix=f"las-solve-{_PREFIX}"))


def _is_left(path: Path) -> bool:
    """Whether the process is gone that made the directory at `path`."""
    status = path.lstat()
    return S_ISDIR(status.st_mode) and time() - status.st_mtime > _YOUNG and not is_locked(path / _LOCK)
