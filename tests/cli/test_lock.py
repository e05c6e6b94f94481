"""``las-solve lock`` and ``plan --locked``: a file that leads to the same modules, or it is said what has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import RunCli
from jsonschema import Draft202012Validator
from manifests import manifest_text, write_files

FILES = {
    "app.manifest.yaml": manifest_text(
        "app",
        "2.0",
        "hardware: {gpu: {vram_min: 8GB}}\ndependencies: {modules: ['lib@<3'], runtime: [cuda>=12]}\n",
        modes="[container, native]",
    ),
    "lib.manifest.yaml": "---\n".join(manifest_text("lib", version) for version in ("1.0", "2.0", "3.0")),
    "cuda.manifest.yaml": manifest_text("cuda", "12.4"),
}
MACHINE = "cpu: {cores: 8}\ngpus: [{vram: 24GB}]\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory with a registry and a machine."""
    write_files(tmp_path / "modules", FILES)
    (tmp_path / "machine.yaml").write_text(MACHINE)
    monkeypatch.chdir(tmp_path)


HERE = ("--registry", "modules", "--profile", "machine.yaml")


def _text() -> str:
    return Path("las-solve.lock").read_text()


def test_a_lock_is_written_and_obeyed(run_cli: RunCli) -> None:
    locked = run_cli("lock", "app", *HERE)
    assert (locked.exit_code, locked.stdout) == (0, "")
    assert locked.stderr == "las-solve.lock: written, 3 modules\n"
    write_files(Path("modules"), {"newer.manifest.yaml": manifest_text("lib", "2.5")})
    plain = json.loads(run_cli("plan", "app", *HERE, "--format", "json").stdout)
    obeyed = json.loads(run_cli("plan", "--locked", *HERE, "--format", "json").stdout)
    assert _versions(plain) == {"app": "2.0", "cuda": "12.4", "lib": "2.5"}
    assert _versions(obeyed) == {"app": "2.0", "cuda": "12.4", "lib": "2.0"}
    assert obeyed["request"] == ["app"]
    named = run_cli("plan", "app", "--lock", "las-solve.lock", *HERE, "--format", "json")
    assert named.stdout == run_cli("plan", "--locked", *HERE, "--format", "json").stdout


