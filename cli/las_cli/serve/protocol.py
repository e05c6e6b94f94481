"""How requests are read from a connection: as uvicorn does it, with bounds on what comes before a body and around it.

Without these, a client that never ends its headers would take memory, or a place among the connections, without end.
"""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["BoundedProtocol"]

_MOST_HEADERS: Final = 100
_LARGEST_HEAD: Final = 64 << 10
_TIMES_SENT: Final = 8
"""How many times as large as its body a request may be as it is sent, in small chunks."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection, on which the head of a request has `head_seconds` to arrive, and a size within bounds.

    How large a body may be is for the application to say, which reads no more than `max_body` of it.
    """

    def __init__(self, *arguments: Any, max_body: int, head_seconds: float = 10.0, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._largest = _LARGEST_HEAD + _TIMES_SENT * max_body
        self._head_seconds = head_seconds
        self._size = 0
        self._is_in_head = True
        self._waiting: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Waits for the first request."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing any more."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on; closes the connection where a request is beyond all bounds."""
        self._size += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._size > (_LARGEST_HEAD if self._is_in_head else self._largest):
            self.send_400_response("The request is too large.")
        elif self._waiting is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, has been read."""
        if len(self.headers) >= _MOST_HEADERS:
            raise ValueError("too many headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head has been read."""
        self._is_in_head = False
        self._wait_no_longer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request has been read."""
        self._size, self._is_in_head = 0, True
        super().on_message_complete()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self._head_seconds, self.timeout_keep_alive_handler)

    def _wait_no_longer(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
