"""``las-solve registry matrix``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files

from las_registry.host.examples import example_names

CARD = "hardware: {gpu: {vram_min: %s}}\n"


@pytest.fixture
def registry(tmp_path: Path) -> str:
    files = {
        "llm/manifest.yaml": manifest_text("llm", "2.0", CARD % "20GB")
        + "---\n"
        + manifest_text("llm", "1.0", CARD % "8GB"),
        "engine/manifest.yaml": manifest_text("engine").replace("category: tool", "category: runtime"),
        "huge/manifest.yaml": manifest_text("huge", "1.0", CARD % "8TB"),
    }
    return str(write_files(tmp_path / "registry", files))


@pytest.fixture
def machines(tmp_path: Path) -> list[str]:
    """Options for a machine without a card, with one of 8 GB, and one of 24 GB."""
    options = []
    for size in (0, 8, 24):
        path = tmp_path / f"{size}.yaml"
        path.write_text(f"gpus: [{{vram: {size}GB}}]\n" if size else "gpus: []\n")
        options += ["--profile", str(path)]
    return options


def test_the_newest_version_that_fits_each_machine(
    run_cli: RunCli, registry: str, machines: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    short = [option.replace(f"{tmp_path}/", "") for option in machines]
    result = run_cli("registry", "matrix", "--registry", registry, *short)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "  MODULE  0.yaml  8.yaml  24.yaml\n"
        "\n"
        "runtime\n"
        "  engine  1.0     1.0     1.0\n"
        "\n"
        "tool\n"
        "  huge    -       -       -\n"
        "  llm     -       1.0     2.0\n"
    )


def test_a_narrow_terminal_gets_several_tables(
    run_cli: RunCli, registry: str, machines: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    short = [option.replace(f"{tmp_path}/", "") for option in machines]
    result = run_cli("registry", "matrix", "llm", "--registry", registry, *short, COLUMNS="22")
    assert result.stdout == (
        "  MODULE  0.yaml\n\ntool\n  llm     -\n\n"
        "  MODULE  8.yaml\n\ntool\n  llm     1.0\n\n"
        "  MODULE  24.yaml\n\ntool\n  llm     2.0\n"
    )


def test_the_name_of_a_profile_cannot_steer_the_terminal(run_cli: RunCli, registry: str, tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31m.yaml"
    path.write_text("cpu: {cores: 1}\n")
    result = run_cli("registry", "matrix", "engine", "--registry", registry, "--profile", str(path))
    assert result.exit_code == 0 and "\\x1b[31m.yaml" in result.stdout and "\x1b" not in result.stdout


def test_json(run_cli: RunCli, registry: str, machines: list[str]) -> None:
    result = run_cli("registry", "matrix", "llm", "--registry", registry, *machines, "--format", "json")
    document = json.loads(result.stdout)
    assert document["machines"] == machines[1::2]
    (row,) = document["modules"]
    assert (row["module"], row["category"], row["newest"]) == ("llm", "tool", "2.0")
    assert [one["version"] for one in row["fitting"].values()] == [None, "1.0", "2.0"]
    assert all(one["known"] for one in row["fitting"].values())


def test_the_examples_are_the_machines_by_default_from_small_to_large(run_cli: RunCli, registry: str) -> None:
    document = json.loads(run_cli("registry", "matrix", "--registry", registry, "--format", "json").stdout)
    assert sorted(document["machines"]) == sorted(example_names())
    assert document["machines"][0] == "small-vm" and document["machines"][-1] == "gpu-8x80gb"


def test_what_is_not_there(run_cli: RunCli, registry: str) -> None:
    result = run_cli("registry", "matrix", "lml", "--registry", registry)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean llm?" in result.stderr
    assert run_cli("registry", "matrix", "--registry", registry, "--profile", "gpu-9gb").exit_code == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "llm@>=1",
            "error: 'llm@>=1' has a constraint, and the matrix is about modules as a whole\n"
            "hint: write llm; las-solve registry show 'llm@>=1' is about single versions\n",
        ),
        (
            "llm-api",
            "error: llm-api is an interface, not a module\n"
            "hint: las-solve registry show llm-api lists the modules that provide it\n",
        ),
    ],
)
def test_what_is_no_module(name: str, message: str, run_cli: RunCli, registry: str) -> None:
    more = manifest_text("server", "1.0", "interfaces: {provides: [llm-api]}\n")
    write_files(Path(registry), {"server/manifest.yaml": more})
    result = run_cli("registry", "matrix", name, "--registry", registry)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", message)
