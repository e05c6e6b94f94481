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

_FORMAT: Final = 2
"""Raised with every change of what the reader of YAML makes of accepted files, or of what a checksum covers."""

_WORTHWHILE: Final = 64 << 10
_LARGEST: Final = 64 << 20
_LONGEST: Final = 4
"""How many times as long as its YAML a file's JSON may be: more only where aliases stand for much."""

_MOST_REGISTRIES: Final = 32


class TreeCache:
    """The trees of one registry's files, by the digests of their bytes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, list[Tree] | None] = {} if path is None else _read(path)
        self._used: dict[str, tuple[int, Sequence[Tree]]] = {}
        self._last: tuple[bytes, str] = b"", ""

    @classmethod
    def of(cls, directory: Path) -> TreeCache:
        """What is kept of the registry in `directory`."""
        try:
            folder = cache_directory()
            name = sha256(os.fsencode(os.path.realpath(directory))).hexdigest()[:24]
        except OSError:  # the working directory is gone
            folder = None
        return cls(None if folder is None else folder / f"manifests-{name}.json")

    def trees(self, data: bytes) -> Sequence[Tree] | None:
        """The documents of a file with the content `data`; None if they are not known."""
        return self._known.get(self._digest(data))

    def keep(self, data: bytes, trees: Sequence[Tree]) -> None:
        """From now on, `trees` are known as the documents of a file with the content `data`."""
        self._used[self._digest(data)] = len(data), trees

    def _digest(self, data: bytes) -> str:
        """The digest of a file's content, worked out once for the file that was asked about last."""
        if data is not self._last[0] or not self._last[1]:
            self._last = data, sha256(data).hexdigest()
        return self._last[1]

    def save(self) -> None:
        """Writes down what was kept, unless it was written down already or is too little to be worth it.

        What was not kept this time is forgotten. Nothing is raised: that it cannot be written only takes time.
        """
        if self._path is None or self._used.keys() == self._known.keys():
            return
        if not self._known and sum(size for size, _ in self._used.values()) < _WORTHWHILE:
            return
        from las_registry.output_file import write_output_file

        payload = self._payload()
        with suppress(InvalidInput, OSError):
            write_output_file(self._path, sha256(payload).hexdigest().encode() + b"\n" + payload, private=True)
            _forget_oldest(self._path.parent)

    def _payload(self) -> bytes:
        """What was kept, as JSON; null for files that would be too long, so that nobody tries them again."""
        files, left = [], _LARGEST
        for digest, (size, trees) in self._used.items():
            text = _encode(trees, min(left, _LONGEST * size))
            left -= len(text)
            files.append(f'"{digest}":{text}')
        return f'{{"format":{_FORMAT},"files":{{{",".join(files)}}}}}'.encode()


def _encode(trees: Sequence[Tree], most: int) -> str:
    """`trees` as JSON, null if that is longer than `most`; one tree at a time, for aliases are written out in them."""
    parts: list[str] = []
    for tree in trees:
        parts.append(json.dumps(tree, separators=(",", ":")))
        most -= len(parts[-1])
        if most < 0:
            return "null"
    return f"[{','.join(parts)}]"


def _read(path: Path) -> dict[str, list[Tree] | None]:
    """What the file at `path` holds, if it is this user's and whole."""
    try:
        if hasattr(os, "geteuid") and path.stat().st_uid != os.geteuid():
            return {}
        digest, _, payload = read_input_file(path, 2 * _LARGEST).partition(b"\n")
        if digest != sha256(payload).hexdigest().encode():
            return {}
        document = json.loads(payload)
        files: dict[str, list[Tree] | None] = document["files"]
        is_known = document["format"] == _FORMAT and all(map(_is_entry, files.values()))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    return files if is_known else {}


def _is_entry(value: object) -> bool:
    """Whether `value` has the form of trees; what the trees hold is for those who accept manifests to say."""
    return value is None or (
        isinstance(value, list)
        and all(isinstance(one, list) and len(one) == 2 and isinstance(one[0], int) for one in value)
    )


def _forget_oldest(folder: Path) -> None:
    """Removes what is kept of the registries that were written down longest ago, if there are many."""
    ages = sorted((one.stat().st_mtime_ns, one) for one in folder.glob("manifests-*.json"))
    for _, old in ages[:-_MOST_REGISTRIES]:
        old.unlink(missing_ok=True)
