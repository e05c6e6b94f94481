"""``las-solve registry search``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files


def described(name: str, description: str, rest: str = "") -> str:
    return manifest_text(name, rest=rest).replace("Something", description)


@pytest.fixture
def registry(tmp_path: Path) -> str:
    files = {
        "a/manifest.yaml": described("chat-server", "Serves language models"),
        "b/manifest.yaml": described("chat", "Talks"),
        "c/manifest.yaml": described("open.chat_ui", "Front end of a chat"),
        "d/manifest.yaml": described("helper", "Answers", "interfaces: {provides: [chat-api]}\n"),
        "e/manifest.yaml": described("notes", "Keeps what was said in a CHAT\n"),
        "f/manifest.yaml": described("clock", "Tells the time"),
    }
    return str(write_files(tmp_path / "registry", files))


def found(run_cli: RunCli, registry: str, *words: str) -> list[str]:
    result = run_cli("registry", "search", *words, "--registry", registry, "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    return [one["module"] for one in json.loads(result.stdout)["modules"]]


def test_names_come_before_interfaces_and_these_before_descriptions(run_cli: RunCli, registry: str) -> None:
    assert found(run_cli, registry, "chat") == ["chat", "chat-server", "open.chat_ui", "helper", "notes"]


def test_case_and_punctuation_do_not_matter(run_cli: RunCli, registry: str) -> None:
    assert found(run_cli, registry, "OPEN-chat.UI") == ["open.chat_ui"]


def test_every_word_has_to_match(run_cli: RunCli, registry: str) -> None:
    assert found(run_cli, registry, "chat", "language models") == ["chat-server"]
    assert found(run_cli, registry, "chat", "clock") == []


def test_the_category_counts(run_cli: RunCli, registry: str) -> None:
    assert len(found(run_cli, registry, "tool")) == 6


def test_text(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "search", "clock", "--registry", registry)
    assert result.stdout == (
        "  MODULE  NEWEST  VERSIONS  CATEGORY  DESCRIPTION\n  clock   1.0     1         tool      Tells the time\n"
    )


def test_nothing_found_suggests_names(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "search", "clokc", "--registry", registry)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no module has 'clokc'; did you mean clock?\n"
    result = run_cli("registry", "search", "qqqq", "zzzz", "--registry", registry)
    assert result.stderr == "no module has 'qqqq' and 'zzzz'; las-solve registry list shows all modules\n"
    result = run_cli("registry", "search", "\x1b[31m", "--registry", registry)
    assert result.stderr == "no module has '\\x1b[31m'; las-solve registry list shows all modules\n"


@pytest.mark.parametrize("words", [(), ("",), (" ", "-")])
def test_words_are_needed(words: tuple[str, ...], run_cli: RunCli) -> None:
    assert run_cli("registry", "search", *words).exit_code == 2


def test_a_description_cannot_steer_the_terminal(run_cli: RunCli, tmp_path: Path) -> None:
    text = manifest_text("evil").replace("Something", '"\\e[31mred"')
    directory = write_files(tmp_path / "evil", {"manifest.yaml": text})
    result = run_cli("registry", "search", "evil", "--registry", str(directory))
    assert result.exit_code == 0 and "\x1b" not in result.stdout
