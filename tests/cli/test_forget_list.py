"""``las-solve registry sign --list`` and ``trust forget-list``: registries that were set back, by whomever."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import RunCli
from signed_lists import write_registry

from las_registry.trust.listing import LIST_NAME


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LAS_SOLVE_CONFIG", str(tmp_path / "settings"))
    return tmp_path


def test_a_registry_that_was_set_back_counts_again_once_its_list_is_forgotten(place: Path, run_cli: RunCli) -> None:
    def run(command: str, exit_code: int = 0) -> str:
        result = run_cli(*command.split())
        assert result.exit_code == exit_code, result.output
        return result.output

    write_registry(place / "my-registry", "app")
    run("registry keygen -o ada.key")
    run("registry trust add ada.key.pub")
    assert "list 1 of 1 file, until " in run("registry sign --list my-registry --key ada.key")
    shutil.copytree("my-registry", "mirror")
    run("registry sign --list my-registry --key ada.key")
    plan = "plan app --registry my-registry"
    run(plan)
    assert run("registry trust forget-list mirror") == "no list of mirror was seen\n"
    shutil.copy(f"mirror/{LIST_NAME}", f"my-registry/{LIST_NAME}")
    told = run(plan, 3)
    assert "this is list 1 of the registry, and list 2 was seen before: the registry was set back" in told
    assert "las-solve registry trust forget-list DIR" in told
    assert run("registry trust forget-list my-registry") == "forgotten: list 2 of my-registry\n"
    run(plan)
    write_registry(place / "my-registry", "new")
    assert "not in the list: new/manifest.yaml" in run(plan, 3)
