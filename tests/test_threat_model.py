"""The threat model names a test for each promise, and the tests are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "threat-model.md").read_text()
PROMISES = [line for line in TEXT.partition("## Promised")[2].splitlines() if line.startswith("| ")][1:]


def test_every_promise_names_tests_and_each_of_them_is_there() -> None:
    files: dict[str, list[Path]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        files.setdefault(path.name, []).append(path)
    assert len(PROMISES) > 25
    for promise in PROMISES:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", promise.rsplit("|", 2)[1])
        assert named, promise
        for file, test in named:
            trees = [ast.parse(path.read_text()) for path in files[file]]
            functions = {one.name for tree in trees for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
            assert test in functions, f"{file}::{test}"


def test_it_is_one_page() -> None:
    assert len(TEXT.split()) < 1400
