"""The command line apart from the settings of whoever runs the tests, and something to plan."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import Result
from closed_schemas import assert_described
from command_line import RunCli, run_command
from manifests import manifest_text, write_files

ANSWERING = {"why": "why", "needs": "needs"} | dict.fromkeys(
    ("diagnose", "plan", "remove", "replay", "upgrade"), "plan"
)
"""Commands that print answers, and the schema of these."""


@pytest.fixture
def run_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunCli:
    """Runs ``las-solve`` in this process, without the user's own environment variables, saved profile and store."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in list(os.environ):
        if name.startswith(("LAS_SOLVE_", "_LAS_SOLVE_")) or name in ("COLUMNS", "NO_COLOR"):
            monkeypatch.delenv(name)
    return described_command


def described_command(*arguments: str, stdin: str | bytes | None = None, **environment: str) -> Result:
    """What ``las-solve`` does, and prints as JSON with no key that is described nowhere, if it is an answer."""
    result = run_command(*arguments, stdin=stdin, **environment)
    command = arguments[0] if arguments else ""
    if command in ANSWERING and "json" in arguments and result.stdout.startswith("{"):
        assert_described(json.loads(result.stdout), ANSWERING[command])
    return result


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A registry: `app` needs `library` below 2 and runs in both modes; `heavy` needs a card of 24 GB."""
    return write_files(
        tmp_path / "registry",
        {
            "app/manifest.yaml": manifest_text(
                "app",
                "2.1",
                "dependencies:\n  modules: ['library@<2']\n  system: [git]\n",
                modes="[container, native]",
            ),
            "library/manifest.yaml": "---\n".join(
                manifest_text("library", version) for version in ("1.0", "1.5", "2.0", "3.0rc1")
            ),
            "heavy/manifest.yaml": manifest_text("heavy", "1.0", "hardware:\n  gpu:\n    vram_min: 24GB\n"),
        },
    )


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A machine with 16 cores and 64 GiB, and without any card."""
    path = tmp_path / "machine.yaml"
    path.write_text("cpu: {cores: 16}\nmemory: {ram: 64GiB}\n")
    return path


@pytest.fixture
def machine(run_cli: RunCli, registry: Path, profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunCli:
    """``las-solve`` on that machine with that registry, and a store that is not there yet."""
    monkeypatch.setenv("LAS_SOLVE_REGISTRY", str(registry))
    monkeypatch.setenv("LAS_SOLVE_PROFILE", str(profile))
    monkeypatch.setenv("LAS_SOLVE_STORE", str(tmp_path / "store.sqlite3"))
    return run_cli
