"""Times whole processes against each other, from their start to their end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from benchmarks.measure import Measurement

__all__ = [
    "CommandFailed",
    "CommandTooSlow",
    "Cost",
    "Costs",
    "compile_bytecode",
    "cost_processes",
    "environment",
    "las_solve_command",
    "run_command",
    "run_worker",
    "time_processes",
]

_LIMIT = 600.0
_ROOT = Path(__file__).parents[1]
_LAUNCHER = Path(__file__).with_name("launcher.py")
_UNWANTED = ("PYTHONDONTWRITEBYTECODE", "PYTHONPROFILEIMPORTTIME", "PYTHONTRACEMALLOC", "PYTHONDEVMODE")

Key = TypeVar("Key", bound=Hashable)


class CommandFailed(Exception):
    """A command ended with an exit status that was not expected, or could not be started."""


class CommandTooSlow(CommandFailed):
    """A command did not end within its limit, in seconds."""

    def __init__(self, limit: float) -> None:
        super().__init__(f"over {limit:g} s")
        self.limit = limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run of a command cost: seconds by the clock, CPU seconds of its processes, and peak bytes of memory."""

    seconds: float
    cpu: float
    peak: float


@dataclass(slots=True)
class Costs:
    """What the runs of a command cost, in order, until one failed, or did not end within its `limit`."""

    runs: list[Cost] = field(default_factory=list)
    failure: str | None = None
    limit: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether the command is not to be run again."""
        return self.failure is not None or self.limit is not None

    def fail(self, reason: CommandFailed) -> None:
        """Note why there are no more runs."""
        if isinstance(reason, CommandTooSlow):
            self.limit = reason.limit
        else:
            self.failure = str(reason)

    def measurement(
        self,
        problem: str,
        subject: str,
        what: Literal["seconds", "cpu", "peak"] = "seconds",
        *,
        sizes: Mapping[str, int] | None = None,
        note: str = "",
    ) -> Measurement:
        """One of the three as a measurement, without samples if a run failed."""
        return Measurement(
            problem=problem,
            subject=subject,
            samples=() if self.is_over else (tuple(getattr(one, what) for one in self.runs),),
            limit=self.limit,
            failure=self.failure,
            unit="B" if what == "peak" else "s",
            sizes=sizes or {},
            note=note,
        )


def las_solve_command(*arguments: str) -> tuple[str, ...]:
    """The command ``las-solve`` of the environment that this runs in."""
    script = Path(sys.executable).with_name("las-solve")
    start = (str(script),) if script.is_file() else (sys.executable, "-m", "las_cli.main")
    return (*start, *arguments)


def compile_bytecode() -> None:
    """Write the bytecode of all packages and of the benchmarks, as installing them does."""
    folders = [str(_ROOT / name) for name in ("solver", "registry", "cli", "benchmarks")]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *folders], check=False, env=environment())


def environment(**changes: str) -> dict[str, str]:
    """The environment of what is measured: bytecode is written, as it is for users, and las-solve is told nothing."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _UNWANTED and (not name.startswith("LAS_SOLVE_") or name == "LAS_SOLVE_CORPUS")
    }
    return kept | changes


def run_command(
    command: Sequence[str],
    *,
    statuses: Collection[int] = (0,),
    limit: float = _LIMIT,
    variables: Mapping[str, str] | None = None,
) -> Cost:
    """Run `command` once; raises :class:`CommandFailed` where it ends with none of the exit `statuses`."""
    with tempfile.TemporaryFile() as words:
        finished = subprocess.run(
            [sys.executable, "-I", "-S", str(_LAUNCHER), str(limit), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            cwd=_ROOT,
            env=environment(**(variables or {})),
            check=False,
        )
        words.seek(0)
        text = words.read().decode(errors="replace").strip() or "no message"
    if finished.returncode != 0:
        raise CommandFailed(f"cannot be started: {text.splitlines()[-1]}")
    cost = json.loads(finished.stdout)
    if cost["status"] is None:
        raise CommandTooSlow(limit)
    if cost["status"] not in statuses:
        raise CommandFailed(f"exit status {cost['status']}: {text.splitlines()[-1]}")
    return Cost(seconds=cost["seconds"], cpu=cost["cpu"], peak=cost["peak"])


def run_worker(module: str, told: str, *, limit: float = _LIMIT, variables: Mapping[str, str] | None = None) -> str:
    """Run a module of the benchmarks in a process of its own: `told` is its input; raises :class:`CommandFailed`."""
    try:
        finished = subprocess.run(
            [sys.executable, "-m", module],
            input=told,
            capture_output=True,
            text=True,
            cwd=_ROOT,
            env=environment(**(variables or {})),
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CommandTooSlow(limit) from None
    if finished.returncode != 0:
        last = (finished.stderr.strip().splitlines() or ["no message"])[-1]
        raise CommandFailed(f"exit status {finished.returncode}: {last}")
    return finished.stdout


def cost_processes(
    commands: Mapping[Key, Sequence[str]],
    rounds: int,
    *,
    statuses: Collection[int] = (0,),
    limit: float = _LIMIT,
    variables: Mapping[str, str] | None = None,
) -> dict[Key, Costs]:
    """Run every command, given by whatever tells it apart, in `rounds` in which they take turns, after one to warm up.

    A command that fails (see :func:`run_command`) is not run again. `variables` are added to the environment.
    """
    found = {key: Costs() for key in commands}
    for turn in range(rounds + 1):
        for key, command in commands.items():
            costs = found[key]
            if costs.is_over:
                continue
            try:
                cost = run_command(command, statuses=statuses, limit=limit, variables=variables)
            except CommandFailed as failed:
                costs.fail(failed)
            else:
                costs.runs += [cost] if turn else []
    return found


def time_processes(
    problem: str, commands: Mapping[str, Sequence[str]], rounds: int, *, statuses: Collection[int] = (0,)
) -> dict[str, Measurement]:
    """Time every command by the clock, as :func:`cost_processes` runs them."""
    found = cost_processes(commands, rounds, statuses=statuses)
    return {subject: costs.measurement(problem, subject) for subject, costs in found.items()}
