"""How much longer than its own libraries take to import does a cold ``las-solve plan`` on the bundled catalog take?

Whole processes in turn: an interpreter that does nothing, one that imports click, sqlite3 and PySAT's solvers and
nothing else, ``las-solve --version``, and ``las-solve plan``: with the registry compiled and the profile read before,
as they are after the first time, and without.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Comparison
from benchmarks.options import Options
from benchmarks.problems.files import CATALOG, catalog_files
from benchmarks.processes import las_solve_command, time_processes
from benchmarks.results import Section

__all__ = ["TITLE", "run"]

TITLE = "A cold las-solve plan on the bundled catalog, as a whole process"

_TARGET = 2.0
_IMPORTS = "import click, sqlite3; from pysat.solvers import Solver"
_BARE, _LIBRARIES, _VERSION = "python, nothing", "python, imports only", "las-solve --version"
_PLAN, _PLAN_JSON, _PLAN_DETECTED = "las-solve plan", "las-solve plan --format json", "las-solve plan, host detected"
_PLAN_FIRST = "las-solve plan, nothing compiled before"


def run(options: Options) -> Section:
    """Time the processes and compare."""
    with tempfile.TemporaryDirectory() as folder:
        files = catalog_files(Path(folder))
        commands = {
            _BARE: (sys.executable, "-c", "pass"),
            _LIBRARIES: (sys.executable, "-c", _IMPORTS),
            _VERSION: las_solve_command("--version"),
            _PLAN: las_solve_command("plan", *files.arguments),
            _PLAN_JSON: las_solve_command("plan", *files.arguments, "--format", "json"),
            _PLAN_DETECTED: las_solve_command("plan", *files.request, "--profile", "detect"),
            _PLAN_FIRST: ("env", "LAS_SOLVE_CACHE=", *las_solve_command("plan", *files.arguments)),
        }
        measured = time_processes(CATALOG, commands, options.samples)
    compared = (
        Comparison.of(measured[_LIBRARIES], measured[_PLAN], target=_TARGET, is_ceiling=True),
        Comparison.of(measured[_LIBRARIES], measured[_PLAN_JSON], target=_TARGET, is_ceiling=True),
        Comparison.of(measured[_LIBRARIES], measured[_PLAN_DETECTED]),
        Comparison.of(measured[_LIBRARIES], measured[_PLAN_FIRST]),
    )
    return Section(
        question="cold_start",
        title=TITLE,
        measurements=tuple(measured.values()),
        comparisons=tuple(one for one in compared if one is not None),
    )
