"""``las-solve apply``: what it records, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import RunCli
from manifests import manifest_text
from stored import apply_plan, document, plan_of, recorded, states


def _apply(run: RunCli, plan: dict[str, Any], *options: str) -> str:
    """The message of the refusal, with what is wrong; fails if the plan is applied."""
    result = run("apply", "-", *options, "--format", "json", stdin=json.dumps(plan))
    assert result.exit_code == 2, result.output
    error = json.loads(result.stdout)
    return "\n  ".join([error["message"], *(one["message"] for one in error["details"])])


def test_a_plan_is_resolved_then_installed(machine: RunCli, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_of(machine, "app")))
    assert recorded(machine, "apply", str(path)) == [
        "library 1.5: available to resolved",
        "app 2.1: available to resolved",
    ]
    assert states(machine) == ["app 2.1 resolved", "library 1.5 resolved"]
    assert recorded(machine, "apply", str(path), "--installed") == [
        "library 1.5: resolved to installed",
        "app 2.1: resolved to installed",
    ]
    assert states(machine, "--installed") == ["app 2.1 installed", "library 1.5 installed"]
    known = document(machine, "state", "list")["modules"]
    assert [one["requested"] for one in known] == [True, False]


def test_the_text_says_what_changed_and_what_is_next(machine: RunCli, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_of(machine, "app")))
    result = machine("apply", str(path), "--store", str(tmp_path / "other.sqlite3"))
    assert result.stdout == (
        "Recorded\n"
        "  MODULE   VERSION  FROM       TO        BY\n"
        "  library  1.5      available  resolved  plan 1\n"
        "  app      2.1      available  resolved  plan 1\n"
        "\n"
        f"Next: carry it out, and record that by las-solve apply {path} --installed "
        f"--store {tmp_path / 'other.sqlite3'}\n"
    )
    assert states(machine) == []


def test_the_text_has_one_line_for_each_version(machine: RunCli) -> None:
    result = machine("apply", "-", "--installed", stdin=json.dumps(plan_of(machine, "app")))
    assert result.stdout.startswith(
        "Recorded\n"
        "  MODULE   VERSION  FROM       TO         BY\n"
        "  library  1.5      available  installed  plan 1\n"
        "  app      2.1      available  installed  plan 1\n\n"
    )


def test_a_dry_run_records_nothing_and_makes_no_store(machine: RunCli, tmp_path: Path) -> None:
    plan = json.dumps(plan_of(machine, "app"))
    result = machine("apply", "-", "--installed", "--dry-run", "--format", "json", stdin=plan)
    assert result.exit_code == 0
    assert [one["to"] for one in json.loads(result.stdout)["transitions"]] == ["resolved"] * 2 + ["installed"] * 2
    assert not (tmp_path / "store.sqlite3").exists()


def test_what_is_resolved_already_is_no_change(machine: RunCli) -> None:
    plan = json.dumps(plan_of(machine, "app"))
    machine("apply", "-", stdin=plan)
    again = machine("apply", "-", stdin=plan)
    assert again.exit_code == 0 and again.stdout.startswith("all that the plan brings is resolved already\n")


def test_a_plan_that_changes_nothing_can_be_applied(machine: RunCli) -> None:
    apply_plan(machine, "app")
    result = machine("apply", "-", "--installed", stdin=json.dumps(plan_of(machine, "app")))
    assert (result.exit_code, result.stdout) == (0, "all that the plan brings is installed already\n")


def test_an_upgrade_replaces_what_was_installed(machine: RunCli) -> None:
    apply_plan(machine, "library@1.0")
    plan = plan_of(machine, "library")
    machine("state", "set", "library", "running")
    assert "library 1.0 is running" in _apply(machine, plan, "--installed")
    machine("state", "set", "library", "stopped")
    apply_plan(machine, "library")
    assert states(machine) == ["library 2.0 installed"]


def test_a_removal_is_recorded_once_it_was_carried_out(machine: RunCli, registry: Path) -> None:
    apply_plan(machine, "app")
    (registry / "other").mkdir()
    (registry / "other/manifest.yaml").write_text(
        manifest_text("other", "1.0", "dependencies:\n  modules: ['library@>=2']\n")
    )
    plan = json.dumps(plan_of(machine, "other", "--allow-removal"))
    resolved = machine("apply", "-", stdin=plan)
    assert "The plan also removes app 2.1.\n" in resolved.stdout
    assert machine("apply", "-", "--installed", stdin=plan).exit_code == 0
    assert states(machine) == ["library 2.0 installed", "other 1.0 installed"]


class TestOutOfDate:
    def test_json_lists_what_has_changed(self, machine: RunCli, registry: Path) -> None:
        plan = plan_of(machine, "app")
        manifests = registry / "library/manifest.yaml"
        manifests.write_text(manifests.read_text().replace("version: 1.5", "version: 1.4"))
        result = machine("apply", "-", "--format", "json", stdin=json.dumps(plan))
        error = json.loads(result.stdout)
        assert (result.exit_code, error["message"]) == (2, "standard input is out of date")
        assert error["details"] == [{"message": "registry: library 1.5 is not there any more"}]

    def test_another_registry(self, machine: RunCli, registry: Path) -> None:
        plan = plan_of(machine, "app")
        manifests = registry / "library/manifest.yaml"
        manifests.write_text(manifests.read_text().replace("version: 1.5", "version: 1.4"))
        assert _apply(machine, plan) == ("standard input is out of date\n  registry: library 1.5 is not there any more")

    def test_another_manifest(self, machine: RunCli, registry: Path) -> None:
        plan = plan_of(machine, "app")
        manifests = registry / "heavy/manifest.yaml"
        manifests.write_text(manifests.read_text().replace("Something", "Something else"))
        assert _apply(machine, plan) == (
            "standard input is out of date\n  registry: it holds other manifests than when the plan was made"
        )

    def test_another_machine(self, machine: RunCli) -> None:
        plan = plan_of(machine, "app")
        assert _apply(machine, plan, "--assume", "ram=32GiB", "--assume", "cores=8") == (
            "standard input is out of date\n  cores: 16 in the plan, 8 now\n  ram: 64GiB in the plan, 32GiB now"
        )

    def test_something_else_installed(self, machine: RunCli) -> None:
        plan = plan_of(machine, "app")
        apply_plan(machine, "library@1.0")
        assert _apply(machine, plan) == (
            "standard input is out of date\n"
            "  installed: nothing was when the plan was made, or it was made without the store\n"
            "  installed: library was not installed, and is 1.0 now"
        )

    def test_something_beside_it_installed(self, machine: RunCli, registry: Path) -> None:
        (registry / "app/more.manifest.yaml").write_text(manifest_text("another", "1.0"))
        plan = plan_of(machine, "app")
        apply_plan(machine, "another")
        assert "installed: another was not installed, and is 1.0 now" in _apply(machine, plan)

    def test_a_new_pin(self, machine: RunCli) -> None:
        apply_plan(machine, "library@1.0")
        plan = plan_of(machine, "library")
        machine("pin", "library@<2")
        assert _apply(machine, plan) == "standard input is out of date\n  pins: library@<2 is new"

    def test_a_version_that_is_deprecated(self, machine: RunCli) -> None:
        plan = plan_of(machine, "app")
        assert machine("state", "set", "library@1.5", "deprecated").exit_code == 0
        assert _apply(machine, plan) == (
            "standard input is out of date\n  installed: other manifests are kept, or other versions are deprecated"
        )

    def test_a_plan_made_as_if_nothing_were_installed(self, machine: RunCli) -> None:
        apply_plan(machine, "library@1.0")
        assert "library was not installed, and is 1.0 now" in _apply(machine, plan_of(machine, "app", "--no-store"))

    @pytest.mark.parametrize("installed_before", [False, True])
    def test_what_changes_while_it_is_checked(
        self, machine: RunCli, monkeypatch: pytest.MonkeyPatch, installed_before: bool
    ) -> None:
        if installed_before:
            apply_plan(machine, "library@1.0")
        plan = plan_of(machine, "app")

        def meanwhile(*arguments: object) -> tuple[str, ...]:
            assert machine("pin", "heavy@1").exit_code == 0
            return ()

        monkeypatch.setattr("las_solver.check.check_plan", meanwhile)
        assert _apply(machine, plan) == "what is installed, deprecated or pinned has changed since the plan was made"
        assert "app 2.1 resolved" not in states(machine)

    @pytest.mark.parametrize("key", ["registry", "host", "installed"])
    def test_a_plan_that_does_not_say_what_it_was_made_for(self, machine: RunCli, key: str) -> None:
        plan = plan_of(machine, "app")
        del plan[key]
        assert f"  {key}: the plan does not say " in _apply(machine, plan)

    def test_the_remedy_is_to_plan_again(self, machine: RunCli) -> None:
        plan = json.dumps(plan_of(machine, "app"))
        apply_plan(machine, "app")
        result = machine("apply", "-", stdin=plan)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.splitlines()[-1].startswith("hint: plan again")


def test_a_plan_that_is_not_right_is_refused(machine: RunCli) -> None:
    plan = plan_of(machine, "app")
    plan["steps"][0]["version"] = "1.0"
    assert _apply(machine, plan).startswith("standard input is not right\n  ")
    assert states(machine) == []


def test_a_conflict_is_refused(machine: RunCli) -> None:
    conflict = machine("plan", "heavy", "--format", "json").stdout
    result = machine("apply", "-", stdin=conflict)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: standard input is a conflict, not a plan\n")


_JUNK: tuple[object, ...] = (None, True, -1, 1e400, "", "\ud800", "\x00", [], {}, [{}], {"digest": 5}, 10**50)


@pytest.mark.parametrize("key", ["steps", "request", "options", "host", "registry", "installed", "invalid"])
def test_a_key_that_is_wrong_is_one_error(machine: RunCli, key: str) -> None:
    plan = plan_of(machine, "app")
    for junk in _JUNK:
        if plan[key] != junk:
            assert _apply(machine, {**plan, key: junk}, "--installed")
    assert states(machine) == []


@pytest.mark.parametrize("key", ["module", "version", "action", "mode", "source", "checksum", "installed", "after"])
def test_a_step_that_is_wrong_is_one_error(machine: RunCli, key: str) -> None:
    plan = plan_of(machine, "app")
    for junk in _JUNK:
        first = plan["steps"][0]
        if first[key] != junk:
            assert _apply(machine, {**plan, "steps": [{**first, key: junk}, *plan["steps"][1:]]})


@pytest.mark.parametrize("content", ["", "{", "[]", '{"status": "error"}', "\x00", "[" * 100_000])
def test_what_is_no_answer_is_refused(machine: RunCli, content: str) -> None:
    result = machine("apply", "-", stdin=content)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: standard input is ")


def test_depth_is_refused(machine: RunCli) -> None:
    text = json.dumps(plan_of(machine, "app"))
    for depth in (900, 990, 5000):
        deep = f'{text[:-1]}, "x": {"[" * depth}{"]" * depth}}}'
        assert machine("apply", "-", "--dry-run", stdin=deep).exit_code in (0, 2)
