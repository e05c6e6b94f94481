"""``las-solve plan`` (contract, sections 6, 7 and 10)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from command_line import RunCli
from jsonschema import Draft202012Validator

from las_cli.request import build_request
from las_registry.compiled import refreshing
from las_registry.compiled.building import Built
from las_solver.errors import InvalidInput
from las_solver.model import Strategy
from las_solver.sat import BACKENDS
from las_solver.schemas import document_schema

Plan = Callable[..., Result]

SCHEMA = Draft202012Validator(document_schema("plan"))


@pytest.fixture
def plan(run_cli: RunCli, registry: Path, profile: Path) -> Plan:
    """``las-solve plan`` on the small registry and the machine without a card."""
    return lambda *arguments, **environment: run_cli(
        "plan", "--registry", str(registry), "--profile", str(profile), *arguments, **environment
    )


def _document(result: Result) -> dict[str, object]:
    document = json.loads(result.stdout)
    SCHEMA.validate(document)
    assert isinstance(document, dict)
    return document


def test_a_plan_is_printed_as_text_and_is_0(plan: Plan, profile: Path) -> None:
    result = plan("app", COLUMNS="200")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[1:] == [
        "",
        "  MODULE   VERSION  NEWEST         MODE       NEEDED BY",
        "  library  1.5      2.0, 1 behind  native     app",
        "  app      2.1      newest         container  you",
        "",
        "Held back",
        "  library 1.5  app 2.1 needs library <2",
        "",
        "System packages that these need: git",
    ]
    assert result.stdout.startswith("Plan for app on the machine of machine.yaml: 2 modules in order, proven newest\n")


def test_a_conflict_is_printed_as_text_and_is_1(plan: Plan) -> None:
    result = plan("heavy")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout == (
        "No plan for heavy on the machine of machine.yaml.\n"
        "\n"
        "  heavy 1.0 needs 24 GB of GPU memory, and this host has no GPU\n"
        "    heavy/manifest.yaml: hardware.gpu.vram_min\n"
        "\n"
        "What would help (each one checked):\n"
        "  1. a GPU with 24 GB      then heavy 1.0\n"
    )


def test_a_conflict_fits_a_narrow_terminal(plan: Plan) -> None:
    lines = plan("heavy", COLUMNS="40").stdout.splitlines()
    assert max(map(len, lines)) <= 46  # the place of a manifest is one word, and stays whole
    assert lines[3:5] == ["  heavy 1.0 needs 24 GB of GPU memory,", "    and this host has no GPU"]


def test_the_json_of_a_plan_has_every_key_of_section_6(plan: Plan) -> None:
    document = _document(plan("app@>=2", "--format", "json"))
    assert (document["status"], document["optimal"], document["request"]) == ("resolved", True, ["app@>=2"])
    assert document["system_packages"] == ["git"]
    steps = document["steps"]
    assert isinstance(steps, list)
    assert [statement["kind"] for statement in steps[0]["held_back_by"]] == ["chosen", "dependency"]
    library = {key: value for key, value in steps[0].items() if key not in ("checksum", "held_back_by")}
    assert library == {
        "module": "library",
        "version": "1.5",
        "category": "tool",
        "action": "install",
        "installed": None,
        "mode": "native",
        "requires": [],
        "required_by": ["app"],
        "after": [],
        "newest": "2.0",
        "versions_behind": 1,
        "admitted_by": None,
        "system_packages": [],
        "source": "library/manifest.yaml",
    }


def test_the_json_of_a_conflict_has_every_key_of_section_7(plan: Plan) -> None:
    result = plan("heavy", "--format", "json")
    document = _document(result)
    assert result.exit_code == 1
    assert (document["status"], document["request"], document["minimal"]) == ("conflict", ["heavy"], True)
    core = document["core"]
    assert isinstance(core, list)
    assert [statement["kind"] for statement in core] == ["requested", "hardware"]


def test_the_machine_is_part_of_the_json(plan: Plan) -> None:
    document = _document(plan("app", "--format", "json"))
    assert document["host"]["cpu"] == {"cores": 16}  # type: ignore[index]


def test_dot_prints_a_graph_and_no_graph_of_a_conflict(plan: Plan) -> None:
    assert '"app" -> "library";' in plan("app", "--format", "dot").stdout
    conflict = plan("heavy", "--format", "dot")
    assert (conflict.exit_code, conflict.stdout) == (1, "")
    assert "No plan for heavy" in conflict.stderr


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_every_solver_and_eager_reading_give_the_same_bytes(backend: str, plan: Plan) -> None:
    usual = plan("app", "--format", "json").stdout
    assert plan("app", "--format", "json", "--solver", backend, "--eager", "--no-store").stdout == usual


def test_options_reach_the_planner(plan: Plan) -> None:
    def version(module: str, *options: str) -> str:
        steps = _document(plan("app", *options, "--format", "json"))["steps"]
        assert isinstance(steps, list)
        return next(f"{step['version']} {step['mode']}" for step in steps if step["module"] == module)

    assert version("library", "--strategy", "lowest") == "1.0 native"
    assert version("library", "--exclude", "library@1.5") == "1.0 native"
    assert version("app", "--mode", "app=native") == "2.1 native"
    assert version("app", "--mode", "native") == "2.1 native"
    assert version("app", "--mode", "container", "--mode", "library=native") == "2.1 container"
    assert version("library", "--mode", "container", "--mode", "library=native") == "1.5 native"
    steps = _document(plan("library", "--pre", "--format", "json"))["steps"]
    assert isinstance(steps, list)
    assert steps[0]["version"] == "3.0rc1"


def test_facts_can_be_assumed(plan: Plan) -> None:
    result = plan("heavy", "--assume", "gpus=24GB")
    assert result.exit_code == 0
    assert "with gpus=24GB" in result.stdout
    assert plan("heavy", "--assume", "gpus=lots").exit_code == 2


def test_registry_and_profile_come_from_the_environment(run_cli: RunCli, registry: Path, profile: Path) -> None:
    settings = {"LAS_SOLVE_REGISTRY": f"{registry}:", "LAS_SOLVE_PROFILE": str(profile)}
    result = run_cli("plan", "app", **settings)
    assert result.exit_code == 0 and profile.name in result.stdout


def test_what_is_excluded_but_not_by_name_alone_is_a_conflict(plan: Plan) -> None:
    result = plan("app", "--exclude", "app@>=0")
    assert result.exit_code == 1
    assert "you excluded app >=0" in result.stdout


CONTRADICTIONS = [
    (["--exclude", "app"], "app is requested, and --exclude app rules out every version of it"),
    (["--prefer", "b", "--exclude", "b"], "b is preferred by --prefer, and --exclude b rules out"),
    (["--mode", "app=native", "--mode", "app=container"], "--mode forces app into two modes: native and container"),
    (["--mode", "app="], "'app=' is not a mode"),
    (["--mode", "=native"], "'=native' is not a mode"),
    (["--mode", ""], "'' is not a mode"),
    (["--prefer", "b@1"], "'b@1' is not a module name"),
    (["--exclude", "b@^1"], "--exclude b@^1: '^1' is not a PEP 440 version specifier"),
    (["b@^1"], "error: b@^1: '^1' is not a PEP 440 version specifier"),
    (["b@"], "hint: quote constraints"),
    (["@1"], "no module stands before the '@' of '@1'"),
    (["b>=1"], "has no '@' between the module and its constraint"),
]


@pytest.mark.parametrize(("options", "message"), CONTRADICTIONS, ids=lambda value: " ".join(value))
def test_options_that_contradict_or_cannot_be_read_are_2(options: list[str], message: str, plan: Plan) -> None:
    result = plan("app", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("error:") == 1 and message in result.stderr


def test_the_request_says_what_the_options_say() -> None:
    request = build_request(
        modules=["app@>=2", "b"],
        strategy="lowest",
        prereleases=True,
        modes=["native", "app=native", "container"],
        preferred=["b", "c", "b"],
        excluded=["c@<1"],
    )
    assert list(map(str, request.requirements)) == ["app@>=2", "b"]
    assert (request.strategy, request.prereleases) == (Strategy.LOWEST, True)
    assert request.modes == {"native", "container"} and dict(request.forced_modes) == {"app": "native"}
    assert (request.preferred, list(map(str, request.excluded))) == (("b", "c"), ["c@<1"])


def test_the_same_forced_mode_twice_is_no_contradiction() -> None:
    assert build_request(modules=["a"], modes=["a=x", "a=x"]).modes is None
    with pytest.raises(InvalidInput):
        build_request(modules=["a"], modes=["a=x", "a=y"])


def test_a_registry_that_is_not_there_is_3(plan: Plan, run_cli: RunCli, tmp_path: Path) -> None:
    result = run_cli("plan", "app", "--registry", str(tmp_path / "nowhere"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "nowhere" in result.stderr
    (tmp_path / "empty").mkdir()
    assert run_cli("plan", "app", "--registry", str(tmp_path / "empty")).exit_code == 3


def test_a_profile_that_is_wrong_is_2(plan: Plan, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.yaml"
    nonsense.write_text("cpu: {cores: many}\n")
    result = plan("app", "--profile", str(nonsense), "--format", "json")
    assert result.exit_code == 2
    document = _document(result)
    assert document["details"][0]["field"] == "cpu.cores"  # type: ignore[index]
    assert plan("app", "--profile", str(tmp_path / "nowhere.yaml")).exit_code == 2


def test_rejected_manifests_are_warned_about_and_fail_only_under_strict(plan: Plan, registry: Path) -> None:
    (registry / "wrong.manifest.yaml").write_text("name: wrong\n\x1b")
    result = plan("app")
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: ") and "wrong.manifest.yaml" in result.stderr
    assert "\x1b" not in result.stderr
    strict = plan("app", "--strict")
    assert (strict.exit_code, strict.stdout) == (2, "")
    assert _document(plan("app", "--strict", "--format", "json"))["details"]


def test_names_that_say_nothing_are_warned_about(plan: Plan) -> None:
    result = plan("app", "--exclude", "libary", "--prefer", "zzz", "--mode", "zzz=native", "--exclude", "heavy")
    assert (result.exit_code, result.stderr.splitlines()) == (
        0,
        [
            "warning: --prefer zzz has no effect: there is no module named zzz",
            "warning: --exclude libary has no effect: there is no module named libary; did you mean library?",
            "warning: --mode zzz=native has no effect: there is no module named zzz",
        ],
    )


def test_modes_that_the_machine_does_not_allow_are_warned_about(plan: Plan) -> None:
    allowing = ("--assume", "modes=native,container")
    for mode in ("docker", "app=docker"):
        result = plan("app", "--mode", mode, *allowing)
        said = "warning: --mode docker is no mode of this machine, which allows container, native\n"
        assert (result.exit_code, result.stderr) == (1, said)
    assert plan("app", "--mode", "native", *allowing).stderr == ""
    assert plan("app", "--mode", "docker").stderr == ""


def test_the_name_of_an_example_host_among_the_modules_is_warned_about(plan: Plan) -> None:
    result = plan("app", "gpu-8gb")
    assert result.exit_code == 1
    told = "warning: gpu-8gb is no module but an example host: --profile gpu-8gb plans for it\n"
    assert result.stderr == told


def test_without_a_module_it_says_how_to_find_one(plan: Plan, run_cli: RunCli) -> None:
    find = (
        "error: no module was named\n"
        "hint: las-solve registry search WORD finds modules, las-solve registry list shows all"
    )
    result = plan()
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{find}\n")
    assert run_cli("plan").stderr == f"{find}; las-solve plan open-webui is an example\n"
    assert run_cli("plan", "open-webui", "--profile", "gpu-24gb").exit_code == 0


def test_a_requested_module_that_was_rejected_is_not_only_unknown(plan: Plan, registry: Path) -> None:
    (registry / "other.manifest.yaml").write_text("name: other\nversion: x\n")
    result = plan("other")
    assert result.exit_code == 1
    assert "no manifest of other can be used: other.manifest.yaml:1: " in result.stdout


def test_out_of_time_is_4(plan: Plan) -> None:
    result = plan("app", "--timeout", "0.000000001")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == "error: no plan was found within 1e-09 s\nhint: give it more time: --timeout SECONDS\n"


def test_making_an_index_takes_no_time_from_planning(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    late = 0.0
    clock, build = time.monotonic, refreshing.build

    def build_for_long(*arguments: Any, **options: Any) -> Built:
        nonlocal late
        late += 1000
        return build(*arguments, **options)

    monkeypatch.setattr(time, "monotonic", lambda: clock() + late)
    monkeypatch.setattr(refreshing, "build", build_for_long)
    assert (plan("app").exit_code, late) == (0, 1000)


def test_logging_goes_to_standard_error_only(plan: Plan) -> None:
    quiet = plan("app").stdout
    verbose = plan("app", "-vv", "--log-format", "json")
    assert verbose.stdout == quiet
    events = [json.loads(line) for line in verbose.stderr.splitlines()]
    assert {"planning", "answered"} <= {event["event"] for event in events}
    assert {event["level"] for event in events} == {"info", "debug"}


def test_warnings_are_json_where_the_log_is(plan: Plan, registry: Path) -> None:
    (registry / "wrong.manifest.yaml").write_text("name: wrong\n")
    events = [json.loads(line) for line in plan("app", "--log-format", "json").stderr.splitlines()]
    assert {event["level"] for event in events} == {"warning"}


def test_module_names_complete(run_cli: RunCli, registry: Path) -> None:
    def complete(words: str, count: int) -> list[str]:
        result = run_cli(
            _LAS_SOLVE_COMPLETE="bash_complete",
            COMP_WORDS=words,
            COMP_CWORD=str(count),
            LAS_SOLVE_REGISTRY=str(registry),
        )
        return [line.partition(",")[2] for line in result.stdout.splitlines() if line]

    assert complete("las-solve plan ", 2) == ["app", "heavy", "library"]
    assert complete("las-solve plan li", 2) == ["library"]
    assert complete("las-solve plan app --exclude li", 4) == ["library"]
    assert complete("las-solve plan app --prefer h", 4) == ["heavy"]
    assert complete("las-solve registry show a", 3) == ["app"]
    assert complete("las-solve plan --registry nowhere a", 4) == []


def test_the_schema_of_plans_is_printed_and_valid(run_cli: RunCli) -> None:
    schema = json.loads(run_cli("schema", "plan").stdout)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == "urn:las-solve:schema:plan:1"
    assert not Draft202012Validator(schema).is_valid({"status": "resolved"})
