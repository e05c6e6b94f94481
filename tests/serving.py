"""A ``las-solve serve`` of its own process, what it logs, and requests to it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from threading import Condition, Thread
from typing import Any

__all__ = ["Answer", "Serving", "send", "until"]

_SECONDS = 60.0
"""How long to wait for what comes soon, unless the machine is busy with something else."""


class Answer:
    """What came back for a request."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Serving:
    """The service with these options, from when it listens; a context that ends it."""

    def __init__(self, *options: str, port: int = 0, environment: Mapping[str, str] | None = None) -> None:
        program = "from las_cli.main import main; main()"
        command = [sys.executable, "-c", program, "serve", "--port", str(port), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
        self.lines: list[str] = []
        self._changed = Condition()
        self._has_ended = False
        self._reading = Thread(target=self._read, daemon=True)
        self._reading.start()
        self.port = int(self.wait_for("listening")[0]["port"])

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reading.join(_SECONDS)

    def logged(self, event: str, **more: object) -> list[dict[str, Any]]:
        """The lines of the log about one kind of event, which say this of it."""
        lines = [json.loads(line) for line in tuple(self.lines) if line.startswith("{") and f'"{event}"' in line]
        return [line for line in lines if line["event"] == event and more.items() <= line.items()]

    def wait_for(self, event: str, times: int = 1, **more: object) -> list[dict[str, Any]]:
        """These lines, once there are so many of them; fails where the process ends before that."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_ended or len(self.logged(event, **more)) >= times, _SECONDS)
            found = self.logged(event, **more)
            assert len(found) >= times, self.lines[-20:]
            return found

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """The answer to a request of a client of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            return send(connection, method, path, body, **headers)
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """The value of the metric whose line begins with `name` and a space."""
        text = self.ask("GET", "/metrics").body.decode()
        return float(next(line for line in text.splitlines() if line.startswith(f"{name} ")).rpartition(" ")[2])

    def end(self, number: int = signal.SIGTERM) -> int:
        """The exit status after a signal."""
        self.process.send_signal(number)
        status = self.process.wait(_SECONDS)
        self._reading.join(_SECONDS)  # what it started, and did not end, may hold on to the log
        return status

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr:
            for line in self.process.stderr:
                with self._changed:
                    self.lines.append(line.decode())
                    self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()


def send(connection: HTTPConnection, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """The answer to a request over `connection`."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    content = None if body is None else json.dumps(body).encode()
    if content is not None:
        said.setdefault("Content-Type", "application/json")
    connection.request(method, path, content, said)
    found = connection.getresponse()
    return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())


def until(holds: Callable[[], object], seconds: float = _SECONDS) -> None:
    """Waits until something holds of which nobody tells."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)
