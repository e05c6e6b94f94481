"""``las-solve upgrade``."""

from __future__ import annotations

from pathlib import Path

import pytest
from changes import add, install, steps
from command_line import RunCli
from stored import apply_plan, document


def test_what_was_asked_for_becomes_newer_and_what_it_needs(machine: RunCli) -> None:
    apply_plan(machine, "app", "library@1.0")
    assert steps(machine, "upgrade") == ["upgrade library 1.5"]
    assert document(machine, "upgrade")["request"] == ["app", "library"]


def test_what_is_only_needed_is_upgraded_with_what_needs_it(machine: RunCli) -> None:
    install(machine, "library@1.0", asked=False)
    apply_plan(machine, "app", "--strategy", "keep")
    assert document(machine, "upgrade")["request"] == ["app"]
    assert steps(machine, "upgrade") == ["upgrade library 1.5"]


def test_named_modules_alone_are_upgraded(machine: RunCli, registry: Path) -> None:
    add(registry, "tool", "1.0", "2.0")
    apply_plan(machine, "tool@1.0", "library@1.0")
    assert steps(machine, "upgrade", "tool") == ["upgrade tool 2.0"]
    assert steps(machine, "upgrade", "library", "library") == ["upgrade library 2.0"]
    assert steps(machine, "upgrade", "library@<2", "library") == ["upgrade library 1.5"]


def test_where_nobody_asked_for_anything_all_is_upgraded(machine: RunCli) -> None:
    install(machine, "library@1.0", asked=False)
    assert steps(machine, "upgrade") == ["upgrade library 2.0"]


def test_a_constraint_below_the_installed_version_goes_back(machine: RunCli) -> None:
    apply_plan(machine, "library")
    assert steps(machine, "upgrade", "library@<2") == ["downgrade library 1.5"]


def test_pins_hold_and_deprecated_versions_are_not_chosen(machine: RunCli) -> None:
    apply_plan(machine, "library@1.0")
    machine("state", "set", "library@2.0", "deprecated")
    assert steps(machine, "upgrade") == ["upgrade library 1.5"]
    machine("pin", "library@<1.5")
    assert steps(machine, "upgrade") == []


def test_what_the_registry_no_longer_has_stays(machine: RunCli, registry: Path) -> None:
    add(registry, "tool", "1.0")
    apply_plan(machine, "tool", "library@1.0")
    (registry / "tool/1.0.manifest.yaml").unlink()
    assert steps(machine, "upgrade") == ["upgrade library 2.0"]
    assert steps(machine, "upgrade", "tool") == []


def test_the_text_leaves_out_what_is_at_its_newest(machine: RunCli, registry: Path) -> None:
    add(registry, "tool", "1.0")
    apply_plan(machine, "app", "tool")
    result = machine("upgrade")
    assert result.exit_code == 0
    assert result.stdout.startswith("Nothing to do for app and tool on ")
    assert ": proven newest\n\n3 installed modules stay as they are.\n" in result.stdout


def test_the_text_says_why_what_was_asked_for_is_not_newer(machine: RunCli) -> None:
    apply_plan(machine, "app", "library")
    result = machine("upgrade")
    assert "library  keep" in result.stdout
    assert "Held back\n  library 1.5  app 2.1 needs library <2\n" in result.stdout


def test_many_modules_are_not_all_named_in_the_headline(machine: RunCli, registry: Path) -> None:
    for number in range(12):
        add(registry, f"tool{number:02}", "1.0")
    apply_plan(machine, *(f"tool{number:02}" for number in range(12)))
    headline = machine("upgrade", COLUMNS="300").stdout.partition("\n")[0]
    assert headline.startswith("Nothing to do for tool00, ")
    assert "tool07 and 4 more on " in machine("upgrade", COLUMNS="300").stdout.replace("\n", " ")


class TestWhatDoesNotWork:
    @pytest.fixture
    def broken(self, machine: RunCli) -> RunCli:
        """A machine that lost its card: `heavy`, which somebody asked for, does not work any more."""
        install(machine, "heavy@1.0")
        apply_plan(machine, "library@1.0")
        return machine

    def test_it_is_left_alone_and_the_rest_is_upgraded(self, broken: RunCli) -> None:
        result = broken("upgrade")
        assert result.exit_code == 0
        assert "upgrade  1.0 -> 2.0" in result.stdout
        assert "Warning: 1 installed module does not work on this machine, and is left alone:" in result.stdout

    def test_a_newer_version_that_works_is_taken(self, broken: RunCli, registry: Path) -> None:
        add(registry, "heavy", "2.0")
        assert steps(broken, "upgrade") == ["upgrade heavy 2.0", "upgrade library 2.0"]

    def test_named_it_is_a_conflict(self, broken: RunCli) -> None:
        result = broken("upgrade", "heavy")
        assert result.exit_code == 1
        assert "heavy 1.0 needs 24 GB of GPU memory, and this host has no GPU" in result.stdout

    def test_a_conflict_about_something_else_is_told(self, broken: RunCli) -> None:
        result = broken("upgrade", "--exclude", "library@>=0")
        assert result.exit_code == 1
        assert "you excluded library >=0" in result.stdout


class TestErrors:
    def test_what_is_not_installed(self, machine: RunCli) -> None:
        apply_plan(machine, "library@1.0")
        result = machine("upgrade", "Library")
        assert (result.exit_code, result.stdout) == (2, "")
        hint = "hint: did you mean library?; las-solve plan Library plans to install it\n"
        assert result.stderr == f"error: Library is not installed\n{hint}"

    def test_nothing_is_installed(self, machine: RunCli) -> None:
        result = machine("upgrade")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("error: nothing is installed\nhint: las-solve state records what is")

    def test_the_profile_of_another_machine(
        self, machine: RunCli, profile: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("LAS_SOLVE_STORE")
        result = machine("upgrade", "--profile", str(profile))
        assert result.exit_code == 2
        assert "; --store FILE names one that does\n" in result.stderr

    def test_there_is_no_upgrade_without_a_store(self, machine: RunCli) -> None:
        result = machine("upgrade", "--no-store")
        assert result.exit_code == 2 and "No such option" in result.stderr

    def test_a_constraint_that_nothing_meets_is_a_conflict(self, machine: RunCli) -> None:
        apply_plan(machine, "library")
        result = machine("upgrade", "library@>=9")
        assert result.exit_code == 1 and "no version of library meets >=9" in result.stdout

    def test_out_of_time(self, machine: RunCli) -> None:
        apply_plan(machine, "library@1.0")
        assert machine("upgrade", "--timeout", "1e-9").exit_code == 4


def test_installed_modules_complete(machine: RunCli) -> None:
    apply_plan(machine, "app")
    machine("state", "set", "heavy@1.0", "resolved")
    result = machine(_LAS_SOLVE_COMPLETE="bash_complete", COMP_WORDS="las-solve upgrade ", COMP_CWORD="2")
    assert result.stdout.split() == ["plain,app", "plain,library"]


@pytest.mark.parametrize("output_format", ["json", "dot", "markdown", "html"])
def test_the_other_formats(machine: RunCli, output_format: str) -> None:
    apply_plan(machine, "library@1.0")
    result = machine("upgrade", "--format", output_format)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "library" in result.stdout and "2.0" in result.stdout
