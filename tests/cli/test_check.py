"""``las-solve check``: what it reads, prints and returns; what it finds is for the checker's own tests."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import RunCli


@pytest.fixture
def answer(run_cli: RunCli, registry: Path, profile: Path) -> str:
    """The JSON of a plan for `app`."""
    options = ["--registry", str(registry), "--profile", str(profile), "--format", "json"]
    return run_cli("plan", "app", *options).stdout


def test_a_plan_is_proven_again(run_cli: RunCli, registry: Path, answer: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(answer)
    result = run_cli("check", str(path), "--registry", str(registry))
    assert (result.exit_code, result.stdout) == (0, "valid and newest: proven again\n")


def test_standard_input_is_read_too(run_cli: RunCli, registry: Path, answer: str) -> None:
    result = run_cli("check", "-", "--registry", str(registry), stdin=answer)
    assert result.exit_code == 0


def test_a_conflict_is_proven_again(run_cli: RunCli, registry: Path, profile: Path) -> None:
    options = ["--registry", str(registry), "--profile", str(profile), "--format", "json"]
    conflict = run_cli("plan", "heavy", *options).stdout
    result = run_cli("check", "-", "--registry", str(registry), stdin=conflict)
    assert result.exit_code == 0 and result.stdout.startswith("right: the conflict is one")
    elsewhere = profile.with_name("elsewhere.yaml")
    elsewhere.write_text("gpus: [{vram: 24GB}]\n")
    result = run_cli("check", "-", "--registry", str(registry), "--profile", str(elsewhere), stdin=conflict)
    assert result.exit_code == 1


def test_a_plan_that_is_not_the_newest_is_1(run_cli: RunCli, registry: Path, answer: str) -> None:
    document = json.loads(answer)
    document["steps"][0]["version"] = "1.0"
    result = run_cli("check", "-", "--registry", str(registry), stdin=json.dumps(document))
    assert result.exit_code == 1
    assert result.stdout and result.stderr == ""
    as_json = run_cli("check", "-", "--registry", str(registry), "--format", "json", stdin=json.dumps(document))
    verdict = json.loads(as_json.stdout)
    assert verdict["status"] == "wrong" and verdict["complaints"]


def test_what_was_not_proven_is_not_called_proven(run_cli: RunCli, registry: Path, answer: str) -> None:
    document = json.loads(answer) | {"optimal": False}
    result = run_cli("check", "-", "--registry", str(registry), stdin=json.dumps(document))
    assert result.exit_code == 0 and result.stdout.startswith("valid; ")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"status": "error"}', '{"status": []}', "\x00", "[" * 100_000],
    ids=lambda content: content[:10],
)
def test_what_is_no_answer_is_2(content: str, run_cli: RunCli, registry: Path) -> None:
    result = run_cli("check", "-", "--registry", str(registry), stdin=content)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: standard input is ")


def test_a_file_that_is_not_there_is_2(run_cli: RunCli, registry: Path, tmp_path: Path) -> None:
    assert run_cli("check", str(tmp_path / "nowhere"), "--registry", str(registry)).exit_code == 2
    assert run_cli("check", str(tmp_path), "--registry", str(registry)).exit_code == 2


def test_a_pipe_that_nobody_writes_to_is_empty_and_not_waited_for(run_cli: RunCli, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = run_cli("check", str(tmp_path / "pipe"))
    assert (result.exit_code, result.stderr.splitlines()[0]) == (2, f"error: {tmp_path / 'pipe'} is empty")
    assert run_cli("plan", "app", "--profile", str(tmp_path / "pipe")).exit_code == 2


def test_a_pipe_that_somebody_writes_to_is_read_to_its_end(run_cli: RunCli, registry: Path, answer: str) -> None:
    command = f"{sys.executable} -m las_cli.main check <(cat) --registry {shlex.quote(str(registry))}"
    done = subprocess.run(["bash", "-c", command], input=answer, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "valid and newest: proven again\n", "")


def test_a_file_without_end_is_refused(run_cli: RunCli) -> None:
    result = run_cli("check", "/dev/zero")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (2, "error: /dev/zero is larger than 64 MiB")


@pytest.mark.parametrize("host", [[], {"cpu": "many"}, {"cpu": {"cores": -1}}, "x"], ids=str)
def test_a_machine_that_makes_no_sense_is_2(host: object, run_cli: RunCli, registry: Path, answer: str) -> None:
    document = json.loads(answer) | {"host": host}
    result = run_cli("check", "-", "--registry", str(registry), stdin=json.dumps(document))
    assert result.exit_code == 2 and "Traceback" not in result.stderr
