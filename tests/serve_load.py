"""Puts load on a real ``las-solve serve``, which is restarted and whose registry changes meanwhile, and says what of
its answers was wrong, which acknowledged write was lost, and what it holds on to.

``python tests/serve_load.py --requests 10000`` by hand; a small one is part of the tests.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from command_line import run_command
from manifests import manifest_text, write_files
from serving import Serving, descriptors, send

__all__ = ["Load", "Report"]

_QUESTIONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "plan app": ("plan", {"modules": ["app"]}),
    "plan app library@<1.5": ("plan", {"modules": ["app", "library@<1.5"]}),
    "plan app --strategy lowest": ("plan", {"modules": ["app"], "strategy": "lowest"}),
    "plan heavy": ("plan", {"modules": ["heavy"]}),
    "diagnose app library@>=2": ("diagnose", {"modules": ["app", "library@>=2"]}),
    "why library --for app": ("why", {"module": "library", "modules": ["app"]}),
    "needs heavy": ("needs", {"modules": ["heavy"]}),
}
_MACHINE = {"cpu": {"cores": 16}, "memory": {"ram": "64GiB"}}
_FIRST, _THEN = ("resolved", "installed"), ("running", "stopped")


@dataclass
class Report:
    """What came of it; `cut` are requests that got no answer, `memory` and `files` are measured while nothing runs."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    cut: int = 0
    restarts: int = 0
    reloads: int = 0
    seconds: float = 0.0
    held: list[dict[str, int]] = field(default_factory=list)


