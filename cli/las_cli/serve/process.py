"""A process that the server starts, and the messages that go there and come back."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias, cast

from las_cli.serve.messages import Buffer, packed

__all__ = ["OnEnd", "OnMessage", "Process"]

OnMessage: TypeAlias = Callable[["Process", object], None]
OnEnd: TypeAlias = Callable[["Process", int | None], None]


class Process(asyncio.SubprocessProtocol):
    """A process that takes messages on its standard input, and sends others on its standard output."""

    def __init__(self, on_message: OnMessage, on_end: OnEnd) -> None:
        self.pid = -1
        self._on_message = on_message
        self._on_end = on_end
        self._buffer = Buffer()
        self._transport: asyncio.SubprocessTransport | None = None
        self._is_over = False

    async def start(self, module: str) -> None:
        """Runs `module`, with the standard error stream of this process; raises :class:`OSError`.

        Ctrl-C, which a terminal sends to all of a group, does not reach it.
        """
        command = (sys.executable, "-P", "-m", module)
        loop = asyncio.get_running_loop()
        await loop.subprocess_exec(lambda: self, *command, stderr=None, start_new_session=os.name == "posix")

    def send(self, message: object) -> None:
        """Sends `message`; to a process that has ended, nothing."""
        pipe = None if self._transport is None else self._transport.get_pipe_transport(0)
        if pipe is not None and not pipe.is_closing():
            cast(asyncio.WriteTransport, pipe).write(packed(message))

    def kill(self) -> None:
        """Ends the process at once."""
        if self._transport is not None and not self._is_over:
            with suppress(ProcessLookupError):
                self._transport.kill()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process is there."""
        self._transport = cast(asyncio.SubprocessTransport, transport)  # those of uvloop say so of themselves nowhere
        self.pid = self._transport.get_pid() or -1

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Takes in what the process sends."""
        if fd == 1 and not self._is_over:
            for message in self._buffer.feed(data):
                self._on_message(self, message)

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has ended, and everything that it sent has been taken in."""
        self._is_over = True
        assert self._transport is not None
        self._transport.close()
        self._on_end(self, self._transport.get_returncode())
