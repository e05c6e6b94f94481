"""Every endpoint beside the questions, and every kind of problem."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest
from command_line import RunCli
from manifests import manifest_text
from services import InProcess, a_service, ask
from stored import apply_plan, document

from las_cli.errors import ExitStatus, Failure
from las_cli.serve.pool import Busy, JobFailed, WorkerLost
from las_cli.serve.problems import KINDS, Problem


def problem(answer: httpx.Response) -> str:
    """The kind of a problem, which is as RFC 9457 has it."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json()
    assert list(found)[:5] == ["type", "title", "status", "detail", "instance"]
    assert found["status"] == answer.status_code and found["instance"] == answer.request.url.path
    name: str = found["type"].removeprefix("/problems/")
    assert KINDS[name].status == answer.status_code
    return name


def failed(status: ExitStatus, message: str) -> Failure:
    """What a worker reports."""
    return Failure(status=status, message=message)


def got(service: InProcess, path: str, **params: Any) -> Any:
    """The document of a GET, which an ETag stands for."""
    answer = ask(service, "GET", path, params=params)
    assert answer.status_code == 200, answer.text
    again = ask(service, "GET", path, params=params, headers={"If-None-Match": f"W/{answer.headers['ETag']}, *x"})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    return answer.json()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/modules/app", None, 304),
        ("GET", "/v1/modules/nothing", None, 404),
        ("GET", "/v1/modules?cursor=x", None, 422),
        ("POST", "/v1/plan", {"modules": ["app"]}, 412),
        ("POST", "/v1/why", {"module": "nothing", "modules": ["app"]}, 404),
    ],
)
def test_a_client_has_no_answer_that_there_is_not(
    method: str, path: str, body: object, status: int, service: InProcess
) -> None:
    assert ask(service, method, path, body, headers={"If-None-Match": "*"}).status_code == status


def test_lookups(service: InProcess, machine: RunCli) -> None:
    registry = got(service, "/v1/registry")
    assert registry == {"digest": service.digest, "modules": 4, "interfaces": [], "rejected": 0}
    assert got(service, "/v1/modules/library")["newest"] == "2.0"
    versions = got(service, "/v1/modules/library/versions", constraint="<2")
    assert [one["version"] for one in versions["versions"]] == ["1.5", "1.0"]
    found = got(service, "/v1/modules/library/versions/1.5")
    (shown,) = document(machine, "registry", "show", "library@1.5")["versions"]
    assert {name: shown[name] for name in found} == found


def test_pages_of_modules(service: InProcess) -> None:
    first = got(service, "/v1/modules", limit=3)
    assert [one["module"] for one in first["modules"]] == ["app", "bulky", "heavy"]
    rest = got(service, "/v1/modules", limit=3, cursor=first["next"])
    assert [one["module"] for one in rest["modules"]] == ["library"] and rest["next"] is None
    assert [one["module"] for one in got(service, "/v1/modules", search="HEAV")["modules"]] == ["heavy"]
    assert got(service, "/v1/modules", category="model")["total"] == 0
    assert [job.kind for job in service.pool.jobs] == ["modules"]


def test_interfaces(registry: Path, profile: Path, tmp_path: Path) -> None:
    text = manifest_text("server", "1.0", "interfaces: {provides: [llm-api]}\n")
    (registry / "server.manifest.yaml").write_text(text)
    service = a_service(registry, tmp_path / "indexes", profile=profile)
    provider = {"module": "server", "versions": ["1.0"]}
    assert got(service, "/v1/interfaces/llm-api") == {"interface": "llm-api", "providers": [provider]}
    assert ask(service, "GET", "/v1/interfaces/llm-apu").json()["hint"] == "did you mean llm-api?"


def test_machines(service: InProcess, machine: RunCli) -> None:
    hosts = {one["name"]: one["profile"] for one in got(service, "/v1/hosts")["hosts"]}
    assert got(service, "/v1/hosts/gpu-24gb") == hosts["gpu-24gb"]
    shown = json.loads(machine("host", "show", "--format", "json").stdout)
    assert got(service, "/v1/host") == {name: value for name, value in shown.items() if name != "x-source"} | {
        "x-notes": []
    }


