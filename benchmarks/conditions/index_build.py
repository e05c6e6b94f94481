"""How many versions a second are compiled into an index, from YAML streams, one a module?

Whole processes: the first ``las-solve plan`` out of a registry that is not frozen, with an empty folder for caches, so
that reading, compiling and writing the index is most of it, but start and plan are counted, too. The system has the
manifests in memory.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.conditions.prepared import Prepared, prepare_all
from benchmarks.machine import machine
from benchmarks.measure import Figure, Measurement
from benchmarks.options import Options
from benchmarks.processes import CommandFailed, Costs, run_command
from benchmarks.results import Section

__all__ = ["TITLE", "run"]

TITLE = "Compiling a registry into its index"

_TARGET = 10_000.0
_LARGE_ENOUGH = 100_000
"""In smaller registries the start of the processes is too large a part."""

_ROUNDS = 5
_LIMIT = 1800.0
_SUBJECT = "las-solve plan, no index yet"


def run(options: Options) -> Section:
    """Build the index of every registry a few times, and say how fast."""
    registries = prepare_all(options.built, options)
    measured: list[Measurement] = []
    figures: list[Figure] = []
    with TemporaryDirectory() as folder:
        for prepared in registries:
            prepared.thaw()
            costs = _costs(prepared, min(options.samples, _ROUNDS), Path(folder) / "cache")
            sizes = {"versions": prepared.spec.versions}
            wall = costs.measurement(prepared.name, _SUBJECT, sizes=sizes)
            measured += [
                wall,
                costs.measurement(prepared.name, f"{_SUBJECT}, CPU of all processes", "cpu", sizes=sizes),
                costs.measurement(prepared.name, f"{_SUBJECT}, peak of the largest process", "peak", sizes=sizes),
            ]
            figures.append(_rate(prepared, wall))
    cores = f"with {machine()['cores']} cores"
    return Section(
        question="index-build", title=TITLE, measurements=tuple(measured), figures=tuple(figures), notes=(cores,)
    )


def _costs(prepared: Prepared, rounds: int, cache: Path) -> Costs:
    """What building it costs, after one time to warm up where that does not take long."""
    costs = Costs()
    command = prepared.plan_command(min(prepared.spec.closures))
    turns = rounds + 1 if prepared.spec.versions <= _LARGE_ENOUGH else 1
    for turn in range(turns):
        print(f"index-build: {prepared.name}, {turn + 1} of {turns}", file=sys.stderr, flush=True)
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir()
        try:
            cost = run_command(command, limit=_LIMIT, variables={"LAS_SOLVE_CACHE": str(cache)})
        except CommandFailed as failed:
            costs.fail(failed)
            break
        costs.runs += [cost] if turn or turns == 1 else []
    return costs


def _rate(prepared: Prepared, wall: Measurement) -> Figure:
    return Figure(
        problem=prepared.name,
        what="compiled",
        value=prepared.spec.versions / wall.median if wall.median else None,
        unit="versions/s",
        target=_TARGET if prepared.spec.versions >= _LARGE_ENOUGH else None,
        failure=wall.failure,
    )
