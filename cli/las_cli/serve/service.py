"""The service behind the application: the registry as it is now, and who does the work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any, Final, TypeVar

from las_cli.errors import failure_of
from las_cli.machine import Facts, find_profile, look
from las_cli.serve.aside import aside
from las_cli.serve.logs import CURRENT
from las_cli.serve.lookups import Lookups
from las_cli.serve.messages import Changed, Counted, Look, Unusable, Watch
from las_cli.serve.metrics import Metrics
from las_cli.serve.pool import EXECUTE, Pool
from las_cli.serve.process import Process

if TYPE_CHECKING:
    from las_cli.errors import Failure
    from las_cli.logging import Logger
    from las_cli.serve.folder import Folder
    from las_cli.serve.job import Job
    from las_cli.serve.settings import Settings
    from las_registry.registry import Registry
    from las_registry.snapshot import Snapshot

__all__ = ["Service"]

Found = TypeVar("Found")

_PAUSE: Final = 5.0
"""Seconds before another process watches the registries, where one ended."""


class Service:
    """Answers from the registry of `snapshot`, whose files are in `files`, and from each that takes its place.

    `facts` are those of the machine that requests are for which name none. `generation` is raised with every new
    registry; `stale_because` says why the files as they are now cannot be used, None if they can. Who holds `listing`
    lists all modules.
    """

    def __init__(
        self,
        settings: Settings,
        snapshot: Snapshot,
        files: Path,
        folder: Folder,
        log: Logger,
        *,
        execute: str = EXECUTE,
        search_path: tuple[str, ...] = (),
    ) -> None:
        self.settings = settings
        self.log = log
        self.metrics = Metrics()
        self.registry: Registry = snapshot.open()
        self.digest = snapshot.digest
        self.generation = 0
        self.facts: Facts = look(find_profile(settings.profile))
        self.is_draining = False
        self.stale_because: Failure | None = None
        self.pool = Pool(settings, snapshot, observer=self, execute=execute, search_path=search_path)
        self.metrics.watch(self.pool)
        self._snapshot = snapshot
        self._files = files
        self._folder = folder
        self._changes: asyncio.Queue[Changed] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watcher: Process | None = None
        self._lookups = Lookups(settings.queue)
        self.listing = asyncio.Lock()

    @property
    def is_ready(self) -> bool:
        """Whether requests are answered."""
        return not self.not_ready_because

    @property
    def not_ready_because(self) -> str:
        """Why no requests are answered, empty if they are."""
        if self.is_draining:
            return "the service ends"
        return "" if self.pool.ready else "no worker is up"

    async def start(self) -> None:
        """Starts all processes, and returns once requests can be answered."""
        await self.pool.start()
        await self._watch()
        self._begin(self._take_in())

    async def stop(self) -> None:
        """Ends all processes at once."""
        self.is_draining = True
        for task in self._tasks:
            task.cancel()
        if self._watcher is not None:
            self._watcher.kill()
        await self.pool.stop()
        self._lookups.stop()

    async def lookup(self, ask: Callable[[Registry], Found]) -> Found:
        """What `ask` finds in the registry as it is now, off the event loop, one after the other."""
        return await self._lookups.run(partial(ask, self.registry))

    def look(self) -> None:
        """Looks at once whether the registry has changed."""
        if self._watcher is not None:
            self._watcher.send(Look())

    def on_done(self, job: Job, outcome: str, waited: float, worked: float, trace: str) -> None:
        """A job is over; see :class:`las_cli.serve.pool.Observer`."""
        self.metrics.on_job(job, outcome, waited, worked)
        record = CURRENT.get()
        if record is not None:
            record.outcome, record.waited, record.worked = outcome, waited, worked
        if trace:
            self.log.warning(
                "a job failed", kind=job.kind, trace=trace, request_id=None if record is None else record.request_id
            )

    def on_worker(self, event: str, pid: int | None, status: int | None) -> None:
        """Something became of a worker; see :class:`las_cli.serve.pool.Observer`."""
        self.metrics.on_worker(event)
        tell = self.log.info if event in ("ready", "retired") or self.is_draining else self.log.warning
        tell("worker", state=event, pid=pid, exit_status=status)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Does `work` beside everything else, until it is over or the service ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        watcher = Process(self._on_message, self._on_end)
        await watcher.start("las_cli.serve.watch")
        settings = self.settings
        watcher.send(Watch(settings.registries, self._folder.path, self._snapshot, settings.reload_interval))
        self._watcher = watcher

    def _on_message(self, process: Process, message: object) -> None:
        match message:
            case Changed():
                self._changes.put_nowait(message)
            case Unusable():
                self._set_stale(message.failure)
            case Counted():
                self.metrics.modules.set(message.modules)
                self.metrics.versions.set(message.versions)

    def _on_end(self, process: Process, status: int | None) -> None:
        self._watcher = None
        if not self.is_draining:
            self.log.warning("nobody watches the registries", exit_status=status)
            loop = asyncio.get_running_loop()
            loop.call_later(_PAUSE, self._watch_again)

    def _watch_again(self) -> None:
        if not self.is_draining:
            self._begin(self._watch())

    async def _take_in(self) -> None:
        """Takes in each new registry, as it comes."""
        while True:
            await self._renew(await self._changes.get())

    async def _renew(self, change: Changed) -> None:
        try:
            registry = await aside(change.snapshot.open)
        except Exception as error:
            self._set_stale(failure_of(error))
            if self._watcher is not None:
                self._watcher.kill()  # the next one finds the change again
            return
        facts = await self._look_at_machine()
        old = self._files
        self.registry, self.digest, self.facts = registry, change.snapshot.digest, facts
        self._snapshot, self._files = change.snapshot, change.folder
        self.generation += 1
        self.pool.renew(self.generation, change.snapshot)
        self.stale_because = None
        self.metrics.stale.set(0)
        self.metrics.on_reload("changed")
        self.metrics.generation.set(self.generation)
        self.log.info("the registry changed", generation=self.generation, digest=self.digest)
        self._begin(self._tidy_up(old))

    async def _look_at_machine(self) -> Facts:
        """The machine as it is now; as it was where its profile cannot be used, which keeps no registry back."""
        try:
            return await aside(lambda: look(find_profile(self.settings.profile)))
        except Exception as error:
            failure = failure_of(error)
            self.log.warning(
                "the machine cannot be looked at; what it was serves", why=failure.message, hint=failure.hint
            )
            return self.facts

    async def _tidy_up(self, files: Path) -> None:
        """Removes the `files` of a registry once no worker needs them."""
        await self.pool.renewed()
        await aside(rmtree, files, ignore_errors=True)

    def _set_stale(self, failure: Failure | None) -> None:
        """The files as they are now cannot be used, for this reason, or can again."""
        self.stale_because = failure
        self.metrics.stale.set(failure is not None)
        if failure is None:
            self.log.info("the registry is as it was again", generation=self.generation)
            return
        self.metrics.on_reload("refused")
        self.log.warning(
            "the registry cannot be used as it is now; what it was serves",
            generation=self.generation,
            why=failure.message,
            hint=failure.hint,
        )
