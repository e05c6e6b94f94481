"""What must happen, one case a file: what it shows, a request with all that its answer depends on, and what is printed.

The files are replay files (docs/replay.md). ``python tests/scenarios/test_scenarios.py`` renews what is expected: hold
each change against the contract.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from click.testing import Result
from command_line import run_command

from las_registry.replay import Replay, read_replay
from las_registry.replay_text import with_expected

SCENARIOS = Path(__file__).parent
FILES = sorted(SCENARIOS.glob("*/*.yaml"))
COLUMNS = {"COLUMNS": "100"}


def _name(file: Path) -> str:
    return file.relative_to(SCENARIOS).with_suffix("").as_posix()


def _read(file: Path) -> Replay:
    return read_replay(file.read_bytes(), str(file))


def _replay(file: Path, output_format: str) -> Result:
    """What ``las-solve replay`` answers; fails unless it is a plan or a conflict without any warning."""
    result = run_command("replay", str(file), "--format", output_format, **COLUMNS)
    assert result.exit_code in (0, 1) and result.stderr == "", result.output
    return result


def test_every_file_is_a_scenario() -> None:
    others = (path for path in SCENARIOS.glob("*/**/*") if path.is_file() and "__pycache__" not in path.parts)
    assert [path for path in others if path not in FILES] == []


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_it_begins_with_what_must_happen_and_where_the_contract_says_so(file: Path) -> None:
    assert _read(file).about.startswith(("Section ", "Sections "))


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_what_is_printed(file: Path) -> None:
    result = _replay(file, "text")
    assert result.stdout == _read(file).expected
    assert result.exit_code == (1 if result.stdout.startswith("No plan for ") else 0)


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_the_checker_agrees(file: Path) -> None:
    result = _replay(file, "json")
    assert json.loads(result.stdout)["status"] == ("conflict" if result.exit_code else "resolved")
    checked = run_command("check", "-", "--replay", str(file), "--format", "json", stdin=result.stdout)
    assert json.loads(checked.stdout) == {"status": "right", "complaints": []}
    assert checked.exit_code == 0


def _renew() -> None:
    for file in FILES:
        file.write_text(with_expected(file.read_text(), _replay(file, "text").stdout))


if __name__ == "__main__":
    _renew()
