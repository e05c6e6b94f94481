"""``las-solve diagnose``, and what ``plan`` says where there is no plan (contract, section 7)."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from command_line import RunCli
from jsonschema import Draft202012Validator

from las_cli.explaining import Explaining
from las_solver.conflict import Conflict
from las_solver.diagnosis import Diagnosis
from las_solver.planner import Planner
from las_solver.schemas import document_schema

Run = Callable[..., Result]

SCHEMA = Draft202012Validator(document_schema("plan"))
GREETING = {"text": "No plan for heavy ", "markdown": "# No plan for heavy ", "html": "<!DOCTYPE html>\n"}


@pytest.fixture
def diagnose(run_cli: RunCli, registry: Path, profile: Path) -> Run:
    """``las-solve diagnose`` on the small registry and the machine without a card."""
    return lambda *arguments, **environment: run_cli(
        "diagnose", "--registry", str(registry), "--profile", str(profile), *arguments, **environment
    )


@pytest.fixture
def plan(run_cli: RunCli, registry: Path, profile: Path) -> Run:
    """``las-solve plan`` of the same."""
    return lambda *arguments, **environment: run_cli(
        "plan", "--registry", str(registry), "--profile", str(profile), *arguments, **environment
    )


def _document(text: str) -> dict[str, Any]:
    document = json.loads(text)
    SCHEMA.validate(document)
    assert isinstance(document, dict)
    return document


def test_a_conflict_is_reported_with_its_statements_and_its_repairs_and_is_1(diagnose: Run) -> None:
    result = diagnose("heavy", COLUMNS="100")
    assert (result.exit_code, result.stderr) == (1, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "No plan for heavy on the machine of machine.yaml"
    assert "heavy/manifest.yaml: hardware.gpu.vram_min" in map(str.strip, lines)
    assert lines[lines.index("What would help") + 1 :][:4] == [
        "  This was checked: with it, there is a plan.",
        "",
        "  1. a GPU with 24 GB",
        "     then heavy 1.0",
    ]
    assert "  GPUs        none (matters here)" in lines


def test_a_plan_is_reported_with_what_holds_it_back_and_is_0(diagnose: Run) -> None:
    result = diagnose("app", COLUMNS="100")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "Plan for app on the machine of machine.yaml"
    at = lines.index("Why not newer")
    assert lines[at + 1] == "  - library 1.5 rather than 2.0, because"
    assert "library <2" in "\n".join(lines[at + 2 : at + 5])


def test_every_independent_conflict_is_reported(diagnose: Run) -> None:
    document = _document(diagnose("heavy", "app@>=3", "--format", "json").stdout)
    assert [statement["kind"] for statement in document["core"]] != []
    assert len(document["more"]) == 1
    text = diagnose("heavy", "app@>=3").stdout
    assert "2 independent conflicts stand in the way" in text
    assert "Conflict 1 of 2" in text and "Conflict 2 of 2" in text
    for repair in document["repairs"]:
        assert len(repair["changes"]) == 2


def test_what_admits_a_newer_version_is_found(diagnose: Run, plan: Run) -> None:
    excluding = ("library", "--exclude", "library@>=2")
    assert "    2.0 becomes possible with: do not exclude library >=2\n" in diagnose(*excluding).stdout
    assert "2.0 becomes possible with: do not exclude library" in plan(*excluding, "--format", "markdown").stdout


def test_json_is_that_of_plan(diagnose: Run, plan: Run) -> None:
    for request in (("heavy",), ("library", "--exclude", "library@>=2")):
        assert diagnose(*request, "--format", "json").stdout == plan(*request, "--format", "json").stdout
    document = _document(plan("library", "--exclude", "library@>=2", "--format", "json").stdout)
    assert document["steps"][0]["admitted_by"] == {
        "changes": [{"kind": "excluded", "requirement": "library@>=2"}],
        "text": "do not exclude library >=2",
        "version": "2.0",
    }


def test_a_smallest_core_is_asked_for(diagnose: Run) -> None:
    assert _document(diagnose("heavy", "--format", "json").stdout)["smallest"] is None
    assert _document(diagnose("heavy", "--smallest", "--format", "json").stdout)["smallest"] is True
    assert "There is no contradiction of fewer statements." in diagnose("heavy", "--smallest").stdout


@pytest.mark.parametrize("output_format", ["markdown", "html"])
@pytest.mark.parametrize("request_", ["app", "heavy"])
def test_plan_has_the_same_report_as_a_page(output_format: str, request_: str, diagnose: Run, plan: Run) -> None:
    page = plan(request_, "--format", output_format)
    assert page.exit_code == (0 if request_ == "app" else 1)
    assert page.stdout == diagnose(request_, "--format", output_format).stdout
    assert page.stdout.endswith("\n")


@pytest.mark.parametrize(
    ("name", "options", "form"),
    [
        ("report.txt", [], "text"),
        ("report.html", [], "html"),
        ("report.HTM", [], "html"),
        ("report.md", [], "markdown"),
        ("report.json", [], "json"),
        ("report.html", ["--format", "markdown"], "markdown"),
    ],
)
def test_the_ending_of_the_file_is_its_format(
    name: str, options: list[str], form: str, diagnose: Run, tmp_path: Path
) -> None:
    path = tmp_path / name
    result = diagnose("heavy", "--output", str(path), *options)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{path}: written\n")
    written = path.read_text(encoding="utf-8")
    if form == "json":
        assert _document(written)["status"] == "conflict"
    else:
        assert written.startswith(GREETING[form])
    assert "\x1b" not in written
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".las-solve")] == []


def test_a_file_that_cannot_be_written_is_2_and_stays_as_it_was(diagnose: Run, tmp_path: Path) -> None:
    result = diagnose("heavy", "--output", str(tmp_path / "nowhere" / "report.html"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot be written" in result.stderr
    assert diagnose("heavy", "--output", "-").exit_code == 2
    old = tmp_path / "old.html"
    old.write_text("old")
    assert diagnose("app@^1", "--output", str(old)).exit_code == 2
    assert old.read_text() == "old"


def test_wrong_usage_is_2_and_out_of_time_4(diagnose: Run, run_cli: RunCli) -> None:
    assert diagnose().stderr.startswith("error: no module was named\nhint: ")
    assert run_cli("diagnose").stderr.endswith("las-solve diagnose open-webui is an example\n")
    assert diagnose().exit_code == 2
    assert diagnose("app", "--solver", "none").exit_code == 2
    assert diagnose("app", "--timeout", "0.000000001").exit_code == 4


def test_plan_without_a_result_says_briefly_what_would_help(plan: Run) -> None:
    result = plan("heavy", COLUMNS="100")
    assert (result.exit_code, result.stderr) == (1, "")  # the hint is for terminals alone
    assert re.search(r"What would help.*\n +1\. a GPU with 24 GB +then heavy 1\.0\n$", result.stdout)


class _Interrupting:
    """A planner's `diagnose` that Ctrl-C interrupts, after it asked whether to stop."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def __call__(self, conflict: Conflict, *, stop: Callable[[], bool], **options: object) -> Diagnosis:
        self.asked.append(stop())
        os.kill(os.getpid(), signal.SIGINT)
        self.asked.append(stop())
        return Diagnosis(conflicts=(conflict,), repairs=(), complete=False)


@pytest.mark.parametrize("command", ["plan", "diagnose"])
def test_an_interrupted_explanation_is_printed_as_far_as_it_came_and_is_130(
    command: str, plan: Run, diagnose: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupting = _Interrupting()
    monkeypatch.setattr(Planner, "diagnose", lambda self, conflict, **options: interrupting(conflict, **options))
    result = {"plan": plan, "diagnose": diagnose}[command]("heavy", "--format", "json")
    assert (result.exit_code, interrupting.asked) == (130, [False, True])
    document = _document(result.stdout)
    assert (document["status"], document["minimal"], document["complete"]) == ("conflict", True, False)


def test_ctrl_c_counts_only_once_explaining_began_and_only_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Explaining(60) as explaining:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        assert not explaining()
        os.kill(os.getpid(), signal.SIGINT)
        assert explaining() and explaining.interrupted
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_time_for_explaining_counts_from_the_first_question() -> None:
    with Explaining(0) as explaining:
        assert explaining() and not explaining.interrupted