def _versions(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {step["module"]: step["version"] for step in document["steps"]}


def test_the_same_gives_the_same_bytes_in_any_process(run_cli: RunCli, tmp_path: Path) -> None:
    run_cli("lock", "app", *HERE)
    shuffled = {f"deep/{place}/{name}": text for place, (name, text) in enumerate(reversed(FILES.items()))}
    write_files(tmp_path / "elsewhere" / "modules", shuffled)
    (tmp_path / "elsewhere" / "machine.yaml").write_text(MACHINE)
    for seed in ("0", "1", "2"):
        command = [sys.executable, "-m", "las_cli.main", "lock", "app", *HERE, "--output", "-"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        made = subprocess.run(command, cwd=tmp_path / "elsewhere", env=environment, capture_output=True, check=True)
        assert made.stdout.decode() == _text()


def test_a_lock_is_renewed_for_what_was_asked_for(run_cli: RunCli) -> None:
    run_cli("lock", "app@>=1", "--exclude", "lib@2", "--mode", "native", "--mode", "app=container", *HERE)
    before = _text()
    assert run_cli("lock", "--check", *HERE).stderr == "las-solve.lock: up to date, 3 modules\n"
    assert run_cli("lock", *HERE).stderr == "las-solve.lock: up to date, 3 modules\n"
    assert _text() == before
    write_files(Path("modules"), {"newer.manifest.yaml": manifest_text("lib", "1.5")})
    checked = run_cli("lock", "--check", *HERE)
    assert (checked.exit_code, _text()) == (1, before)
    assert checked.stdout == (
        "1 module differs between the old lock and the new lock\n"
        "\n"
        "  MODULE  CHANGE    the old lock  the new lock\n"
        "  lib     upgraded  1.0           1.5\n"
        "\n"
        "The registry has changed.\n"
    )
    assert checked.stderr == "las-solve.lock: out of date, 3 modules\n"
    renewed = run_cli("lock", *HERE)
    assert (renewed.exit_code, renewed.stdout) == (0, checked.stdout)
    assert 'version: "1.5"' in _text()
    assert "excluded: [lib@==2]" in _text()
    assert run_cli("lock", "--check", *HERE).exit_code == 0


def test_json_says_what_was_done(run_cli: RunCli) -> None:
    def status(*arguments: str) -> tuple[int, dict[str, object]]:
        result = run_cli("lock", *arguments, *HERE, "--format", "json")
        return result.exit_code, json.loads(result.stdout)

    written = {"status": "written", "lock": "las-solve.lock", "modules": 3, "difference": None}
    assert status("app") == (0, written)
    code, current = status("--check")
    assert (code, current["status"]) == (0, "current")
    code, outdated = status("lib", "--check")
    assert (code, outdated["status"]) == (1, "outdated")
    difference = outdated["difference"]
    assert isinstance(difference, dict)
    assert [one["changes"] for one in difference["modules"]] == [["removed"], ["removed"], ["upgraded"]]
    assert difference["request"] == {"before": ["app"], "after": ["lib"]}


def test_what_has_changed_is_named(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    app = FILES["app.manifest.yaml"].replace("Something", "Else")
    write_files(Path("modules"), {"app.manifest.yaml": app, "lib.manifest.yaml": manifest_text("lib", "1.0")})
    Path("machine.yaml").write_text("gpus: [{vram: 16GB}]\n")
    found = run_cli("plan", "--locked", *HERE)
    assert (found.exit_code, found.stdout) == (1, "")
    lines = found.stderr.splitlines()
    assert lines[0] == "error: las-solve.lock cannot be obeyed: not everything is as it was locked"
    assert lines[1].startswith("  app has another manifest: sha256:")
    assert lines[2:4] == [
        "  lib 2.0 is no longer there, the newest is 1.0",
        "  gpus: 16GB here, 24GB where it was locked",
    ]
    assert lines[4].startswith("hint: las-solve lock renews")
    document = json.loads(run_cli("plan", "--locked", *HERE, "--format", "json").stdout)
    Draft202012Validator(json.loads(run_cli("schema", "plan").stdout)).validate(document)
    assert (document["status"], document["message"]) == ("error", lines[0].removeprefix("error: "))
    assert document["details"][1:] == [
        {"kind": "gone", "module": "lib", "locked": "2.0", "now": "1.0"},
        {"kind": "host", "fact": "gpus", "locked": "24GB", "now": "16GB"},
    ]


def test_a_module_that_the_machine_provides_now_is_named(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    Path("machine.yaml").write_text(MACHINE + "runtimes: {cuda: 12.6}\n")
    found = run_cli("plan", "--locked", *HERE)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "cuda 12.4 is not needed here any more" in found.stderr
    assert "runtime.cuda: 12.6 here, none where it was locked" in found.stderr


def test_another_mode_is_named(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    Path("machine.yaml").write_text(MACHINE + "modes: [native]\n")
    found = run_cli("plan", "--locked", *HERE)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "app would run in mode native, not container" in found.stderr


def test_facts_are_told_beside_a_conflict(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    Path("machine.yaml").write_text("gpus: [{vram: 4GB}]\n")
    found = run_cli("plan", "--locked", *HERE)
    assert found.exit_code == 1
    assert found.stdout.startswith("No plan for app on the machine of machine.yaml.\n")
    warned = "warning: las-solve.lock was made for another machine: gpus: 4GB here, 24GB where it was locked\n"
    assert found.stderr == warned
    document = json.loads(run_cli("plan", "--locked", *HERE, "--format", "json").stdout)
    assert (document["status"], document["core"][-1]["kind"]) == ("conflict", "hardware")


def test_facts_that_make_no_difference_are_no_obstacle(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    Path("machine.yaml").write_text("gpus: [{vram: 80GB}]\n")
    found = run_cli("plan", "--locked", *HERE)
    assert (found.exit_code, found.stderr) == (0, "")


def test_a_conflict_leaves_the_lock_as_it_is(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    before = _text()
    found = run_cli("lock", "app", "lib@>=3", *HERE)
    assert (found.exit_code, _text()) == (1, before)
    assert found.stdout.startswith("No plan for app and lib >=3")


@pytest.mark.parametrize("options", [["--pre"], ["--mode", "native"], ["--exclude", "lib@1.0"], ["--prefer", "lib"]])
@pytest.mark.parametrize("command", [["plan", "--locked"], ["lock"], ["lock", "--check"]])
def test_options_that_contradict_the_lock_are_refused(command: list[str], options: list[str], run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    before = _text()
    found = run_cli(*command, *options, *HERE)
    assert (found.exit_code, found.stdout, _text()) == (2, "", before)
    assert f"error: {options[0]} is not what las-solve.lock was made with" in found.stderr


def test_options_as_in_the_lock_may_be_repeated(run_cli: RunCli) -> None:
    options = ["--pre", "--mode", "native", "--exclude", "lib@1.0", "--exclude", "lib@9", "--strategy", "lowest"]
    assert run_cli("lock", "app", *options, *HERE).exit_code == 0
    other_order = ["--exclude", "lib@9", "--mode", "native", "--exclude", "lib@==1.0", "--strategy", "lowest", "--pre"]
    assert run_cli("plan", "app", "--locked", *other_order, *HERE).exit_code == 0
    assert run_cli("plan", "--locked", *HERE).exit_code == 0
    assert run_cli("lock", "--check", *HERE).exit_code == 0


@pytest.mark.parametrize("modules", [["lib"], ["app", "lib"], ["app@>=2"]])
def test_other_modules_than_those_of_the_lock_are_refused(modules: list[str], run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    found = run_cli("plan", *modules, "--locked", *HERE)
    assert (found.exit_code, found.stdout) == (2, "")
    assert "error: las-solve.lock is for app: name no other modules, or none at all." in found.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lock"], "there is no las-solve.lock"),
        (["lock", "--check"], "there is no las-solve.lock"),
        (["lock", "app", "--check"], "there is no las-solve.lock"),
        (["plan", "--locked"], "there is no las-solve.lock"),
        (["plan", "--lock", "x/y.lock"], "there is no x/y.lock"),
        (["lock", "--output", "-"], "no module was named"),
        (["lock", "app", "--output", "-", "--check"], "--check and --output - cannot be given together"),
        (["lock", "app", "--output", "-", "--format", "json"], "--format json and --output - cannot be given"),
        (["lock", "app", "--replay", "x.yaml"], "--replay gives no lock"),
        (["lock", "app", "--output", "none/x.lock"], "none/x.lock cannot be written"),
        (["lock", "app", "--strategy", "keep"], "'keep' is not one of 'newest', 'lowest'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], message: str, run_cli: RunCli) -> None:
    found = run_cli(*arguments, *HERE)
    assert found.exit_code == 2
    assert message in found.output
    assert not Path("las-solve.lock").exists()


def test_a_damaged_lock_is_replaced_only_by_modules_that_are_named(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    right = _text()
    damaged = right.replace("modules:\n", "<<<<<<< ours\nmodules:\n")
    Path("las-solve.lock").write_text(damaged)
    for arguments in (["plan", "--locked"], ["lock"], ["lock", "--check"], ["lock", "app", "--check"]):
        found = run_cli(*arguments, *HERE)
        assert (found.exit_code, found.stdout, _text()) == (2, "", damaged)
        assert found.stderr.startswith("error: las-solve.lock:9: a merge left its marks here")
    found = run_cli("lock", "app", *HERE)
    assert (found.exit_code, _text()) == (0, right)
    assert found.stderr.startswith("warning: the old lock cannot be read, and is replaced: las-solve.lock:9: a merge")


def test_no_time_gives_no_lock(run_cli: RunCli) -> None:
    found = run_cli("lock", "app", *HERE, "--timeout", "0.000001")
    assert (found.exit_code, Path("las-solve.lock").exists()) == (4, False)


def test_nothing_of_the_machine_is_in_a_lock(run_cli: RunCli, tmp_path: Path) -> None:
    run_cli("lock", "app", "--registry", str(tmp_path / "modules"), "--profile", str(tmp_path / "machine.yaml"))
    text = _text()
    assert str(tmp_path) not in text
    assert "machine.yaml" not in text
    assert "cores" not in text


def test_a_plan_by_a_lock_can_be_saved_and_answered_again(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    write_files(Path("modules"), {"newer.manifest.yaml": manifest_text("lib", "2.5")})
    saved = run_cli("plan", "--locked", *HERE, "--save-replay", "saved.yaml", "--format", "json")
    again = run_cli("replay", "saved.yaml", "--format", "json")
    assert _versions(json.loads(again.stdout)) == _versions(json.loads(saved.stdout))


STORE = ("--store", "store.sqlite3")


def _install(run_cli: RunCli, *modules: str) -> None:
    planned = run_cli("plan", *modules, *HERE, *STORE, "--format", "json")
    applied = run_cli("apply", "-", "--installed", *HERE, *STORE, stdin=planned.stdout)
    assert applied.exit_code == 0, applied.output


def _actions(run_cli: RunCli, *options: str) -> dict[str, tuple[str, str]]:
    found = run_cli("plan", "--locked", *HERE, *options, "--format", "json")
    assert found.exit_code == 0, found.output
    checked = run_cli("check", "-", "--registry", "modules", *options, stdin=found.stdout)
    assert checked.exit_code == 0, checked.output
    return {step["module"]: (step["action"], step["version"]) for step in json.loads(found.stdout)["steps"]}


def test_a_lock_is_obeyed_over_what_is_installed(run_cli: RunCli) -> None:
    write_files(Path("modules"), {"aside.manifest.yaml": manifest_text("aside", "1.0")})
    run_cli("lock", "app", *HERE)
    locked = _text()
    write_files(Path("modules"), {"newer.manifest.yaml": manifest_text("aside", "2.0")})
    _install(run_cli, "lib@1.0", "aside@1.0")
    assert _actions(run_cli, *STORE) == {
        "aside": ("keep", "1.0"),
        "app": ("install", "2.0"),
        "cuda": ("install", "12.4"),
        "lib": ("upgrade", "2.0"),
    }
    assert "aside" not in _actions(run_cli)
    run_cli("lock", "app", *HERE, LAS_SOLVE_STORE="store.sqlite3")
    digest = "registry: "
    assert [one for one in _text().splitlines() if not one.startswith(digest)] == [
        one for one in locked.splitlines() if not one.startswith(digest)
    ]
    _install(run_cli, "app", "lib@==2.0")
    assert _actions(run_cli, *STORE) == {
        "aside": ("keep", "1.0"),
        "app": ("keep", "2.0"),
        "cuda": ("keep", "12.4"),
        "lib": ("keep", "2.0"),
    }


def test_an_installed_version_counts_that_the_registry_has_no_more(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    _install(run_cli, "app")
    write_files(Path("modules"), {"lib.manifest.yaml": manifest_text("lib", "1.0")})
    assert run_cli("plan", "--locked", *HERE).exit_code == 1
    assert _actions(run_cli, *STORE)["lib"] == ("keep", "2.0")


def test_a_pin_that_contradicts_the_lock_is_a_conflict(run_cli: RunCli) -> None:
    run_cli("lock", "app", *HERE)
    _install(run_cli, "lib@1.0")
    assert run_cli("pin", "lib@1.0", *STORE, "--registry", "modules").exit_code == 0
    found = run_cli("plan", "--locked", *HERE, *STORE, "--format", "json")
    document = json.loads(found.stdout)
    assert (found.exit_code, document["status"]) == (1, "conflict")
    assert {"pinned", "locked"} <= {one["kind"] for one in document["core"]}


def test_what_is_installed_may_make_a_locked_module_unneeded(run_cli: RunCli) -> None:
    files = {
        "shop.manifest.yaml": manifest_text("shop", "1.0", "interfaces: {consumes: [store]}\n"),
        "east.manifest.yaml": manifest_text("east", "1.0", "interfaces: {provides: [store]}\n"),
        "west.manifest.yaml": manifest_text("west", "1.0", "interfaces: {provides: [store]}\n"),
    }
    write_files(Path("modules"), files)
    run_cli("lock", "shop", *HERE)
    _install(run_cli, "west")
    found = run_cli("plan", "--locked", *HERE, *STORE)
    assert found.exit_code == 1
    assert "  east 1.0 is not needed here any more\n" in found.stderr
    assert run_cli("plan", "--locked", *HERE, *STORE, "--no-store").exit_code == 2
    assert run_cli("plan", "--locked", *HERE, "--no-store").exit_code == 0
