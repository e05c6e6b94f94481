"""The peers, each asked in a process of its own, since none of them can be relied on to end when told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.explanations.question import Question

__all__ = ["Answer", "Peer", "peers_at"]

_WORKERS = Path(__file__).with_name("workers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a peer printed; `version` is that of the peer, where it could be asked at all."""

    text: str
    has_plan: bool = False
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A resolver that answers questions in a process of its own."""

    name: str
    interpreter: str
    arguments: tuple[str, ...] = ()
    has_interfaces: bool = False
    has_lowest: bool = True

    def ask(self, question: Question, seconds: float) -> Answer | None:
        """The answer; None where the peer is not installed."""
        if question.has_interfaces and not self.has_interfaces:
            return Answer(text="(cannot be asked: packages provide nothing but themselves)")
        if question.is_lowest and not self.has_lowest:
            return Answer(text="(cannot be asked: there is no strategy for the oldest versions)")
        process = subprocess.Popen(
            [self.interpreter, str(_WORKERS / f"{self.name}.py"), *self.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            printed, complaints = process.communicate(json.dumps(question.as_json()), timeout=seconds)
        except subprocess.TimeoutExpired:
            return Answer(text=f"(no answer within {seconds:g} seconds)")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        if process.returncode:
            if any(word in complaints for word in ("ModuleNotFoundError", "FileNotFoundError")):
                return None
            raise RuntimeError(f"{self.name} failed: {complaints}")
        return Answer(**json.loads(printed))


def peers_at(*, uv: str, libsolv: str, resolvo: str) -> tuple[Peer, ...]:
    """All peers: the command uv, and the interpreters in which the bindings of the others are installed."""
    return (
        Peer(name="uv", interpreter=sys.executable, arguments=(uv,)),
        Peer(name="libsolv", interpreter=libsolv, has_interfaces=True, has_lowest=False),
        Peer(name="resolvo", interpreter=resolvo),
    )
