"""What the server and its processes say to each other: pickled values, each after its length.

To a worker go :class:`Begin`, :class:`Renew`, :class:`Work` and :class:`Cancel`, to who watches the registries
:class:`Watch` and :class:`Look`; the others come back.
"""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from las_cli.errors import Failure
    from las_cli.serve.job import Carried, Job, Result
    from las_cli.serve.settings import Settings
    from las_registry.snapshot import Snapshot

__all__ = [
    "Begin",
    "Buffer",
    "Cancel",
    "Changed",
    "Counted",
    "Look",
    "Ready",
    "Renew",
    "Renewed",
    "Reply",
    "Unusable",
    "Watch",
    "Work",
    "packed",
    "received",
]

_LENGTH: Final = struct.Struct("<Q")
_BLOCK: Final = 1 << 20


class Begin(NamedTuple):
    """The first message: `search_path` is where modules come from, `execute` (``module:function``) does jobs."""

    search_path: tuple[str, ...]
    settings: Settings
    execute: str
    generation: int
    snapshot: Snapshot


class Renew(NamedTuple):
    """From the next job on, the registry is another."""

    generation: int
    snapshot: Snapshot


class Work(NamedTuple):
    """A job, with a number that no other one has, and the seconds that are left for it."""

    number: int
    job: Job
    seconds: float


class Cancel(NamedTuple):
    """Nobody waits for the job of that number any more."""

    number: int


class Ready(NamedTuple):
    """The process can work."""

    generation: int


class Renewed(NamedTuple):
    """The process needs no files of an earlier generation any more."""

    generation: int


class Reply(NamedTuple):
    """What became of a job after so many seconds: its result, an error with the name of its class, or one that is
    carried.

    `trace` says where a mistake of las-solve happened. `is_last`: the process ends, since it took too much memory.
    """

    number: int
    outcome: Result | Carried | tuple[str, Failure]
    seconds: float
    trace: str = ""
    is_last: bool = False


class Watch(NamedTuple):
    """Look at the `directories` every so many seconds; `known` is served already, a later snapshot belongs below
    `folder`."""

    directories: tuple[Path, ...]
    folder: Path
    known: Snapshot
    seconds: float


class Look(NamedTuple):
    """Look now."""


class Changed(NamedTuple):
    """The registry is another; its files are in `folder`."""

    snapshot: Snapshot
    folder: Path


class Unusable(NamedTuple):
    """The registry cannot be used as it is now, None if it can again: the same as before."""

    failure: Failure | None


class Counted(NamedTuple):
    """How much there is in the registry that was seen last."""

    modules: int
    versions: int


def packed(message: object) -> bytes:
    """`message` as it is sent."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


class Buffer:
    """Makes messages of bytes as they come in."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[object]:
        """The messages that are whole with `data`."""
        self._data += data
        while len(self._data) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._data)
            end = _LENGTH.size + length
            if len(self._data) < end:
                return
            message = pickle.loads(memoryview(self._data)[_LENGTH.size : end].toreadonly())
            del self._data[:end]
            yield message


def received(descriptor: int) -> Iterator[object]:
    """The messages that come in through a pipe, until its other end is closed."""
    buffer = Buffer()
    while data := os.read(descriptor, _BLOCK):
        yield from buffer.feed(data)
