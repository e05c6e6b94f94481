"""Work that is given up when whoever asked for it goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias, TypeVar

__all__ = ["ClientGone", "while_connected"]

Found = TypeVar("Found")
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


async def while_connected(receive: Receive, work: Awaitable[Found]) -> Found:
    """What `work` comes to, which is cancelled where the client of `receive` goes away; the whole body of the request
    was received.

    Raises :class:`ClientGone`.
    """
    task = asyncio.current_task()
    assert task is not None
    gone = False

    async def wait() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        task.cancel()

    waiting = asyncio.get_running_loop().create_task(wait())
    try:
        return await work
    except asyncio.CancelledError:
        if gone:
            task.uncancel()
            raise ClientGone from None
        raise
    finally:
        waiting.cancel()
