"""How many plans a second does ``las-solve serve`` give, and how long does each take, beside the library's own time?

Warm plans over a closure of 50 modules out of 100,000 versions, by two workers, for 1, 8 and 64 clients that ask again
as soon as they have an answer. Each client keeps its connection; all of them are one process beside the service. The
floor is the library: the same request parsed, planned by a planner that knows the registry already, with what would
admit newer versions, as the document says it, and rendered, in process. It takes turns with the service for one client.
*Planning alone* is the plan without that and without rendering, which is no answer of the service. No answer is kept
from one request to the next, and each is compared with what ``las-solve plan --format json`` prints.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.conditions.prepared import Prepared, prepare
from benchmarks.measure import Comparison, Figure, Measurement
from benchmarks.options import Options
from benchmarks.processes import environment, las_solve_command
from benchmarks.registries import Spec
from benchmarks.results import Section

__all__ = ["TITLE", "run"]

TITLE = "Plans over HTTP, closure of 50"

_VERSIONS, _QUICK_VERSIONS, _CLOSURE, _WORKERS = 100_000, 10_000, 50, 2
_CLIENTS = (1, 8, 64)
_LIBRARY, _ALONE = "the library in process", "the library, planning alone"
_EACH, _MANY = 4, 32
"""Times the samples: of one client, and of all of several together."""

_TIMES = 3.0
_NEEDED = ("fastapi", "uvicorn", "prometheus_client")


def run(options: Options) -> Section:
    """Ask a service, and the library in turns with it, and compare."""
    if any(find_spec(name) is None for name in _NEEDED):
        return Section(question="service", title=TITLE, notes=("las-solve[serve] is not installed",))
    versions = _QUICK_VERSIONS if options.is_quick else _VERSIONS
    prepared = prepare(Spec(versions=versions, closures=(_CLOSURE,)), options)
    prepared.freeze()
    known = environment(**prepared.variables)
    printed = subprocess.run(
        prepared.plan_command(_CLOSURE, "--format", "json"), capture_output=True, env=known, check=True
    ).stdout
    library: list[tuple[float, ...]] = []
    planning: list[tuple[float, ...]] = []
    alone: list[tuple[float, ...]] = []
    with _serving(prepared) as port:
        asked = {"port": port, "printed": printed.decode(), "modules": prepared.request(_CLOSURE)}
        for _ in range(options.processes):
            samples = _EACH * options.samples
            place = {"registry": str(prepared.tree), "profile": str(prepared.profile), "samples": samples}
            library.append(_worked("library", {**asked, **place}, prepared)[0])
            planning.append(_worked("planning", {**asked, **place}, prepared)[0])
            alone.append(_worked("clients", {**asked, "clients": 1, "each": samples}, prepared)[0])
        many = {
            clients: _worked(
                "clients", {**asked, "clients": clients, "each": _MANY * options.samples // clients}, prepared
            )
            for clients in _CLIENTS
        }
    floor = _measurement(prepared, _LIBRARY, library)
    one = _measurement(prepared, _service(1), alone)
    more = [_measurement(prepared, _service(clients), [many[clients][0]]) for clients in _CLIENTS[1:]]
    compared = Comparison.of(floor, one, target=_TIMES, is_ceiling=True)
    return Section(
        question="service",
        title=TITLE,
        measurements=(floor, _measurement(prepared, _ALONE, planning), one, *more),
        comparisons=() if compared is None else (compared,),
        figures=tuple(_figures(prepared, many)),
    )


def _figures(prepared: Prepared, many: dict[int, tuple[tuple[float, ...], float]]) -> Iterator[Figure]:
    for clients, (samples, seconds) in many.items():
        percentiles = statistics.quantiles(samples, n=100)
        told = {
            "requests a second": (len(samples) / seconds, "/s"),
            "p50": (percentiles[49] * 1000, "ms"),
            "p99": (percentiles[98] * 1000, "ms"),
        }
        for what, (value, unit) in told.items():
            yield Figure(problem=prepared.name, what=f"{_service(clients)}, {what}", value=round(value, 2), unit=unit)


def _service(clients: int) -> str:
    return f"the service, {clients} client{'s' if clients > 1 else ''}"


def _measurement(prepared: Prepared, subject: str, samples: list[tuple[float, ...]]) -> Measurement:
    sizes = {"versions": prepared.spec.versions, "closure": _CLOSURE}
    return Measurement(problem=prepared.name, subject=subject, samples=tuple(samples), sizes=sizes)


def _worked(what: str, asked: dict[str, object], prepared: Prepared) -> tuple[tuple[float, ...], float]:
    """The seconds of each call in a process of its own, and of all of them together."""
    done = subprocess.run(
        (sys.executable, "-m", "benchmarks.service.worker", what),
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        env=environment(**prepared.variables),
        check=True,
    )
    found = json.loads(done.stdout)
    return tuple(found["samples"]), found["seconds"]


@contextmanager
def _serving(prepared: Prepared) -> Iterator[int]:
    """The port of a service of the registry, which ends with the context."""
    place = ("--registry", str(prepared.tree), "--profile", str(prepared.profile), "--no-store")
    command = las_solve_command("serve", "--port", "0", "--workers", str(_WORKERS), *place)
    log = Path(prepared.folder, "service.log")
    with log.open("wb+") as said:
        service = subprocess.Popen(command, stderr=said, env=environment(**prepared.variables))
        try:
            yield _port(service, log)
        finally:
            service.terminate()
            service.wait()


def _port(service: subprocess.Popen[bytes], log: Path) -> int:
    """Where the service listens, once it does."""
    while True:
        for line in log.read_bytes().splitlines(keepends=True):
            if line.startswith(b'{"host"') and line.endswith(b"\n"):
                port: int = json.loads(line)["port"]
                return port
        try:
            service.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError(f"the service ended: {log.read_text()}")
