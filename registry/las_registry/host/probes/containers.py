"""Whether containers can run here, and with which engine."""

from __future__ import annotations

import re
from typing import Final

from packaging.version import Version

from las_registry.host.probes.commands import Commands, Question, read_version, shown
from las_registry.host.probes.probe import Findings, Probe

__all__ = ["ENGINES", "ask_containers", "probe_containers"]

ENGINES: Final = ("docker", "podman", "nerdctl")


def probe_containers(path: str | None = None) -> Findings:
    """Allows the mode ``container`` where a container engine is found, and tells the version of its command.

    Whether the engine runs and this user may use it is not asked: both may change between planning and
    installing. `path` is searched in place of ``PATH``.
    """
    with Commands(path) as commands:
        return ask_containers(commands)()


def ask_containers(commands: Commands) -> Probe:
    """Starts the commands of all engines; the probe that is returned waits for what they say."""
    questions = {engine: commands.ask(command) for engine in ENGINES if (command := commands.find(engine))}

    def probe() -> Findings:
        return _Engines().findings(questions)

    return probe


class _Engines:
    """Puts together what the commands answer."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.runtimes: dict[str, Version] = {}
        self.notes: list[str] = []

    def findings(self, questions: dict[str, Question]) -> Findings:
        for name, question in questions.items():
            self.add(name, question)
        if not self.found:
            self.notes.append(f"no container engine was found ({', '.join(ENGINES)})")
            return Findings(notes=tuple(self.notes))
        modes = frozenset({"container"})
        return Findings(modes=modes, runtimes=self.runtimes, notes=(f"found {', '.join(self.found)}", *self.notes))

    def add(self, name: str, question: Question) -> None:
        answer = question.answer()
        if answer.problem is not None:
            # One that fails at once is no engine, but a placeholder, as Docker Desktop leaves one in WSL.
            if answer.has_failed:
                self.notes.append(f"{name} does not count, it {answer.problem}")
                return
            self.notes.append(f"{name} {answer.problem}, so its version is unknown")
            self.found.append(name)
            return
        engine, version = _engine(answer.text)
        if engine is None or version is None:
            self.notes.append(f"{name} does not say its version: {shown(answer.text)}")
            self.found.append(name)
            return
        self.found.append(name if engine == name else f"{name} (which is {engine})")
        if engine == name or engine not in self.runtimes:
            self.runtimes[engine] = version


def _engine(text: str) -> tuple[str | None, Version | None]:
    """Which engine answers, e.g. podman where docker was asked, and its version."""
    stated = re.search(rf"^({'|'.join(ENGINES)}) version ([^\s,]+)", text, re.MULTILINE | re.IGNORECASE)
    return (None, None) if stated is None else (stated[1].lower(), read_version(stated[2]))
