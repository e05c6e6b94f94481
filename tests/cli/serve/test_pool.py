"""The pool of the resolver service: what becomes of jobs, of those that wait, and of workers that do not obey."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from manifests import manifest_text, write_files
from pool_jobs import EXECUTE

from las_cli.errors import ExitStatus
from las_cli.serve.job import Carried, Job, Result
from las_cli.serve.pool import Busy, JobFailed, Pool, WorkerLost
from las_cli.serve.settings import Settings
from las_registry.snapshot import Snapshot

HERE = Path(__file__).parents[2]


class Heard:
    """What a pool tells its observer."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.workers: list[str] = []

    def on_done(self, job: Job, outcome: str, waited: float, worked: float, trace: str) -> None:
        self.outcomes.append(outcome)

    def on_worker(self, event: str, pid: int | None, status: int | None) -> None:
        self.workers.append(event)


class Bench:
    """A pool over a registry of one module, and what it told."""

    def __init__(self, pool: Pool, heard: Heard, kept: Path) -> None:
        self.pool = pool
        self.heard = heard
        self.kept = kept

    async def run(self, kind: str, *, seconds: float = 30.0, writes: bool = False, **parameters: object) -> Result:
        return await self.pool.run(Job(kind=kind, parameters=parameters, seconds=seconds, writes=writes))

    def begin(self, kind: str, **parameters: Any) -> asyncio.Task[Result]:
        return asyncio.get_running_loop().create_task(self.run(kind, **parameters))

    async def occupy(self) -> asyncio.Task[Result]:
        """A job that goes on until it is stopped, once it has begun."""
        started = self.kept / f"started-{len(list(self.kept.iterdir()))}"
        task = self.begin("wait", started=str(started))
        await until(started.exists)
        return task


async def until(holds: Callable[[], bool]) -> None:
    """Waits until something holds, which is at most 30 seconds from now."""
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.005)


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Any]:
    """A context with a :class:`Bench`, made with these settings."""
    directory = write_files(tmp_path / "registry", {"1.manifest.yaml": manifest_text("app", "1.0")})
    (tmp_path / "kept").mkdir()
    snapshot = Snapshot.take([directory], tmp_path / "kept")

    @asynccontextmanager
    async def started(*, stubborn: float = 30.0, **said: Any) -> AsyncIterator[Bench]:
        settings = Settings(**{"registries": (directory,), "workers": 1, **said})
        heard = Heard()
        pool = Pool(settings, snapshot, observer=heard, execute=EXECUTE, search_path=(str(HERE),), stubborn=stubborn)
        await pool.start()
        try:
            yield Bench(pool, heard, tmp_path / "kept")
        finally:
            pids = pool.processes
            await pool.stop()
            assert pool.processes == ()
            for pid in pids:
                with pytest.raises(ProcessLookupError):
                    os.kill(pid, 0)

    return started


Body = Callable[[], Coroutine[Any, Any, None]]


def go(body: Body) -> None:
    asyncio.run(body())


def test_jobs_come_to_results_and_errors_as_they_are(bench: Callable[..., Any]) -> None:
    async def body() -> None:
        async with bench() as one:
            said = await one.run("echo", say="x" * 300_000)
            assert (said.body, said.outcome) == (b"x" * 300_000, "plan")
            assert said.digest.startswith("sha256:")
            with pytest.raises(JobFailed) as refused:
                await one.run("refuse")
            assert refused.value.error == "InvalidInput"
            assert (refused.value.failure.message, refused.value.failure.hint) == ("no", "try yes")
            with pytest.raises(Carried) as carried:
                await one.run("carry")
            assert carried.value.args == ("as it was", 7)
            for kind in ("fail", "miss"):
                with pytest.raises(JobFailed) as failed:
                    await one.run(kind)
                assert failed.value.failure.status is ExitStatus.INTERNAL
            assert one.heard.outcomes == ["plan", "refused", "refused", "internal", "internal"]
            assert one.heard.workers == ["ready"]

    go(body)


def test_whoever_goes_away_frees_the_worker(bench: Callable[..., Any]) -> None:
    async def body() -> None:
        async with bench() as one:
            task = await one.occupy()
            queued = one.begin("echo", say="nobody waits for this")
            await asyncio.sleep(0)
            assert (one.pool.busy, one.pool.waiting) == (1, 1)
            for each in (queued, task):
                each.cancel()
            assert (await one.run("echo", say="next")).body == b"next"
            assert (one.pool.busy, one.pool.waiting) == (0, 0)
            assert one.heard.outcomes == ["cancelled", "cancelled", "plan"]
            assert one.heard.workers == ["ready"]

    go(body)


