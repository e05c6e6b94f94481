"""``las-solve state``: list, show, set, remove and history."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import RunCli
from stored import apply_plan, document, recorded, states

from las_cli.render.state import local_time
from las_registry.lifecycle.states import ALLOWED, State
from las_registry.lifecycle.store import Store

ESCAPE = "\x1b[31m"


@pytest.fixture
def running(machine: RunCli) -> RunCli:
    """The machine with `app` installed and running."""
    apply_plan(machine, "app")
    assert machine("state", "set", "app", "running").exit_code == 0
    return machine


class TestNothingRecorded:
    @pytest.mark.parametrize("command", ["list", "history", "snapshots"])
    def test_there_is_nothing_to_show(self, machine: RunCli, tmp_path: Path, command: str) -> None:
        result = machine("state", command)
        assert (result.exit_code, result.stdout) == (0, "")
        assert f"there is no store at {tmp_path / 'store.sqlite3'} yet" in result.stderr
        assert not (tmp_path / "store.sqlite3").exists()

    def test_a_module_of_the_registry_is_available(self, machine: RunCli) -> None:
        assert machine("state", "show", "app").stdout == "app\n  available: nothing is recorded of it\n"
        assert document(machine, "state", "show", "app")["versions"] == []

    def test_an_unknown_module_is_unknown(self, machine: RunCli) -> None:
        result = machine("state", "show", "librery")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "hint: did you mean library?" in result.stderr

    def test_without_a_place_for_a_store_the_error_says_so(
        self, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("las_registry.user_directories.state_directory", lambda: None)
        result = run_cli("state", "list")
        assert result.exit_code == 2
        assert "hint: name a file by --store FILE" in result.stderr


def test_the_user_has_a_store_of_their_own(run_cli: RunCli, tmp_path: Path) -> None:
    assert run_cli("state", "snapshot", XDG_STATE_HOME=str(tmp_path)).exit_code == 0
    assert (tmp_path / "las-solve/store.sqlite3").exists()


class TestList:
    def test_the_table(self, running: RunCli) -> None:
        lines = running("state", "list").stdout.splitlines()
        assert [line.split()[:5] for line in lines] == [
            ["MODULE", "VERSION", "STATE", "INSTALLED", "REQUESTED"],
            ["app", "2.1", "running", "yes", "yes"],
            ["library", "1.5", "installed", "yes", "no"],
        ]

    def test_a_narrow_terminal_has_the_states(self, running: RunCli) -> None:
        lines = running("state", "list", COLUMNS="30").stdout.splitlines()
        assert all(len(line) <= 30 for line in lines)
        assert lines[1].split() == ["app", "2.1", "running"]

    def test_some_states(self, running: RunCli) -> None:
        running("state", "set", "library", "failed")
        assert states(running, "--state", "failed") == ["library 1.5 failed (installed)"]
        assert states(running, "--state", "failed", "--state", "running") == [
            "app 2.1 running",
            "library 1.5 failed (installed)",
        ]
        running("state", "set", "library@2.0", "deprecated")
        assert states(running, "--installed") == ["app 2.1 running", "library 1.5 failed (installed)"]

    def test_none_is_said(self, running: RunCli) -> None:
        result = running("state", "list", "--state", "failed")
        assert (result.exit_code, result.stdout) == (0, "")
        assert "none of the 2 recorded versions is like that" in result.stderr


class TestSet:
    @pytest.mark.parametrize("state", [state for state in State if state is not State.RUNNING])
    def test_exactly_what_the_table_allows(self, running: RunCli, state: State) -> None:
        result = running("state", "set", "app", state.value)
        if state in ALLOWED[State.RUNNING]:
            assert result.exit_code == 0
            return
        assert (result.exit_code, result.stdout) == (2, "")
        hint = "running may become stopped, failed or deprecated"
        if state is State.AVAILABLE:
            hint = "las-solve state remove app@2.1 forgets it"
        assert result.stderr == f"error: app 2.1 is running: it cannot become {state}\nhint: {hint}\n"
        assert "app 2.1 running" in states(running)

    @pytest.mark.parametrize(
        ("words", "meant"),
        [
            (("app", "runing"), "Did you mean running?"),
            (("stopped", "app"), "The module comes first: las-solve state set app stopped"),
        ],
    )
    def test_what_is_no_state_is_answered_with_what_was_meant(
        self, running: RunCli, words: tuple[str, str], meant: str
    ) -> None:
        result = running("state", "set", *words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.endswith(f"'failed', 'deprecated'. {meant}\n")

    def test_to_stay_changes_nothing(self, running: RunCli) -> None:
        before = document(running, "state", "history")
        result = running("state", "set", "app", "running")
        assert (result.exit_code, result.stdout) == (0, "app 2.1 is running already\n")
        assert document(running, "state", "set", "app", "running")["status"] == "unchanged"
        assert document(running, "state", "history") == before

    def test_a_dry_run_changes_nothing(self, running: RunCli) -> None:
        result = running("state", "set", "app", "stopped", "--dry-run")
        assert result.stdout.startswith("Would be recorded (nothing was, this is a dry run)\n")
        assert "app 2.1 running" in states(running)
        assert running("state", "set", "app", "resolved", "--dry-run").exit_code == 2

    def test_what_is_resolved_by_hand_keeps_the_manifest_of_the_registry(self, machine: RunCli, registry: Path) -> None:
        assert recorded(machine, "state", "set", "library@2.0", "resolved") == ["library 2.0: available to resolved"]
        path = registry / "library/manifest.yaml"
        path.write_text(path.read_text().replace("Something", "Something else"))
        assert machine("state", "set", "library", "installed").exit_code == 0
        (one,) = document(machine, "state", "show", "library")["versions"]
        assert one["manifest"]["description"] == "Something"

    def test_an_installed_version_takes_the_place_of_another(self, running: RunCli) -> None:
        running("state", "set", "library@1.0", "resolved")
        result = running("state", "set", "library@1.0", "installed")
        assert result.stdout.endswith("It takes the place of library 1.5.\n")
        assert states(running) == ["app 2.1 running", "library 1.0 installed"]

    def test_without_a_version_it_is_the_one_that_can(self, running: RunCli) -> None:
        running("state", "set", "library@2.0", "resolved")
        assert recorded(running, "state", "set", "library", "running") == ["library 1.5: installed to running"]
        assert recorded(running, "state", "set", "library", "stopped") == ["library 1.5: running to stopped"]
        assert recorded(running, "state", "set", "library", "installed")[-1] == "library 2.0: resolved to installed"

    def test_two_versions_that_could_be_meant_are_an_error(self, machine: RunCli) -> None:
        for version in ("1.0", "2.0"):
            machine("state", "set", f"library@{version}", "resolved")
        result = machine("state", "set", "library", "installed")
        assert result.exit_code == 2
        assert result.stderr == (
            "error: library has more than one version: 2.0 (resolved), 1.0 (resolved)\n"
            "hint: name one, as in library@2.0\n"
        )

    def test_a_version_of_several_in_the_registry_has_to_be_named(self, machine: RunCli, tmp_path: Path) -> None:
        result = machine("state", "set", "library", "resolved")
        assert result.exit_code == 2
        assert "hint: name one, as in library@3.0rc1; there is 3.0rc1, 2.0, 1.5, 1.0" in result.stderr
        assert recorded(machine, "state", "set", "app", "resolved") == ["app 2.1: available to resolved"]

    @pytest.mark.parametrize(
        ("module", "hint"),
        [("library@9", "there is 3.0rc1, 2.0, 1.5, 1.0"), ("apq", None), ("app@>=2", "write it like app@1.2")],
    )
    def test_what_is_not_there_is_an_error(self, machine: RunCli, module: str, hint: str | None) -> None:
        result = machine("state", "set", module, "failed")
        assert (result.exit_code, result.stdout) == (2, "")
        assert hint is None or f"hint: {hint}\n" in result.stderr

    def test_a_reason_stands_in_the_history_and_steers_no_terminal(self, running: RunCli) -> None:
        running("state", "set", "app", "failed", "--reason", f"{ESCAPE} a\nb")
        assert document(running, "state", "history", "app")["transitions"][0]["reason"] == f"{ESCAPE} a\nb"
        text = running("state", "history", "app", "--limit", "1").stdout
        assert "\x1b" not in text and text.splitlines()[1].endswith(r"\x1b[31m a\nb")

    def test_who_wants_a_module(self, running: RunCli) -> None:
        def wants() -> dict[str, bool]:
            return {one["module"]: one["requested"] for one in document(running, "state", "list")["modules"]}

        assert running("state", "set", "library", "--requested", "--dry-run").exit_code == 0
        assert wants() == {"app": True, "library": False}
        assert running("state", "set", "library", "--requested").exit_code == 0
        assert document(running, "state", "set", "library", "--requested")["status"] == "unchanged"
        assert running("state", "set", "app", "stopped", "--needed").exit_code == 0
        assert wants() == {"app": False, "library": True}
        assert running("state", "set", "app", "stopped", "--requested").exit_code == 0
        assert wants() == {"app": True, "library": True}

    def test_something_has_to_be_set(self, machine: RunCli) -> None:
        assert machine("state", "set", "app").exit_code == 2
        assert machine("state", "set", "app", "broken").exit_code == 2


class TestRemove:
    def test_the_state_is_forgotten_and_the_history_stays(self, running: RunCli) -> None:
        running("state", "set", "app", "stopped")
        assert recorded(running, "state", "remove", "app", "--reason", "no use") == ["app 2.1: stopped to available"]
        assert states(running) == ["library 1.5 installed"]
        newest = document(running, "state", "history", "app")["transitions"][0]
        assert (newest["operation"], newest["reason"]) == ("remove", "no use")
        assert "History, the newest first" in running("state", "show", "app").stdout

    def test_what_runs_or_is_needed_stays(self, running: RunCli) -> None:
        result = running("state", "remove", "app")
        assert result.exit_code == 2 and result.stderr.startswith("error: app 2.1 is running\n")
        result = running("state", "remove", "library")
        assert result.exit_code == 2 and "app 2.1 needs library@<2" in result.stderr

    def test_a_dry_run_removes_nothing(self, running: RunCli) -> None:
        running("state", "set", "app", "stopped")
        assert running("state", "remove", "app", "--dry-run").exit_code == 0
        assert "app 2.1 stopped" in states(running)

    def test_what_is_not_recorded_is_an_error(self, running: RunCli) -> None:
        result = running("state", "remove", "library@1.0")
        assert result.exit_code == 2
        assert result.stderr == "error: nothing is recorded of library 1.0\nhint: there is 1.5 (installed)\n"
        assert "hint: did you mean library?" in running("state", "remove", "librery").stderr


class TestShow:
    def test_all_there_is(self, running: RunCli) -> None:
        running("pin", "library@<2")
        text = running("state", "show", "library").stdout
        for part in ("pinned to <2", "Manifest of 1.5", "Needed by\n  - app 2.1 needs library@<2", "plan 1"):
            assert part in text
        found = document(running, "state", "show", "library")
        assert found["needed_by"] == ["app 2.1 needs library@<2"]
        assert found["pin"]["requirement"] == "library@<2"
        assert [one["to"] for one in found["history"]] == ["installed", "resolved"]

    def test_one_version(self, running: RunCli) -> None:
        running("state", "set", "library@2.0", "deprecated")
        assert [one["version"] for one in document(running, "state", "show", "library")["versions"]] == ["2.0", "1.5"]
        found = document(running, "state", "show", "library@2")
        assert [(one["version"], one["state"]) for one in found["versions"]] == [("2.0", "deprecated")]
        assert len(found["history"]) == 1


class TestHistory:
    def test_the_newest_comes_first(self, running: RunCli) -> None:
        found = document(running, "state", "history")["transitions"]
        assert [one["id"] for one in found] == [5, 4, 3, 2, 1]
        assert (found[0]["module"], found[0]["from"], found[0]["to"]) == ("app", "installed", "running")
        limited = document(running, "state", "history", "--limit", "2")["transitions"]
        assert limited == found[:2]
        of_app = document(running, "state", "history", "app@2.1.0", "--limit", "2")["transitions"]
        assert of_app == [one for one in found if one["module"] == "app"][:2]

    def test_what_never_was_is_an_error(self, running: RunCli) -> None:
        assert running("state", "history", "heavy").exit_code == 2
        assert running("state", "history", "app@1.0").exit_code == 2

    @pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be set here")
    def test_times_are_those_of_the_clock_here(self, running: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
        at = document(running, "state", "history")["transitions"][0]["at"]
        assert at.endswith("Z")
        monkeypatch.setenv("TZ", "XYZ-5:30")
        time.tzset()
        try:
            assert local_time("2025-03-01T22:05:09.123456Z") == "2025-03-02 03:35:09"
            assert local_time(at) in running("state", "history").stdout
        finally:
            monkeypatch.undo()
            time.tzset()


def _complete(run: RunCli, *words: str) -> list[str]:
    result = run(_LAS_SOLVE_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
    assert result.stderr == ""
    return [line.partition(",")[2] for line in result.stdout.splitlines() if line]


def test_without_a_store_the_shell_completes_nothing_from_it(machine: RunCli, tmp_path: Path) -> None:
    assert _complete(machine, "las-solve", "state", "remove", "") == []
    (tmp_path / "store.sqlite3").write_text("no store")
    assert _complete(machine, "las-solve", "state", "rollback", "") == []


def test_the_shell_completes_modules_states_and_snapshots(running: RunCli) -> None:
    state = ("las-solve", "state")
    assert _complete(running, *state, "remove", "l") == ["library"]
    assert _complete(running, *state, "history", "h") == []
    assert _complete(running, *state, "set", "h") == ["heavy"]
    assert _complete(running, *state, "set", "app", "re") == ["resolved"]
    assert _complete(running, *state, "list", "--state", "re") == ["resolved"]
    running("state", "snapshot", "first")
    assert _complete(running, *state, "rollback", "") == ["1"]
    running("pin", "library@<2", "app@2.1")
    assert _complete(running, "las-solve", "unpin", "a") == ["app"]


@pytest.mark.parametrize(
    "arguments",
    [("list",), ("history",), ("check",), ("snapshots",), ("export",), ("set", "app", "failed"), ("snapshot",)],
)
@pytest.mark.parametrize("content", [b"no database", None], ids=["other file", "directory"])
def test_a_store_that_cannot_be_used_is_status_3(
    machine: RunCli, tmp_path: Path, arguments: tuple[str, ...], content: bytes | None
) -> None:
    path = tmp_path / "other"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    result = machine("state", *arguments, "--store", str(path), "--format", "json")
    assert result.exit_code == 3
    error = json.loads(result.stdout)
    assert error["status"] == "error" and str(path) in error["message"] and error["hint"]
    assert content is None or path.read_bytes() == content


def test_a_dash_names_no_store(machine: RunCli) -> None:
    assert machine("state", "list", "--store", "-").exit_code == 2


def test_a_change_that_somebody_else_has_overtaken_is_refused(running: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at `app` and the record of its failure, somebody stops and removes it."""
    transition = Store.transition

    def late(store: Store, name: str, version: Any, to: State, **more: Any) -> Any:
        monkeypatch.undo()
        transition(store, name, version, State.STOPPED)
        store.remove(name)
        return transition(store, name, version, to, **more)

    monkeypatch.setattr(Store, "transition", late)
    result = running("state", "set", "app", "failed")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is no longer running: it is available" in result.stderr
    assert not any(line.startswith("app ") for line in states(running))
