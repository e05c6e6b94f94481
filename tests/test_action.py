"""The GitHub Action and the hooks for pre-commit: what they run, with what they are given."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from manifests import manifest_text, write_files

from las_registry.load import is_manifest_file

ROOT = Path(__file__).parents[1]
ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: Any = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
STEPS = {one["id"]: one for one in ACTION["runs"]["steps"]}
EXPRESSION = re.compile(r"\$\{\{\s*(\S+?)\s*\}\}")


def test_nothing_from_outside_is_a_part_of_a_script() -> None:
    scripts = [one["run"] for one in STEPS.values() if "run" in one]
    assert len(scripts) == 2
    assert [one for one in scripts if "${{" in one or re.search(r"\beval\b", one)] == []
    assert all(one["shell"] == "bash" for one in STEPS.values() if "run" in one)


def test_every_expression_names_what_there_is() -> None:
    known = {f"inputs.{name}" for name in ACTION["inputs"]}
    known |= {"steps.python.outputs.python-path", "steps.install.outputs.programs"}
    known |= {f"steps.lint.outputs.{name}" for name in ACTION["outputs"]}
    used = set(EXPRESSION.findall((ROOT / "action.yml").read_text(encoding="utf-8")))
    assert used == known


def test_packages_are_installed_by_their_hashes_from_the_checkout_of_the_action() -> None:
    script = STEPS["install"]["run"]
    assert '--require-hashes -r "$GITHUB_ACTION_PATH/requirements/run.txt"' in script
    assert (ROOT / "requirements" / "run.txt").is_file()
    assert '--no-deps "$GITHUB_ACTION_PATH"' in script


class Runner:
    """Runs the step that lints, as a runner does: inputs in the environment, outputs in a file."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.programs = Path(sys.executable).parent

    def __call__(self, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        given = {name: one.get("default", "") for name, one in ACTION["inputs"].items()} | {
            name.replace("_", "-"): value for name, value in inputs.items()
        }
        step = STEPS["lint"]
        environment = {name: given.get(self._input(value), "") for name, value in step["env"].items()}
        environment["PROGRAMS"] = str(self.programs)
        outputs = self.place / "outputs"
        outputs.write_text("")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LAS_SOLVE_")}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.place / "workspace",
            env={**kept, **environment, "RUNNER_TEMP": str(self.place), "GITHUB_OUTPUT": str(outputs)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done, dict(line.split("=", 1) for line in outputs.read_text().splitlines())

    @staticmethod
    def _input(value: str) -> str:
        found = EXPRESSION.fullmatch(value)
        assert found is not None, "the environment holds expressions alone"
        return found[1].removeprefix("inputs.")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    if not (Path(sys.executable).parent / "las-solve").exists():
        pytest.skip("las-solve is not installed beside this Python")
    twice = "license: MIT\ndependencies: {modules: [lib, lib]}\n"
    files = {"a b/manifest.yaml": manifest_text("app", "1", twice), "lib/manifest.yaml": manifest_text("lib")}
    write_files(tmp_path / "workspace" / "my reg", files)
    return Runner(tmp_path)


def test_the_step_prints_the_findings_and_writes_them_as_sarif(runner: Runner) -> None:
    done, outputs = runner(path="my reg", args="--ignore LAS4")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert len(token) == 32 and lines[-1] == f"::{token}::"
    assert "my reg/a b/manifest.yaml:8: LAS601 warning: " in done.stdout
    assert outputs == {"sarif": str(runner.place / "las-solve.sarif"), "status": "0"}
    run = json.loads(Path(outputs["sarif"]).read_text())["runs"][0]
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]]
    assert uris == ["my%20reg/a%20b/manifest.yaml"]


def test_the_step_fails_on_what_it_is_told_to_and_has_its_outputs_all_the_same(runner: Runner) -> None:
    done, outputs = runner(path="my reg", fail_on="warning", format="json", sarif_file="found.sarif")
    assert done.returncode == 1
    assert outputs == {"sarif": "found.sarif", "status": "1"}
    assert json.loads("\n".join(done.stdout.splitlines()[1:-1]))["status"] == "findings"
    assert (runner.place / "workspace" / "found.sarif").stat().st_size > 0


def test_the_step_has_no_findings_to_upload_where_nothing_was_linted(runner: Runner) -> None:
    done, outputs = runner(path="nowhere")
    assert (done.returncode, outputs) == (2, {"status": "2"}) and "nowhere does not exist" in done.stderr


@pytest.fixture
def arguments(runner: Runner) -> Path:
    """The file in which a stand-in for las-solve notes what it is called with, each call on a line of JSON."""
    noted = runner.place / "noted"
    runner.programs = runner.place / "programs"
    stand_in = (
        f"#!{sys.executable} -S\nimport json, sys\nopen({str(noted)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
        "print('findings')\n"
    )
    write_files(runner.programs, {"las-solve": stand_in})
    (runner.programs / "las-solve").chmod(0o755)
    return noted


def test_no_input_is_ever_run(runner: Runner, arguments: Path) -> None:
    hostile = "\"; touch pwned; $(touch pwned) `touch pwned` ' && touch pwned # * ${HOME}"
    names = ("args", "format", "fail_on", "sarif_file")
    _, outputs = runner(path=f"a b\n\n--fix\n{hostile}\n", **dict.fromkeys(names, hostile))
    assert list(runner.place.rglob("pwned")) == []
    assert outputs == {"sarif": hostile, "status": "0"}
    lint, paths = ["registry", "lint", *hostile.split()], ["--", "a b", "--fix", hostile]
    assert [json.loads(line) for line in arguments.read_text().splitlines()] == [
        [*lint, "--format", "sarif", "--fail-on", "never", *paths],
        [*lint, "--format", hostile, "--fail-on", hostile, *paths],
    ]


def test_an_output_cannot_be_forged_by_a_line_break(runner: Runner, arguments: Path) -> None:
    done, outputs = runner(sarif_file="x\nstatus=0")
    assert (done.returncode, outputs, arguments.exists()) == (2, {}, False)


def test_without_options_there_are_none(runner: Runner, arguments: Path) -> None:
    runner()
    assert json.loads(arguments.read_text().splitlines()[1]) == [
        *("registry", "lint", "--format", "text", "--fail-on", "error", "--", ".")
    ]


def test_hooks_are_what_pre_commit_reads() -> None:
    assert [one["id"] for one in HOOKS] == ["las-solve-lint", "las-solve-seal"]
    for one in HOOKS:
        assert set(one) <= {"id", "name", "description", "entry", "args", "language", "files", "require_serial"}
        assert (one["language"], one["require_serial"]) == ("python", True)
        assert one["entry"].split()[:2] == ["las-solve", "registry"]


@pytest.mark.parametrize(
    "path",
    [
        "manifest.yaml",
        "a/manifest.yml",
        "a/b.manifest.yaml",
        ".manifest.yml",
        "xmanifest.yaml",
        "manifest.yaml.x",
        "m.yaml",
    ],
)
def test_hooks_are_given_the_files_that_hold_manifests(path: str) -> None:
    for one in HOOKS:
        assert bool(re.search(one["files"], path)) == is_manifest_file(Path(path).name)
