"""What the service counts, for Prometheus."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

if TYPE_CHECKING:
    from las_cli.serve.job import Job
    from las_cli.serve.pool import Pool

__all__ = ["Metrics"]

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_PREFIX: Final = "las_solve"
_JOBS: Final = ("busy", "cancelled", "conflict", "done", "internal", "lost", "plan", "refused", "timeout")
_WORKERS: Final = ("killed", "lost", "ready", "retired")
_RELOADS: Final = ("changed", "refused")


class Metrics:
    """The numbers of one service, in a registry of their own."""

    media_type: Final = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._all = CollectorRegistry()
        self._requests = self._counter("requests", "Requests that were answered.", "method", "route", "status")
        self._latency = self._histogram("request_seconds", "From the first byte to the last.", "route")
        self.in_flight = self._gauge("requests_in_flight", "Requests that are not answered yet.")
        self._jobs = self._counter("jobs", "Jobs for workers, by what became of them.", "kind", "outcome")
        self._waited = self._histogram("job_queue_seconds", "How long jobs waited for a worker.")
        self._worked = self._histogram("job_seconds", "How long workers took for jobs.", "kind")
        self._workers = self._counter("worker_events", "Workers that came up, and that ended.", "event")
        self._reloads = self._counter("reloads", "Looks at registries that found a change.", "result")
        self.generation = self._gauge("registry_generation", "How often the registry was replaced.")
        self.stale = self._gauge("registry_stale", "Whether an earlier state serves, since the files are of no use.")
        self.modules = self._gauge("registry_modules", "Modules of the registry.")
        self.versions = self._gauge("registry_versions", "Versions of all modules of the registry.")
        for event in _WORKERS:
            self._workers.labels(event)
        for result in _RELOADS:
            self._reloads.labels(result)
        for outcome in _JOBS:
            self._jobs.labels("plan", outcome)
        ProcessCollector(registry=self._all)

    def watch(self, pool: Pool) -> None:
        """Tells the state of `pool`, too."""
        of_pool: dict[str, tuple[str, Callable[[], float]]] = {
            "queue_length": ("Jobs that wait for a worker.", lambda: pool.waiting),
            "workers_busy": ("Workers that do a job.", lambda: pool.busy),
            "workers_ready": ("Workers that can do jobs.", lambda: pool.ready),
            "workers_resident_bytes": ("Memory of all workers.", lambda: sum(map(_resident, pool.processes))),
        }
        for name, (help, value) in of_pool.items():
            self._gauge(name, help).set_function(value)

    def on_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request is over."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def on_job(self, job: Job, outcome: str, waited: float, worked: float) -> None:
        """A job is over."""
        self._jobs.labels(job.kind, outcome).inc()
        self._waited.observe(waited)
        self._worked.labels(job.kind).observe(worked)

    def on_worker(self, event: str) -> None:
        """A worker came up, or ended."""
        self._workers.labels(event).inc()

    def on_reload(self, result: str) -> None:
        """The registry was ``changed``, or a change of it was ``refused``."""
        self._reloads.labels(result).inc()

    def render(self) -> bytes:
        """All numbers, as text."""
        return generate_latest(self._all)

    def _counter(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(f"{_PREFIX}_{name}", help, labels, registry=self._all)

    def _gauge(self, name: str, help: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", help, registry=self._all)

    def _histogram(self, name: str, help: str, *labels: str) -> Histogram:
        return Histogram(f"{_PREFIX}_{name}", help, labels, registry=self._all, buckets=_SECONDS)


def _resident(pid: int) -> int:
    """The bytes of memory that a process takes, 0 where that cannot be told."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