def test_health(service: InProcess) -> None:
    assert ask(service, "GET", "/healthz").json() == {"status": "ok"}
    assert ask(service, "GET", "/readyz").json() == {"status": "ready", "generation": 0, "digest": service.digest}
    assert ask(service, "GET", "/metrics").text == "# none\n"
    service.not_ready_because = "no worker is up"
    answer = ask(service, "GET", "/readyz")
    assert (problem(answer), answer.json()["detail"]) == ("not-ready", "no worker is up")
    assert answer.headers["Retry-After"] == "5"


def test_every_kind_of_problem_has_a_page(service: InProcess) -> None:
    for name, kind in KINDS.items():
        page = got(service, f"/problems/{name}")
        assert page["title"] == kind.title and page["type"] == f"/problems/{name}"


def test_a_life(service: InProcess, machine: RunCli) -> None:
    plan = ask(service, "POST", "/v1/plan", {"modules": ["app"]}).json()
    tried = ask(service, "POST", "/v1/apply", {"plan": plan, "installed": True, "dry_run": True}).json()
    assert (tried["dry_run"], got(service, "/v1/state")) == (True, {"modules": []})
    done = ask(service, "POST", "/v1/apply", {"plan": plan, "installed": True}).json()
    assert done["plan"] == 1
    assert [one["to"] for one in done["transitions"]] == ["resolved"] * 2 + ["installed"] * 2
    assert got(service, "/v1/state") == document(machine, "state", "list")
    assert got(service, "/v1/state", state="running") == {"modules": []}

    move = {"to": "running", "reason": "by hand"}
    moved = ask(service, "POST", "/v1/state/app/transitions", move).json()
    assert (moved["status"], moved["module"], moved["version"]) == ("recorded", "app", "2.1")
    assert ask(service, "POST", "/v1/state/app/transitions", move).json()["status"] == "unchanged"
    marked = ask(service, "POST", "/v1/state/library/transitions", {"to": "installed", "requested": True}).json()
    assert (marked["requested_changed"], marked["status"]) == (True, "recorded")
    assert got(service, "/v1/state/app") == document(machine, "state", "show", "app")
    history = got(service, "/v1/state/app/history", limit=1)["transitions"]
    assert [(one["to"], one["reason"]) for one in history] == [("running", "by hand")]

    assert problem(ask(service, "DELETE", "/v1/state/app")) == "refused"
    ask(service, "POST", "/v1/state/app/transitions", {"to": "stopped"})
    removed = ask(service, "DELETE", "/v1/state/app", params={"reason": "not used"}).json()
    assert [one["reason"] for one in removed["transitions"]] == ["not used"]
    assert [one["module"] for one in got(service, "/v1/state")["modules"]] == ["library"]


def test_pins(service: InProcess, machine: RunCli) -> None:
    set_one = ask(service, "PUT", "/v1/pins/library", {"constraint": "<2"}).json()
    assert (set_one["status"], set_one["pins"][0]["requirement"], set_one["warnings"]) == ("recorded", "library@<2", [])
    assert got(service, "/v1/pins") == document(machine, "pin")
    warned = ask(service, "PUT", "/v1/pins/library", {"constraint": "<1", "dry_run": True}).json()
    assert len(warned["warnings"]) == 1 and got(service, "/v1/pins") == document(machine, "pin")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "lookup", AsyncMock(side_effect=Busy(1)))
        hasty = ask(service, "PUT", "/v1/pins/library", {"constraint": "<3"}).json()
        assert (hasty["status"], len(hasty["warnings"])) == ("recorded", 1)
    bare = ask(service, "PUT", "/v1/pins/app", {})
    assert (problem(bare), bare.json()["hint"]) == ("bad-input", "send a constraint")
    assert ask(service, "DELETE", "/v1/pins/library").json()["pins"][0]["module"] == "library"
    assert got(service, "/v1/pins") == {"pins": []}


