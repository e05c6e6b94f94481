"""``las-solve diff``: what differs between plans, locks and machines, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files

FILES = {
    "app.manifest.yaml": "---\n".join(
        (
            manifest_text("app", "1.0", "dependencies: {modules: ['lib@1.0'], runtime: [cuda]}\n"),
            manifest_text(
                "app",
                "2.0",
                "hardware: {gpu: {vram_min: 16GB}}\ndependencies: {modules: [lib, tool], runtime: [cuda]}\n",
            ),
        )
    ),
    "lib.manifest.yaml": "---\n".join(manifest_text("lib", version) for version in ("1.0", "2.0")),
    "tool.manifest.yaml": manifest_text("tool", "1.0", modes="[container, native]"),
    "cuda.manifest.yaml": manifest_text("cuda", "12.4"),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory with a registry and three machines."""
    write_files(tmp_path / "modules", FILES)
    (tmp_path / "small.yaml").write_text("gpus: [{vram: 8GB}]\n")
    (tmp_path / "large.yaml").write_text("gpus: [{vram: 24GB}]\nruntimes: {cuda: 12.6}\n")
    (tmp_path / "native.yaml").write_text("gpus: [{vram: 24GB}]\nmodes: [native]\n")
    monkeypatch.chdir(tmp_path)


def _plan(run_cli: RunCli, name: str, *arguments: str) -> str:
    found = run_cli("plan", *arguments, "--registry", "modules", "--format", "json")
    assert found.exit_code == 0, found.output
    Path(name).write_text(found.stdout)
    return name


def _json(run_cli: RunCli, *arguments: str) -> tuple[int, dict[str, Any]]:
    found = run_cli("diff", *arguments, "--format", "json")
    document = json.loads(found.stdout)
    assert isinstance(document, dict)
    return found.exit_code, document


def test_two_machines_differ_by_what_each_allows(run_cli: RunCli) -> None:
    found = run_cli("diff", "--host", "small.yaml", "large.yaml", "app", "--registry", "modules", COLUMNS="100")
    assert (found.exit_code, found.stderr) == (1, "")
    assert found.stdout == (
        "4 modules differ between small.yaml and large.yaml\n"
        "\n"
        "  MODULE  CHANGE    small.yaml  large.yaml\n"
        "  app     upgraded  1.0         2.0\n"
        "  cuda    removed   12.4        -\n"
        "  lib     upgraded  1.0         2.0\n"
        "  tool    added     -           1.0\n"
        "\n"
        "Why\n"
        "  app   small.yaml: app 2.0 needs 16 GB of GPU memory, and the largest GPU of this host has 8 GB\n"
        "  cuda  the machine's own cuda: none -> 12.6\n"
        "        small.yaml: needed by app\n"
        "  lib   small.yaml: app 1.0 needs lib ==1.0\n"
        "  tool  large.yaml: needed by app\n"
        "\n"
        "Facts about the machines\n"
        "  gpus          GPU (unknown, 8GB) -> GPU (unknown, 24GB)\n"
        "  runtime.cuda  none -> 12.6\n"
    )


def test_modes_differ_where_the_machine_restricts_them(run_cli: RunCli) -> None:
    found = run_cli("diff", "--host", "native.yaml", "large.yaml", "tool", "--registry", "modules")
    assert found.exit_code == 1
    assert "  tool    other mode  1.0 (native)  1.0 (container)\n" in found.stdout
    assert "  tool  modes that the machine allows: native -> any\n" in found.stdout


def test_the_same_plan_on_two_machines_is_no_difference(run_cli: RunCli) -> None:
    arguments = ("--host", "small.yaml", "native.yaml", "lib", "--registry", "modules")
    found = run_cli("diff", *arguments)
    assert (found.exit_code, found.stdout.splitlines()[0]) == (0, "The same modules in small.yaml and native.yaml")
    code, document = _json(run_cli, *arguments)
    assert (code, document["status"], document["modules"]) == (0, "same", [])
    assert [one["fact"] for one in document["host"]] == ["gpus", "modes"]


