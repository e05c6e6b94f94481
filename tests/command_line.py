"""The command line as a function: arguments in, exit status and both outputs back."""

from __future__ import annotations

from typing import Protocol

from click.testing import CliRunner, Result

from las_cli.main import cli

__all__ = ["RunCli", "run_command"]


class RunCli(Protocol):
    """Runs ``las-solve`` with these arguments and this environment."""

    def __call__(self, *arguments: str, stdin: str | bytes | None = None, **environment: str) -> Result: ...


def run_command(*arguments: str, stdin: str | bytes | None = None, **environment: str) -> Result:
    """What ``las-solve`` does with these arguments, in this process."""
    return CliRunner().invoke(cli, list(arguments), input=stdin, env=environment)
