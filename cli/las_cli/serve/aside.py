"""Work beside the event loop that waits for nobody else: neither for who holds the store, nor for requests that do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

__all__ = ["aside"]

Parameters = ParamSpec("Parameters")
Found = TypeVar("Found")

_THREADS: Final = ThreadPoolExecutor(4, thread_name_prefix="aside")
"""Not those of :func:`asyncio.to_thread`: as long as the store is locked, requests for it may take up all of them."""


async def aside(work: Callable[Parameters, Found], *positional: Parameters.args, **named: Parameters.kwargs) -> Found:
    """What `work` comes to, in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, partial(work, *positional, **named))
