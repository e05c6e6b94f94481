"""Asks installed commands for their version: the only place where looking at a machine starts processes.

Commands run beside each other, without a shell, terminal or input, away from the current directory, for a limited
time, and only a limited part of what they print is read. One that is still running then is ended, with what it
started.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    import subprocess

__all__ = ["PATIENCE", "Answer", "Commands", "Question", "read_version", "shown"]

PATIENCE: Final = 2.0
"""How many seconds a command has to answer."""

_MOST_BYTES: Final = 4096
_LONGEST_SHOWN: Final = 80
_EXHAUSTED: Final = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
"""What says nothing about a command: there are too many processes or files, or too little memory, to start any."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, or what went wrong. `has_failed` where that is its own fault: it is no command to use."""

    text: str = ""
    problem: str | None = None
    has_failed: bool = False


class Commands:
    """The commands on `path`, in place of ``PATH``. At the end of the ``with`` block none of them runs any more."""

    def __init__(self, path: str | None = None, patience: float = PATIENCE) -> None:
        self.directories = os.get_exec_path() if path is None else path.split(os.pathsep)
        self.patience = patience
        self.questions: list[Question] = []

    def __enter__(self) -> Commands:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for question in self.questions:
            question.end()

    def find(self, name: str) -> Path | None:
        """The first executable called `name`. Directories that are not absolute would depend on the current one."""
        # A batch file would be run by a shell.
        name += ".exe" if sys.platform == "win32" else ""
        paths = (Path(directory, name) for directory in self.directories if Path(directory).is_absolute())
        return next((path for path in paths if _is_executable(path)), None)

    def ask(self, command: Path) -> Question:
        """Starts `command` with ``--version``; it runs while the caller goes on."""
        question = Question(self.patience)
        self.questions.append(question)  # first, so that it is ended whatever interrupts its start
        question.start(command)
        return question


class Question:
    """A command that was asked for its version."""

    def __init__(self, patience: float) -> None:
        import threading

        self.deadline = time.monotonic() + patience
        self.output = b""
        self.is_complete = False
        self.obstacle = Answer(problem="was not started")
        self.process: subprocess.Popen[bytes] | None = None
        # Pipes cannot be waited for with a time limit everywhere; a thread that reads can be.
        self.reader = threading.Thread(target=self._read, daemon=True)

    def start(self, command: Path) -> None:
        """Starts `command`, or keeps what stands in the way as the answer."""
        import subprocess

        try:
            # Neither a name that is looked up nor the directory of the caller may decide what runs. A session of its
            # own has no terminal to ask for a password on, and can be ended as a whole.
            self.process = subprocess.Popen(
                (str(command), "--version"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                cwd=command.anchor,
                env={**os.environ, "LC_ALL": "C"},
                start_new_session=True,
            )
        except OSError as error:
            problem = f"cannot be started ({error.strerror})"
            self.obstacle = Answer(problem=problem, has_failed=error.errno not in _EXHAUSTED)
        else:
            self.reader.start()

    def answer(self) -> Answer:
        """What it printed, at the latest when its time is up.

        In a process that ignores SIGCHLD no command has a status: what it printed decides alone.
        """
        if self.process is None:
            return self.obstacle
        self.reader.join(self._time_left())
        if self.is_complete:
            import subprocess

            with suppress(subprocess.TimeoutExpired):
                status = self.process.wait(self._time_left())
                text = self.output.decode("utf-8", errors="replace")
                problem = None if status == 0 else f"ends with status {status}{_quoted(text)}"
                return Answer(text, problem, has_failed=status != 0)
        self.end()
        if len(self.output) > _MOST_BYTES:
            return Answer(problem=f"prints more than {_MOST_BYTES} bytes", has_failed=True)
        return Answer(problem="does not answer in time")

    def end(self) -> None:
        """Ends the process and what it started, if it still runs."""
        if self.process is None:
            return
        if self.process.returncode is None:
            with suppress(OSError):
                if sys.platform == "win32":
                    self.process.kill()
                else:
                    os.killpg(self.process.pid, signal.SIGKILL)
            import subprocess

            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1)
        if self.reader.is_alive():
            self.reader.join(0.1)  # what escaped may hold the output open; the reader ends with it
        elif self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        with suppress(OSError), self.process.stdout as output:
            while len(self.output) <= _MOST_BYTES:
                part = output.read(_MOST_BYTES)
                if not part:
                    self.is_complete = True
                    return
                self.output += part

    def _time_left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())


def read_version(text: str) -> Version | None:
    """The version that a command prints, as PEP 440 has it.

    ``20.10.24+dfsg1`` is 20.10.24 and ``3.12.0+`` is 3.12.0: what follows a plus is the packager's. Of a version in
    another form, such as ``24.0.7-rd``, the numbers at its beginning count.
    """
    import re

    stated = text.partition("+")[0]
    try:
        return Version(stated)
    except InvalidVersion:
        numbers = re.match(r"v?([0-9]{1,9}(?:\.[0-9]{1,9}){1,4})(?![0-9.])", stated)
        return None if numbers is None else Version(numbers[1])


def shown(text: str) -> str:
    """The beginning of what a command printed, quoted."""
    line = " ".join(text.split())
    return repr(line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 3] + "...")


def _quoted(text: str) -> str:
    return f": {shown(text)}" if text.strip() else ""


def _is_executable(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except (OSError, ValueError):  # a directory that this user may not look into, or one that cannot be
        return False
