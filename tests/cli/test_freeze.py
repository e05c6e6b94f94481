"""``las-solve registry freeze``."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files

FILES = {"app/manifest.yaml": manifest_text("app", "2") + "---\n" + manifest_text("app", "1")}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    return str(write_files(tmp_path / "registry", FILES))


def test_what_changes_in_a_frozen_registry_is_not_seen_until_it_is_thawed(run_cli: RunCli, registry: str) -> None:
    frozen = run_cli("registry", "freeze", registry)
    assert (frozen.exit_code, frozen.stdout) == (0, f"{registry}: frozen with 2 versions in 1 file\n")
    write_files(Path(registry), {"new/manifest.yaml": manifest_text("new")})
    assert run_cli("plan", "new", "--registry", registry).exit_code == 1
    thawed = run_cli("registry", "freeze", "--undo", registry)
    assert (thawed.exit_code, thawed.stdout) == (0, f"{registry}: thawed\n")
    assert run_cli("plan", "new", "--registry", registry).exit_code == 0
    assert run_cli("registry", "freeze", "--undo", registry).stdout == f"{registry}: it was not frozen\n"


def test_check(run_cli: RunCli, registry: str) -> None:
    none = run_cli("registry", "freeze", "--check", registry)
    assert none.exit_code == 2 and f"{registry} is not frozen" in none.stderr
    run_cli("registry", "freeze", registry)
    assert run_cli("registry", "freeze", "--check", registry).stdout == f"{registry}: it is as it was frozen\n"
    write_files(Path(registry), {"new/manifest.yaml": manifest_text("new")})
    changed = run_cli("registry", "freeze", "--check", registry)
    assert (changed.exit_code, changed.stdout) == (1, "")
    assert changed.stderr == f"{registry}: it is not as it was frozen\n"


def test_mistakes_are_told_and_what_is_left_can_be_frozen(run_cli: RunCli, registry: str) -> None:
    write_files(Path(registry), {"bad/manifest.yaml": "name: bad\n"})
    refused = run_cli("registry", "freeze", registry)
    assert refused.exit_code == 2 and "bad/manifest.yaml" in refused.stderr and "--force" in refused.stderr
    assert run_cli("registry", "freeze", "--force", registry).exit_code == 0


@pytest.mark.parametrize("command", ["validate", "seal"])
def test_who_works_on_a_frozen_registry_is_warned(command: str, run_cli: RunCli, registry: str) -> None:
    path = f"{registry}/app/manifest.yaml" if command == "seal" else registry
    assert "frozen" not in run_cli("registry", command, path).stderr
    run_cli("registry", "freeze", registry)
    result = run_cli("registry", command, path)
    assert f"warning: {registry} is frozen: plans do not see what changes in it" in result.stderr


def test_a_directory_that_is_none_and_options_that_exclude_one_another(run_cli: RunCli, tmp_path: Path) -> None:
    result = run_cli("registry", "freeze", str(tmp_path / "none"))
    assert result.exit_code == 3 and "does not exist" in result.stderr
    assert run_cli("registry", "freeze", "--undo", "--check", str(tmp_path)).exit_code == 2


def test_the_log_says_what_became_of_the_index(run_cli: RunCli, registry: str) -> None:
    said = run_cli("plan", "app", "--registry", registry, "-v").stderr
    assert "all manifests were read and the index made" in said and "in memory" in said  # so small a registry has none
    run_cli("registry", "freeze", registry)
    said = run_cli("plan", "app", "--registry", registry, "-v").stderr
    assert "the registry is frozen: its index counts" in said and "sqlite3" in said
