"""What comes over a connection before any application is asked: requests that are not HTTP, or that have no end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import uvicorn

from las_cli.serve.guards import Guard
from las_cli.serve.protocol import BoundedProtocol

HEAD = b"POST /v1/plan HTTP/1.1\r\nHost: 127.0.0.1\r\n"
SMUGGLED = b"GET /v1/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
MAX_BODY = 1000


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Says what was asked, and with which body."""
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def talk(body: Talk, *, head_seconds: float = 10.0) -> None:
    """Runs `body` on a connection to a guarded application."""

    async def run() -> None:
        app = Guard(answer, host="127.0.0.1", max_body=MAX_BODY, tokens=None)
        bounded: Any = partial(BoundedProtocol, max_body=MAX_BODY, head_seconds=head_seconds)
        config = uvicorn.Config(app, http=bounded, ws="none", lifespan="off", log_config=None, timeout_keep_alive=1)
        config.load()
        state = uvicorn.server.ServerState()
        loop = asyncio.get_running_loop()
        made = partial(config.http_protocol_class, config=config, server_state=state, app_state={})
        server = await loop.create_server(made, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            async with asyncio.timeout(20):
                await body(reader, writer)
        finally:
            writer.close()
            server.close()

    asyncio.run(run())


def answers_to(sent: bytes, expected: int) -> list[int]:
    """The statuses of all answers to what is sent, until the service closes the connection, or nothing comes after as
    many as are expected."""
    found = b""

    async def body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal found
        writer.write(sent)
        while True:
            try:
                async with asyncio.timeout(10 if found.count(b"HTTP/1.1 ") < expected else 0.15):
                    part = await reader.read(1 << 16)
            except (TimeoutError, ConnectionResetError):  # reset, where the service closes before it has read all
                return
            if not part:
                return
            found += part

    talk(body)
    return [int(part[:3]) for part in found.split(b"HTTP/1.1 ")[1:]]


JSON = b"Content-Type: application/json\r\n"
CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (HEAD + JSON + b"Content-Length: 2\r\n\r\n{}" + SMUGGLED, [200, 200]),
        (HEAD + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n\r\n" + SMUGGLED, [200, 200]),
        (HEAD + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + JSON + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" + SMUGGLED, [400]),
        (HEAD + JSON + b"Content-Length: 2, 2\r\n\r\n{}" + SMUGGLED, [400]),
        (HEAD + JSON + b"Content-Length: +2\r\n\r\n{}" + SMUGGLED, [400]),
        (HEAD + JSON + b"Content-Length: -2\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + JSON + b"Content-Length: 0x2\r\n\r\n{}" + SMUGGLED, [400]),
        (HEAD + JSON + b"Content-Length : 2\r\n\r\n{}" + SMUGGLED, [400]),
        (HEAD + JSON + b"Content-Length: 99999999999999999999\r\n\r\n", [400]),
        (HEAD + JSON + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + JSON + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + CHUNKED + b"\r\n" + b"f" * 17 + b"\r\n{}", [400]),
        (HEAD + CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + CHUNKED + b"\r\n2\r\n{}XX0\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + b"X-One: a\r\n b\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + b"X-One: a\x00b\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + b"X-One\r\n\r\n" + SMUGGLED, [400]),
        (HEAD + b"X One: a\r\n\r\n" + SMUGGLED, [400]),
        (b"GET /v1/\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", [400]),
        (b"GET /v1/state HTTP/1.1\nHost: 127.0.0.1\n\n", [400]),
        (b"GET /v1/state HTTP/7.1\r\nHost: 127.0.0.1\r\n\r\n", [400]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400]),
        (b"GET /v1/state\r\n\r\n", [403]),
        (b"GET /v1/state HTTP/1.1\r\n\r\n", [403]),
        (b"GET /v1/state HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: rebound.example\r\n\r\n", [403]),
        (b"GET /v1/state HTTP/1.1\r\nHost: rebound.example\r\nHost: 127.0.0.1\r\n\r\n", [403]),
        (b"GET /v1/state HTTP/1.1\r\nHost: 127.0.0.1@rebound.example\r\n\r\n", [403]),
        (b"GET /v1/state HTTP/1.1\r\nHost: rebound.example\r\nX-Forwarded-Host: 127.0.0.1\r\n\r\n", [403]),
    ],
    ids=range(31),
)
def test_what_is_no_request_for_everybody_is_none(sent: bytes, expected: list[int]) -> None:
    assert answers_to(sent, len(expected)) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (HEAD + CHUNKED + b"\r\n" + b"3e8\r\n" + b" " * 1000 + b"\r\n" + b"0\r\n\r\n", 200),
        (HEAD + CHUNKED + b"\r\n" + b"3e9\r\n" + b" " * 1001 + b"\r\n" + b"0\r\n\r\n", 413),
        (HEAD + CHUNKED + b"\r\n" + b"1;" + b"x" * (80 << 10), 400),
        (HEAD + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n" + b"X: " + b"x" * (80 << 10), 400),
        (HEAD + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n" + b"X: x\r\n" * 100, 400),
        (HEAD + b"X: x\r\n" * 97 + JSON + b"Content-Length: 2\r\n\r\n{}", 200),
        (HEAD + b"X: x\r\n" * 98 + JSON + b"Content-Length: 2\r\n\r\n{}", 400),
        (HEAD + b"X: " + b"x" * (70 << 10), 400),
        (b"GET /" + b"x" * (70 << 10), 400),
        (b"G" * (70 << 10), 400),
    ],
    ids=range(10),
)
def test_a_request_is_read_within_bounds(sent: bytes, expected: int) -> None:
    assert answers_to(sent, 1) == [expected]


@pytest.mark.parametrize("sent", [b"", b"\r\n", HEAD, SMUGGLED + HEAD, SMUGGLED + b"\r\n"], ids=range(5))
def test_a_head_that_does_not_end_is_not_waited_for(sent: bytes) -> None:
    async def body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        began = time.monotonic()
        while await reader.read(1 << 16):
            pass
        assert time.monotonic() - began < 4

    talk(body, head_seconds=0.1)


def test_a_request_that_arrives_in_parts_is_answered() -> None:
    async def body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            for part in (HEAD[:9], HEAD[9:] + JSON, b"Content-Length: 2\r\n\r", b"\n{", b"}"):
                writer.write(part)
                await asyncio.sleep(0)
            assert (await reader.readuntil(b"{}")).startswith(b"HTTP/1.1 200")

    talk(body)
