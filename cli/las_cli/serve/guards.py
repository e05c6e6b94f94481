"""What stands before the application: who may ask, from where, and how much."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from las_cli.serve.problems import Problem
from las_cli.serve.replies import send_problem
from las_cli.serve.tokens import KnownTokens, Scope

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Connection

__all__ = ["OPEN_PATHS", "Guard", "is_loopback", "scope_of"]

_BODY_SECONDS: Final = 30.0
"""How long a body may take to arrive."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_QUESTIONS: Final = frozenset({"/v1/plan", "/v1/diagnose", "/v1/why", "/v1/needs"})
"""Where POST asks and records nothing."""

OPEN_PATHS: Final = ("/healthz", "/readyz", "/openapi.json", "/problems/")
"""What is told to everybody: nothing of it is about this machine."""


def is_loopback(host: str) -> bool:
    """Whether a name or an address leads to this machine alone."""
    name = host.strip("[]").partition("%")[0].lower().removesuffix(".")
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def scope_of(method: str, path: str) -> Scope | None:
    """What a token needs for a request; None where there is no need of one."""
    if path in OPEN_PATHS or path.startswith("/problems/"):
        return None
    return "read" if method in _SAFE or path in _QUESTIONS else "write"


class Guard:
    """Lets a request through to `app`, with its whole body, unless something speaks against it.

    `host` is the address that the service listens at. Without `tokens`, whoever reaches it may do everything.
    """

    def __init__(self, app: ASGIApp, *, host: str, max_body: int, tokens: KnownTokens | None) -> None:
        self._app = app
        self._host = host
        self._max_body = max_body
        self._tokens = tokens
        self._is_local = is_loopback(host)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            headers = _headers(scope)
            self._check_origin(headers)
            self._check_token(scope, headers)
            receive = await self._with_body(scope, headers, receive)
        except Problem as problem:
            await send_problem(problem, scope, receive, send)
        except _Gone:
            pass
        else:
            await self._app(scope, receive, send)

    def _check_origin(self, headers: Mapping[str, str]) -> None:
        """Refuses what pages of the web make a browser send."""
        host = headers.get("host", "")
        if self._is_local and self._tokens is None and not is_loopback(_without_port(host)):
            raise Problem("foreign-host", "the Host of the request is not a loopback address", "ask 127.0.0.1")
        origin = headers.get("origin")
        if origin is not None and origin.partition("//")[2] != host:
            raise Problem("cross-site", "the Origin of the request is another one than its Host")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise Problem("cross-site", "the request was sent by a page of another site")

    def _check_token(self, scope: Connection, headers: Mapping[str, str]) -> None:
        needed = scope_of(scope["method"], scope["path"])
        if self._tokens is None or needed is None:
            return
        scheme, _, text = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise Problem("unauthorized", "the request carries no token", "las-solve serve token add NAME makes one")
        token = self._tokens.find(text.strip())
        if token is None:
            raise Problem("unauthorized", "the token is not known, or its time is over")
        if not token.allows(needed):
            raise Problem("forbidden", f"the token {token.name} may {token.scope}, and this needs {needed}")
        scope.setdefault("state", {})["token"] = token.name

    async def _with_body(self, scope: Connection, headers: Mapping[str, str], receive: Receive) -> Receive:
        """What gives the body, which has arrived as a whole, as one message, and then what comes after it."""
        length = headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 15 or int(length) > self._max_body):
            raise self._too_large()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await self._read(receive)
        except TimeoutError:
            seconds = f"{_BODY_SECONDS:g} s"
            raise Problem("slow-body", f"the body had not arrived as a whole after {seconds}") from None
        message: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def give() -> Message:
            nonlocal message
            if message is None:
                return await receive()
            given, message = message, None
            return given

        return give

    async def _read(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            part = message.get("body", b"")
            size += len(part)
            if size > self._max_body:
                raise self._too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _too_large(self) -> Problem:
        return Problem("too-large", f"the body has more than {self._max_body} bytes")


class _Gone(Exception):
    """The client is gone before its body arrived."""


def _headers(scope: Connection) -> dict[str, str]:
    """The headers by their names in lower case; of one that comes twice all values, which fit nothing."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0][1:]
    return host.partition(":")[0]
