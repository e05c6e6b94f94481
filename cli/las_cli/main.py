"""The command ``las-solve``: a group whose commands are imported when they are called."""

from __future__ import annotations

import sys

try:
    import gc
    from collections.abc import Sequence
    from importlib import import_module
    from typing import Any, Final

    import click

    from las_cli.errors import end_process, guarded
    from las_cli.options import logging_options
except KeyboardInterrupt:  # imports take a while; Ctrl-C during them is quiet, too
    sys.exit(130)

__all__ = ["cli", "main"]

PROGRAM: Final = "las-solve"

COMMANDS: Final = {
    "check": "Prove again that a printed plan or conflict is right.",
    "completion": "Print the script that completes commands in a shell.",
    "host": "Show what is known of this machine.",
    "plan": "Plan the newest set of modules that works here.",
    "registry": "List, show and validate modules and their manifests.",
    "schema": "Print the JSON Schema of what las-solve prints.",
}
"""Every command with its line in the help; `las_cli/commands/<name>.py` defines it under its own name."""


class LazyGroup(click.Group):
    """Imports a command when it is called, and maps errors to the statuses of the contract, section 10."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"las_cli.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise _with_suggestion(error, ctx, args[0]) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def main(self, args: Sequence[str] | None = None, *ignored: Any, **extra: Any) -> Any:
        """Runs the command line and ends the process with a status of section 10.

        Not by way of click's own `main`, which makes every error a status of 1.
        """
        arguments = list(sys.argv[1:] if args is None else args)
        extra.pop("prog_name", None)
        self._main_shell_completion({}, PROGRAM)

        def run() -> object:
            with self.make_context(PROGRAM, arguments.copy(), **extra) as ctx:
                return self.invoke(ctx)

        end_process(guarded(run, arguments))


def _with_suggestion(error: click.UsageError, ctx: click.Context, name: str) -> click.UsageError:
    """The usage error about an unknown command, with the nearest names; `help` and `version` are options here."""
    from difflib import get_close_matches

    near = get_close_matches(name, [*COMMANDS, "--help", "--version"])
    if not near or "did you mean" in error.message.lower():
        return error
    return click.UsageError(f"{error.message} Did you mean {' or '.join(near)}?", ctx)


def _print_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"{PROGRAM} {version('las-solve')}")
    ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
@logging_options
def cli() -> None:
    """Plan the provably newest set of modules that works on this hardware, or say exactly why there is none.

    \b
    Examples:
      las-solve plan open-webui
      las-solve plan open-webui --profile workstation.yaml --format json
      las-solve registry list
      las-solve host show
    """


def main() -> None:
    """The entry point of the package.

    Imports and manifests leave no cycles of garbage behind, so that nothing is collected until they are there; see
    :func:`las_cli.inputs.load_registry`.
    """
    gc.disable()
    cli()


if __name__ == "__main__":
    main()
