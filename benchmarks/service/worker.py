"""Times plans in this process, or requests to a service: ``... worker library|planning|clients``.

What to ask comes as JSON on standard input; seconds go out the same way.
"""

from __future__ import annotations

import gc
import json
import selectors
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

_WARM = 20
_BLOCK = 1 << 16


def main() -> None:
    """Measure what is asked for."""
    asked = json.load(sys.stdin)
    what = sys.argv[1]
    samples, seconds = _clients(asked) if what == "clients" else _library(asked, whole=what == "library")
    json.dump({"samples": samples, "seconds": seconds}, sys.stdout)


def _library(asked: Mapping[str, Any], *, whole: bool) -> tuple[list[float], float]:
    """The same plan again and again, from its words to its bytes, or without these where it is not the `whole`."""
    from las_cli.answers import answer_text
    from las_cli.question import Question
    from las_cli.request import build_request
    from las_registry.host.profile import read_profile
    from las_registry.registry import Registry
    from las_solver.plan import Plan
    from las_solver.planner import Planner

    registry = Registry.open([Path(asked["registry"])])
    host = read_profile(Path(asked["profile"]))
    planner = Planner(registry, host)

    def work() -> bytes:
        request = build_request(modules=asked["modules"])
        found = planner.plan(request)
        assert isinstance(found, Plan)
        question = Question(
            request=request, host=host, registry=registry, planner=planner, place="", started=0.0, timeout=60.0
        )
        return answer_text(question, planner.admit(found), None).encode()

    printed = asked["printed"].encode()
    for _ in range(_WARM):
        assert work() == printed
    request = build_request(modules=asked["modules"])
    timed: Callable[[], object] = work if whole else lambda: planner.plan(request)
    gc.collect()
    samples = []
    begun = perf_counter()
    for _ in range(asked["samples"]):
        start = perf_counter()
        timed()
        samples.append(perf_counter() - start)
    return samples, perf_counter() - begun


class _Client:
    """A connection over which one request follows the other."""

    def __init__(self, port: int, request: bytes, printed: bytes, rest: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.samples: list[float] = []
        self._request = request
        self._printed = printed
        self._rest = rest
        self._got = bytearray()

    def ask(self) -> bool:
        """Sends the next request, if there is one."""
        self._rest -= 1
        if self._rest < 0:
            return False
        self._start = perf_counter()
        self.socket.sendall(self._request)
        return True

    def take(self) -> bool:
        """Takes what has come; whether the answer is whole."""
        data = self.socket.recv(_BLOCK)
        if not data:
            raise RuntimeError("the service closed a connection")
        self._got += data
        head, blank, body = self._got.partition(b"\r\n\r\n")
        if not blank or len(body) < len(self._printed):
            if blank and b" 200 " not in head[:20]:
                raise RuntimeError(self._got.decode())
            return False
        self.samples.append(perf_counter() - self._start)
        if body != self._printed:
            raise RuntimeError("an answer is not what the command prints")
        self._got.clear()
        return True


def _clients(asked: Mapping[str, Any]) -> tuple[list[float], float]:
    """Clients that ask again as soon as they have an answer, after each worker has planned before."""
    port, printed = asked["port"], asked["printed"].encode()
    request = _request(asked)
    _ask_all([_Client(port, request, printed, _WARM) for _ in range(4)])
    clients = [_Client(port, request, printed, asked["each"]) for _ in range(asked["clients"])]
    gc.collect()
    begun = perf_counter()
    _ask_all(clients)
    return [one for client in clients for one in client.samples], perf_counter() - begun


def _ask_all(clients: list[_Client]) -> None:
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            if client.ask():
                waiting.register(client.socket, selectors.EVENT_READ, client)
        while waiting.get_map():
            for key, _ in waiting.select():
                client = key.data
                if client.take() and not client.ask():
                    waiting.unregister(client.socket)
                    client.socket.close()


def _request(asked: Mapping[str, Any]) -> bytes:
    body = json.dumps({"modules": asked["modules"], "store": False}).encode()
    head = f"POST /v1/plan HTTP/1.1\r\nHost: 127.0.0.1:{asked['port']}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


if __name__ == "__main__":
    main()
