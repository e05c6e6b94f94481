"""What the service answers to questions is what the commands print, byte by byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import RunCli
from services import InProcess, ask
from stored import apply_plan

CARDS = {"cpu": {"cores": 8}, "memory": {"ram": "32GiB"}, "gpus": [{"vram": "24GB"}, {"vram": "24GB"}]}
QUESTIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "plan": ("plan", "app", {"modules": ["app"]}),
    "plan of several": ("plan", "app library@<2", {"modules": ["app", "library@<2"]}),
    "plan of the oldest": ("plan", "app --strategy lowest", {"modules": ["app"], "strategy": "lowest"}),
    "plan with pre-releases": ("plan", "library --pre", {"modules": ["library"], "prereleases": True}),
    "plan in a mode": ("plan", "app --mode native", {"modules": ["app"], "modes": ["native"]}),
    "plan with a forced mode": (
        "plan",
        "app --mode app=native",
        {"modules": ["app"], "forced_modes": {"app": "native"}},
    ),
    "plan without a version": ("plan", "app --exclude library@1.5", {"modules": ["app"], "exclude": ["library@1.5"]}),
    "plan with a preference": ("plan", "app --prefer library", {"modules": ["app"], "prefer": ["library"]}),
    "plan of what may go": (
        "plan",
        "app --allow-removal-of heavy",
        {"modules": ["app"], "allow_removal_of": ["heavy"]},
    ),
    "plan that may remove": ("plan", "app --allow-removal", {"modules": ["app"], "allow_removal": True}),
    "plan without a store": ("plan", "app --no-store", {"modules": ["app"], "store": False}),
    "plan on a machine that is assumed": (
        "plan",
        "heavy --assume gpus=24GB",
        {"modules": ["heavy"], "assume": ["gpus=24GB"]},
    ),
    "plan on an example host": ("plan", "heavy --profile gpu-24gb", {"modules": ["heavy"], "host": "gpu-24gb"}),
    "plan on a profile": ("plan", "heavy --profile cards.json", {"modules": ["heavy"], "host": CARDS}),
    "plan of what runs together": (
        "plan",
        "heavy app --profile cards.json --together",
        {"modules": ["heavy", "app"], "host": CARDS, "together": True},
    ),
    "conflict": ("plan", "heavy app", {"modules": ["heavy", "app"]}),
    "conflict of what runs together": (
        "plan",
        "heavy bulky --together --assume gpus=24GB --assume ram=64GB",
        {"modules": ["heavy", "bulky"], "together": True, "assume": ["gpus=24GB", "ram=64GB"]},
    ),
    "conflict about a name": ("plan", "librery", {"modules": ["librery"]}),
    "diagnosis of a conflict": ("diagnose", "heavy app library@>=2", {"modules": ["heavy", "app", "library@>=2"]}),
    "diagnosis of the smallest": (
        "diagnose",
        "app library@>=2 --smallest",
        {"modules": ["app", "library@>=2"], "smallest": True},
    ),
    "diagnosis of a plan": ("diagnose", "app", {"modules": ["app"]}),
    "why it is there": ("why", "library --for app", {"module": "library", "modules": ["app"]}),
    "why not that version": ("why", "library@2.0 --for app", {"module": "library@2.0", "modules": ["app"]}),
    "why it is not there": ("why", "heavy --for app", {"module": "heavy", "modules": ["app"]}),
    "why without a plan": ("why", "app --for heavy", {"module": "app", "modules": ["heavy"]}),
    "needs": ("needs", "heavy", {"modules": ["heavy"]}),
    "needs of the newest": ("needs", "heavy app --newest", {"modules": ["heavy", "app"], "newest": True}),
    "needs that nothing meets": ("needs", "app library@>=2", {"modules": ["app", "library@>=2"]}),
}
OVER_INSTALLED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "plan": ("plan", "app", {"modules": ["app"]}),
    "plan of the least changes": ("plan", "library --strategy keep", {"modules": ["library"], "strategy": "keep"}),
    "conflict with what stays": ("plan", "library@>=2", {"modules": ["library@>=2"]}),
    "plan that removes": ("plan", "library@>=2 --allow-removal", {"modules": ["library@>=2"], "allow_removal": True}),
    "plan elsewhere": ("plan", "library --profile gpu-24gb --no-store", {"modules": ["library"], "host": "gpu-24gb"}),
    "plan of a move": (
        "plan",
        "library --profile gpu-24gb",
        {"modules": ["library"], "host": "gpu-24gb", "store": True},
    ),
    "why of what is installed": ("why", "library", {"module": "library"}),
    "diagnosis": ("diagnose", "library@>=2", {"modules": ["library@>=2"]}),
    "needs": ("needs", "library@>=2", {"modules": ["library@>=2"]}),
}


@pytest.fixture
def _cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cards.json").write_text(json.dumps(CARDS))


@pytest.mark.usefixtures("_cards")
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_an_answer_is_what_the_command_prints(
    question: tuple[str, str, dict[str, Any]], machine: RunCli, service: InProcess
) -> None:
    _assert_same(question, machine, service)


def test_an_answer_over_what_is_installed_is_what_the_command_prints(machine: RunCli, service: InProcess) -> None:
    apply_plan(machine, "app", "library@1.0")
    assert machine("pin", "library@<1.5").exit_code == 0
    for question in OVER_INSTALLED.values():
        _assert_same(question, machine, service)


def _assert_same(question: tuple[str, str, dict[str, Any]], machine: RunCli, service: InProcess) -> None:
    command, arguments, body = question
    printed = machine(command, *arguments.split(), "--format", "json")
    answer = ask(service, "POST", f"/v1/{command}", body)
    assert printed.exit_code in (0, 1), printed.output
    assert (answer.status_code, answer.text) == (200, printed.stdout), body
    assert answer.headers["Content-Type"] == "application/json"
    unchanged = ask(service, "POST", f"/v1/{command}", body, headers={"If-None-Match": answer.headers["ETag"]})
    assert unchanged.status_code == 412


def test_a_conflict_is_an_answer(service: InProcess) -> None:
    answer = ask(service, "POST", "/v1/plan", {"modules": ["heavy"]})
    assert (answer.status_code, answer.json()["status"]) == (200, "conflict")


def test_the_time_of_a_client_is_at_most_that_of_the_service(service: InProcess) -> None:
    ask(service, "POST", "/v1/plan", {"modules": ["app"], "timeout": 80000})
    ask(service, "POST", "/v1/plan", {"modules": ["app"], "timeout": 1.5})
    assert [job.parameters["timeout"] for job in service.pool.jobs] == [60.0, 1.5]


def test_the_tag_of_an_answer_follows_what_it_depends_on(machine: RunCli, service: InProcess) -> None:
    def tag(**more: Any) -> str:
        return ask(service, "POST", "/v1/plan", {"modules": ["library"], **more}).headers["ETag"]

    first = tag()
    others = {tag(strategy="lowest"), tag(host="gpu-24gb"), tag(store=False), tag(assume=["cores=4"])}
    assert len(others) == 4 and first not in others
    assert tag() == tag(timeout=7) == first
    alone = tag(store=False)
    apply_plan(machine, "library")
    assert tag() != first and tag(store=False) == alone


def test_a_tag_that_is_not_the_answers_asks_for_it(service: InProcess) -> None:
    answer = ask(service, "POST", "/v1/plan", {"modules": ["app"]}, headers={"If-None-Match": f'"{"0" * 32}"'})
    assert answer.status_code == 200
