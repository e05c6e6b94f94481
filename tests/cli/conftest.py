"""The command line apart from the settings of whoever runs the tests."""

from __future__ import annotations

import os

import pytest
from command_line import RunCli, run_command


@pytest.fixture
def run_cli(monkeypatch: pytest.MonkeyPatch) -> RunCli:
    """Runs ``las-solve`` in this process, without the user's own environment variables."""
    for name in list(os.environ):
        if name.startswith(("LAS_SOLVE_", "_LAS_SOLVE_")) or name in ("COLUMNS", "NO_COLOR"):
            monkeypatch.delenv(name)
    return run_command
