"""A process that does jobs, one after the other, for the server that started it: ``python -m las_cli.serve.worker``.

It ends when the other end of its standard input is closed, whatever it is doing: with the server, however that ended.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final

from las_cli.errors import ExitStatus, Failure, failure_of
from las_cli.serve.context import Context
from las_cli.serve.job import Carried, Job, Result
from las_cli.serve.messages import Begin, Cancel, Ready, Renew, Renewed, Reply, Work, packed, received
from las_registry.problem import RegistryUnusable

if TYPE_CHECKING:
    from las_registry.snapshot import Snapshot

__all__ = ["main", "send", "take_streams"]

_CACHED: Final = 512 << 20
"""Bytes of memory after which what was read of the registry is forgotten."""

_TOO_LARGE: Final = Failure(
    status=ExitStatus.UNUSABLE,
    message="the request takes more memory than a worker may have",
    hint="ask for less at once, or start the service with more: --memory SIZE",
)


def main() -> None:
    """Does what the server asks for, and never returns."""
    source, answers = take_streams()
    messages = received(source)
    worker = _Worker(answers)
    todo: SimpleQueue[Work | Renew] = SimpleQueue()
    begin = next(messages)
    assert isinstance(begin, Begin)
    Thread(target=_listen, args=(messages, worker, todo), daemon=True).start()
    worker.begin(begin)
    while True:
        message = todo.get()
        if isinstance(message, Work):
            worker.work(message)
        else:
            worker.renew(message)


def take_streams() -> tuple[int, int]:
    """The pipes for messages and for answers, which are the standard streams; from now on nobody else uses them.

    Signals are for the server, which ends its processes when it has no more work for them.
    """
    for one in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, one):
            signal.signal(getattr(signal, one), signal.SIG_IGN)
    source, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return source, answers


def _listen(messages: Iterator[object], worker: _Worker, todo: SimpleQueue[Work | Renew]) -> None:
    """Passes on what the server says; that a job is cancelled at once."""
    for message in messages:
        if isinstance(message, Cancel):
            worker.cancelled = message.number
        elif isinstance(message, Work | Renew):
            todo.put(message)
    os._exit(0)


class _Worker:
    """The jobs of this process; `cancelled` is the number of one for which nobody waits any more."""

    def __init__(self, answers: int) -> None:
        self.cancelled = -1
        self._number = 0
        self._answers = answers
        self._memory: int | None = None

    def begin(self, begin: Begin) -> None:
        """Prepares for jobs."""
        sys.path += [one for one in begin.search_path if one not in sys.path]
        self._memory = begin.settings.memory
        self._settings = begin.settings
        module, _, function = begin.execute.partition(":")
        self._execute: Callable[[Job, Context], Result] = getattr(import_module(module), function)
        self._open(begin.snapshot)
        _limit_memory(self._memory)
        gc.freeze()
        self._send(Ready(begin.generation))

    def renew(self, message: Renew) -> None:
        """Goes on with another registry."""
        self._open(message.snapshot)
        gc.collect()
        self._send(Renewed(message.generation))

    def work(self, message: Work) -> None:
        """Does one job, and answers."""
        started = time.perf_counter()
        self._number = message.number
        self._context.begin(message.seconds)
        outcome: Result | Carried | tuple[str, Failure]
        trace = ""
        is_last = False
        try:
            outcome = self._execute(message.job, self._context)
        except Carried as error:
            outcome = error
        except MemoryError:
            outcome = MemoryError.__name__, _TOO_LARGE
            is_last = True
        except OSError as error:  # about a file of the service, of which the client has said nothing
            outcome = type(error).__name__, Failure(status=ExitStatus.INTERNAL, message=str(error))
            trace = _trace(error)
        except Exception as error:
            outcome = type(error).__name__, failure_of(error)
            if outcome[1].status is ExitStatus.INTERNAL:
                trace = _trace(error)
        memory = _memory()
        if self._memory is not None and memory > self._memory:
            is_last = True
        seconds = time.perf_counter() - started
        self._send(Reply(message.number, outcome, seconds, trace, is_last))
        if is_last:
            os._exit(0)
        if memory > min(_CACHED, (self._memory or 2 * _CACHED) // 2):
            self._context.forget()
            gc.collect()

    def _open(self, snapshot: Snapshot) -> None:
        try:
            self._context = Context(snapshot, self._settings, self._is_cancelled)
        except RegistryUnusable:  # who starts another one in its place says so
            os._exit(ExitStatus.UNUSABLE)

    def _is_cancelled(self) -> bool:
        return self.cancelled == self._number

    def _send(self, message: object) -> None:
        send(self._answers, message)


def send(answers: int, message: object) -> None:
    """Writes `message` to the pipe; where nobody is at its other end any more, the process ends."""
    data = memoryview(packed(message))
    try:
        while data:
            data = data[os.write(answers, data) :]
    except OSError:
        os._exit(0)


def _trace(error: Exception) -> str:
    import traceback

    return "".join(traceback.format_exception(error))


def _memory() -> int:
    """The bytes of memory that this process takes, 0 where that cannot be told."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _limit_memory(memory: int | None) -> None:
    """Lets no job take more than `memory`, as far as the system can: that is a :class:`MemoryError` in the job."""
    if memory is None:
        return
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


if __name__ == "__main__":
    main()