def test_a_plan_out_of_date_is_not_recorded(service: InProcess, machine: RunCli) -> None:
    plan = ask(service, "POST", "/v1/plan", {"modules": ["library"]}).json()
    wrong = {**plan, "steps": [{**plan["steps"][0], "version": "9.9"}]}
    assert problem(ask(service, "POST", "/v1/apply", {"plan": wrong})) == "plan-refused"
    assert problem(ask(service, "POST", "/v1/apply", {"plan": {"status": "resolved"}})) in ("bad-input", "plan-refused")
    apply_plan(machine, "library@1.0")
    answer = ask(service, "POST", "/v1/apply", {"plan": plan})
    assert problem(answer) == "plan-refused" and answer.json()["hint"]


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/v1/nothing", None, "not-found"),
        ("GET", "/v1/modules/", None, "not-found"),
        ("GET", "/docs", None, "not-found"),
        ("GET", "/v1/plan", None, "method-not-allowed"),
        ("DELETE", "/healthz", None, "method-not-allowed"),
        ("GET", "/v1/modules/librery", None, "no-such-module"),
        ("GET", "/v1/modules/librery/versions", None, "no-such-module"),
        ("GET", f"/v1/modules/{'x' * 5000}", None, "no-such-module"),
        ("GET", "/v1/modules/library/versions?constraint=x", None, "invalid-request"),
        ("GET", "/v1/modules/library/versions/7", None, "no-such-version"),
        ("GET", "/v1/modules/library/versions/x", None, "no-such-version"),
        ("GET", "/v1/modules?limit=0", None, "invalid-request"),
        ("GET", "/v1/modules?cursor=x", None, "bad-input"),
        ("GET", "/v1/modules?serach=x", None, "invalid-request"),
        ("GET", "/v1/modules?limit=1&limit=2", None, "invalid-request"),
        ("GET", "/healthz?x", None, "invalid-request"),
        ("GET", "/v1/modules?cursor=%ff%00", None, "invalid-request"),
        ("GET", "/v1/interfaces/none", None, "no-such-interface"),
        ("GET", "/v1/hosts/..%2f..%2fetc%2fpasswd", None, "not-found"),
        ("GET", "/v1/hosts/nope", None, "no-such-host"),
        ("GET", "/problems/nope", None, "no-such-problem"),
        ("GET", "/v1/state/nope", None, "no-such-module"),
        ("GET", "/v1/state/library/history", None, "not-recorded"),
        ("GET", "/v1/state/library?version=x", None, "invalid-request"),
        ("GET", "/v1/state?state=asleep", None, "invalid-request"),
        ("DELETE", "/v1/state/library", None, "not-recorded"),
        ("DELETE", "/v1/state/library?dryrun=true", None, "invalid-request"),
        ("DELETE", "/v1/pins/library", None, "not-pinned"),
        ("PUT", "/v1/pins/-", {"constraint": "<2"}, "no-such-module"),
        ("PUT", "/v1/pins/library", {"constraint": "new"}, "invalid-request"),
        ("POST", "/v1/state/library/transitions", {"to": "running", "version": "1.0"}, "refused"),
        ("POST", "/v1/state/library/transitions", {"to": "asleep"}, "invalid-request"),
        ("POST", "/v1/state/librery/transitions", {"to": "resolved"}, "no-such-module"),
        ("POST", "/v1/apply", {"plan": {"status": "conflict"}}, "bad-input"),
        ("POST", "/v1/why", {"module": "librery", "modules": ["app"]}, "no-such-module"),
        ("POST", "/v1/why", {"module": "library"}, "bad-input"),
        ("POST", "/v1/plan", {"modules": ["app"], "host": "/etc/passwd"}, "no-such-host"),
        ("POST", "/v1/plan", {"modules": ["app"], "host": {"gpus": [{"vram": "big"}]}}, "invalid-request"),
        ("POST", "/v1/plan", {"modules": ["app"], "assume": ["ram=big"]}, "bad-input"),
        ("POST", "/v1/plan", {"modules": ["app", "app@@1"]}, "invalid-request"),
        ("POST", "/v1/plan", {"modules": []}, "invalid-request"),
        ("POST", "/v1/plan", {"modules": "app"}, "invalid-request"),
        ("POST", "/v1/plan", {"modules": ["app"], "solver": "x"}, "invalid-request"),
        ("POST", "/v1/plan", {"modules": ["app"] * 1001}, "invalid-request"),
        ("POST", "/v1/plan", {"modules": ["app"], "timeout": 0}, "invalid-request"),
        ("POST", "/v1/plan", [], "invalid-request"),
        ("POST", "/v1/needs", {"modules": ["app"], "together": True}, "invalid-request"),
    ],
)
def test_a_problem(method: str, path: str, body: object, expected: str, service: InProcess) -> None:
    assert problem(ask(service, method, path, body)) == expected


