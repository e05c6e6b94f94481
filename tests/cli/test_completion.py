"""Shell completion: the scripts, and what they offer."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import RunCli
from signed import id_of, write_keys


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_every_shell_is_printed(shell: str, run_cli: RunCli) -> None:
    result = run_cli("completion", shell)
    assert result.exit_code == 0
    assert "_LAS_SOLVE_COMPLETE" in result.stdout and "las-solve" in result.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_accepts_its_script(run_cli: RunCli) -> None:
    script = run_cli("completion", "bash").stdout
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _complete(run_cli: RunCli, *words: str) -> list[str]:
    result = run_cli(_LAS_SOLVE_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
    assert result.exit_code == 0
    return [line.partition(",")[2] for line in result.stdout.splitlines()]


def test_commands_and_options_complete(run_cli: RunCli) -> None:
    assert _complete(run_cli, "las-solve", "pl") == ["plan"]
    assert "--profile" in _complete(run_cli, "las-solve", "plan", "--pro")


def test_codes_hosts_and_keys_complete(run_cli: RunCli, tmp_path: Path) -> None:
    write_keys(tmp_path / "settings" / "las-solve", ["a"], {"b": "stolen"})
    assert _complete(run_cli, "las-solve", "registry", "lint", "--explain", "LAS10")[:2] == ["LAS101", "LAS102"]
    assert "LAS1,LAS205" in _complete(run_cli, "las-solve", "registry", "lint", "--select", "LAS1,LAS20")
    assert "catalog" in _complete(run_cli, "las-solve", "registry", "audit", "--hosts", "ca")
    assert _complete(run_cli, "las-solve", "registry", "trust", "revoke", "") == sorted([id_of("a"), id_of("b")])
    (tmp_path / "settings" / "las-solve" / "keys.json").write_text("{")
    assert _complete(run_cli, "las-solve", "registry", "trust", "revoke", "") == [""]  # an empty line


def test_a_shell_that_is_not_known_is_refused(run_cli: RunCli) -> None:
    assert run_cli("completion", "csh").exit_code == 2
