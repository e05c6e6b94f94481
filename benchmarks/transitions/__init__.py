"""How many durable transitions a second does the store make, and how long does a plan wait for what is installed?

Both on the disk of the current directory, beside 2,000 installed modules. The floor for a transition is a loop by the
standard library's sqlite3, with the settings of the store, that inserts one row and updates another in each
transaction; both take turns. The target is met with 150 transitions a second, or with twice the time of the floor.
What a plan reads is timed in the same process, again and again, and as a whole process beside one that only starts.
"""

from __future__ import annotations

import gc
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.measure import Comparison, Measurement
from benchmarks.options import Options
from benchmarks.processes import time_processes
from benchmarks.results import Section

__all__ = ["TITLE", "run"]

TITLE = "Durable transitions, and reading what is installed"

_MODULES = 2000
_TRANSITIONS = 200
"""In each sample."""

_PROBLEM = f"{_MODULES} installed"
_STORE, _BARE = "a transition of the store", "a transaction of sqlite3 alone"
_READ, _READ_COLD, _START = "reading what is installed", "a process that reads it", "a process that imports sqlite3"
_A_SECOND, _TIMES = 150.0, 2.0

_READING = """
import sys
from pathlib import Path
from las_registry.lifecycle import read_store
read_store(Path(sys.argv[1]))
"""


def run(options: Options) -> Section:
    """Time transitions and reading, and compare."""
    with TemporaryDirectory(prefix=".benchmarks-", dir=".") as directory:
        store = Path(directory, "store.sqlite3")
        _fill(store)
        transitions = _time_transitions(store, Path(directory, "bare.sqlite3"), options)
        commands = {
            _START: (sys.executable, "-c", "import sqlite3"),
            _READ_COLD: (sys.executable, "-c", _READING, str(store)),
        }
        reading = [_time_reading(store, options), *time_processes(_PROBLEM, commands, options.samples).values()]
    bare, durable = transitions
    floor = bare.median or 0.0
    target = max(_TIMES, 1 / _A_SECOND / floor) if floor else None
    compared = Comparison.of(bare, durable, target=target, is_ceiling=True)
    return Section(
        question="transitions",
        title=TITLE,
        measurements=(*transitions, *reading),
        comparisons=() if compared is None else (compared,),
        notes=tuple(f"{one.subject}: {1 / one.median:,.0f} a second" for one in transitions if one.median is not None),
    )


def _fill(path: Path) -> None:
    """Makes a store that has everything installed by one plan."""
    from las_registry.lifecycle import Store

    names = [f"module-{number}" for number in range(_MODULES)]
    steps = [{"module": name, "version": "1.0", "action": "install", "installed": None} for name in names]
    plan = {"status": "resolved", "request": names[:1], "steps": steps, "invalid": []}
    manifests = {(name, "1.0"): _manifest(number, name) for number, name in enumerate(names)}
    with Store.open(path) as store:
        store.apply(plan, manifests=manifests, installed=True)


def _manifest(number: int, name: str) -> str:
    """The JSON of a manifest of usual size; each module needs two that come before it."""
    needs = [f"module-{number // 2}@>=0.5,<3", f"module-{number // 3}"] if number > 3 else []
    return json.dumps(
        {
            "name": name,
            "category": ("application", "model", "runtime", "tool")[number % 4],
            "version": "1.0",
            "description": f"The module number {number}, which stands here for one that is installed",
            "license": "Apache-2.0",
            "hardware": {"cpu": {"cores_min": number % 8 + 1}, "gpu": {"vram_min": f"{number % 24 + 1}GB"}},
            "dependencies": {"system": ["curl", f"library-{number % 50}"], "modules": needs},
            "runtime": {"modes": ["container", "native"], "preferred": "native"},
            "interfaces": {"provides": [f"interface-{number}"], "consumes": []},
        }
    )


def _time_transitions(store: Path, bare: Path, options: Options) -> tuple[Measurement, Measurement]:
    """The bare loop and the store, in turns; seconds of one transition in the mean of each sample."""
    from las_registry.lifecycle import State, Store

    with Store.open(store) as opened, closing(_bare_database(bare)) as database:

        def transitions() -> None:
            for name, to in _moves():
                opened.transition(name, "1.0", State(to), reason="to be measured")

        def transactions() -> None:
            for name, to in _moves():
                _write_bare(database, name, to)

        samples: dict[str, list[float]] = {_BARE: [], _STORE: []}
        for turn in range(options.samples + 1):
            for subject, work in ((_BARE, transactions), (_STORE, transitions)):
                seconds = _timed(work) / _TRANSITIONS
                if turn:
                    samples[subject].append(seconds)
    return (
        Measurement(problem=_PROBLEM, subject=_BARE, samples=(tuple(samples[_BARE]),)),
        Measurement(problem=_PROBLEM, subject=_STORE, samples=(tuple(samples[_STORE]),)),
    )


def _moves() -> Iterator[tuple[str, str]]:
    """The transitions of a sample: modules start, and stop again."""
    for number in range(_TRANSITIONS):
        yield f"module-{number // 2}", ("running", "stopped")[number % 2]


def _time_reading(store: Path, options: Options) -> Measurement:
    from las_registry.lifecycle import read_store

    samples = [_timed(lambda: read_store(store)) for _ in range(options.samples + 1)]
    return Measurement(problem=_PROBLEM, subject=_READ, samples=(tuple(samples[1:]),))


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    start = perf_counter()
    work()
    return perf_counter() - start


def _bare_database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA fullfsync = ON")
    database.execute("PRAGMA checkpoint_fullfsync = ON")
    database.execute("CREATE TABLE modules (name TEXT PRIMARY KEY, state TEXT, since TEXT)")
    database.execute(
        "CREATE TABLE transitions (id INTEGER PRIMARY KEY, at TEXT, who TEXT, why TEXT, module TEXT, state TEXT)"
    )
    database.execute("BEGIN")
    rows = [(f"module-{number}", "installed", _MOMENT) for number in range(_MODULES)]
    database.executemany("INSERT INTO modules VALUES (?, ?, ?)", rows)
    database.execute("COMMIT")
    return database


_MOMENT = "2026-01-01T00:00:00.000000Z"


def _write_bare(database: sqlite3.Connection, name: str, to: str) -> None:
    database.execute("BEGIN IMMEDIATE")
    row = (_MOMENT, "somebody@localhost, process 12345", "to be measured", name, to)
    database.execute("INSERT INTO transitions (at, who, why, module, state) VALUES (?, ?, ?, ?, ?)", row)
    database.execute("UPDATE modules SET state = ?, since = ? WHERE name = ?", (to, _MOMENT, name))
    database.execute("COMMIT")