def test_a_machine_without_a_plan_says_why(run_cli: RunCli) -> None:
    arguments = ("--host", "small.yaml", "large.yaml", "app@2", "--registry", "modules")
    found = run_cli("diff", *arguments)
    assert found.exit_code == 1
    assert found.stdout.startswith("No plan for app ==2 on the machine of small.yaml.\n")
    assert "A plan on the machine of large.yaml: 3 modules.\n" in found.stdout
    assert found.stdout.endswith("  runtime.cuda  none -> 12.6\n")
    code, document = _json(run_cli, *arguments)
    assert (code, document["status"], document["modules"]) == (1, "different", [])
    assert document["conflicts"]["before"]["core"][-1]["kind"] == "hardware"
    assert document["conflicts"]["after"] is None


def test_plans_and_locks_can_be_compared_in_any_combination(run_cli: RunCli) -> None:
    small = _plan(run_cli, "small.json", "app", "--profile", "small.yaml")
    large = _plan(run_cli, "large.json", "app", "--profile", "large.yaml")
    for name in ("small", "large"):
        locked = run_cli(
            "lock", "app", "--registry", "modules", "--profile", f"{name}.yaml", "--output", f"{name}.lock"
        )
        assert locked.exit_code == 0
    wanted = [["upgraded"], ["removed"], ["upgraded"], ["added"]]
    for before, after in ((small, large), ("small.lock", "large.lock"), (small, "large.lock"), ("small.lock", large)):
        code, document = _json(run_cli, before, after)
        assert (code, [one["changes"] for one in document["modules"]]) == (1, wanted)
        assert {"fact": "runtime.cuda", "before": "none", "after": "12.6"} in document["host"]
        assert _json(run_cli, after, before)[1]["modules"][1]["changes"] == ["added"]
    for one, other in ((small, "small.lock"), (small, small), ("large.lock", "large.lock"), ("large.lock", large)):
        found = run_cli("diff", one, other)
        assert (found.exit_code, found.stdout) == (0, f"The same modules in {one} and {other}\n")


def test_one_of_them_may_be_standard_input(run_cli: RunCli) -> None:
    small = _plan(run_cli, "small.json", "app", "--profile", "small.yaml")
    found = run_cli("diff", small, "-", stdin=Path(small).read_bytes())
    assert (found.exit_code, found.stdout) == (0, "The same modules in small.json and standard input\n")


def test_other_requests_and_options_are_differences(run_cli: RunCli) -> None:
    _plan(run_cli, "a.json", "lib", "--profile", "small.yaml")
    _plan(run_cli, "b.json", "lib@>=1", "--exclude", "lib@9", "--pre", "--profile", "small.yaml")
    found = run_cli("diff", "a.json", "b.json")
    assert found.exit_code == 1
    assert found.stdout == (
        "The same modules in a.json and b.json\n"
        "\n"
        "Requests\n"
        "  a.json  lib\n"
        "  b.json  lib@>=1\n"
        "\n"
        "Options of the request\n"
        "  prereleases  false -> true\n"
        "  excluded     none -> lib@==9\n"
    )


def test_other_manifests_are_differences_and_another_registry_is_none(run_cli: RunCli) -> None:
    arguments = ("lock", "lib", "--registry", "modules", "--profile", "small.yaml", "--output")
    run_cli(*arguments, "old.lock")
    write_files(Path("modules"), {"unrelated.manifest.yaml": manifest_text("unrelated", "1")})
    run_cli(*arguments, "more.lock")
    found = run_cli("diff", "old.lock", "more.lock")
    assert found.exit_code == 0
    assert found.stdout == "The same modules in old.lock and more.lock\n\nThe registry has changed.\n"
    changed = FILES["lib.manifest.yaml"].replace("Something", "Else")
    write_files(Path("modules"), {"lib.manifest.yaml": changed})
    run_cli(*arguments, "new.lock")
    found = run_cli("diff", "old.lock", "new.lock")
    assert found.exit_code == 1
    assert "  lib     other manifest  2.0       2.0\n" in found.stdout


def test_what_is_removed_is_not_in_a_plan(run_cli: RunCli) -> None:
    document = {
        "status": "resolved",
        "request": [],
        "steps": [
            {"module": "a", "version": "1", "mode": "native", "action": "keep"},
            {"module": "b", "version": "1", "mode": None, "action": "remove"},
        ],
    }
    Path("after.json").write_text(json.dumps(document))
    document["steps"][1] = {"module": "b", "version": "1", "mode": "native", "action": "keep"}  # type: ignore[index]
    Path("before.json").write_text(json.dumps(document))
    code, found = _json(run_cli, "before.json", "after.json")
    assert (code, [(one["module"], one["changes"]) for one in found["modules"]]) == (1, [("b", ["removed"])])


