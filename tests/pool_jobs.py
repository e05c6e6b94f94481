"""Small jobs for the workers of a pool in the tests."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from las_cli.serve.context import Context
from las_cli.serve.job import Carried, Job, Result
from las_solver.errors import InvalidInput

__all__ = ["EXECUTE", "execute"]

EXECUTE: Final = "pool_jobs:execute"


def execute(job: Job, context: Context) -> Result:
    """Does what the kind of `job` says, and answers with the parameter ``say``."""
    _KINDS[job.kind](job, context)
    return Result(body=str(job.parameters.get("say", "")).encode(), digest=context.digest, outcome="plan")


def _wait(job: Job, context: Context) -> None:
    """Touches the file ``started``, and waits to be stopped, at most a minute."""
    if "started" in job.parameters:
        Path(str(job.parameters["started"])).touch()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.002)
        if context.stop():
            return


def _wait_for(job: Job, context: Context) -> None:
    """Waits for the file ``until``."""
    while not Path(str(job.parameters["until"])).exists():
        time.sleep(0.002)


def _crash_once(job: Job, context: Context) -> None:
    """Ends the process, unless there is the file ``crashed``, which is made."""
    mark = Path(str(job.parameters["crashed"]))
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def _crash(job: Job, context: Context) -> None:
    os._exit(9)


def _sleep(job: Job, context: Context) -> None:
    """Sleeps, whatever anybody says."""
    time.sleep(60)


def _refuse(job: Job, context: Context) -> None:
    raise InvalidInput("no", hint="try yes")


def _carry(job: Job, context: Context) -> None:
    raise Carried("as it was", 7)


def _fail(job: Job, context: Context) -> None:
    raise ZeroDivisionError("by nothing")


def _miss(job: Job, context: Context) -> None:
    Path("/nowhere/at/all").read_bytes()


def _swell(job: Job, context: Context) -> None:
    """Takes a gibibyte, as many pages."""
    bytearray(1 << 30)


def _echo(job: Job, context: Context) -> None:
    print("what a library prints is no answer", end="")


def _write(job: Job, context: Context) -> None:
    """Adds a line to the file ``journal``, and crashes."""
    with Path(str(job.parameters["journal"])).open("a") as journal:
        journal.write("once\n")
    os._exit(9)


_KINDS: Final[Mapping[str, Callable[[Job, Context], None]]] = {
    "echo": _echo,
    "wait": _wait,
    "wait for": _wait_for,
    "crash once": _crash_once,
    "crash": _crash,
    "sleep": _sleep,
    "refuse": _refuse,
    "carry": _carry,
    "fail": _fail,
    "miss": _miss,
    "swell": _swell,
    "write": _write,
}
