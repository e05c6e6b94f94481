"""Cyclic garbage collection, put off where many values are made and no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

__all__ = ["collection_paused"]

_pausing = Lock()
"""Held by whoever switched collection off, for all threads, as it is one for all."""


@contextmanager
def collection_paused() -> Iterator[None]:
    """No cycles are looked for meanwhile: that triples the time that encoding takes, and goes through whole registries
    while they are read.

    Of several threads, the one that came first switches collection on again when it leaves, whether or not others are
    still inside: so it is never off for longer than one of them takes, and in the end as it was.
    """
    if not gc.isenabled() or not _pausing.acquire(blocking=False):
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _pausing.release()
