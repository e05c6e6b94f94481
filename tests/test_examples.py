"""The examples run, print what is kept of them, and are typed. ``python tests/test_examples.py`` renews it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_the_examples_are_typed_strictly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES.parent)
    report, errors, status = api.run(["--strict", *(f"examples/{name}.py" for name in NAMES)])
    assert (status, errors) == (0, ""), report


if __name__ == "__main__":
    for each in NAMES:
        (PRINTED / f"{each}.txt").write_text(printed(each), encoding="utf-8")
