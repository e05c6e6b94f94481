"""Times one subject on one problem, in a process of its own: ``python -m benchmarks.worker`` and a request on
standard input.

The request and the reply are JSON objects: :class:`Task` and :class:`Reply`. The garbage collector stays as Python
sets it up, and runs before every sample, outside of the time. Times are CPU seconds of the process, in which everything
runs in one thread, so that other work on the machine disturbs less.
"""

from __future__ import annotations

import gc
import importlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, process_time
from types import FrameType
from typing import TypeVar

from benchmarks.problems import load_problem
from benchmarks.subject import Answer, Subject
from las_solver.source import MemorySource

__all__ = ["Reply", "Task", "perform", "perform_in_process"]

_ENOUGH_SECONDS = 4.0
"""A process takes no more samples after this many seconds by the wall clock, if it has at least one."""

_LOADING_SECONDS = 120.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a worker is to time: the subject of that name in the question of that name; `limit` in CPU seconds a
    call."""

    question: str
    subject: str
    problem: str
    samples: int
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a worker found: seconds of each sample. `over_limit`: one call took longer than the limit allows.

    `answer` is a module's name to its version, None if the subject says that there is none.
    """

    fresh: list[float]
    again: list[float]
    answer: dict[str, str] | None = None
    over_limit: bool = False
    failure: str | None = None


class _OverLimit(Exception):
    """The call took longer than the limit allows."""


def perform_in_process(task: Task) -> Reply:
    """Perform `task` in a new process."""
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "benchmarks.worker"],
            input=json.dumps(asdict(task)),
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[1],
            timeout=_LOADING_SECONDS + 10 * task.limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Reply(fresh=[], again=[], over_limit=True)
    if finished.returncode != 0:
        last = (finished.stderr.strip().splitlines() or ["no message"])[-1]
        return Reply(fresh=[], again=[], failure=f"exit status {finished.returncode}: {last}")
    return Reply(**json.loads(finished.stdout))


def perform(task: Task) -> Reply:
    """Perform `task` here: a call to warm up, then samples of a fresh and of a repeated call in turn."""
    subjects: tuple[Subject, ...] = importlib.import_module(f"benchmarks.{task.question}").SUBJECTS
    subject = next(one for one in subjects if one.name == task.subject)
    problem = load_problem(task.problem)
    make = subject.prepare(problem, MemorySource(problem.module_versions))
    fresh: list[float] = []
    again: list[float] = []
    try:
        answer = _within(task.limit, lambda: make()())
        began = perf_counter()
        while len(fresh) < task.samples and (not fresh or perf_counter() - began < _ENOUGH_SECONDS):
            gc.collect()
            start = process_time()
            solve = _within(task.limit, lambda: _made_and_used(make))
            fresh.append(process_time() - start)
            gc.collect()
            start = process_time()
            _within(task.limit, solve)
            again.append(process_time() - start)
    except _OverLimit:
        return Reply(fresh=[], again=[], over_limit=True)
    return Reply(fresh=fresh, again=again, answer=None if answer is None else dict(answer))


def _made_and_used(make: Callable[[], Callable[[], Answer]]) -> Callable[[], Answer]:
    solve = make()
    solve()
    return solve


def _within(seconds: float, call: Callable[[], Result]) -> Result:
    """What `call` returns; raises :class:`_OverLimit` where it takes longer (on systems without timers it may)."""
    if not hasattr(signal, "setitimer"):
        return call()

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise _OverLimit

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _main() -> None:
    print(json.dumps(asdict(perform(Task(**json.load(sys.stdin))))))


if __name__ == "__main__":
    _main()
