"""What is printed for registries of thousands of versions, and for long chains; large.txt keeps the texts.

``python tests/scenarios/test_large.py`` renews what is expected: hold each change against the contract.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.extend(str(folder) for folder in Path(__file__).parents[:2])

from command_line import run_command
from large_cases import CASES

EXPECTED = Path(__file__).with_name("large.txt")
HEADING = re.compile(r"^=== (\S+)\n", re.MULTILINE)
MOST_LINES = 100


def _printed(name: str, folder: Path) -> str:
    file = folder / f"{name}.yaml"
    file.write_text(CASES[name](), encoding="utf-8")
    result = run_command("replay", str(file), COLUMNS="100")
    assert result.exit_code == 1 and result.stderr == "", result.output
    return result.stdout


def _expected() -> dict[str, str]:
    _, *parts = HEADING.split(EXPECTED.read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_each_case_has_its_text() -> None:
    assert list(_expected()) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_what_is_printed(name: str, tmp_path: Path) -> None:
    assert _printed(name, tmp_path) == _expected()[name]


@pytest.mark.parametrize("name", CASES)
def test_what_is_printed_stays_short(name: str) -> None:
    assert len(_expected()[name].splitlines()) <= MOST_LINES


def _renew() -> None:
    with tempfile.TemporaryDirectory() as folder:
        texts = [f"=== {name}\n{_printed(name, Path(folder))}" for name in CASES]
    EXPECTED.write_text("".join(texts), encoding="utf-8")


if __name__ == "__main__":
    _renew()
