"""``las-solve outdated``."""

from __future__ import annotations

from pathlib import Path

import pytest
from changes import add, install
from command_line import RunCli
from stored import apply_plan, document


def _listed(run: RunCli, *options: str) -> list[tuple[str, str, str | None, str]]:
    found = document(run, "outdated", *options)["outdated"]
    return [(one["module"], one["installed"], one["upgrade"], one["newest"]) for one in found]


def test_what_is_older_than_it_could_be(machine: RunCli) -> None:
    apply_plan(machine, "library@1.0")
    assert _listed(machine) == [("library", "1.0", "2.0", "2.0")]
    result = machine("outdated", COLUMNS="100")
    assert (result.exit_code, result.stderr) == (0, "hint: las-solve upgrade plans the upgrades\n")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["MODULE", "INSTALLED", "UPGRADE", "NEWEST"],
        ["library", "1.0", "2.0", "2.0"],
    ]


def test_what_holds_it_back(machine: RunCli) -> None:
    apply_plan(machine, "app", "library@1.0")
    assert _listed(machine) == [("library", "1.0", "1.5", "2.0")]
    assert "1.5      2.0     app 2.1 needs library <2\n" in machine("outdated", COLUMNS="100").stdout
    apply_plan(machine, "app", "library")
    assert _listed(machine) == [("library", "1.5", "1.5", "2.0")]
    result = machine("outdated", COLUMNS="100")
    assert "1.5        -        2.0     app 2.1 needs library <2\n" in result.stdout
    assert result.stderr == ""


def test_pins_hold_it_back(machine: RunCli) -> None:
    apply_plan(machine, "library@1.0")
    machine("pin", "library@<2")
    [one] = document(machine, "outdated")["outdated"]
    assert (one["upgrade"], [each["kind"] for each in one["held_back_by"]]) == ("1.5", ["pinned"])


def test_nothing(machine: RunCli) -> None:
    result = machine("outdated")
    assert (result.exit_code, result.stdout) == (0, "nothing is outdated: nothing is installed\n")
    assert document(machine, "outdated") == {"status": "listed", "outdated": []}
    apply_plan(machine, "library")
    expected = "nothing is outdated: 1 installed module, at the newest version there is\n"
    assert machine("outdated").stdout == expected


def test_the_profile_of_another_machine_is_hinted_at(
    machine: RunCli, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_plan(machine, "library@1.0")
    monkeypatch.delenv("LAS_SOLVE_STORE")
    result = machine("outdated", "--profile", str(profile))
    assert result.exit_code == 0
    assert result.stderr.endswith("--store FILE names one that does\n")


def test_what_does_not_work_is_said(machine: RunCli, registry: Path) -> None:
    install(machine, "heavy@1.0")
    add(registry, "heavy", "2.0", vram="24GB")
    apply_plan(machine, "library@1.0")
    assert _listed(machine) == [("heavy", "1.0", None, "2.0"), ("library", "1.0", "2.0", "2.0")]
    heavy, library = document(machine, "outdated")["outdated"]
    assert "24 GB of GPU memory" in heavy["invalid"] and library["invalid"] is None
    assert "it does not work here, and is left alone: " in machine("outdated", COLUMNS="200").stdout


def test_what_the_registry_no_longer_has_is_not_outdated(machine: RunCli, registry: Path) -> None:
    add(registry, "tool", "1.0")
    apply_plan(machine, "tool")
    (registry / "tool/1.0.manifest.yaml").unlink()
    assert _listed(machine) == []


def test_where_not_all_can_be_upgraded_at_once(machine: RunCli, registry: Path) -> None:
    apply_plan(machine, "library@1.0")
    result = machine("outdated", "--exclude", "library@>=0")
    assert result.exit_code == 0
    assert result.stderr == "hint: not everything can be upgraded at once: las-solve upgrade says why\n"
    assert machine("upgrade", "--exclude", "library@>=0").exit_code == 1
    assert _listed(machine, "--exclude", "library@>=0") == [("library", "1.0", None, "2.0")]


def test_out_of_time(machine: RunCli) -> None:
    apply_plan(machine, "library@1.0")
    assert machine("outdated", "--timeout", "1e-9").exit_code == 4
