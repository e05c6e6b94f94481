"""Manifest files that were accepted before, already parsed: reading YAML is most of a cold start.

A file is known by the digest of its bytes, never by its name or time, so that no change goes unnoticed. What is kept
are the values that the parser made of it, not what they mean: they go through all that accepts a manifest again, except
for the comparison of its checksum. One JSON file a registry, in the user's directory for caches. Where there is none,
or it is damaged or cannot be written, files are parsed as ever.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from las_registry.input_file import read_input_file
from las_registry.user_directories import cache_directory
from las_registry.yaml_value import Value
from las_solver.errors import InvalidInput

__all__ = ["Tree", "TreeCache"]

Tree = tuple[int, Value]
"""A document: the line that it begins in, and its value."""

_FORMAT: Final = 1
_WORTHWHILE: Final = 64 << 10
_LARGEST: Final = 64 << 20
_MOST_REGISTRIES: Final = 32


class TreeCache:
    """The trees of one registry's files, by the digests of their bytes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, list[Tree]] = {} if path is None else _read(path)
        self._used: dict[str, Sequence[Tree]] = {}
        self._bytes = 0

    @classmethod
    def of(cls, directory: Path) -> TreeCache:
        """What is kept of the registry in `directory`."""
        folder = cache_directory()
        name = sha256(os.fsencode(os.path.realpath(directory))).hexdigest()[:24]
        return cls(None if folder is None else folder / f"manifests-{name}.json")

    def trees(self, data: bytes) -> Sequence[Tree] | None:
        """The documents of a file with the content `data`; None if they are not known."""
        return self._known.get(sha256(data).hexdigest())

    def keep(self, data: bytes, trees: Sequence[Tree]) -> None:
        """From now on, `trees` are known as the documents of a file with the content `data`."""
        self._used[sha256(data).hexdigest()] = trees
        self._bytes += len(data)

    def save(self) -> None:
        """Writes down what was kept, unless it was written down already or is too little to be worth it.

        What was not kept this time is forgotten. Nothing is raised: that it cannot be written only takes time.
        """
        if self._path is None or self._used.keys() == self._known.keys() or self._bytes < _WORTHWHILE:
            return
        payload = json.dumps({"format": _FORMAT, "files": self._used}, separators=(",", ":")).encode()
        if len(payload) > _LARGEST:
            return
        from las_registry.output_file import write_output_file

        with suppress(InvalidInput, OSError):
            write_output_file(self._path, sha256(payload).hexdigest().encode() + b"\n" + payload, private=True)
            _forget_oldest(self._path.parent)


def _read(path: Path) -> dict[str, list[Tree]]:
    """What the file at `path` holds, if it is this user's and whole."""
    try:
        if hasattr(os, "geteuid") and path.stat().st_uid != os.geteuid():
            return {}
        digest, _, payload = read_input_file(path, _LARGEST + 100).partition(b"\n")
        if digest != sha256(payload).hexdigest().encode():
            return {}
        document = json.loads(payload)
        files: dict[str, list[Tree]] = document["files"]
        return files if document["format"] == _FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _forget_oldest(folder: Path) -> None:
    """Removes what is kept of the registries that were read longest ago, if there are many."""
    ages = sorted((one.stat().st_mtime_ns, one) for one in folder.glob("manifests-*.json"))
    for _, old in ages[:-_MOST_REGISTRIES]:
        old.unlink(missing_ok=True)
