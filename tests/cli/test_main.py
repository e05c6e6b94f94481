"""The group of commands: help, version, what is imported when."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import click
import pytest
from command_line import RunCli

from las_cli.main import cli

NAMES = sorted(cli.entries)


def test_the_version_is_that_of_the_package(run_cli: RunCli) -> None:
    result = run_cli("--version")
    assert (result.exit_code, result.stdout) == (0, f"las-solve {version('las-solve')}\n")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_there_with_the_line_that_the_help_shows(name: str, run_cli: RunCli) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None and command.name == name
    assert command.get_short_help_str(limit=100) == cli.entries[name].help
    assert cli.entries[name].help in run_cli("--help").stdout


def _all_commands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for name in NAMES:
        command = cli.get_command(click.Context(cli), name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, inner) for inner in command.list_commands(click.Context(command))]
    return found


@pytest.mark.parametrize("path", _all_commands(), ids=" ".join)
def test_the_help_of_every_command_has_examples(path: tuple[str, ...], run_cli: RunCli) -> None:
    result = run_cli(*path, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout and "  las-solve " in result.stdout


def test_an_unknown_command_suggests_the_nearest(run_cli: RunCli) -> None:
    result = run_cli("paln")
    assert result.exit_code == 2
    assert "Did you mean plan?" in result.stderr


def test_without_a_command_it_says_what_it_knows_and_what_to_try(run_cli: RunCli) -> None:
    result = run_cli()
    assert (result.exit_code, result.stderr) == (0, "")
    assert " CPU core" in result.stdout and " in the bundled catalog" in result.stdout
    tried = [line.split("  ")[1].split()[1:] for line in result.stdout.partition("Try\n")[2].splitlines()]
    assert len(tried) >= 5
    for arguments in tried:
        assert run_cli(*arguments).exit_code == 0, arguments


def test_without_a_command_the_registry_of_the_environment_counts(run_cli: RunCli, registry: Path) -> None:
    result = run_cli(LAS_SOLVE_REGISTRY=str(registry))
    assert f"3 modules, 6 versions in {registry}" in " ".join(result.stdout.split())
    assert "las-solve plan app" in result.stdout and "open-webui" not in result.stdout


def test_without_a_command_a_registry_that_is_not_there_is_said_to_be_so(run_cli: RunCli, tmp_path: Path) -> None:
    result = run_cli(LAS_SOLVE_REGISTRY=str(tmp_path / "none"))
    assert result.exit_code == 0
    assert "none does not exist" in " ".join(result.stdout.split())


def test_without_a_command_the_profile_of_the_environment_counts(run_cli: RunCli) -> None:
    assert "  Machine  the example host gpu-8gb: 12 CPU cores, 32 GiB" in run_cli(LAS_SOLVE_PROFILE="gpu-8gb").stdout
    result = run_cli(LAS_SOLVE_PROFILE="gpu-8g")
    assert result.exit_code == 0
    assert (
        "  Machine  'gpu-8g' is neither a profile file nor an example host\n           hint: did you mean gpu-8gb? "
        in result.stdout
    )


def test_without_a_command_the_saved_profile_is_named(run_cli: RunCli, tmp_path: Path) -> None:
    saved = tmp_path / "settings" / "las-solve" / "host.yaml"
    saved.parent.mkdir(parents=True)
    saved.write_text("cpu: {cores: 3}\n")
    told = " ".join(run_cli().stdout.split())
    assert f"Machine this machine, as saved in {saved}: 3 CPU cores, unknown memory" in told
    saved.write_text("cpu: [\n")
    result = run_cli()
    assert result.exit_code == 0 and "\n           hint: " in result.stdout and "host forget" in result.stdout


@pytest.mark.parametrize("width", [40, 60, 77, 80, 200])
def test_without_a_command_lines_fit_the_terminal(width: int, run_cli: RunCli) -> None:
    lines = run_cli(COLUMNS=str(width), LAS_SOLVE_PROFILE="gpu-2x24gb").stdout.splitlines()
    assert [line for line in lines if len(line) > width and "  las-solve " not in line] == []
    assert [line for line in lines if len(line) > max(width, 46)] == []
    assert ("  las-solve host show" in lines) == (width < 80)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["search", "chat"], "registry search"),
        (["show", "ollama"], "host show or registry show or state show"),
        (["forget"], "host forget"),
    ],
)
def test_the_command_of_a_group_is_suggested_with_its_group(arguments: list[str], meant: str, run_cli: RunCli) -> None:
    result = run_cli(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"error: No such command {arguments[0]!r}. Did you mean {meant}?\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--profile", "gpu-8gb", "plan", "app"],
            "Option '--profile' stands after the name of a command: las-solve plan --profile ...",
        ),
        (
            ["host", "--assume", "cores=1", "show"],
            "Option '--assume' stands after the name of a command: las-solve host show --assume ...",
        ),
        (
            ["state", "--dry-run"],
            "Option '--dry-run' stands after the name of a command: las-solve state COMMAND --dry-run ...",
        ),
        (["--qqqq"], "No such option '--qqqq'."),
    ],
)
def test_an_option_before_the_command_is_said_to_stand_after_it(
    arguments: list[str], message: str, run_cli: RunCli
) -> None:
    result = run_cli(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"error: {message}\n")


@pytest.mark.parametrize("name", ["help", "version"])
def test_what_is_an_option_here_is_suggested_as_one(name: str, run_cli: RunCli) -> None:
    assert f"Did you mean --{name}?" in run_cli(name).stderr
