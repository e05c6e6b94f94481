"""Profiles that were read before: the YAML library alone takes longer to import than a plan takes to be found.

A profile is known by all its bytes, so that no change goes unnoticed. What is kept are the plain values of its host,
which go through all that accepts a profile again. One JSON file in the user's directory for caches, behind a checksum.
Where there is none, or it is damaged or cannot be written, profiles are parsed as ever.
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

__all__ = ["keep_profile", "known_profile"]

_FORMAT: Final = 1
"""Raised with every change of what profiles mean, or of the form of plain values."""

_MOST: Final = 16
_LONGEST: Final = 16 << 10
"""A longer profile is not kept, in bytes."""

_LARGEST: Final = 1 << 20


def known_profile(data: bytes) -> object | None:
    """The plain values of the host that a profile with the content `data` describes; None if it is not known."""
    return _kept().get(data) if len(data) <= _LONGEST else None


def keep_profile(data: bytes, document: object) -> None:
    """From now on, `document` is known as what a profile with the content `data` describes.

    The profile that was kept longest ago is forgotten if there are many. Nothing is raised: that it cannot be written
    only takes time.
    """
    path = _path()
    if path is None or len(data) > _LONGEST:
        return
    from las_registry.output_file import write_output_file

    kept = {**_kept(), data: document}
    profiles = [[one.decode(), value] for one, value in kept.items()][-_MOST:]
    payload = json.dumps({"format": _FORMAT, "profiles": profiles}, separators=(",", ":")).encode()
    with suppress(InvalidInput, OSError):
        write_output_file(path, b"%08x\n%b" % (crc32(payload), payload), private=True)


def _kept() -> dict[bytes, object]:
    """What is kept, the oldest first, if the file is whole and only this user can write it."""
    path = _path()
    try:
        if path is None or not _is_ours(path):
            return {}
        checksum, _, payload = read_input_file(path, _LARGEST).partition(b"\n")
        if checksum != b"%08x" % crc32(payload):
            return {}
        document = json.loads(payload)
        if document["format"] != _FORMAT:
            return {}
        return {text.encode(): value for text, value in document["profiles"]}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _is_ours(path: Path) -> bool:
    status = path.stat()
    return not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)


def _path() -> Path | None:
    try:
        folder = cache_directory()
    except OSError:  # the working directory is gone
        return None
    return None if folder is None else folder / "profiles.json"
