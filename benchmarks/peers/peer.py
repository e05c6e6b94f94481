"""A peer, and how it is measured: in processes of its own, in the interpreter that has it.

A script of `workers` is told the question (see `question`) and writes its reply to a file. The process, and all that it
started, end by force where they take too long.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.peers.outcome import Outcome
from benchmarks.peers.question import Question
from benchmarks.problems import load_problem
from benchmarks.worker import Reply, Task, perform_in_process

__all__ = ["Peer", "Resolvelib", "Worker"]

_WORKERS = Path(__file__).with_name("workers")
_START_SECONDS = 120.0
_CALLS_A_SAMPLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A peer that a script of `workers` asks; `interpreter` has what the script imports."""

    name: str
    interpreter: str
    script: str
    arguments: tuple[str, ...] = ()
    has_solve_only: bool = True

    def measure(self, problem: str, samples: int, limit: float) -> Outcome:
        """Take up to `samples` samples of the problem of that name; no call may take longer than `limit` seconds.

        Raises :class:`benchmarks.problems.ProblemMissing`.
        """
        question = _question(problem)
        outcome = Outcome(peer=self.name, problem=problem)
        with tempfile.TemporaryDirectory() as folder:
            reply, work = Path(folder, "reply.json"), Path(folder, "work")
            work.mkdir()
            task = {"question": question.as_json(), "samples": samples, "limit": limit, "folder": str(work)}
            command = (self.interpreter, str(_WORKERS / self.script), str(reply), *self.arguments)
            status, complaints = _run(
                command, json.dumps(task), _START_SECONDS + _CALLS_A_SAMPLE * (samples + 1) * limit
            )
            replied = json.loads(reply.read_text(encoding="utf-8")) if reply.is_file() else {}
        outcome = replace(outcome, version=replied.get("version", outcome.version))
        if status in (None, -signal.SIGALRM):
            return replace(outcome, over_limit=True)
        if "parts" not in replied:
            last = (complaints.strip().splitlines() or ["no message"])[-1]
            return replace(outcome, failure=f"exit status {status}: {last}")
        return _read(outcome, question, replied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolvelib:
    """resolvelib, with the best of its preferences on the problem.

    `solve_only` is a second resolution over candidates and constraints that were worked out before, `end_to_end` the
    first, over module versions in memory: it has no files.
    """

    name: str = "resolvelib"
    version: str
    preferences: tuple[str, ...]
    has_solve_only: bool = True

    def measure(self, problem: str, samples: int, limit: float) -> Outcome:
        """As for :class:`Worker`, for each preference."""
        found = [self._of(preference, problem, samples, limit) for preference in self.preferences]
        outcome = Outcome(peer=self.name, version=self.version, problem=problem)
        timed = [(preference, one) for preference, one in zip(self.preferences, found, strict=True) if one.again]
        if not timed:
            failure = next((one.failure for one in found if one.failure), None)
            return replace(outcome, over_limit=failure is None, failure=failure)
        preference, best = min(timed, key=lambda one: statistics.median(one[1].again))
        outcome = replace(
            outcome,
            version=f"{self.version} (preference: {preference})",
            solve_only=tuple(best.again),
            end_to_end=tuple(best.fresh),
        )
        return outcome.with_answer(best.answer)

    def _of(self, preference: str, problem: str, samples: int, limit: float) -> Reply:
        return perform_in_process(
            Task(
                question="peer_speed",
                subject=f"resolvelib ({preference})",
                problem=problem,
                samples=samples,
                limit=limit,
            )
        )


Peer: TypeAlias = Worker | Resolvelib


def _read(outcome: Outcome, question: Question, replied: dict[str, Any]) -> Outcome:
    if replied.get("over_limit"):
        return replace(outcome, over_limit=True)
    parts = {name: tuple(seconds) for name, seconds in replied["parts"].items()}
    chosen = replied["chosen"]
    solved = replace(
        outcome, solve_only=parts.pop("solve_only", ()), end_to_end=parts.pop("end_to_end", ()), parts=parts
    )
    return solved.with_answer(None if chosen is None else question.answer(map(tuple, chosen)))


@lru_cache(maxsize=2)
def _question(problem: str) -> Question:
    return Question.of(load_problem(problem))


def _run(command: Sequence[str], told: str, seconds: float) -> tuple[int | None, str]:
    """The status of a process and what it complained of; None where it had to be stopped after `seconds`."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _, complaints = process.communicate(told, timeout=seconds)
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return process.returncode, complaints
