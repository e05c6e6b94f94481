"""A line in the log for each request, its id, and its numbers: around the application, whatever that does."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
import traceback
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from las_cli.serve.problems import ending
from las_cli.serve.replies import send_problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from las_cli.serve.service import Service

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]

__all__ = ["CURRENT", "Observed", "RequestRecord"]

_ID: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}", re.ASCII)
_HEADER: Final = b"x-request-id"
_NO_ROUTE: Final = "none"
_CLIENT_GONE: Final = 499
_QUIET: Final = frozenset(("/healthz", "/readyz", "/metrics"))
"""Routes that are asked every few seconds, of which nobody wants to read."""


class RequestRecord:
    """What is told of one request."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.status = 0
        self.bytes = 0
        self.waited = 0.0
        self.worked = 0.0
        self.outcome = ""


CURRENT: Final[ContextVar[RequestRecord | None]] = ContextVar("las_solve_request", default=None)
"""The request that is answered."""


class Observed:
    """The application `app` of a `service`: `state` of each request has its ``request_id``, which the answer names."""

    def __init__(self, app: Application, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = RequestRecord(_id_of(scope))
        scope.setdefault("state", {})["request_id"] = record.request_id
        token = CURRENT.set(record)
        started = time.perf_counter()
        in_flight = self._service.metrics.in_flight
        in_flight.inc()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                headers = [one for one in message.get("headers", ()) if one[0] != _HEADER]
                message = {**message, "headers": [*headers, (_HEADER, record.request_id.encode())]}
            else:
                record.bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except asyncio.CancelledError:  # the service ends, and the time for what is in work is over
            if record.status:
                raise
            await send_problem(ending(), scope, receive, sending)
        except Exception as error:
            self._service.log.warning(
                "a request failed",
                request_id=record.request_id,
                error=type(error).__name__,
                trace="".join(traceback.format_exception(error)),
            )
            if not record.status:
                await _send_failure(sending)
        finally:
            in_flight.dec()
            CURRENT.reset(token)
            self._tell(scope, record, time.perf_counter() - started)

    def _tell(self, scope: Message, record: RequestRecord, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", _NO_ROUTE)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        status = record.status or _CLIENT_GONE
        self._service.metrics.on_request(method, route, status, seconds)
        if route in _QUIET and status < 400:
            return
        client = scope.get("client")
        said: dict[str, object] = {
            "request_id": record.request_id,
            "client": client[0] if client else "",
            "method": method,
            "route": route,
            "status": status,
            "ms": _milliseconds(seconds),
            "bytes": record.bytes,
        }
        if record.outcome:
            said["queue_ms"] = _milliseconds(record.waited)
            said["solve_ms"] = _milliseconds(record.worked)
            said["outcome"] = record.outcome
        self._service.log.info("request", **said)


_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))


def _id_of(scope: Message) -> str:
    """The id that the client gives the request, if it is a plain word; else a new one."""
    for name, value in scope["headers"]:
        if name == _HEADER and len(value) <= 128:
            text = value.decode("latin-1")
            if _ID.fullmatch(text):
                return str(text)
    return secrets.token_hex(8)


async def _send_failure(send: Send) -> None:
    """The answer where the application had none."""
    body = b'{"type": "about:blank", "title": "Internal Server Error", "status": 500}\n'
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
