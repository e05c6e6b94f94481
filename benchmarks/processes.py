"""Times whole processes against each other, from their start to their end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.measure import Measurement

__all__ = ["las_solve_command", "time_processes"]


def las_solve_command(*arguments: str) -> tuple[str, ...]:
    """The command ``las-solve`` of the environment that this runs in."""
    script = Path(sys.executable).with_name("las-solve")
    start = (str(script),) if script.is_file() else (sys.executable, "-m", "las_cli.main")
    return (*start, *arguments)


def time_processes(
    problem: str, commands: Mapping[str, Sequence[str]], rounds: int, *, statuses: Collection[int] = (0,)
) -> dict[str, Measurement]:
    """Time every command, given by the name of its subject, in `rounds` in which they take turns, after one to warm up.

    A command that ends with none of the exit `statuses` has no samples. Bytecode is written, as it is for users, and no
    option of las-solve is taken from the environment.
    """
    samples: dict[str, list[float]] = {subject: [] for subject in commands}
    failures: dict[str, str] = {}
    for turn in range(rounds + 1):
        for subject, command in commands.items():
            if subject in failures:
                continue
            start = perf_counter()
            finished = subprocess.run(command, capture_output=True, env=_environment(), check=False)
            seconds = perf_counter() - start
            if finished.returncode not in statuses:
                text = finished.stderr.decode(errors="replace").strip() or "no message"
                failures[subject] = f"exit status {finished.returncode}: {text.splitlines()[-1]}"
            elif turn:
                samples[subject].append(seconds)
    return {
        subject: Measurement(
            problem=problem,
            subject=subject,
            samples=() if subject in failures else (tuple(samples[subject]),),
            failure=failures.get(subject),
        )
        for subject in commands
    }


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LAS_SOLVE_") and name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPROFILEIMPORTTIME")
    }