STEP = '{"module": "app", "version": "1.0", "mode": "native", "action": "install"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.json is empty"),
        ("{", "x.json is not JSON: "),
        ("[" * 100_000, "x.json is nested too deeply"),
        ('{"x": ' * 5_000, "x.json is nested too deeply"),
        ("[1]", "x.json:1: this is no plan"),
        ('{"status": "conflict"}', "x.json:1: this is no plan but a conflict"),
        ('{"status": "resolved",\n"steps": 7}', "x.json:2: steps: expected a list, found '7'"),
        ('{"status": "resolved",\n"steps": [{}, 1]}', "x.json:2: steps[0]: its module is missing"),
        (
            f'{{"status": "resolved",\n"steps": [\n{STEP}}},\n{STEP}}}]}}',
            "x.json:4: steps[1].module: app is there twice",
        ),
        (
            '{"status": "resolved", "steps": [{"module": "a b", "version": [1], "mode": {}, "required_by": "x"}]}',
            "x.json:1: steps[0].module: 'a b' is not",
        ),
        (
            f'{{"status": "resolved", "steps": [{STEP}, "held_back_by": [{{"kind": "runtime"}}]}}]}}',
            "x.json:1: steps[0].held_back_by[0]: its module is missing",
        ),
        ('{"status": "resolved", "host": 1, "steps": []}', "x.json: expected a profile, found"),
        (
            '{"status": "resolved", "steps": [], "registry": {"digest": []}}',
            "x.json:1: registry.digest: expected a text",
        ),
        ('{"status": "resolved", "options": {"strategy": ' + "9" * 5000 + "}}", "x.json is not JSON: "),
        ("las-solve-lock: 3\n", "x.json:1: las-solve-lock: expected version 1 of the format, found '3'"),
        ("name: app\n", "x.json:1: this is not a lock file"),
        (b"\xff\xfe\x00", "x.json:1: the file is UTF-16"),
        (b'{"\xff": 1}', "x.json is not JSON: "),
    ],
)
def test_hostile_files_are_one_clear_error(text: str | bytes, message: str, run_cli: RunCli) -> None:
    Path("x.json").write_bytes(text.encode() if isinstance(text, str) else text)
    found = run_cli("diff", "x.json", "x.json")
    assert (found.exit_code, found.stdout) == (2, "")
    assert message in found.stderr
    assert "hint: " in found.stderr
    assert len(found.stderr.splitlines()) < 20


def test_characters_that_steer_a_terminal_are_escaped(run_cli: RunCli) -> None:
    step = {"module": "app", "version": "1.0", "mode": "x\x1b[31m", "required_by": ["\x1b[2J"]}
    Path("a.json").write_text(json.dumps({"status": "resolved", "request": ["\x1b[1m"], "steps": []}))
    Path("b.json").write_text(json.dumps({"status": "resolved", "request": [], "steps": [step | {"mode": "y"}]}))
    found = run_cli("diff", "a.json", "b.json")
    assert found.exit_code == 1
    assert "\x1b" not in found.stdout
    assert "\\x1b[2J" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name two files, A and B; or two machines"),
        (["a.json"], "name two files"),
        (["-", "-"], "only one of the two can be standard input"),
        (["a", "b", "--pre"], "--pre is about what --host plans"),
        (["a", "b", "--registry", "modules"], "--registry is about what --host plans"),
        (["none.json", "none.json"], "none.json cannot be read"),
        (["--host", "small.yaml", "large.yaml"], "no module was named"),
        (["--host", "small.yaml", "nowhere", "app"], "'nowhere' is neither a profile file nor an example host"),
        (["--host", "small.yaml", "large.yaml", "app", "--profile", "x"], "--profile and --host cannot be given"),
        (["--host", "small.yaml", "large.yaml", "--replay", "x.yaml"], "replay files are about one machine"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], message: str, run_cli: RunCli) -> None:
    found = run_cli("diff", *arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert message in found.stderr


def test_the_machine_of_the_environment_does_not_count(run_cli: RunCli) -> None:
    arguments = ("diff", "--host", "small.yaml", "large.yaml", "app", "--registry", "modules")
    assert run_cli(*arguments, LAS_SOLVE_PROFILE="gpu-80gb").stdout == run_cli(*arguments).stdout
