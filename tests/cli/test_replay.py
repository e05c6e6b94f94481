"""``las-solve replay`` and ``--save-replay``: one file that gives the same answer anywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import FrameType

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files

SMALL = """las-solve-replay: 1
about: |
  The driver is too old.
request: [app, lib]
host: {runtimes: {driver: 535}, cpu: {cores: 4}}
modules:
  - {name: app, version: 2, dependencies: {modules: [lib], runtime: [driver>=550]}}
  - {name: app, version: 1, dependencies: {modules: [lib], runtime: [driver>=540]}}
  - {name: lib, version: 1}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.mark.parametrize("request_", [["app"], ["heavy"], ["app", "library@>=2"], ["ap"], ["app", "--exclude", "app"]])
@pytest.mark.parametrize("output_format", ["text", "json", "markdown", "html", "dot"])
def test_the_same_is_printed_anywhere(
    request_: list[str], output_format: str, run_cli: RunCli, registry: Path, tmp_path: Path
) -> None:
    """With the profile saved, as that is "this machine" in both."""
    profile = tmp_path / "settings" / "las-solve" / "host.yaml"
    profile.parent.mkdir(parents=True)
    profile.write_text("cpu: {cores: 16}\nmemory: {ram: 64GiB}\n")
    saved = tmp_path / "saved.yaml"
    arguments = [*request_, "--format", output_format]
    before = run_cli("plan", *arguments, "--registry", str(registry), "--save-replay", str(saved), COLUMNS="100")
    assert "usage" not in before.stderr.lower()
    if "app" in request_ and "--exclude" in request_:
        assert (before.exit_code, saved.exists()) == (2, False)
        return
    profile.unlink()
    after = run_cli("replay", str(saved), "--format", output_format, COLUMNS="100")
    assert after.exit_code == before.exit_code
    assert _without_digest(after.output).replace(
        "on this machine", "on this machine (saved profile)"
    ) == _without_digest(before.output)
    assert after.exit_code == (0 if request_ == ["app"] else 1)


def _without_digest(output: str) -> str:
    """`output` without the digest of the registry: that of a replay file is another one."""
    return re.sub(r"sha256:[0-9a-f]{64}(?=\"\n  \})", "", output)


def test_the_digest_of_a_replay_file_is_over_its_manifests(run_cli: RunCli, small: Path, tmp_path: Path) -> None:
    def digest(text: str) -> str:
        path = tmp_path / "other.yaml"
        path.write_text(text)
        document = json.loads(run_cli("replay", str(path), "--format", "json").stdout)
        assert document["installed"] is None
        return str(document["registry"]["digest"])

    assert re.fullmatch("sha256:[0-9a-f]{64}", digest(SMALL))
    assert digest(SMALL.replace("535", "550")) == digest(SMALL)
    assert digest(SMALL.replace("{name: lib, version: 1}", "{name: lib, version: 1.1}")) != digest(SMALL)


def test_nothing_private_is_saved(run_cli: RunCli, tmp_path: Path) -> None:
    secret = "description: Something"
    files = {
        "app/manifest.yaml": manifest_text("app", "1", "x-owner: ada\ndependencies: {modules: [lib@>=2]}\n"),
        "lib/manifest.yaml": manifest_text("lib", "2", "dependencies: {modules: 7}\n"),
        "unrelated/manifest.yaml": manifest_text("unrelated", "1"),
    }
    registry = write_files(tmp_path / "home-of-ada" / "registry", files)
    profile = tmp_path / "ada.yaml"
    profile.write_text("x-owner: ada\ngpus: [{name: Serial 123 of Ada, vendor: nvidia, vram: 8GB}]\n")
    saved = tmp_path / "saved.yaml"
    run_cli("plan", "app", "--registry", str(registry), "--profile", str(profile), "--save-replay", str(saved))
    text = saved.read_text()
    assert "place: lib/manifest.yaml" in text.replace('"', "")
    for private in ("ada", "123", secret, "unrelated", str(tmp_path)):
        assert private not in text.lower()


