"""What proves of a folder or a file that it is as it was.

Of each, its *mark* is kept: size, times of modification and change, and inode, as ``stat`` has them. While they are the
same, so is what is in it; except that a second write may follow in the same tick of the clock, so that a mark has no
times where one of them is near to the time of looking.
"""

from __future__ import annotations

import os
from time import time_ns
from typing import Final

__all__ = ["Mark", "folder_mark", "is_proof", "mark_of"]

Mark = list[int]

_TICK: Final = 2_000_000_000
"""Nanoseconds within which two writes may carry the same time: FAT counts in steps of two seconds."""

_PROOF: Final = 4
"""The numbers that a mark of a file has that proves something."""


def mark_of(status: os.stat_result) -> Mark:
    """The mark of a file; its size alone where that would prove nothing."""
    if _is_recent(status):
        return [status.st_size]
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def is_proof(mark: Mark | None) -> bool:
    """Whether a file of this mark is as it was as long as its mark is."""
    return mark is not None and len(mark) == _PROOF


def folder_mark(status: os.stat_result) -> Mark | None:
    """The mark of a folder, None where it would prove nothing."""
    return None if _is_recent(status) else [status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


def _is_recent(status: os.stat_result) -> bool:
    now = time_ns()
    return abs(now - status.st_mtime_ns) <= _TICK or abs(now - status.st_ctime_ns) <= _TICK
