"""``las-solve remove``."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from changes import add, install, named, steps
from command_line import RunCli
from stored import apply_plan, document, states

from las_solver.errors import OutOfTime
from las_solver.planner import Planner


def test_a_module_that_nothing_needs(machine: RunCli) -> None:
    apply_plan(machine, "library")
    result = machine("remove", "library")
    assert result.exit_code == 0
    assert result.stdout.startswith("Plan for the removal of library on ")
    assert steps(machine, "remove", "library", "library") == ["remove library 2.0"]


def test_what_nobody_needs_any_more_is_named(machine: RunCli) -> None:
    apply_plan(machine, "app")
    result = machine("remove", "app")
    assert result.stdout.endswith("1 installed module stays as it is.\n\nNobody needs these any more: library\n")
    assert result.stderr == "hint: --unneeded removes these, too\n"
    assert document(machine, "remove", "app")["unneeded"] == ["library"]


def test_it_can_be_removed_too(machine: RunCli) -> None:
    apply_plan(machine, "app")
    plan = document(machine, "remove", "app", "--unneeded")
    assert named(plan) == ["remove app 2.1", "remove library 1.5"]
    assert plan["unneeded"] == []


def test_it_can_be_removed_later(machine: RunCli) -> None:
    apply_plan(machine, "app")
    assert steps(machine, "remove", "--unneeded") == []
    machine("apply", "-", "--installed", stdin=json.dumps(document(machine, "remove", "app")))
    assert states(machine) == ["library 1.5 installed"]
    assert steps(machine, "remove", "--unneeded") == ["remove library 1.5"]


def test_what_somebody_asked_for_is_never_unneeded(machine: RunCli) -> None:
    apply_plan(machine, "app", "library")
    assert document(machine, "remove", "app")["unneeded"] == []
    assert steps(machine, "remove", "app", "--unneeded") == ["remove app 2.1"]


class TestWhatWouldBreak:
    @pytest.fixture
    def needed(self, machine: RunCli) -> RunCli:
        apply_plan(machine, "app")
        return machine

    def test_it_is_said(self, needed: RunCli) -> None:
        result = needed("remove", "library", COLUMNS="100")
        assert result.exit_code == 1
        assert result.stdout == (
            "No plan for the removal of library on the machine of machine.yaml.\n"
            "\n"
            "  app 2.1 is installed and has to stay, at this or another version\n"
            "  app 2.1 needs library <2\n"
            "    installed app 2.1: dependencies.modules[0]\n"
            "  you asked to remove library\n"
            "\n"
            "What would help (each one checked):\n"
            "  1. remove app 2.1, which is installed\n"
            "\n"
            "Without library, these cannot stay either: app\n"
        )
        assert result.stderr == "hint: --cascade removes these, too\n"

    def test_in_json(self, needed: RunCli) -> None:
        result = needed("remove", "library", "--format", "json")
        assert result.exit_code == 1
        said = json.loads(result.stdout)
        assert (said["status"], said["cascade"]) == ("conflict", ["app"])
        assert said["explanation"].startswith("No plan for the removal of library.\n")
        assert said["options"]["excluded"] == said["options"]["released"] == ["library"]
        assert result.stderr == "hint: --cascade removes app, too\n"

    @pytest.mark.parametrize("output_format", ["markdown", "html", "dot"])
    def test_in_other_formats(self, needed: RunCli, output_format: str) -> None:
        result = needed("remove", "library", "--format", output_format)
        assert result.exit_code == 1
        assert "you asked to remove library" in (result.stderr if output_format == "dot" else result.stdout)

    def test_it_goes_too(self, needed: RunCli) -> None:
        plan = document(needed, "remove", "library", "--cascade")
        assert named(plan) == ["remove app 2.1", "remove library 1.5"]

    def test_a_removal_can_be_taken_back(self, needed: RunCli, registry: Path) -> None:
        add(registry, "tool", "1.0")
        apply_plan(needed, "tool")
        result = needed("remove", "library", "tool")
        assert result.exit_code == 1
        assert "  1. do not remove library " in result.stdout
        assert "Without library or tool, these cannot stay either: app\n" in result.stdout

    def test_unneeded_modules_are_not_looked_for(self, needed: RunCli) -> None:
        assert needed("remove", "library", "--unneeded").exit_code == 1

    def test_no_time_to_find_out_what_would_go(self, needed: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
        plan = Planner.plan

        def slow(self: Planner, request: object, **options: object) -> object:
            if request.allow_removal:  # type: ignore[attr-defined]
                raise OutOfTime
            return plan(self, request, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(Planner, "plan", slow)
        result = needed("remove", "library")
        assert result.exit_code == 1
        assert "you asked to remove library" in result.stdout and result.stderr == ""


def test_another_provider_takes_the_place(machine: RunCli, registry: Path) -> None:
    add(registry, "one", "1.0", provides=["chat"])
    add(registry, "two", "1.0", provides=["chat"])
    add(registry, "ui", "1.0", consumes=["chat"])
    apply_plan(machine, "one", "ui")
    assert steps(machine, "remove", "one") == ["install two 1.0", "remove one 1.0"]
    assert machine("remove", "one", "--exclude", "two").exit_code == 1


def test_what_does_not_work_is_left_to_state_remove(machine: RunCli) -> None:
    install(machine, "heavy@1.0")
    result = machine("remove", "heavy")
    assert result.exit_code == 0
    assert result.stderr == (
        "hint: heavy does not work here, and plans leave it alone; "
        "las-solve state remove MODULE records that it is gone\n"
    )
    assert machine("state", "remove", "heavy").exit_code == 0
    assert states(machine) == []


def test_what_does_not_work_is_not_offered_as_unneeded(machine: RunCli) -> None:
    install(machine, "heavy@1.0", asked=False)
    apply_plan(machine, "app")
    assert document(machine, "remove", "app")["unneeded"] == ["library"]
    assert document(machine, "remove", "--unneeded")["unneeded"] == []


def test_what_the_registry_no_longer_has_can_be_removed(machine: RunCli, registry: Path) -> None:
    add(registry, "tool", "1.0")
    apply_plan(machine, "tool")
    (registry / "tool/1.0.manifest.yaml").unlink()
    assert steps(machine, "remove", "tool") == ["remove tool 1.0"]


def test_a_pin_is_no_obstacle(machine: RunCli) -> None:
    apply_plan(machine, "library@1.0")
    machine("pin", "library@<2")
    assert steps(machine, "remove", "library") == ["remove library 1.0"]


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["Library"], "error: Library is not installed\nhint: did you mean library?\n"),
            (["heavy"], "error: heavy is not installed\nhint: las-solve state list --installed lists what is\n"),
            (
                ["library@2.0"],
                "error: library@2.0 names versions of a module, and a module is removed as a whole\n"
                "hint: of each module one version at most is installed: las-solve remove library\n",
            ),
        ],
    )
    def test_of_names(self, machine: RunCli, arguments: list[str], message: str) -> None:
        apply_plan(machine, "library")
        result = machine("remove", *arguments)
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", message)

    @pytest.mark.parametrize("text", ["", "@1", "a b", "library@", "library@^1"])
    def test_what_is_no_name(self, machine: RunCli, text: str) -> None:
        apply_plan(machine, "library")
        assert machine("remove", text).exit_code == 2

    def test_nothing_is_named(self, machine: RunCli) -> None:
        result = machine("remove")
        assert result.exit_code == 2
        assert "Name a module to remove, or give --unneeded." in result.stderr

    def test_out_of_time(self, machine: RunCli) -> None:
        apply_plan(machine, "library")
        assert machine("remove", "library", "--timeout", "1e-9").exit_code == 4


def test_installed_modules_complete(machine: RunCli) -> None:
    apply_plan(machine, "app")
    result = machine(_LAS_SOLVE_COMPLETE="bash_complete", COMP_WORDS="las-solve remove l", COMP_CWORD="2")
    assert result.stdout.split() == ["plain,library"]


def test_what_is_installed_completes_where_it_may_be_removed(machine: RunCli) -> None:
    apply_plan(machine, "app")
    words = "las-solve plan --allow-removal-of "
    result = machine(_LAS_SOLVE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="3")
    assert result.stdout.split() == ["plain,app", "plain,library"]


@pytest.mark.parametrize("module", ["app", "library"])
def test_the_json_is_as_the_schema_says(machine: RunCli, module: str) -> None:
    apply_plan(machine, "app")
    schema = json.loads(machine("schema", "plan").stdout)
    answer = json.loads(machine("remove", module, "--format", "json").stdout)
    jsonschema.Draft202012Validator(schema).validate(answer)
    further = {"app": "unneeded", "library": "cascade"}[module]
    kind = {"app": "plan", "library": "conflict"}[module]
    assert further in schema["$defs"][kind]["properties"] and further in answer


def test_a_report_says_what_is_to_be_removed(machine: RunCli) -> None:
    apply_plan(machine, "app")
    text = machine("remove", "app", "--format", "markdown").stdout
    assert "- To be removed: app\n" in text
    assert "Excluded" not in text and "May be removed" not in text and "Asked for" not in text
