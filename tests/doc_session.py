"""Runs the commands of one page of the documentation, in order, as a user would who has read it so far.

``las-solve``, ``python FILE`` and ``curl`` run in this process, :data:`TOOLS` as they are, and :data:`ELSEWHERE` not at
all. A page begins in an empty directory, with nothing installed, saved or trusted.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from unittest import mock

from command_line import run_command
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from doc_pages import ROOT
from doc_service import Served

from las_registry.host.detect import Detection, Note
from las_registry.host.examples import example_path
from las_registry.host.profile import read_profile
from las_registry.trust.keys import PrivateKey
from las_solver.constraint import parse_version
from las_solver.model import Gpu, Host

if TYPE_CHECKING:
    from las_cli.serve.settings import Settings

__all__ = ["ELSEWHERE", "MACHINES", "TOOLS", "Ended", "Session"]

TOOLS: Final = {"cat", "chmod", "cp", "echo", "find", "grep", "head", "ls", "mkdir", "mv", "rm", "sed", "sort"}
"""Small commands that every system has, and that touch only what is named: they are run."""

ELSEWHERE: Final = {
    ".ci/run": "the whole gate, of which this is a part",
    "dot": "draws a graph; it need not be installed",
    "git": "changes a repository of the reader's",
    "make": "sets up an environment, or runs all tests; that there is such a target is looked up",
    "pip": "installs from a package index",
    "python -m": "measures or fuzzes for minutes; that there is such a package is looked up",
    "sudo": "changes the system",
    "systemctl": "starts services of the system",
}
"""Commands that documentation names and that are not run, and why not."""

MACHINES: Final = {
    "plain": Detection(host=Host(cores=16, ram=32 * 2**30), notes=()),
    "workstation": Detection(
        host=Host(
            cores=16,
            ram=64 * 2**30,
            gpus=(Gpu(name="NVIDIA GeForce RTX 4090", vendor="nvidia", vram=24564 * 2**20),),
            runtimes={
                name: parse_version(number)
                for name, number in (
                    ("cuda", "12.4"),
                    ("docker", "27.3.1"),
                    ("nvidia-driver", "550.54"),
                    ("python", "3.12.3"),
                )
            },
            modes=frozenset({"binary", "container", "cpu", "native", "python", "source"}),
        ),
        notes=(Note("containers", "found docker"),),
    ),
}
"""Machines to be found by detection, beside the example hosts."""

_KEY: Final = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
"""The private key of the first example in RFC 8032, which every new key is here."""


@dataclass(frozen=True)
class Ended:
    """What a command printed, on both outputs, and its exit status."""

    output: str
    status: int


class Session:
    """A shell of its own, for one page. Use it as a context."""

    def __init__(self) -> None:
        self.status = 0
        self._machine = MACHINES["plain"]
        self._served: Served | None = None
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Session:
        self._open.enter_context(mock.patch("las_registry.host.detect.examine", lambda: self._machine))
        key = PrivateKey(Ed25519PrivateKey.from_private_bytes(_KEY))
        self._open.enter_context(mock.patch("las_registry.trust.keys.generate_private_key", lambda: key))
        self._open.enter_context(mock.patch("las_cli.serve.server.serve", self._begin_to_serve))
        self._open.enter_context(mock.patch("platform.node", lambda: "workshop"))
        self._open.enter_context(mock.patch.dict(os.environ))
        self._open.enter_context(contextlib.chdir("."))
        self._place = self._open.enter_context(contextlib.ExitStack())
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self) -> None:
        """A new empty directory and home, and the machine of most pages."""
        self._place.close()
        place = Path(self._place.enter_context(TemporaryDirectory(prefix="las-docs-"))).resolve()
        self.home, self.directory = place / "home", place / "work"
        for name in [
            name for name in os.environ if name.startswith(("LAS_SOLVE_", "_LAS_SOLVE_")) or name == "NO_COLOR"
        ]:
            if name != "LAS_SOLVE_CORPUS":
                del os.environ[name]
        os.environ |= {
            "COLUMNS": "100",
            "HOME": str(self.home),
            "LOGNAME": "ada",
            "PWD": str(self.directory),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_STATE_HOME": str(self.home / ".local" / "state"),
        }
        self.directory.mkdir(parents=True)
        self.home.mkdir()
        os.chdir(self.directory)
        self._machine = MACHINES["plain"]
        self._served = None
        self.status = 0

    def set(self, settings: Mapping[str, str]) -> None:
        """Heeds the settings that hold from here on."""
        if "fresh" in settings:
            self.begin()
        if name := settings.get("machine"):
            found = MACHINES.get(name)
            self._machine = found or Detection(host=read_profile(example_path(name)), notes=())
        os.environ |= {name: value for name, value in settings.items() if name.isupper()}

    def write(self, name: str, text: str) -> Path:
        """Writes a file of the page, which only the user may read: some files have to be."""
        path = self.directory / name
        assert path.resolve().is_relative_to(self.directory), f"{name} leads out of the directory"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    def run(self, line: str) -> Ended:
        """Runs one line of a shell, and says what stands on the terminal after it."""
        shown, stdin = "", None
        *before, (last, target) = _stages(line.replace("$?", str(self.status)))
        for words in [*(words for words, _ in before), last]:
            if _is_elsewhere(words):
                self.status = 0
                return Ended("", 0)
            both, stdin, self.status = self._stage(words, stdin) if words else ("", "", 0)
            is_printed = words is last and target is None
            shown += both if is_printed else _errors(both, stdin)
        if target is not None:
            self.write(target, stdin or "")
        return Ended(self._shortened(shown), self.status)

    def _stage(self, words: list[str], stdin: str | None) -> tuple[str, str, int]:
        """What one command prints on both outputs, on its standard output alone, and its status."""
        name, *arguments = words = self._expanded(words)
        if name == "export":
            os.environ |= dict(os.path.expandvars(word).split("=", 1) for word in arguments)
            return "", "", 0
        if name == "cd":
            os.chdir(arguments[0])
            return "", "", 0
        if name == "las-solve":
            result = run_command(*arguments, stdin=stdin)
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            return result.output, result.stdout, result.exit_code
        if name == "curl":
            assert self._served is not None, "no service was started: las-solve serve &"
            printed = self._served.curl(arguments, stdin)
            return printed, printed, 0
        if name == "python":
            printed = _program(arguments)
            return printed, printed, 0
        assert name in TOOLS, f"{name} is neither run nor among those that are not: tests/doc_session.py"
        done = subprocess.run(
            words, input=stdin or "", capture_output=True, text=True, timeout=60, env=os.environ | {"LC_ALL": "C"}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stdout, 0

    def _begin_to_serve(self, settings: Settings) -> int:
        """In place of listening: from here on, ``curl`` asks a service with these `settings`."""
        self._served = Served(settings, self.home / f"served-at-{settings.port}")
        return 0

    def _expanded(self, words: list[str]) -> list[str]:
        """The words as a shell passes them on: with the user's home for ``~``, and the names of files for a star."""
        homes = [str(self.home) + word[1:] if word.startswith("~/") else word for word in words]
        files = {word: sorted(map(str, Path(word).parent.glob(Path(word).name))) for word in homes if "*" in word}
        return [name for word in homes for name in files.get(word) or [word]]

    def _shortened(self, text: str) -> str:
        """The text without the names of the directories that are not those of the reader."""
        return text.replace(f"{self.directory}/", "").replace(str(self.directory), ".").replace(str(self.home), "~")


