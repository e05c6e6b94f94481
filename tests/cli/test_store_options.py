"""Planning over what a store says is installed: which store counts, and what is printed."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from command_line import RunCli
from manifests import manifest_text, write_files

PLAN = ("plan", "app", "--format", "json")


@pytest.fixture
def store(machine: RunCli, tmp_path: Path) -> Path:
    """The store, with `app` 2.1 and `library` 1.0 installed."""
    _install(machine, "app", "--exclude", "library@>1.0")
    return tmp_path / "store.sqlite3"


def _install(machine: RunCli, *arguments: str) -> None:
    plan = machine("plan", *arguments, "--format", "json")
    assert plan.exit_code == 0, plan.output
    applied = machine("apply", "-", "--installed", stdin=plan.stdout)
    assert applied.exit_code == 0, applied.output


def _actions(output: str) -> dict[str, str]:
    return {one["module"]: f"{one['action']} {one['version']}" for one in json.loads(output)["steps"]}


FRESH = {"app": "install 2.1", "library": "install 1.5"}
KEPT = {"app": "keep 2.1", "library": "keep 1.0"}


def test_what_is_installed_stays(machine: RunCli, store: Path) -> None:
    result = machine(*PLAN)
    assert _actions(result.stdout) == {"app": "keep 2.1", "library": "upgrade 1.5"}
    assert _actions(machine(*PLAN, "--strategy", "keep").stdout) == KEPT
    assert _actions(machine(*PLAN, "--no-store").stdout) == FRESH


def test_a_plan_never_writes_to_the_store(machine: RunCli, store: Path) -> None:
    before = store.read_bytes()
    machine(*PLAN)
    assert store.read_bytes() == before


def test_the_answer_says_what_it_was_made_from_as_the_schema_has_it(machine: RunCli, store: Path) -> None:
    schema = json.loads(machine("schema", "plan").stdout)
    over, without = (json.loads(machine(*PLAN, *more).stdout) for more in ((), ("--no-store",)))
    for document in (over, without):
        jsonschema.validate(document, schema)
    assert over["registry"] == without["registry"]
    assert over["installed"].startswith("sha256:") and without["installed"] is None
    conflict = json.loads(machine("plan", "app", "library@>=2", "--format", "json").stdout)
    jsonschema.validate(conflict, schema)
    assert (conflict["status"], conflict["installed"]) == ("conflict", over["installed"])


def test_a_store_that_is_not_there_is_nothing_installed(machine: RunCli, tmp_path: Path) -> None:
    result = machine(*PLAN)
    assert (_actions(result.stdout), json.loads(result.stdout)["installed"]) == (FRESH, None)
    assert not (tmp_path / "store.sqlite3").exists()


class TestWhichStore:
    def test_another_machine_has_nothing_installed(
        self, machine: RunCli, store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: Path
    ) -> None:
        own = tmp_path / "state" / "las-solve" / "store.sqlite3"
        own.parent.mkdir(parents=True)
        monkeypatch.delenv("LAS_SOLVE_STORE")
        store.rename(own)
        assert _actions(machine(*PLAN, "--strategy", "keep").stdout) == KEPT
        detected = machine(*PLAN, "--strategy", "keep", "--profile", "detect")
        assert _actions(detected.stdout) == KEPT
        assert _actions(machine(*PLAN, "--profile", str(profile)).stdout) == FRESH

    def test_a_store_that_is_named_counts_for_any_machine(self, machine: RunCli, store: Path, profile: Path) -> None:
        options = ("--profile", str(profile), "--strategy", "keep")
        assert _actions(machine(*PLAN, *options).stdout) == KEPT
        assert _actions(machine(*PLAN, *options, "--store", str(store), LAS_SOLVE_STORE="").stdout) == KEPT

    def test_it_is_not_named_and_refused(self, machine: RunCli, store: Path) -> None:
        result = machine("plan", "app", "--store", str(store), "--no-store")
        assert result.exit_code == 2
        assert "--store and --no-store cannot be given together" in result.stderr

    def test_the_log_says_which_was_read(self, machine: RunCli, store: Path, tmp_path: Path) -> None:
        result = machine("plan", "app", "-v", "--log-format", "json")
        (line,) = (one for one in map(json.loads, result.stderr.splitlines()) if "store" in one["event"])
        assert (line["path"], line["installed"], line["pins"]) == (str(store), 2, 0)
        missing = machine("plan", "app", "-v", "--store", str(tmp_path / "none"))
        assert "there is no store: nothing is installed" in missing.stderr


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"x" * 4096])
def test_an_unusable_store_is_one_error(content: bytes, machine: RunCli, tmp_path: Path) -> None:
    (tmp_path / "store.sqlite3").write_bytes(content)
    result = machine("plan", "app")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.count("error:") == 1 and "store.sqlite3" in result.stderr
    document = json.loads(machine(*PLAN).stdout)
    assert (document["status"], machine(*PLAN).exit_code) == ("error", 3)
    assert machine("plan", "app", "--no-store").exit_code == 0


def test_pins_hold_for_every_plan(machine: RunCli, store: Path) -> None:
    assert machine("pin", "library@<1.5").exit_code == 0
    document = json.loads(machine(*PLAN).stdout)
    assert document["options"]["pinned"] == ["library@<1.5"]
    assert _actions(json.dumps(document)) == KEPT


def test_only_what_may_be_removed_is(machine: RunCli, store: Path) -> None:
    asked = ("plan", "library@2.0", "--format", "json")
    assert json.loads(machine(*asked).stdout)["status"] == "conflict"
    for more in (("--allow-removal",), ("--allow-removal-of", "app")):
        removed = machine(*asked, *more)
        assert _actions(removed.stdout) == {"app": "remove 2.1", "library": "upgrade 2.0"}
    unknown = machine("plan", "app", "--allow-removal-of", "libary")
    assert "--allow-removal-of libary has no effect: libary is not installed; did you mean library?" in unknown.stderr


def test_names_of_installed_modules_are_known(machine: RunCli, store: Path, registry: Path) -> None:
    (registry / "app" / "manifest.yaml").unlink()
    result = machine("plan", "library", "--exclude", "app@>3", "--mode", "app=native")
    assert "there is no module named app" not in result.stderr
    assert machine("why", "app", "--for", "library").exit_code == 0


class TestChecking:
    def test_what_is_still_installed_is_checked(self, machine: RunCli, store: Path) -> None:
        for more in ((), ("--strategy", "keep"), ("--no-store",)):
            checked = machine("check", "-", stdin=machine(*PLAN, *more).stdout)
            assert (checked.exit_code, checked.output.partition(":")[2]) == (0, " proven again\n")

    def test_what_is_not_is_a_complaint(self, machine: RunCli, store: Path, tmp_path: Path) -> None:
        plan = machine(*PLAN).stdout
        gone = machine("check", "-", "--store", str(tmp_path / "none"), stdin=plan)
        assert gone.exit_code == 1 and "nothing is installed" in gone.output
        without = machine("check", "-", "--store", str(store), stdin=machine(*PLAN, "--no-store").stdout)
        assert without.exit_code == 1 and "as if nothing were installed" in without.output
        assert machine("pin", "library@<3").exit_code == 0
        changed = machine("check", "-", "--format", "json", stdin=plan)
        assert json.loads(changed.stdout)["complaints"] == [
            "something else is installed, deprecated or pinned than when the answer was made: plan again"
        ]


@pytest.mark.parametrize(
    "request_", [("app",), ("library@2.0",), ("library@2.0", "--allow-removal"), ("app", "--strategy", "keep")]
)
@pytest.mark.parametrize("output_format", ["text", "json", "markdown", "html", "dot"])
def test_a_replay_has_what_is_installed(
    request_: tuple[str, ...], output_format: str, machine: RunCli, store: Path, tmp_path: Path
) -> None:
    """Apart from what is known of the registry and the store."""
    saved = tmp_path / "saved.yaml"
    machine("pin", "library@<3")
    before = machine("plan", *request_, "--format", output_format, "--save-replay", str(saved), COLUMNS="100")
    after = machine("replay", str(saved), "--format", output_format, COLUMNS="100")
    assert after.exit_code == before.exit_code
    if output_format == "json":
        one, two = json.loads(before.stdout), json.loads(after.stdout)
        made_from = ("host", "registry", "installed")
        assert {key: one[key] for key in one if key not in made_from} == {
            key: two[key] for key in two if key not in made_from
        }
        checked = machine("check", "-", "--replay", str(saved), stdin=after.stdout)
        assert checked.exit_code == 0, checked.output
    else:
        expected = before.output.replace("on the machine of machine.yaml", "on this machine")
        assert after.output.split() == expected.split()  # lines break elsewhere


def test_needs_knows_nothing_of_what_is_installed(machine: RunCli, store: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.yaml"
    machine(*PLAN, "--save-replay", str(saved))
    assert "store" not in machine("needs", "app", "-v").stderr
    for arguments in (("app",), ("--replay", str(saved))):
        document = json.loads(machine("needs", *arguments, "--format", "json").stdout)
        assert [one["version"] for one in document["then"]] == ["2.1", "1.5"]


def test_planning_over_a_store_imports_no_sqlalchemy(store: Path, registry: Path, profile: Path) -> None:
    arguments = ["plan", "app", "--registry", str(registry), "--profile", str(profile), "--store", str(store)]
    script = (
        "import sys; from las_cli.main import cli\n"
        f"try: cli({arguments!r})\n"
        "except SystemExit: pass\n"
        "print('sqlite3' in sys.modules, 'sqlalchemy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "True False"


def test_the_store_is_closed_after_it_was_read(machine: RunCli, store: Path) -> None:
    assert machine(*PLAN).exit_code == 0
    with sqlite3.connect(store) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        connection.rollback()
    connection.close()


def test_an_upgrade_is_shown_as_a_change(machine: RunCli, store: Path, registry: Path) -> None:
    write_files(registry, {"tool/manifest.yaml": manifest_text("tool", "1.0")})
    text = machine("plan", "tool", "app").stdout
    assert text.splitlines()[0].endswith("1 to install, 1 to upgrade, in order, proven newest")
    assert "1.0 -> 1.5" in text


@pytest.mark.parametrize("command", [PLAN, ("state", "list"), ("apply", "-", "--dry-run")])
def test_a_place_that_may_not_be_looked_at_is_an_error(
    machine: RunCli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """It may hold a store: to plan as if nothing were installed would be wrong."""
    (tmp_path / "circle").symlink_to("circle")
    plan = machine(*PLAN, "--no-store").stdout
    result = machine(*command, "--store", str(tmp_path / "circle" / "store.sqlite3"), stdin=plan)
    assert result.exit_code == 3
    assert "circle/store.sqlite3 cannot be used: too many levels of symbolic links" in result.output


def test_a_url_is_no_store_and_is_not_repeated(machine: RunCli) -> None:
    result = machine("state", "list", "--store", "postgresql://me:secret@there/modules")
    assert result.exit_code == 2
    assert "name its path, not a URL" in result.stderr and "secret" not in result.output