def test_a_job_is_told_when_its_time_is_over(bench: Callable[..., Any]) -> None:
    async def body() -> None:
        async with bench() as one:
            assert (await one.run("wait", seconds=0.05, say="in time")).body == b"in time"
            assert one.heard.workers == ["ready"]

    go(body)


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_a_job_that_does_not_stop_costs_its_worker_and_no_other(bench: Callable[..., Any], is_cancelled: bool) -> None:
    async def body() -> None:
        async with bench(stubborn=0.2, workers=2) as one:
            await until(lambda: one.pool.ready == 2)
            other = await one.occupy()
            task = one.begin("sleep", seconds=30.0 if is_cancelled else 0.05)
            await until(lambda: one.pool.busy == 2)
            if is_cancelled:
                task.cancel()
            else:
                with pytest.raises(WorkerLost) as lost:
                    await task
                assert lost.value.timed_out
            assert (await one.run("echo", say="served by another")).body == b"served by another"
            assert "killed" in one.heard.workers
            assert "lost" not in one.heard.workers
            assert not other.done()

    go(body)


def test_what_a_crash_interrupts_is_tried_once_more(bench: Callable[..., Any], tmp_path: Path) -> None:
    async def body() -> None:
        async with bench() as one:
            waiting = one.begin("crash once", crashed=str(tmp_path / "crashed"), say="the second time")
            other = one.begin("echo", say="after it")
            assert (await waiting).body == b"the second time"
            assert (await other).body == b"after it"
            with pytest.raises(WorkerLost) as lost:
                await one.run("crash")
            assert not lost.value.timed_out
            with pytest.raises(WorkerLost):
                await one.run("write", writes=True, journal=str(tmp_path / "journal"))
            assert (tmp_path / "journal").read_text() == "once\n"
            assert one.heard.workers.count("lost") == 4

    go(body)


def test_more_than_the_queue_takes_is_refused(bench: Callable[..., Any]) -> None:
    async def body() -> None:
        async with bench(queue=2) as one:
            first = await one.occupy()
            queued = [one.begin("echo", say=str(number)) for number in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(Busy) as busy:
                await one.run("echo")
            assert busy.value.retry_after >= 1
            with pytest.raises(Busy):
                await one.run("echo")
            first.cancel()
            assert [one.body for one in await asyncio.gather(*queued)] == [b"0", b"1"]
            blocked = await one.occupy()
            with pytest.raises(Busy):
                await one.run("echo", seconds=0.05)
            assert not blocked.done()

    go(body)


def test_a_worker_that_takes_too_much_memory_is_replaced(bench: Callable[..., Any]) -> None:
    async def body() -> None:
        async with bench(memory=512 << 20) as one:
            before = one.pool.processes
            with pytest.raises(JobFailed) as failed:
                await one.run("swell")
            assert failed.value.failure.status is ExitStatus.UNUSABLE
            assert "memory" in failed.value.failure.message
            assert (await one.run("echo", say="still")).body == b"still"
            assert one.pool.processes != before
            assert one.heard.workers == ["ready", "retired", "ready"]

    go(body)


def test_jobs_in_work_finish_on_the_registry_that_they_have(bench: Callable[..., Any], tmp_path: Path) -> None:
    async def body() -> None:
        async with bench() as one:
            before = await one.run("echo")
            release = tmp_path / "release"
            held = one.begin("wait for", until=str(release))
            await until(lambda: one.pool.busy == 1)
            directory = write_files(tmp_path / "registry", {"1.manifest.yaml": manifest_text("app", "2.0")})
            (tmp_path / "other").mkdir()
            snapshot = Snapshot.take([directory], tmp_path / "other")
            one.pool.renew(1, snapshot)
            queued = [one.begin("echo") for _ in range(5)]
            release.touch()
            assert (await held).digest == before.digest
            assert {found.digest for found in await asyncio.gather(*queued)} == {snapshot.digest} != {before.digest}
            async with asyncio.timeout(30):
                await one.pool.renewed()
            os.kill(one.pool.processes[0], signal.SIGKILL)
            assert (await one.run("echo")).digest == snapshot.digest

    go(body)


def test_stopping_ends_everything(bench: Callable[..., Any]) -> None:
    async def body() -> None:
        async with bench(workers=2) as one:
            tasks: list[Awaitable[Result]] = [await one.occupy(), one.begin("sleep"), one.begin("echo")]
            await until(lambda: one.pool.busy == 2)
            await one.pool.stop()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(each) for each in found} == {WorkerLost}
            with pytest.raises(Busy):
                await one.run("echo")

    go(body)