class Load:
    """Clients of a service of a registry of two states, in `folder`."""

    def __init__(self, folder: Path, *, requests: int, clients: int, changes: int, restarts: int) -> None:
        self.report = Report()
        self._requests = requests
        self._clients = clients
        self._changes = changes
        self._restarts = restarts
        self._registry = folder / "registry"
        self._store = folder / "store.sqlite3"
        self._profile = folder / "machine.json"
        self._profile.write_text(json.dumps(_MACHINE))
        self._known: dict[str, dict[str, bytes]] = {}
        self._written: list[tuple[str, str]] = []
        self._steps = [0] * clients
        self._moves: Counter[int] = Counter()
        self._numbers = count()
        self._lock = Lock()
        self._is_over = Event()
        self._service: Serving
        self._lay_out()

    def run(self) -> Report:
        """Does all of it."""
        for state in (0, 1):
            self._change(state)
            self._learn()
        begun = time.monotonic()
        self._service = self._start(0)
        clients = [Thread(target=self._be_client, args=(number,)) for number in range(self._clients)]
        meddler = Thread(target=self._meddle)
        try:
            for one in (*clients, meddler):
                one.start()
            for one in clients:
                one.join()
        finally:
            self._is_over.set()
            meddler.join()
            self.report.held.append(self._held())
            assert self._service.end() == 0
            self._service.__exit__()
        self.report.seconds = time.monotonic() - begun
        self._look_for_writes()
        return self.report

    def _lay_out(self) -> None:
        """Writes what stays as it is."""
        write_files(
            self._registry,
            {
                "app/manifest.yaml": manifest_text("app", "2.1", "dependencies:\n  modules: ['library@<2']\n"),
                "heavy/manifest.yaml": manifest_text("heavy", "1.0", "hardware:\n  gpu:\n    vram_min: 24GB\n"),
                **{f"{one}/manifest.yaml": manifest_text(one, "1.0") for one in self._names()},
            },
        )

    def _change(self, state: int) -> None:
        """Puts the registry into one of its two states, at once."""
        versions = ("1.0", f"1.{5 + state}", "2.0")
        library = "---\n".join(manifest_text("library", version) for version in versions)
        (write_files(self._registry, {"new": library}) / "new").replace(self._registry / "library.manifest.yaml")

    def _learn(self) -> None:
        """Keeps what the commands print of the registry as it is now, by its digest."""
        place = ("--registry", str(self._registry), "--profile", str(self._profile), "--format", "json")
        nothing = str(self._store.with_name("nothing.sqlite3"))
        printed = {
            one: run_command(*one.split(), *place, LAS_SOLVE_STORE=nothing).stdout.encode() for one in _QUESTIONS
        }
        digest = json.loads(printed["plan app"])["registry"]["digest"]
        self._known[digest] = printed

    def _start(self, port: int) -> Serving:
        place = ("--registry", str(self._registry), "--profile", str(self._profile), "--store", str(self._store))
        return Serving(*place, "--workers", "2", "--reload-interval", "0.1", port=port)

    def _be_client(self, client: int) -> None:
        """Asks one question after the other, and records something each fifth time."""
        connection: HTTPConnection | None = None
        while (number := next(self._numbers)) < self._requests:
            while True:
                connection = connection or HTTPConnection("127.0.0.1", self._service.port, timeout=30)
                try:
                    if number % 5 == 4:
                        self._write(connection, client, number)
                    else:
                        self._ask(connection, number)
                    break
                except (OSError, HTTPException):  # while it starts again
                    connection.close()
                    connection = None
                    with self._lock:
                        self.report.cut += 1
                    time.sleep(0.02)
        if connection is not None:
            connection.close()

    def _ask(self, connection: HTTPConnection, number: int) -> None:
        question = list(_QUESTIONS)[number % len(_QUESTIONS)]
        kind, body = _QUESTIONS[question]
        found = send(connection, "POST", f"/v1/{kind}", {**body, "host": _MACHINE})
        expected = {printed[question] for printed in self._known.values()}
        digest = found.document.get("registry", {}).get("digest") if found.status == 200 else None
        if digest in self._known:
            expected = {self._known[digest][question]}
        self._count(f"{kind} {found.status}")
        if found.status != 200 or found.body not in expected:
            self._wrong(f"{question}: {found.status} {found.body[:300]!r}")

    def _write(self, connection: HTTPConnection, client: int, number: int) -> None:
        """A transition of a module that is this client's alone, with a reason that is no other's."""
        before = self._moves[client]
        state = _FIRST[before] if before < len(_FIRST) else _THEN[before % 2]
        reason = f"{number}"
        body = {"to": state, "version": "1.0", "reason": reason}
        found = send(connection, "POST", f"/v1/state/m{client}/transitions", body)
        self._count(f"transition {found.status}")
        if found.status != 200:
            self._wrong(f"m{client} {state}: {found.status} {found.body[:300]!r}")
            return
        self._steps[client] += 1
        if found.document["status"] == "recorded":
            with self._lock:
                self._written.append((f"m{client}", reason))
        self._moves[client] += found.status == 200

    def _meddle(self) -> None:
        """Changes the registry after each so many requests, and starts the service anew in between."""
        turns = self._changes * ["change"]
        for place in range(self._restarts):
            turns.insert((place + 1) * len(turns) // (self._restarts + 1), "restart")
        for place, turn in enumerate(turns, 1):
            while self._done() < place * self._requests // (len(turns) + 1):
                if self._is_over.wait(0.02):
                    return
            if turn == "change":
                self.report.reloads += 1
                self._change(self.report.reloads % 2)
            else:
                self._restart()
            self.report.held.append(self._held())

    def _restart(self) -> None:
        """Ends the service, which finishes what it has begun, and starts another at the same port."""
        port = self._service.port
        assert self._service.end() == 0
        self._service.__exit__()
        self._service = self._start(port)
        self.report.restarts += 1

    def _held(self) -> dict[str, int]:
        """What the service holds on to."""
        service = self._service
        pid = service.process.pid
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        resident = int(service.metric("process_resident_memory_bytes"))
        workers = int(service.metric("las_solve_workers_resident_bytes"))
        generation = int(service.metric("las_solve_registry_generation"))
        return {
            "requests": self._done(),
            "generation": generation,
            "resident": resident >> 20,
            "workers": workers >> 20,
            "files": descriptors(pid),
            "threads": threads,
        }

    def _look_for_writes(self) -> None:
        """Each acknowledged write stands in the history, once."""
        from las_registry.lifecycle.store import Store

        with Store.open(self._store) as store:
            kept = Counter((name, one.why) for name in self._names() for one in store.history(name))
        self.report.lost += [f"{name}: {reason}" for name, reason in self._written if kept[name, reason] != 1]

    def _names(self) -> list[str]:
        return [f"m{client}" for client in range(self._clients)]

    def _done(self) -> int:
        with self._lock:
            return sum(self.report.answers.values())

    def _count(self, what: str) -> None:
        with self._lock:
            self.report.answers[what] += 1

    def _wrong(self, what: str) -> None:
        with self._lock:
            self.report.wrong.append(what)


def main() -> int:
    """Reports; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=2)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        numbers = {"requests": told.requests, "changes": told.changes, "restarts": told.restarts}
        report = Load(Path(folder), clients=told.clients, **numbers).run()
    print(dict(sorted(report.answers.items())))
    print(f"{report.seconds:.0f} s, {report.restarts} restarts, {report.reloads} changes, {report.cut} tried again")
    for held in report.held:
        print(held)
    print(f"wrong: {report.wrong[:5]} ({len(report.wrong)})\nlost: {report.lost[:5]} ({len(report.lost)})")
    return 1 if report.wrong or report.lost else 0


if __name__ == "__main__":
    sys.exit(main())
