"""Looking things up in a registry, off the event loop: in one thread, with a bounded queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from las_cli.serve.pool import Busy

__all__ = ["Lookups"]

Found = TypeVar("Found")


class Lookups:
    """Does one after the other, of which at most `most` wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lookup")

    async def run(self, look: Callable[[], Found]) -> Found:
        """What `look` finds; raises :class:`Busy` where too many wait already."""
        if self._waiting > self._most:
            raise Busy(1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, look)
        finally:
            self._waiting -= 1

    def stop(self) -> None:
        """Begins none any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
