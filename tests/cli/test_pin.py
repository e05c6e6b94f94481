"""``las-solve pin`` and ``unpin``."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import RunCli
from stored import apply_plan, document, plan_of


def _pins(run: RunCli) -> list[str]:
    return [one["requirement"] for one in document(run, "pin")["pins"]]


def test_a_pin_holds_in_every_plan(machine: RunCli) -> None:
    assert machine("pin", "library@<2").exit_code == 0
    plan = plan_of(machine, "library")
    assert [step["version"] for step in plan["steps"]] == ["1.5"]
    machine("unpin", "library")
    assert [step["version"] for step in plan_of(machine, "library")["steps"]] == ["2.0"]


def test_without_a_constraint_it_is_the_installed_version(machine: RunCli) -> None:
    result = machine("pin", "library")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "hint: name a constraint: las-solve pin 'library@<2'" in result.stderr
    apply_plan(machine, "app")
    assert machine("pin", "library").exit_code == 0
    assert _pins(machine) == ["library@==1.5"]


def test_the_pins_are_listed(machine: RunCli) -> None:
    nothing = machine("pin")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    apply_plan(machine, "app")
    machine("pin", "library@<2", "heavy@==1.*")
    lines = [line.split()[:3] for line in machine("pin").stdout.splitlines()]
    assert lines == [["MODULE", "PINNED", "TO"], ["heavy", "==1.*", "-"], ["library", "<2", "1.5"]]
    assert [one["installed"] for one in document(machine, "pin")["pins"]] == [None, "1.5"]


def test_a_new_pin_takes_the_place_of_an_older_one(machine: RunCli) -> None:
    machine("pin", "library@<2")
    machine("pin", "library@<3")
    assert _pins(machine) == ["library@<3"]


def test_two_pins_of_a_module_are_refused(machine: RunCli, tmp_path: Path) -> None:
    result = machine("pin", "library@>=1", "heavy@<2", "library@<2")
    assert result.exit_code == 2
    assert "library is named twice: write its pin as one, like 'library@>=1,<2'." in result.stderr
    assert not (tmp_path / "store.sqlite3").exists()


def test_dry_runs_change_nothing(machine: RunCli, tmp_path: Path) -> None:
    result = machine("pin", "library@<2", "--dry-run")
    assert result.stdout.startswith("Would be recorded (nothing was, this is a dry run)\n")
    assert not (tmp_path / "store.sqlite3").exists()
    machine("pin", "library@<2")
    assert machine("unpin", "library", "--dry-run").exit_code == 0
    assert _pins(machine) == ["library@<2"]


@pytest.mark.parametrize(
    ("pin", "warning"),
    [
        ("librery@1", "there is no module named librery; did you mean library?"),
        ("library@9", "no version of library meets ==9: no plan can have it"),
        ("app@<1", "app 2.1 is installed, which the pin does not admit: the next plan has to change it"),
        ("app@<3", None),
    ],
)
def test_a_pin_that_is_odd_is_warned_about(machine: RunCli, pin: str, warning: str | None) -> None:
    apply_plan(machine, "app")
    result = machine("pin", pin)
    assert result.exit_code == 0
    assert warning is None or f"warning: {warning}\n" in result.stderr
    assert warning is not None or result.stderr == ""


@pytest.mark.parametrize("pin", ["library@", "@1", "library>=2", "library@^1"])
def test_what_is_no_pin_is_an_error_and_pins_nothing(machine: RunCli, pin: str) -> None:
    assert machine("pin", "app@<3", pin).exit_code == 2
    assert _pins(machine) == []


def test_what_is_not_pinned_is_an_error_and_unpins_nothing(machine: RunCli) -> None:
    machine("pin", "library@<2")
    result = machine("unpin", "library", "librery")
    assert result.exit_code == 2
    assert result.stderr == "error: librery is not pinned\nhint: did you mean library?\n"
    assert _pins(machine) == ["library@<2"]


def test_a_pin_that_is_gone_is_named(machine: RunCli) -> None:
    machine("pin", "library@<2", "app@2.1")
    assert machine("unpin", "library", "app", "library").stdout == (
        "Recorded\n  library is no longer pinned to <2\n  app is no longer pinned to ==2.1\n"
    )
