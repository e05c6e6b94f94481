"""What was worked out of files before, and is kept in the user's directory for caches, so that it is not again.

What is kept is known by a text, mostly all of a file's, so that no change goes unnoticed. One JSON file for each kind,
behind a checksum; where there is none, or it is damaged or cannot be written, everything is worked out as ever.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final
from zlib import crc32

from las_registry.input_file import read_input_file
from las_registry.user_directories import cache_directory
from las_solver.errors import InvalidInput

__all__ = ["Kept"]

_LARGEST: Final = 1 << 20


class Kept:
    """What is kept in the file called `name`; at most so many values, those of last.

    `version` is raised with every change of what the values mean, or of their form.
    """

    def __init__(self, name: str, *, version: int, most: int = 16) -> None:
        self._name = name
        self._version = version
        self._most = most

    def get(self, key: str) -> object | None:
        """The value that is kept under `key`, None if there is none."""
        return self._read().get(key)

    def keep(self, key: str, value: object) -> None:
        """From now on, `value` is kept under `key`, and the one forgotten that was kept longest ago if there are many.

        Nothing is raised: that it cannot be written only takes time.
        """
        path = self._path()
        if path is None:
            return
        from las_registry.output_file import write_output_file

        found = self._read()
        found.pop(key, None)
        values = [*found.items(), (key, value)][-self._most :]
        payload = json.dumps({"format": self._version, "kept": values}, separators=(",", ":")).encode()
        with suppress(InvalidInput, OSError):
            write_output_file(path, b"%08x\n%b" % (crc32(payload), payload), private=True)

    def _read(self) -> dict[str, object]:
        """What is kept, the oldest first, if the file is whole and only this user can write it."""
        path = self._path()
        try:
            if path is None or not _is_ours(path):
                return {}
            checksum, _, payload = read_input_file(path, _LARGEST).partition(b"\n")
            if checksum != b"%08x" % crc32(payload):
                return {}
            document = json.loads(payload)
            if document["format"] != self._version:
                return {}
            return {key: value for key, value in document["kept"] if isinstance(key, str)}
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return {}

    def _path(self) -> Path | None:
        try:
            folder = cache_directory()
        except OSError:  # the working directory is gone
            return None
        return None if folder is None else folder / self._name


def _is_ours(path: Path) -> bool:
    status = path.stat()
    return not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)