def test_a_file_stands_for_all_options_of_other_commands(small: Path, run_cli: RunCli) -> None:
    whole = run_cli("diagnose", "--replay", str(small), "--format", "json")
    assert json.loads(whole.stdout)["request"] == ["app", "lib"]
    replayed = run_cli("replay", str(small), "--format", "json")
    assert replayed.stdout == run_cli("plan", "--replay", str(small), "--format", "json").stdout
    checked = run_cli("check", "-", "--replay", str(small), stdin=replayed.stdout)
    assert (checked.exit_code, checked.stdout) == (
        0,
        "right: the conflict is one, and none of its statements can be left out\n",
    )


@pytest.mark.parametrize("more", [["app"], ["--pre"], ["--registry", "."], ["--profile", "gpu-8gb"]])
def test_nothing_else_may_say_what_the_file_says(more: list[str], small: Path, run_cli: RunCli) -> None:
    result = run_cli("plan", "--replay", str(small), *more)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot be given together: the file says both" in result.stderr


def test_the_environment_does_not_count(small: Path, run_cli: RunCli) -> None:
    plain = run_cli("replay", str(small))
    assert run_cli("replay", str(small), LAS_SOLVE_REGISTRY="/nowhere", LAS_SOLVE_PROFILE="none").stdout == plain.stdout
    assert run_cli("plan", "--replay", str(small), LAS_SOLVE_REGISTRY="/nowhere").exit_code == 1


def test_standard_input_is_a_file(small: Path, run_cli: RunCli) -> None:
    assert run_cli("replay", "-", stdin=SMALL).stdout == run_cli("replay", str(small)).stdout
    broken = run_cli("replay", "-", stdin="las-solve-replay: 1\n")
    assert broken.stderr.startswith("error: standard input:1: request: nothing is requested")


def test_shrinking_prints_a_file_with_the_same_conflict(small: Path, run_cli: RunCli) -> None:
    shrunk = run_cli("replay", str(small), "--shrink")
    assert (shrunk.exit_code, shrunk.stderr) == (0, "")
    assert shrunk.stdout == (
        "las-solve-replay: 1\n"
        "about: |\n"
        "  The driver is too old.\n"
        "request: [app]\n"
        "host: {runtimes: {driver: 535}}\n"
        "modules:\n"
        "  - {name: app, version: 2, dependencies: {runtime: [driver>=550]}}\n"
    )
    assert run_cli("replay", "-", "--shrink", stdin=shrunk.stdout).stdout == shrunk.stdout


def test_the_smaller_file_can_be_written(small: Path, run_cli: RunCli, tmp_path: Path) -> None:
    result = run_cli("replay", str(small), "--shrink", "-o", str(tmp_path / "out.yaml"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"{tmp_path / 'out.yaml'}: written\n")
    assert (tmp_path / "out.yaml").read_text() == run_cli("replay", str(small), "--shrink").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.yaml"], "Invalid value for '--output': it is where the file of --shrink is written."),
        (["--shrink", "-o", "-"], "Invalid value for '--output': it is where the file of --shrink is written."),
        (["--shrink", "--format", "text"], "--shrink and --format cannot be given together"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    arguments: list[str], message: str, small: Path, run_cli: RunCli
) -> None:
    result = run_cli("replay", str(small), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_out_of_time_is_said(small: Path, run_cli: RunCli) -> None:
    result = run_cli("replay", str(small), "--shrink", "--timeout", "0.000001")
    assert (result.exit_code, result.stdout) == (4, "")


def test_a_file_that_cannot_be_written_is_an_error(run_cli: RunCli, registry: Path, tmp_path: Path) -> None:
    result = run_cli("plan", "app", "--registry", str(registry), "--save-replay", str(tmp_path / "none" / "x.yaml"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot be written" in result.stderr
    result = run_cli("plan", "app", "--registry", str(registry), "--save-replay", "-")
    assert "error: --save-replay - names no file" in result.stderr


def test_an_old_file_stays_whole_if_writing_is_interrupted(
    run_cli: RunCli, registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: FrameType | int | None) -> None:
        raise KeyboardInterrupt

    saved = tmp_path / "out" / "saved.yaml"
    saved.parent.mkdir()
    saved.write_text("old")
    monkeypatch.setattr("os.fsync", interrupt)
    result = run_cli("plan", "app", "--registry", str(registry), "--profile", "gpu-8gb", "--save-replay", str(saved))
    assert result.exit_code == 130
    assert ([path.name for path in saved.parent.iterdir()], saved.read_text()) == (["saved.yaml"], "old")
