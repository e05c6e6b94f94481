"""Who is asked: las-solve and its peers, each in a process of its own, since not all of them end when told."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.explanations.question import Question, question_of
from benchmarks.processes import las_solve_command
from las_registry.replay import read_replay

__all__ = ["OURS", "Answer", "Ours", "Peer", "Subject", "subjects_at"]

OURS = "las-solve"
_WORKERS = Path(__file__).with_name("workers")
_COLUMNS = "100"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a subject printed, and the CPU seconds that it took, with the start of its process."""

    text: str
    version: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Ours:
    """The command of the environment that this runs in."""

    name: str = OURS

    def ask(self, file: Path, seconds: float) -> Answer:
        """What ``las-solve replay`` prints."""
        printed = _run(las_solve_command("replay", str(file)), seconds)
        if isinstance(printed, Answer):
            return printed
        status, text, complaints, took = printed
        if status not in (0, 1):
            raise RuntimeError(f"{self.name} failed: {complaints}")
        return Answer(text=text, seconds=took)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A resolver that a script of `workers` asks, in an interpreter that has what the script imports."""

    name: str
    interpreter: str
    arguments: tuple[str, ...] = ()
    has_interfaces: bool = False
    has_lowest: bool = True

    def ask(self, file: Path, seconds: float) -> Answer | None:
        """The answer to the question of a replay file; None where the peer is not installed."""
        question = question_of(read_replay(file.read_bytes(), file.name).recording)
        if (reason := self._cannot_be_asked(question)) is not None:
            return Answer(text=f"(cannot be asked: {reason})")
        command = (self.interpreter, str(_WORKERS / f"{self.name}.py"), *self.arguments)
        printed = _run(command, seconds, json.dumps(question.as_json()))
        if isinstance(printed, Answer):
            return printed
        status, text, complaints, took = printed
        if status:
            if any(word in complaints for word in ("ModuleNotFoundError", "FileNotFoundError")):
                return None
            raise RuntimeError(f"{self.name} failed: {complaints}")
        answer = json.loads(text)
        words = f"(a plan)\n{answer['text']}" if answer["has_plan"] else answer["text"]
        return Answer(text=words, version=answer["version"], seconds=took)

    def _cannot_be_asked(self, question: Question) -> str | None:
        if question.has_interfaces and not self.has_interfaces:
            return "packages provide nothing but themselves"
        if question.is_lowest and not self.has_lowest:
            return "there is no strategy for the oldest versions"
        return None


Subject = Ours | Peer


def subjects_at(*, uv: str, libsolv: str, resolvo: str) -> tuple[Subject, ...]:
    """All subjects: the command uv, and the interpreters in which the bindings of the others are installed."""
    return (
        Ours(),
        Peer(name="uv", interpreter=sys.executable, arguments=(uv,)),
        Peer(name="libsolv", interpreter=libsolv, has_interfaces=True, has_lowest=False),
        Peer(name="resolvo", interpreter=resolvo),
    )


def _run(command: Sequence[str], seconds: float, question: str = "") -> tuple[int, str, str, float] | Answer:
    """The status of a process, what it printed and complained of, its CPU seconds; an answer where it was stopped."""
    before = _cpu_seconds()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "COLUMNS": _COLUMNS},
    )
    try:
        printed, complaints = process.communicate(question, timeout=seconds)
    except subprocess.TimeoutExpired:
        return Answer(text=f"(no answer within {seconds:g} seconds)", seconds=seconds)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return process.returncode, printed, complaints, _cpu_seconds() - before


def _cpu_seconds() -> float:
    """Of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
