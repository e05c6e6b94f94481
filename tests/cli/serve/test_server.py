"""``las-solve serve`` as a process of its own: how it starts, reloads, lets go of work, and ends."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from unittest.mock import Mock

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files
from serving import Answer, Serving, send, until

from las_solver.errors import InvalidInput

PIGEONS = 13
APP = {"modules": ["app"]}
HARD = {"modules": [f"pigeon-{number}" for number in range(PIGEONS)], "timeout": 60.0}


@pytest.fixture
def options(machine: RunCli, registry: Path, profile: Path, tmp_path: Path) -> tuple[str, ...]:
    """The options of a service that has one worker, and a registry in which something takes for ever."""
    write_files(registry, {f"{name}/manifest.yaml": text for name, text in pigeons()})
    place = ("--registry", str(registry), "--profile", str(profile), "--store", str(tmp_path / "store.sqlite3"))
    return (*place, "--workers", "1", "--reload-interval", "0.1")


def pigeons() -> Iterator[tuple[str, str]]:
    """Modules that fit into holes of which there is one less, which no solver finds out soon."""
    for number in range(PIGEONS):
        versions = (
            manifest_text(f"pigeon-{number}", f"{hole}.0", f"dependencies:\n  modules: ['hole-{hole}@=={number}.0']\n")
            for hole in range(PIGEONS - 1)
        )
        yield f"pigeon-{number}", "---\n".join(versions)
    for hole in range(PIGEONS - 1):
        yield (
            f"hole-{hole}",
            "---\n".join(manifest_text(f"hole-{hole}", f"{number}.0") for number in range(PIGEONS)),
        )


def test_from_the_first_request_to_the_last(
    options: tuple[str, ...], machine: RunCli, registry: Path, profile: Path
) -> None:
    with Serving(*options) as service:
        printed = machine("plan", "app", "--format", "json").stdout.encode()
        answer = service.ask("POST", "/v1/plan", APP, X_Request_Id="mine-1")
        assert (answer.status, answer.body) == (200, printed)
        assert answer.headers["x-request-id"] == "mine-1"
        told, whole = (service.ask(method, "/v1/modules/app") for method in ("HEAD", "GET"))
        assert (told.status, told.body) == (200, b"")
        assert {**told.headers, "x-request-id": "", "date": ""} == {**whole.headers, "x-request-id": "", "date": ""}
        assert service.metric('las_solve_requests_total{method="HEAD",route="/v1/modules/{name}",status="200"}') == 1

        let_go(service)
        reload(service, machine, registry, profile)
        finish(service)


def let_go(service: Serving) -> None:
    """A client that goes away frees the only worker, which was not killed for it."""
    with_hard = HTTPConnection("127.0.0.1", service.port)
    with_hard.request("POST", "/v1/plan", json.dumps(HARD), {"Content-Type": "application/json"})
    until(lambda: service.metric("las_solve_workers_busy") == 1)
    with_hard.close()
    until(lambda: service.metric("las_solve_workers_busy") == 0)
    assert service.metric('las_solve_jobs_total{kind="plan",outcome="cancelled"}') == 1
    assert service.metric('las_solve_worker_events_total{event="killed"}') == 0
    service.wait_for("request", status=499)


def reload(service: Serving, machine: RunCli, registry: Path, profile: Path) -> None:
    """A changed registry counts soon, also where the machine cannot be looked at by then; until then, it is what it
    was."""
    before = service.ask("POST", "/v1/plan", APP)
    answers: list[Answer] = []
    is_over = Event()

    def ask_on() -> None:
        connection = HTTPConnection("127.0.0.1", service.port)
        while not is_over.is_set():
            answers.append(send(connection, "POST", "/v1/plan", APP))
        connection.close()

    client = Thread(target=ask_on)
    client.start()
    was = profile.read_text()
    profile.write_text("[")
    write_files(registry, {"app/2.2.manifest.yaml": manifest_text("app", "2.2")})
    try:
        service.wait_for("the machine cannot be looked at; what it was serves")
        profile.write_text(was)
        service.wait_for("the registry changed", generation=1)
        assert service.ask("GET", "/readyz").document["generation"] == 1
        until(lambda: answers[-1].body != before.body)
    finally:
        is_over.set()
        client.join()
    after = machine("plan", "app", "--format", "json").stdout.encode()
    assert {one.status for one in answers} == {200}
    assert {one.body for one in answers} == {before.body, after}


def finish(service: Serving) -> None:
    """What is in work when the service is asked to end is finished first."""
    found: list[Answer] = []
    slow = Thread(target=lambda: found.append(service.ask("POST", "/v1/plan", {**HARD, "timeout": 1.0})))
    slow.start()
    until(lambda: service.metric("las_solve_workers_busy") == 1)
    assert service.end() == 0
    slow.join()
    assert found[0].document["type"] == "/problems/out-of-time"
    requests = service.logged("request")
    first = next(line for line in requests if line["request_id"] == "mine-1")
    assert {name: first[name] for name in ("method", "route", "status", "outcome", "client")} == {
        "method": "POST",
        "route": "/v1/plan",
        "status": 200,
        "outcome": "plan",
        "client": "127.0.0.1",
    }
    assert 0 < first["solve_ms"] < first["ms"]
    assert requests[-1]["outcome"] == "timeout"
    assert all(line.startswith("{") for line in service.lines)


def test_a_second_signal_does_not_wait(options: tuple[str, ...]) -> None:
    with Serving(*options) as service:
        connection = HTTPConnection("127.0.0.1", service.port)
        connection.request("POST", "/v1/plan", json.dumps(HARD), {"Content-Type": "application/json"})
        until(lambda: service.metric("las_solve_workers_busy") == 1)
        service.process.send_signal(signal.SIGINT)
        service.wait_for("ending")
        assert service.process.poll() is None
        assert service.end(signal.SIGINT) == 130
        told = connection.getresponse()
        assert (told.status, json.loads(told.read())["type"]) == (503, "/problems/not-ready")
        connection.close()
        assert not [line for line in service.lines if "Traceback" in line]


def test_another_address_needs_tokens(machine: RunCli, tmp_path: Path) -> None:
    refused = machine("serve", "--host", "0.0.0.0", "--port", "0", "--no-store")
    assert refused.exit_code == 2
    assert "need tokens, and there are none" in refused.stderr
    assert "las-solve serve token add" in refused.stderr


def test_this_machine_needs_the_tokens_that_are_named(
    machine: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAS_SOLVE_TOKENS", str(tmp_path / "tokens.json"))
    refused = machine("serve", "--port", "0", "--no-store")
    assert refused.exit_code == 2
    assert "clients of 127.0.0.1 need tokens, and there are none" in refused.stderr


@pytest.mark.parametrize("missing", ["fastapi", "httptools", "prometheus_client", "uvicorn"])
def test_what_is_not_installed_is_named(machine: RunCli, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    refused = machine("serve", "--port", "0", "--no-store")
    assert refused.exit_code == 2
    assert f"libraries that are not installed: {missing}\nhint: pip install 'las-solve[serve]'" in refused.stderr


def test_a_port_that_is_taken(machine: RunCli) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = machine("serve", "--port", str(taken.getsockname()[1]), "--no-store")
    assert refused.exit_code == 2
    assert "Address already in use" in refused.stderr


def test_as_many_files_may_be_open_as_there_may_be_connections(
    machine: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    from las_cli.serve import server

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    monkeypatch.setattr(server, "_listening", Mock(side_effect=InvalidInput("nobody listens")))
    try:
        assert machine("serve", "--no-store").exit_code == 2
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 1024
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
