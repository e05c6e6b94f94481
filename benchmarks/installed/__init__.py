"""How much longer does a plan take beside 2,000 installed modules than on an empty machine?

The same requests for the same registry (see machine.py), with and without the store. As whole processes of
``las-solve plan``, which also read manifests and the store and print the plan; and in process with a fresh planner and
the registry in memory, where nothing hides what is installed. There a plan for a small closure is mostly what 2,000
modules cost however little is asked for: the notes tell it as the difference. A larger closure is another problem,
too, beside installed modules which need its own ones as they are.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.installed.machine import CASES, HOST, Case, installed_modules, manifest, registry
from benchmarks.installed.worker import Reply
from benchmarks.measure import Comparison, Measurement
from benchmarks.options import Options
from benchmarks.problems import Problem
from benchmarks.problems.files import ProblemFiles, write_problem
from benchmarks.processes import las_solve_command, time_processes
from benchmarks.results import Section
from las_solver.model import ModuleVersion

__all__ = ["TITLE", "fill_store", "run"]

TITLE = "Planning beside 2,000 installed modules"

_TARGET = 1.5
_ROUNDS = 9
_SECONDS = 600.0
_EMPTY, _BESIDE = "on an empty machine", "beside 2,000 installed"
_COMMAND = "las-solve plan"
_COMMANDS = ("closure of 50", "closure of 500", "closure of 50, keep", "conflict")
"""The cases that are timed as whole processes, too."""


def run(options: Options) -> Section:
    """Time every case on both machines, as commands and in process, and compare."""
    measured: list[Measurement] = []
    compared: list[Comparison | None] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        for case, empty, beside in _commands(Path(name), options):
            measured += [empty, beside]
            target = _TARGET if case.has_plan else None
            compared.append(Comparison.of(empty, beside, target=target, is_ceiling=True))
    for case in CASES:
        empty, beside = _in_process(case, options)
        measured += [empty, beside]
        compared.append(Comparison.of(empty, beside))
        if empty.median is not None and beside.median is not None:
            notes.append(f"{case.name}, in process: {(beside.median - empty.median) * 1000:,.1f} ms more")
    return Section(
        question="installed",
        title=TITLE,
        measurements=tuple(measured),
        comparisons=tuple(one for one in compared if one is not None),
        notes=tuple(notes),
    )


def fill_store(path: Path, installed: Sequence[ModuleVersion]) -> None:
    """Makes a store at `path` that has these modules installed by one plan."""
    from las_registry.lifecycle import Store

    steps = [
        {"module": one.name, "version": str(one.version), "action": "install", "installed": None} for one in installed
    ]
    plan = {"status": "resolved", "request": [one.name for one in installed], "steps": steps, "invalid": []}
    with Store.open(path) as store:
        store.apply(plan, manifests={(one.name, str(one.version)): manifest(one) for one in installed}, installed=True)


def _commands(folder: Path, options: Options) -> list[tuple[Case, Measurement, Measurement]]:
    """The whole processes: each case on an empty machine and beside what is installed."""
    modules = registry()
    cases = [case for case in CASES if case.name in _COMMANDS]
    problem = Problem(name="machine", module_versions=modules, host=HOST, request=cases[0].wanted())
    files = write_problem(problem, folder)
    store = folder / "store.sqlite3"
    fill_store(store, tuple(installed_modules(modules).values()))
    found = []
    for case in cases:
        print(f"installed: {case.name}, {_COMMAND}", file=sys.stderr, flush=True)
        commands = {
            f"{_COMMAND}, {_EMPTY}": _command(case, files, "--no-store"),
            f"{_COMMAND}, {_BESIDE}": _command(case, files, "--store", str(store)),
        }
        rounds = min(options.samples, _ROUNDS)
        empty, beside = time_processes(case.name, commands, rounds, statuses=(0 if case.has_plan else 1,)).values()
        found.append((case, empty, beside))
    return found


def _command(case: Case, files: ProblemFiles, *store: str) -> tuple[str, ...]:
    """The command for `case`; parsed manifests are kept beside the registry, not with those of the user."""
    registry, profile = str(files.registry), str(files.profile)
    command = las_solve_command("plan", *case.arguments, "--registry", registry, "--profile", profile, *store)
    return ("env", f"LAS_SOLVE_CACHE={files.profile.parent / 'cache'}", *command)


def _in_process(case: Case, options: Options) -> tuple[Measurement, Measurement]:
    """The case on an empty machine and beside what is installed, in processes that take turns."""
    replies: dict[bool, list[Reply]] = {False: [], True: []}
    for turn in range(options.processes):
        for is_beside, before in replies.items():
            if any(reply.over_limit for reply in before):
                continue
            where = _BESIDE if is_beside else _EMPTY
            print(f"installed: {case.name}, {where}, process {turn + 1}", file=sys.stderr, flush=True)
            before.append(_perform(case, is_beside, options))
    return _measurement(case, _EMPTY, replies[False], options), _measurement(case, _BESIDE, replies[True], options)


def _perform(case: Case, is_beside: bool, options: Options) -> Reply:
    told = {"case": case.name, "is_beside": is_beside, "samples": options.samples, "limit": options.limit}
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.installed.worker"],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=_SECONDS,
        check=True,
    )
    return Reply(**json.loads(finished.stdout))


def _measurement(case: Case, where: str, replies: Sequence[Reply], options: Options) -> Measurement:
    over_limit = any(reply.over_limit for reply in replies)
    return Measurement(
        problem=case.name,
        subject=f"in process, {where}",
        samples=() if over_limit else tuple(tuple(reply.seconds) for reply in replies),
        limit=options.limit if over_limit else None,
        note=replies[0].found,
    )
