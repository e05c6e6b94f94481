"""The processes that do the work of the service, and the requests that wait for them.

Each worker is a process of its own with a pipe either way, and does one job at a time. A job that does not stop when it
should costs its worker, and nobody else anything.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from las_cli.serve.job import Carried, Job, Result
from las_cli.serve.messages import Begin, Cancel, Ready, Renew, Renewed, Reply, Work
from las_cli.serve.process import Process

if TYPE_CHECKING:
    from las_cli.errors import Failure
    from las_cli.serve.settings import Settings
    from las_registry.snapshot import Snapshot

__all__ = ["EXECUTE", "Busy", "JobFailed", "Observer", "Pool", "WorkerLost"]

EXECUTE: Final = "las_cli.serve.jobs:execute"
"""The function that does jobs in the workers."""

_STUBBORN: Final = 5.0
"""The seconds that a job may go on after it should have stopped."""

_ATTEMPTS: Final = 2
_LONGEST_PAUSE: Final = 30.0
"""Seconds between two starts of a worker that does not come up."""


class Busy(Exception):
    """Too many requests wait already, or this one waited for too long: try again after so many seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"all workers are busy; try again in {retry_after} s")
        self.retry_after = retry_after


class WorkerLost(Exception):
    """The process that did the job ended before it was done; `timed_out`: it was ended, since it went on too long."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("the job went on for too long and was ended" if timed_out else "the worker ended")
        self.timed_out = timed_out


class JobFailed(Exception):
    """What a job came to where it has no result, and the name of the `error` that it was."""

    def __init__(self, failure: Failure, error: str) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.error = error


class Observer(Protocol):
    """Is told what happens in a pool."""

    def on_done(self, job: Job, outcome: str, waited: float, worked: float, trace: str) -> None:
        """A job is over, after so many seconds in the queue and in a worker."""

    def on_worker(self, event: str, pid: int | None, status: int | None) -> None:
        """A worker is ``ready``, was ``killed``, was ``retired`` since it took much memory, or was ``lost``."""


class _Task:
    """A job on its way; `number` is another one for each attempt."""

    def __init__(self, job: Job, answer: asyncio.Future[Reply], now: float) -> None:
        self.job = job
        self.answer = answer
        self.begun = now
        self.waited = 0.0
        self.deadline = now + job.seconds
        self.attempts = 0
        self.number = -1


class _Worker:
    """A worker from its start to its end."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.task: _Task | None = None
        self.generation = -1
        self.is_killed = False
        self.is_last = False
        self.end: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it can take a job."""
        return self.generation >= 0 and self.task is None and not (self.is_killed or self.is_last)

    def kill(self) -> None:
        """Ends the process at once."""
        self.is_killed = True
        self.process.kill()

    def rest(self) -> None:
        """Nothing is waited for any more."""
        self.task = None
        if self.end is not None:
            self.end.cancel()
            self.end = None


class Pool:
    """Workers for the registry that `snapshot` has; `execute` does their jobs, `observer` hears of them."""

    def __init__(
        self,
        settings: Settings,
        snapshot: Snapshot,
        *,
        observer: Observer,
        execute: str = EXECUTE,
        search_path: Sequence[str] = (),
        stubborn: float = _STUBBORN,
    ) -> None:
        self._settings = settings
        self._begin = Begin(tuple(search_path), settings, execute, 0, snapshot)
        self._observer = observer
        self._stubborn = stubborn
        self._workers: list[_Worker] = []
        self._queue: deque[_Task] = deque()
        self._number = 0
        self._failures = 0
        self._is_closed = False
        self._changed = asyncio.Event()
        self._starts: set[asyncio.Task[None]] = set()
        self._usual = 0.1

    @property
    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        return len(self._queue)

    @property
    def busy(self) -> int:
        """How many workers do a job."""
        return sum(1 for one in self._workers if one.task is not None)

    @property
    def ready(self) -> int:
        """How many workers there are that can do jobs."""
        return sum(1 for one in self._workers if one.generation >= 0 and not one.is_killed)

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of the workers' processes."""
        return tuple(one.process.pid for one in self._workers)

    async def start(self) -> None:
        """Starts all workers, and waits until one can work."""
        for _ in range(self._settings.workers):
            self._hire()
        await self._until(lambda: self.ready > 0)

    async def run(self, job: Job) -> Result:
        """What `job` comes to.

        Raises :class:`Busy`, :class:`WorkerLost`, :class:`JobFailed`, and what the job carries. Whoever is cancelled
        while waiting for this cancels the job.
        """
        loop = asyncio.get_running_loop()
        if self._is_closed or (len(self._queue) >= self._settings.queue and not self._idle()):
            self._observer.on_done(job, "busy", 0.0, 0.0, "")
            raise Busy(self._retry_after())
        task = _Task(job, loop.create_future(), loop.time())
        self._queue.append(task)
        late = loop.call_later(job.seconds, self._give_up_waiting, task)
        self._dispatch()
        outcome, trace = "lost", ""
        begun = task.begun
        try:
            reply = await task.answer
            trace = reply.trace
            outcome, found = _told(reply)
        except asyncio.CancelledError:
            outcome = "cancelled"
            self._cancel(task)
            raise
        except Busy:
            outcome = "busy"
            raise
        finally:
            late.cancel()
            self._observer.on_done(job, outcome, task.waited, loop.time() - begun - task.waited, trace)
        if isinstance(found, Result):
            return found
        raise found

    def renew(self, generation: int, snapshot: Snapshot) -> None:
        """From the next job on, the registry is that of `snapshot`; jobs in work go on with the one that they have."""
        self._begin = self._begin._replace(generation=generation, snapshot=snapshot)
        for one in self._workers:
            if one.generation >= 0:
                one.process.send(Renew(generation, snapshot))

    async def renewed(self) -> None:
        """Waits until no worker needs an earlier registry any more."""
        wanted = self._begin.generation
        await self._until(lambda: all(one.generation in (-1, wanted) for one in self._workers))

    async def stop(self) -> None:
        """Ends all workers, whatever they do; what waits is lost."""
        self._is_closed = True
        await asyncio.gather(*self._starts)
        for task in [*self._queue, *(one.task for one in self._workers if one.task is not None)]:
            if not task.answer.done():
                task.answer.set_exception(WorkerLost(timed_out=False))
        self._queue.clear()
        for one in self._workers:
            one.kill()
        await self._until(lambda: not self._workers)

    def _hire(self) -> None:
        """Starts a worker."""
        if not self._is_closed:
            worker = _Worker(Process(self._on_message, self._on_end))
            self._workers.append(worker)
            start = asyncio.get_running_loop().create_task(self._start(worker))
            self._starts.add(start)
            start.add_done_callback(self._starts.discard)

    async def _start(self, worker: _Worker) -> None:
        try:
            await worker.process.start("las_cli.serve.worker")
        except OSError:  # the system has no room for another process by now
            self._on_end(worker.process, None)
            return
        worker.process.send(self._begin)
        if self._is_closed:
            worker.kill()

    def _on_message(self, process: Process, message: object) -> None:
        worker = self._of(process)
        match message:
            case Ready():
                worker.generation = message.generation
                self._failures = 0
                self._observer.on_worker("ready", process.pid, None)
                if message.generation != self._begin.generation:
                    process.send(Renew(self._begin.generation, self._begin.snapshot))
            case Renewed():
                worker.generation = message.generation
            case Reply() if worker.task is not None and message.number == worker.task.number:
                task = worker.task
                worker.is_last = message.is_last
                worker.rest()
                self._usual += (message.seconds - self._usual) / 8
                if not task.answer.done():
                    task.answer.set_result(message)
        self._dispatch()
        self._wake()

    def _on_end(self, process: Process, status: int | None) -> None:
        worker = self._of(process)
        self._workers.remove(worker)
        self._wake()
        event = "killed" if worker.is_killed else "retired" if worker.is_last else "lost"
        self._observer.on_worker(event, process.pid, status)
        task = worker.task
        worker.rest()
        if not self._is_closed:
            if worker.generation < 0:
                self._failures += 1
            pause = min(_LONGEST_PAUSE, 0.1 * (2**self._failures - 1))
            asyncio.get_running_loop().call_later(pause, self._hire)
            if task is not None and not task.answer.done():
                self._lose(task, is_killed=worker.is_killed)
        self._dispatch()

    def _lose(self, task: _Task, *, is_killed: bool) -> None:
        """The worker of `task` is no more: another one tries once more, unless it was ended or has changed things."""
        if is_killed or task.job.writes or task.attempts >= _ATTEMPTS:
            task.answer.set_exception(WorkerLost(timed_out=is_killed))
        else:
            self._queue.appendleft(task)

    def _dispatch(self) -> None:
        """Gives jobs that wait to workers that have none."""
        loop = asyncio.get_running_loop()
        while self._queue and (worker := self._idle()) is not None:
            task = self._queue.popleft()
            if task.answer.done():
                continue
            self._number += 1
            task.attempts += 1
            task.number = self._number
            task.waited = loop.time() - task.begun
            left = task.deadline - loop.time()
            worker.task = task
            worker.end = loop.call_later(max(left, 0.0) + self._stubborn, worker.kill)
            worker.process.send(Work(task.number, task.job, left))

    def _cancel(self, task: _Task) -> None:
        """Nobody waits for `task` any more."""
        if task in self._queue:
            self._queue.remove(task)
        for worker in self._workers:
            if worker.task is task and not self._is_closed:
                worker.process.send(Cancel(task.number))
                if worker.end is not None:
                    worker.end.cancel()
                worker.end = asyncio.get_running_loop().call_later(self._stubborn, worker.kill)

    def _give_up_waiting(self, task: _Task) -> None:
        """Tells `task`, if it is still in the queue, that its time is over."""
        if task in self._queue and not task.answer.done():
            self._queue.remove(task)
            task.waited = task.job.seconds
            task.answer.set_exception(Busy(self._retry_after()))

    def _idle(self) -> _Worker | None:
        return next((one for one in self._workers if one.is_idle), None)

    def _of(self, process: Process) -> _Worker:
        return next(one for one in self._workers if one.process is process)

    def _retry_after(self) -> int:
        """After how many seconds what waits now will be done, as far as can be told."""
        ahead = (len(self._queue) + 1) * self._usual / self._settings.workers
        return max(1, min(60, math.ceil(ahead)))

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()


def _told(reply: Reply) -> tuple[str, Result | Exception]:
    """What a reply says, in a word, and what is made of it."""
    match reply.outcome:
        case Result() as result:
            return result.outcome or "done", result
        case Carried() as error:
            return "refused", error
        case (error, failure):
            outcome = "timeout" if error == "OutOfTime" else "internal" if reply.trace else "refused"
            return outcome, JobFailed(failure, error)
