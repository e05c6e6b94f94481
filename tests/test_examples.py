"""The examples run, print what is kept of them, and are typed. ``python tests/test_examples.py`` renews it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from runpy import run_path

import pytest
from mypy import api

EXAMPLES = Path(__file__).parents[1] / "examples"
PRINTED = Path(__file__).parent / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def printed(name: str, *arguments: str) -> str:
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@pytest.mark.parametrize("name", NAMES)
def test_an_example_prints_what_is_kept(name: str) -> None:
    assert printed(name) == (PRINTED / f"{name}.txt").read_text(encoding="utf-8")


def test_no_output_is_kept_of_examples_that_are_gone() -> None:
    assert sorted(path.stem for path in PRINTED.glob("*.txt")) == NAMES and len(NAMES) >= 3


def test_what_is_installed_here_can_be_planned() -> None:
    output = printed("python_packages", "installed")
    assert "  hypothesis " in output or ", hypothesis " in output
    assert "packaging for Python 3." in output


def test_markers_of_packages_are_about_the_interpreter_that_is_planned_for() -> None:
    packages = run_path(str(EXAMPLES / "python_packages.py"))["Packages"]
    entries = ['old; python_version < "3.13"', 'new; python_full_version >= "3.13.0"', 'other; sys_platform == "win32"']
    index = [{"Name": "app", "Version": "1", "Requires-Dist": entries}]
    for python, needed in (("3.12", "old"), ("3.13", "new")):
        (app,) = packages(index, python, "linux").versions("app")
        assert [str(one) for one in app.requirements] == [needed]


def test_metadata_of_another_form_is_left_out_and_said_so() -> None:
    odd: list[dict[str, str | list[str]]] = [
        {"Name": "app", "Version": "1", "Requires-Python": ">=3.6.*"},
        {"Name": "app", "Version": "2", "Requires-Python": ">=3.8, "},
        {"Name": "app", "Version": "2004d-final"},
        {"Name": "app", "Version": "3", "Requires-Dist": ["lib===1", "lib @ file:///lib", "lib 2", "lib>=1"]},
        {"Name": "-app", "Version": "1"},
    ]
    source = run_path(str(EXAMPLES / "python_packages.py"))["Packages"](odd, "3.13", "linux")
    assert [str(one.version) for one in source.versions("app")] == ["3", "2"]
    assert [str(one) for one in source.versions("app")[0].requirements] == ["lib@>=1"]
    left_out = ["app 1", "app 2004d-final", "app 3: lib===1", "app 3: lib @ file:///lib", "app 3: lib 2", "-app 1"]
    assert [one[: len(said)] for one, said in zip(source.left_out, left_out, strict=True)] == left_out


def test_the_examples_are_typed_strictly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES.parent)
    report, errors, status = api.run(["--strict", *(f"examples/{name}.py" for name in NAMES)])
    assert (status, errors) == (0, ""), report


if __name__ == "__main__":
    for each in NAMES:
        (PRINTED / f"{each}.txt").write_text(printed(each), encoding="utf-8")
