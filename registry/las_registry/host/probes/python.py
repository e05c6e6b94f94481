"""The Python that a command line finds: the first ``python3``, else ``python``, on ``PATH``."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from packaging.version import Version

from las_registry.host.probes.commands import Commands, read_version, shown
from las_registry.host.probes.probe import Findings, Probe
from las_registry.host.probes.sysfs import read_text

__all__ = ["ask_python", "probe_python"]

_NAMES: Final = ("python3", "python")
_APPLE_PYTHON: Final = Path("/usr/bin/python3")
_APPLE_TOOLS: Final = (Path("/Library/Developer/CommandLineTools"), Path("/Applications/Xcode.app"))


def probe_python(path: str | None = None) -> Findings:
    """The runtime ``python``. `path` is searched in place of ``PATH``."""
    with Commands(path) as commands:
        return ask_python(commands)()


def ask_python(commands: Commands, environment: Mapping[str, str] = os.environ) -> Probe:
    """Starts the first candidate; the probe that is returned waits for what it says.

    A candidate that fails is passed over, as the one is by which Windows offers to install Python.
    """
    candidates = _candidates(commands, environment)
    first = commands.ask(candidates[0]) if candidates and not _is_this_python(candidates[0]) else None

    def probe() -> Findings:
        notes: list[str] = []
        for position, command in enumerate(candidates):
            if _is_this_python(command):
                version = read_version(sys.version.split()[0])
            else:
                answer = (first if position == 0 and first is not None else commands.ask(command)).answer()
                version = _version(answer.text) if answer.problem is None else None
                if version is None:
                    notes.append(f"{command} {answer.problem or f'does not say its version: {shown(answer.text)}'}")
                if answer.problem is not None and not answer.has_failed:
                    break
            if version is not None:
                return Findings(runtimes={"python": version}, notes=tuple(notes))
        return Findings(notes=(*notes, f"no Python was found ({', '.join(_NAMES)})"))

    return probe


def _candidates(commands: Commands, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The commands in order; two names of the same file once."""
    found: dict[str, Path] = {}
    for name in _NAMES:
        command = commands.find(name)
        if command is not None and not _opens_a_window(command):
            command = _behind_shim(command, environment)
            found.setdefault(os.path.realpath(command), command)
    return tuple(found.values())


def _opens_a_window(command: Path) -> bool:
    """Whether `command` is the one of macOS that does nothing but offer to install developer tools."""
    return sys.platform == "darwin" and command == _APPLE_PYTHON and not any(tools.exists() for tools in _APPLE_TOOLS)


def _behind_shim(command: Path, environment: Mapping[str, str]) -> Path:
    """The command that a shim of pyenv would run, found as pyenv does, which itself takes 0.1 s for it.

    Anything but one plain, installed version is left to the shim. A version that only the current directory asks
    for does not count, since a host is a machine.
    """
    root = command.parent.parent
    if command.parent.name != "shims" or not (root / "versions").is_dir():
        return command
    stated = environment.get("PYENV_VERSION") or read_text(root / "version")
    chosen = root / "versions" / stated / "bin" / command.name
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._+-]*", stated) or not os.access(chosen, os.X_OK):
        return command
    return chosen


def _is_this_python(command: Path) -> bool:
    """Whether `command` is the interpreter that runs this, whose version is known without asking."""
    return bool(sys.executable) and os.path.realpath(command) == os.path.realpath(sys.executable)


def _version(text: str) -> Version | None:
    stated = re.search(r"^Python (\S+)", text, re.MULTILINE)
    return None if stated is None else read_version(stated[1])
