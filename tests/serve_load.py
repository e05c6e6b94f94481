"""Puts load on a real ``las-solve serve``, which is restarted, loses workers, and whose registry changes meanwhile, and
says what of its answers was wrong, which acknowledged write was lost, and what it holds on to.

``PYTHONPATH=tests python tests/serve_load.py --requests 10000`` by hand; a small one is part of the tests.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Thread

from serve_client import Client
from serve_held import Held, children, grown, held, left_behind, workers_of
from serve_known import STATES, Known
from serve_shared import Shared
from serving import Serving, until

__all__ = ["Load", "Report"]

_WORKERS = 2
_AGES_AGO = 1_000_000_000
_CALM = 0.7
"""The part of all requests in which the service is started anew; the rest is one lifetime, to see what grows."""


@dataclass
class Report:
    """What came of it; `cut` are requests that were tried again, since the service ended meanwhile."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    lifetimes: list[list[Held]] = field(default_factory=list)
    cut: int = 0
    turns: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def complaints(self) -> list[str]:
        """All that should not be."""
        return [*self.wrong, *self.lost, *self.grown]


class Load:
    """Clients of a service of a registry of two states, in `folder`.

    Of `restarts`, each third one is no end that is asked for, but SIGKILL.
    """

    def __init__(self, folder: Path, *, requests: int, clients: int, changes: int, restarts: int) -> None:
        self._requests = requests
        self._turns = list(_turns(changes, restarts))
        names = [f"{kind}{number}" for kind in "ms" for number in range(clients)]
        self._known = Known(folder, names)
        self._store = folder / "store.sqlite3"
        self._caches, self._temporary = folder / "caches", folder / "temporary"
        self._temporary.mkdir()
        self._environment = {**os.environ, "LAS_SOLVE_CACHE": str(self._caches), "TMPDIR": str(self._temporary)}
        self._shared = Shared(self._known, requests)
        self._clients = [Client(number, self._shared) for number in range(clients)]
        self._ids: list[set[str]] = []
        self._lifetime = 0
        self._is_untidy = False
        self._service: Serving
        self.report = Report()

    def run(self) -> Report:
        """Does all of it."""
        begun = time.monotonic()
        self._start(0)
        threads = [Thread(target=one.run) for one in self._clients]
        meddler = Thread(target=self._meddle)
        try:
            for one in (*threads, meddler):
                one.start()
            for one in threads:
                one.join()
            self._shared.stop()
            meddler.join()
            self._sample()
            self._compare_stored()
            self._end(signal.SIGTERM)
        finally:
            self._shared.stop()
            self._service.__exit__()
        self.report.seconds = time.monotonic() - begun
        self._sum_up()
        return self.report

    def _start(self, port: int) -> None:
        """Starts the service. In each other lifetime it does not look at its registry unless it is told to."""
        place = ("--registry", str(self._known.registry), "--profile", str(self._known.profile))
        rest = ("--store", str(self._store), "--workers", str(_WORKERS), "--grace", "60")
        interval = ("--reload-interval", "3600" if self._is_told else "0.1")
        self._service = Serving(*place, *rest, *interval, port=port, environment=self._environment)
        self._service.wait_for("worker", _WORKERS, state="ready")
        self._shared.begin(self._service.port)
        self.report.lifetimes.append([])

    @property
    def _is_told(self) -> bool:
        return self._lifetime % 2 == 1

    def _end(self, number: int) -> None:
        """Ends the service, and looks at what it leaves behind, and at whether its log knows of the same answers."""
        processes = children(self._service.process.pid)
        status = self._service.end(number)
        requests = [one for one in self._service.logged("request") if one["request_id"].startswith("client")]
        ids = {one["request_id"] for one in requests if one["status"] != 499}
        self._ids.append(ids)
        until(lambda: not any(map(_is_running, processes)))
        if number == signal.SIGTERM:
            if status:
                self._wrong(f"exit status {status}")
            self.report.grown += left_behind(self._caches, self._temporary)
            self._shared.await_clients()
            unanswered = ids - self._shared.received()
            self.report.wrong += [f"{one} was answered by the log alone" for one in sorted(unanswered)]
        for left in self._caches.glob("serve-*"):  # the next one sees that it is old
            os.utime(left, (_AGES_AGO, _AGES_AGO))
        self._service.__exit__()

    def _meddle(self) -> None:
        """Does one thing after the other to the service, each after so many requests; half of the next ones come
        meanwhile, half when that is done."""
        share = self._requests / (len(self._turns) + 1)
        try:
            for place, turn in enumerate(self._turns, 1):
                if not self._shared.await_requests(round(place * share), round((place + 0.5) * share)):
                    return
                self.report.turns[turn] += 1
                if turn in ("restart", "crash"):
                    self._shared.end(is_crash=turn == "crash")
                    self._end(signal.SIGTERM if turn == "restart" else signal.SIGKILL)
                    self._lifetime += 1
                    self._start(self._service.port)
                else:
                    self._sample()
                    self._change(kill=turn == "kill")
            self._shared.allow_all()
        except BaseException as error:
            self._wrong(f"{type(error).__name__} of who meddles: {error}"[:2000])
            self._shared.stop()

    def _change(self, *, kill: bool) -> None:
        """Another state of the registry; first of all, it `kill`s a worker."""
        service = self._service
        ready = len(service.logged("worker", state="ready"))
        if kill:
            os.kill(workers_of(service.process.pid)[-1], signal.SIGKILL)
        renewed = len(service.logged("the registry changed"))
        self._known.put(self._shared.begin_change() % STATES)
        if self._is_told:
            service.process.send_signal(signal.SIGHUP)
        service.wait_for("the registry changed", renewed + 1)
        self._shared.settle()
        if kill:
            service.wait_for("worker", ready + 1, state="ready")

    def _sample(self) -> None:
        """What the service holds on to while no client wants anything."""
        service = self._service
        with self._shared.silence():
            until(lambda: service.metric("las_solve_requests_in_flight") == 1)  # the one that asks
            until(lambda: service.metric("las_solve_workers_busy") == 0)
            until(lambda: service.metric("las_solve_workers_ready") == _WORKERS)
            found = held(service.process.pid, self._temporary)
            self.report.lifetimes[-1].append({**found, "directories of indexes": self._indexes()})

    def _indexes(self) -> int:
        """How many directories of indexes there are; one comes and goes each time when the registry is looked at."""
        counts: list[int] = []

        def look() -> bool:
            counts.append(sum(1 for _ in self._caches.glob("serve-*/*/")))
            return counts[-1] == 1

        with suppress(AssertionError):
            until(look, seconds=0.1 if self._is_untidy else 10.0)
        self._is_untidy = min(counts) != 1
        return min(counts)

    def _compare_stored(self) -> None:
        """What is answered about the store is what the commands print, byte by byte."""
        plan = {"modules": ["app", "m0"]}
        asked: Mapping[str, tuple[str, str, object]] = {
            "state list": ("GET", "/v1/state", None),
            "state history m0": ("GET", "/v1/state/m0/history", None),
            "pin": ("GET", "/v1/pins", None),
            "plan app m0": ("POST", "/v1/plan", plan),
            "plan app m0 --strategy keep": ("POST", "/v1/plan", {**plan, "strategy": "keep"}),
        }
        for command, (method, path, body) in asked.items():
            found = self._service.ask(method, path, body).body
            if found != self._known.printed(command, self._store):
                self._wrong(f"{command}: {found[:300]!r}")

    def _sum_up(self) -> None:
        report, shared = self.report, self._shared
        report.answers, report.cut = shared.answers, shared.cut
        report.wrong += shared.wrong
        report.lost += [complaint for one in self._clients for complaint in one.lost(self._store)]
        unknown = shared.received() - set().union(*self._ids)
        if len(unknown) > len(self._clients) * report.turns["crash"]:
            report.wrong.append(f"the log does not know {len(unknown)} answers: {sorted(unknown)[:5]}")
        for samples in report.lifetimes:
            report.grown += grown(samples)
            for one in samples:
                if (one["children"], one["directories of indexes"]) != (_WORKERS + 1, 1):
                    report.grown.append(f"too many: {dict(one)}")

    def _wrong(self, what: str) -> None:
        self.report.wrong.append(what)


def _turns(changes: int, restarts: int) -> Iterator[str]:
    """What happens to the service, in order: each fourth change comes while a worker is killed."""
    kinds = ["kill" if place % 4 == 1 else "change" for place in range(changes)]
    ends = Counter(int(_CALM * changes * (place + 1) / (restarts + 1)) for place in range(restarts))
    number = count(1)
    for place, kind in enumerate(kinds):
        for _ in range(ends[place]):
            yield "crash" if next(number) % 3 == 0 else "restart"
        yield kind


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> int:
    """Reports; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=5)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        numbers = {"requests": told.requests, "changes": told.changes, "restarts": told.restarts}
        report = Load(Path(folder), clients=told.clients, **numbers).run()
    for number, samples in enumerate(report.lifetimes):
        for one in samples:
            print(number, dict(one))
    print(dict(sorted(report.answers.items())))
    print(f"{sum(report.answers.values())} answers in {report.seconds:.0f} s, {report.cut} requests tried again")
    print(dict(report.turns))
    for name in ("wrong", "lost", "grown"):
        found = getattr(report, name)
        print(f"{name}: {len(found)}", *found[:10], sep="\n  ")
    return 1 if report.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
