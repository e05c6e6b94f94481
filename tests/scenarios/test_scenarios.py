"""What must happen, as folders that can be read: manifests, a host, a request, and what the command then prints.

``python tests/scenarios/test_scenarios.py`` renews what is expected: hold each change against the contract.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from click.testing import Result
from command_line import run_command

SCENARIOS = Path(__file__).parent
FOLDERS = sorted(manifest.parent for manifest in SCENARIOS.glob("*/*/registry.manifest.yaml"))
FILES = {"registry.manifest.yaml", "profile.yaml", "request.txt", "expected.txt"}
INPUTS = ("--registry", ".", "--profile", "profile.yaml")
COLUMNS = {"COLUMNS": "100"}


def _name(folder: Path) -> str:
    return folder.relative_to(SCENARIOS).as_posix()


def _plan(folder: Path, output_format: str) -> Result:
    """What ``las-solve plan`` answers in `folder`; fails unless it is a plan or a conflict without any warning."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        request = Path("request.txt").read_text().splitlines()
        result = run_command("plan", *request, *INPUTS, "--format", output_format, **COLUMNS)
    assert result.exit_code in (0, 1) and result.stderr == "", result.output
    return result


def test_no_folder_is_left_out_and_none_has_anything_else() -> None:
    assert sorted(folder for folder in SCENARIOS.glob("*/*") if folder.is_dir()) == FOLDERS
    assert {_name(folder): {path.name for path in folder.iterdir()} for folder in FOLDERS} == {
        _name(folder): FILES for folder in FOLDERS
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=_name)
def test_the_first_line_says_what_must_happen_and_where_the_contract_says_so(folder: Path) -> None:
    assert (folder / "registry.manifest.yaml").read_text().startswith(("# Section ", "# Sections "))


@pytest.mark.parametrize("folder", FOLDERS, ids=_name)
def test_what_is_printed(folder: Path) -> None:
    expected = (folder / "expected.txt").read_text()
    result = _plan(folder, "text")
    assert result.stdout == expected
    assert result.exit_code == (1 if expected.startswith("There is no plan for ") else 0)


@pytest.mark.parametrize("folder", FOLDERS, ids=_name)
def test_the_checker_agrees(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = _plan(folder, "json")
    assert json.loads(result.stdout)["status"] == ("conflict" if result.exit_code else "resolved")
    monkeypatch.chdir(folder)
    checked = run_command("check", "-", *INPUTS, "--format", "json", stdin=result.stdout)
    assert json.loads(checked.stdout) == {"status": "right", "complaints": []}
    assert checked.exit_code == 0


def _renew() -> None:
    for folder in FOLDERS:
        (folder / "expected.txt").write_text(_plan(folder, "text").stdout)


if __name__ == "__main__":
    _renew()
