"""A process that looks whether registries have changed, so that the server need not: ``python -m las_cli.serve.watch``.

It ends like a worker does.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from shutil import rmtree
from tempfile import mkdtemp
from threading import Thread
from typing import Final

from las_cli.errors import ExitStatus, Failure, failure_of
from las_cli.serve.folder import nothing_kept
from las_cli.serve.messages import Changed, Counted, Look, Unusable, Watch, received
from las_cli.serve.worker import send, take_streams
from las_registry.problem import RegistryUnusable
from las_registry.snapshot import Snapshot

__all__ = ["main"]

_SHARE: Final = 10
"""Of how many seconds a processor spends one on looking, at most."""

_BATCH: Final = 1000
"""Modules that are counted before what was read of them is forgotten."""


def main() -> None:
    """Looks at the registries from time to time, and never returns."""
    source, answers = take_streams()
    messages = received(source)
    watch = next(messages)
    assert isinstance(watch, Watch)
    asked: SimpleQueue[Look] = SimpleQueue()

    def listen() -> None:
        for message in messages:
            if isinstance(message, Look):
                asked.put(message)
        os._exit(0)

    Thread(target=listen, daemon=True).start()
    watcher = _Watcher(watch, answers)
    watcher.count()
    pause = watch.seconds
    while True:
        with suppress(Empty):
            asked.get(timeout=pause)
            while True:  # once is enough for all who asked meanwhile
                asked.get_nowait()
        before = time.process_time()
        watcher.look()
        pause = max(watch.seconds, (_SHARE - 1) * (time.process_time() - before))


class _Watcher:
    """What was seen of the registries."""

    def __init__(self, watch: Watch, answers: int) -> None:
        self._directories = watch.directories
        self._folder = watch.folder
        self._known = watch.known
        self._answers = answers
        self._failure: Failure | None = None

    def look(self) -> None:
        """Tells the server what has changed."""
        try:
            folder = Path(mkdtemp(dir=self._folder))
        except OSError as error:
            self._tell(self._no_place(error))
            return
        try:
            found = Snapshot.take(self._directories, folder, known=self._known)
        except Exception as error:
            rmtree(folder, ignore_errors=True)
            self._tell(self._no_place(error) if isinstance(error, OSError) else failure_of(error))
            return
        if found is self._known:
            rmtree(folder, ignore_errors=True)
            self._tell(None)
            return
        self._known = found
        self._failure = None
        send(self._answers, Changed(found, folder))
        self.count()

    def count(self) -> None:
        """Tells the server how much there is."""
        versions = 0
        try:
            names = list(self._known.open().names())
            for start in range(0, len(names), _BATCH):
                registry = self._known.open()
                versions += sum(len(registry.ranked(name) or ()) for name in names[start : start + _BATCH])
        except RegistryUnusable as error:  # somebody has removed the files in the folder
            self._tell(failure_of(error))
            return
        send(self._answers, Counted(len(names), versions))

    def _no_place(self, error: OSError) -> Failure:
        """What is told once, whatever the directory in the folder is called."""
        return Failure(status=ExitStatus.UNUSABLE, message=nothing_kept(self._folder, error))

    def _tell(self, failure: Failure | None) -> None:
        if failure != self._failure:
            self._failure = failure
            send(self._answers, Unusable(failure))


if __name__ == "__main__":
    main()