def test_a_mistake_in_a_body_has_a_place(service: InProcess) -> None:
    body = {"modules": ["app", "app@@1"], "host": {"gpus": [{"vram": "big"}]}}
    (one,) = ask(service, "POST", "/v1/plan", body).json()["details"]
    assert one["pointer"] == "/modules/1" and one["hint"]
    (one,) = ask(service, "POST", "/v1/plan", {**body, "modules": ["app"]}).json()["details"]
    assert one["pointer"] == "/host/gpus/0/vram"
    for host in (7, ["gpu-24gb"]):
        (one,) = ask(service, "POST", "/v1/plan", {"modules": ["app"], "host": host}).json()["details"]
        assert one["pointer"] == "/host"
    (one,) = ask(service, "GET", "/v1/modules?limit=0").json()["details"]
    assert one["parameter"] == "limit"


def test_methods_that_a_path_knows_are_named(service: InProcess) -> None:
    for method, path, known in (
        ("GET", "/v1/plan", "POST"),
        ("OPTIONS", "/v1/pins/app", "DELETE, PUT"),
        ("PUT", "/v1/state/app", "DELETE, GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
        ("PUT", "/openapi.json", "GET, HEAD"),
        ("HEAD", "/v1/plan", "POST"),
        ("TRACE", "/v1/state/app/history", "GET, HEAD"),
    ):
        answer = ask(service, method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, known)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Busy(7), "busy"),
        (WorkerLost(timed_out=True), "out-of-time"),
        (WorkerLost(timed_out=False), "internal"),
        (JobFailed(failed(ExitStatus.OUT_OF_TIME, "later"), "OutOfTime"), "out-of-time"),
        (JobFailed(failed(ExitStatus.UNUSABLE, "gone"), "RegistryUnusable"), "registry-unusable"),
        (JobFailed(failed(ExitStatus.UNUSABLE, "gone"), "StoreUnusable"), "store-unusable"),
        (JobFailed(failed(ExitStatus.BAD_INPUT, "no"), "InvalidInput"), "bad-input"),
        (JobFailed(failed(ExitStatus.INTERNAL, "secret"), "KeyError"), "internal"),
        (JobFailed(failed(ExitStatus.INTERNAL, "/secret: gone"), "FileNotFoundError"), "internal"),
        (Problem("no-such-module", "gone"), "no-such-module"),
        (KeyError("secret"), "internal"),
    ],
)
def test_what_goes_wrong_with_work(error: Exception, expected: str, service: InProcess) -> None:
    service.pool.fails = error
    answer = ask(service, "POST", "/v1/plan", {"modules": ["app"]})
    assert problem(answer) == expected and "secret" not in answer.text
    waits = {"busy": "7", "registry-unusable": "10", "store-unusable": "5"}
    assert answer.headers.get("Retry-After") == waits.get(expected)


def test_who_asks_for_too_much_memory_is_told(service: InProcess) -> None:
    service.pool.fails = JobFailed(failed(ExitStatus.UNUSABLE, "it takes too much memory"), "MemoryError")
    assert ask(service, "POST", "/v1/plan", {"modules": ["app"]}).json()["detail"] == "it takes too much memory"


def test_options_are_named_as_fields(service: InProcess) -> None:
    said = failed(ExitStatus.BAD_INPUT, "--allow-removal-of needs a store")
    service.pool.fails = JobFailed(said, "InvalidInput")
    answer = ask(service, "POST", "/v1/plan", {"modules": ["app"]}).json()
    assert answer["detail"] == "allow_removal_of needs a store"


def test_without_a_store_there_is_no_lifecycle(registry: Path, profile: Path, tmp_path: Path) -> None:
    service = a_service(registry, tmp_path / "indexes", profile=profile)
    for method, path, body in (
        ("GET", "/v1/state", None),
        ("GET", "/v1/pins", None),
        ("PUT", "/v1/pins/app", {"constraint": "<2"}),
        ("DELETE", "/v1/state/app", None),
        ("POST", "/v1/apply", {"plan": {"status": "resolved"}}),
    ):
        assert problem(ask(service, method, path, body)) == "no-store"
    assert ask(service, "POST", "/v1/plan", {"modules": ["app"]}).json()["installed"] is None
    assert problem(ask(service, "POST", "/v1/plan", {"modules": ["app"], "store": True})) == "bad-input"
