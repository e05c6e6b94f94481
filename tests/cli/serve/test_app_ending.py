"""What the service does where it cannot finish, or cannot do beside other work, what it has begun."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from threading import Event
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from command_line import RunCli
from manifests import manifest_text, write_files
from services import InProcess

from las_cli.logging import Logger
from las_cli.serve import server, watch
from las_cli.serve.answer_schemas import ANSWERS
from las_cli.serve.logs import Observed
from las_cli.serve.messages import Changed, Unusable, Watch
from las_cli.serve.metrics import Metrics
from las_registry.snapshot import Snapshot


def client_of(app: Any) -> httpx.AsyncClient:
    """A client of an application."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


def test_a_log_that_nobody_reads_any_more_keeps_nothing_from_being_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as the end of a worker: a service that waited for it would never end."""
    reading, writing = os.pipe()
    os.close(reading)
    nobody = os.fdopen(writing, "w", buffering=1)
    monkeypatch.setattr(sys, "stderr", nobody)
    with pytest.raises(BrokenPipeError):
        nobody.write("a line\n")
    log = Logger()
    log.form, log.verbosity = "json", 2
    for say in (log.debug, log.info, log.warning):
        say("a worker ended")
    with suppress(BrokenPipeError):
        nobody.close()


def test_who_is_not_answered_before_the_end_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        raise asyncio.CancelledError

    log = Logger()
    log.form, log.verbosity = "json", 1
    service: Any = SimpleNamespace(log=log, metrics=Metrics())

    async def run() -> httpx.Response:
        async with client_of(Observed(app, service)) as client:
            return await client.get("/v1/registry")

    answer = asyncio.run(run())
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-ready")
    assert answer.headers["Retry-After"]
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["status"] == 503


def test_a_store_that_is_locked_holds_up_nobody_else(service: InProcess) -> None:
    is_free = Event()

    async def run() -> list[int]:
        locked = [asyncio.create_task(asyncio.to_thread(is_free.wait)) for _ in range(50)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(30), client_of(service.app) as client:
                answers = [await client.get(path) for path in ("/v1/hosts", "/v1/hosts/gpu-24gb")]
        finally:
            is_free.set()
            await asyncio.gather(*locked)
        return [one.status_code for one in answers]

    assert asyncio.run(run()) == [200, 200]


def test_a_change_is_not_missed_while_there_is_no_place_for_it(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "first").mkdir()
    known = Snapshot.take((registry,), tmp_path / "first")
    told: list[Any] = []
    monkeypatch.setattr(watch, "send", lambda _, message: told.append(message))
    watcher = watch._Watcher(Watch((registry,), tmp_path / "place", known, 1.0), -1)
    write_files(registry, {"app/2.2.manifest.yaml": manifest_text("app", "2.2")})
    watcher.look()
    watcher.look()
    (tmp_path / "place").mkdir()
    watcher.look()
    first, second, *_ = told
    assert isinstance(first, Unusable) and first.failure is not None and "place" in first.failure.message
    assert isinstance(second, Changed)

    rmtree(tmp_path / "place")
    watcher.count()
    assert isinstance(told[-1], Unusable)


def test_where_nothing_can_be_kept_it_is_told(machine: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Snapshot, "take", Mock(side_effect=OSError("x/0.sqlite3 cannot be written: disk I/O error")))
    before = signal.getsignal(signal.SIGHUP)
    try:
        refused = machine("serve", "--port", "0", "--no-store")
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # until there is something to look at anew
    finally:
        signal.signal(signal.SIGHUP, before)
    assert refused.exit_code == 2
    assert "nothing can be kept in" in refused.stderr and "hint: LAS_SOLVE_CACHE" in refused.stderr


def test_the_log_has_the_form_that_is_asked_for(machine: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Mock(return_value=0)
    monkeypatch.setattr(server, "serve", asked)
    for options in ((), ("--log-format", "text"), ("--log-format", "json")):
        machine("serve", *options, "--no-store")
    assert [one.args[0].log_format for one in asked.call_args_list] == ["json", "text", "json"]


def test_every_operation_says_that_the_service_may_end() -> None:
    assert all("not-ready" in answer.problems for answer in ANSWERS.values())
    assert "refused" not in ANSWERS["applyPlan"].problems