def _is_elsewhere(words: list[str]) -> bool:
    """Whether a command is one of those that are not run; it has to be one that there is, where that can be told."""
    match words:
        case ["make", *rest]:
            known = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            targets = [word for word in rest if "=" not in word]
            assert set(targets) <= set(known), f"the Makefile has no target {' '.join(targets)}"
        case ["python", "-m", name, *_]:
            assert (ROOT / name.replace(".", "/")).is_dir(), f"there is no package {name}"
        case [name, *_]:
            return name in ELSEWHERE
        case _:
            return False
    return True


def _errors(both: str, printed: str) -> str:
    """The lines of what stands on both outputs that are not on standard output: those of standard error."""
    left = printed.splitlines(keepends=True)
    return "".join(line for line in both.splitlines(keepends=True) if line not in left)


def _program(arguments: list[str]) -> str:
    """What ``python FILE ARGUMENTS`` prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), mock.patch.object(sys, "argv", arguments):
        runpy.run_path(arguments[0], run_name="__main__")
    return printed.getvalue()


def _stages(line: str) -> list[tuple[list[str], str | None]]:
    """The commands of a pipe: the words of each, and for the last the file that takes what it prints."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>&;")
    lexer.whitespace_split = True
    stages: list[list[str]] = [[]]
    target = None
    for word in lexer:
        if word == "|":
            stages.append([])
        elif word == ">":
            target = next(lexer)
        elif word == "&" and stages[-1][:2] == ["las-solve", "serve"]:
            continue
        else:
            assert not set(word) <= set("|>&;"), f"this is more of a shell than there is here: {line}"
            stages[-1].append(word)
    return [(words, target if words is stages[-1] else None) for words in stages]
