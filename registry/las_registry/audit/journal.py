"""The parts of an audit that are done, kept until all are, so that one that was interrupted goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Final, Protocol
from zlib import crc32

__all__ = ["FileJournal", "Journal", "NoJournal"]

_LONGEST_KEPT: Final = 30 * 86_400
"""Seconds after which audits that nobody went on with are forgotten."""
_PREFIX: Final = "audit-"
_SUFFIX: Final = ".jsonl"


class Journal(Protocol):
    """What is known of one audit: results that JSON can hold, by the names of its parts."""

    def read(self) -> Mapping[str, object]:
        """The results that were added, in this run or an earlier one."""
        ...

    def add(self, part: str, result: object) -> None:
        """Keep the result of a part."""
        ...

    def end(self) -> None:
        """Forget all: the audit is done."""
        ...


class NoJournal:
    """Keeps nothing."""

    def read(self) -> Mapping[str, object]:
        return {}

    def add(self, part: str, result: object) -> None:
        pass

    def end(self) -> None:
        pass


class FileJournal:
    """A line for each part: a checksum, and JSON.

    Lines are only ever added, each by one call. One that was not written to its end, or is damaged, does not count.
    Two processes that do the same audit help each other. Where the file cannot be read or written, nothing is kept.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._path = folder / f"{_PREFIX}{key}{_SUFFIX}"

    def read(self) -> Mapping[str, object]:
        found: dict[str, object] = {}
        with suppress(OSError):
            for line in self._path.read_bytes().split(b"\n"):
                checksum, _, text = line.partition(b" ")
                if text and checksum == _checksum(text):
                    part, result = json.loads(text)
                    found[part] = result
        return found

    def add(self, part: str, result: object) -> None:
        text = json.dumps([part, result], ensure_ascii=True, separators=(",", ":")).encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, flags, 0o600)
            try:  # the line before may have been cut short: then this one is not lost with it
                os.write(descriptor, b"\n" + _checksum(text) + b" " + text + b"\n")
            finally:
                os.close(descriptor)

    def end(self) -> None:
        with suppress(OSError):
            self._path.unlink()
        with suppress(OSError):
            for path in self._path.parent.glob(f"{_PREFIX}*{_SUFFIX}"):
                if path.stat().st_mtime < time() - _LONGEST_KEPT:
                    path.unlink()


def _checksum(text: bytes) -> bytes:
    return b"%08x" % crc32(text)
