"""Whatever is in files, and on the command line, no command prints it raw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import RunCli
from hostile.conftest import LABEL
from hostile.strategies import EVIL, is_raw, labels, quoted, texts
from hypothesis import example, given, settings

from las_cli.progress import Progress
from las_cli.render.terminal import printable as terminal_text
from las_registry.problem import Problem
from las_registry.problem import printable as problem_text

PLAN = ("--profile", "{profile}")
COMMANDS = [
    ("plan", "app", *PLAN),
    ("-vv", "plan", "app", *PLAN),
    ("--log-format", "json", "-v", "plan", "app", *PLAN),
    ("plan", "app", *PLAN, "--format", "dot"),
    ("plan", "app", *PLAN, "--mode", LABEL),
    ("plan", "app", *PLAN, "--assume", f"gpus={LABEL}"),
    ("plan", "app", *PLAN, "--assume", f"runtime.{EVIL[:-1]}=1".replace("\0", "")),
    ("plan", "app", *PLAN, "--prefer", LABEL),
    ("plan", "app", *PLAN, "--exclude", LABEL),
    ("plan", "app", "--profile", LABEL),
    ("plan", "app", *PLAN, "--registry", f"/nowhere/{LABEL}"),
    ("plan", f"app@{EVIL}".replace("\0", ""), *PLAN),
    ("plan", LABEL, *PLAN),
    ("plan", f"--{LABEL}"),
    (LABEL,),
    ("plan", "hard", *PLAN),
    ("diagnose", "hard", *PLAN),
    ("diagnose", "app", *PLAN),
    ("needs", "app", *PLAN),
    ("why", "app", "provider", *PLAN),
    ("lock", "app", *PLAN, "--output", "-"),
    ("registry", "list"),
    ("registry", "search", "script"),
    ("registry", "show", "app"),
    ("registry", "show", LABEL),
    ("registry", "matrix"),
    ("registry", "validate", "{registry}"),
    ("registry", "lint", "{registry}"),
    ("registry", "verify", "{registry}"),
    ("registry", "which", "app"),
    ("registry", "which", LABEL),
    ("host", "show", *PLAN),
    ("outdated", *PLAN),
]


def _raw(text: str) -> list[str]:
    return sorted({f"U+{ord(one):04X}" for one in text if one != "\n" and is_raw(one)})


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: terminal_text(" ".join(arguments))[:40])
def test_no_command_prints_raw_text(
    arguments: tuple[str, ...], run_hostile: RunCli, hostile_registry: Path, hostile_profile: Path
) -> None:
    places = {"{profile}": str(hostile_profile), "{registry}": str(hostile_registry)}
    result = run_hostile(*(places.get(one, one) for one in arguments))
    assert result.exit_code in (0, 1, 2, 3), result.output
    assert result.stdout + result.stderr and "Traceback" not in result.stderr
    assert _raw(result.stdout) == _raw(result.stderr) == []


def test_the_commands_get_as_far_as_the_hostile_texts(run_hostile: RunCli, hostile_profile: Path) -> None:
    statuses = [run_hostile("plan", name, "--profile", str(hostile_profile)).exit_code for name in ("app", "hard")]
    assert statuses == [0, 1]


@pytest.mark.parametrize(
    "text",
    [
        "cpu: {{cores: {0}}}\n{0}: 3\nruntimes: {{{0}: {0}}}\nmodes: [{0}]\ngpus: [{{name: {0}, vram: {0}}}]\n",
        "las-solve-lock: 1\nrequest: [{0}]\n{0}: 1\noptions: {{{0}: 1, modes: [{0}]}}\nmodules: {{{0}: {0}}}\n",
        "las-solve-replay: 1\nrequest: [{0}]\n{0}: 1\nmodules: [{{name: {0}}}, {0}]\nhost: {{{0}: {0}}}\n",
        "registries: [{{path: {0}, unsigned: {0}, {0}: {0}, names: [{0}], keys: [{{key: {0}}}]}}]\n{0}: 1\n",
        '{{"format": 1, "keys": [{{"id": "\\u001b[2J", "\\u202e": 1}}]}}',
        '{{"status": "\\u001b[2J"}}',
    ],
    ids=["profile", "lock", "replay", "registries", "keys", "answer"],
)
def test_what_is_wrong_with_a_file_is_told_without_its_raw_text(
    text: str, run_hostile: RunCli, hostile_profile: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.id
    settings = {"registries": "registries.yaml", "keys": "keys.json"}.get(kind)
    path = tmp_path / f"fi\x1b[1mle.{kind}"
    if settings is not None:
        path = tmp_path / "settings" / "las-solve" / settings
        path.parent.mkdir(parents=True)
    path.write_text(text.format(quoted(EVIL)))
    path.chmod(0o600)
    arguments = {
        "profile": [("plan", "app", "--profile", str(path))],
        "lock": [("plan", "app", "--lock", str(path)), ("diff", str(path), str(path))],
        "replay": [("replay", str(path)), ("check", str(path), "--replay", str(path))],
        "answer": [("check", str(path)), ("diff", str(path), str(path)), ("apply", str(path))],
    }.get(kind, [("plan", "app", "--profile", str(hostile_profile)), ("registry", "trust", "list")])
    codes = set()
    for one in arguments:
        result = run_hostile(*one)
        codes.add(result.exit_code)
        assert _raw(result.stdout) == _raw(result.stderr) == [] and "Traceback" not in result.stderr
    assert codes & {2, 3}, codes


def test_no_part_of_an_answer_is_printed_raw(run_hostile: RunCli, hostile_profile: Path, tmp_path: Path) -> None:
    result = run_hostile("plan", "app", "--profile", str(hostile_profile), "--format", "json")
    assert result.exit_code == 0, result.output
    right = json.loads(result.stdout)

    def spoilt(value: object) -> object:
        if isinstance(value, dict):
            return {key: spoilt(one) for key, one in value.items()}
        if isinstance(value, list):
            return [spoilt(one) for one in value]
        return EVIL if isinstance(value, str) else value

    (tmp_path / "right.json").write_text(json.dumps(right))
    for key in ("request", "options", "steps", "system_packages"):
        (tmp_path / "wrong.json").write_text(json.dumps(right | {key: spoilt(right[key])}))
        for command in (("check",), ("diff", "right.json")):
            result = run_hostile(*command, "wrong.json")
            assert result.exit_code in (0, 1, 2) and result.output
            assert _raw(result.stdout) == _raw(result.stderr) == []


def test_an_import_of_a_store_is_told_without_its_raw_text(run_hostile: RunCli, tmp_path: Path) -> None:
    for row in ({"table": EVIL, EVIL: EVIL}, {"table": "modules", EVIL: 1}):
        (tmp_path / "export").write_text(f'{{"las-solve":"store","format":1}}\n{json.dumps(row)}\n')
        result = run_hostile("state", "import", "export", "--store", "store.sqlite3")
        assert result.exit_code in (2, 3) and _raw(result.stderr) == [] and "Traceback" not in result.stderr


def test_completion_offers_names_that_a_shell_can_show(run_hostile: RunCli) -> None:
    found = run_hostile("", _LAS_SOLVE_COMPLETE="bash_complete", COMP_WORDS="las-solve plan ", COMP_CWORD="2")
    assert _raw(found.stdout) == _raw(found.stderr) == []


def test_progress_is_printable(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = []
    progress = Progress(EVIL)
    monkeypatch.setattr(progress, "_enabled", True)
    monkeypatch.setattr("las_cli.progress.click.echo", lambda text, **_: shown.append(text))
    progress.wait(EVIL)
    assert shown and _raw("".join(shown).replace("\r\x1b[K", "")) == []


@settings(max_examples=60)
@given(texts)
@example(EVIL)
def test_what_may_be_printed_has_nothing_raw(text: str) -> None:
    assert not _raw(terminal_text(text)) and not _raw(problem_text(text))
    told = str(Problem(file=text, line=1, field=text, message=text, hint=text))
    assert _raw(told) == [] and told.count("\n") == 1
    assert terminal_text(terminal_text(text)) == terminal_text(text)


@settings(max_examples=30)
@given(labels)
def test_labels_that_are_accepted_may_be_printed(text: str) -> None:
    assert not _raw(terminal_text(text))
