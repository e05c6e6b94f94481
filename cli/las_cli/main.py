"""The command ``las-solve``."""

from __future__ import annotations

import sys

try:
    import gc
    import os
    from collections.abc import Sequence
    from typing import Any, Final

    import click

    from las_cli.errors import end_process, flush, guarded
    from las_cli.group import Entry, LazyGroup
    from las_cli.options import logging_options
except KeyboardInterrupt:  # imports take a while; Ctrl-C during them is quiet, too
    sys.exit(130)

__all__ = ["Program", "cli", "main"]

_NAME: Final = "las-solve"

_COMMANDS: Final = {
    "apply": "Record a plan: its modules are resolved, or installed.",
    "check": "Prove again that a printed plan or conflict is right.",
    "completion": "Print the script that completes commands in a shell.",
    "diagnose": "Report why there is no plan, or no newer one.",
    "diff": "Show what differs between two plans, locks or machines.",
    "host": "Show, save and list machines to plan for.",
    "lock": "Write the versions of a plan to a lock file.",
    "needs": "Say which machines would do, and what upgrades would buy.",
    "outdated": "List what is installed and older than it could be.",
    "pin": "Keep modules to versions, in every plan.",
    "plan": "Plan the newest set of modules that works here.",
    "registry": "Search, show and validate modules and their manifests.",
    "remove": "Plan what to remove, and what goes with it.",
    "replay": "Answer a saved request again, from its one file.",
    "schema": "Print the JSON Schema of what las-solve prints.",
    "serve": "Answer over HTTP what the commands print.",
    "state": "Show and record what is installed, and in which state.",
    "unpin": "Remove pins.",
    "upgrade": "Plan the newest versions of what is installed.",
    "why": "Say why a module is in a plan, or why it is not.",
}
"""Every command with its line in the help; `las_cli.commands.<name>` defines it under its own name."""


class Program(LazyGroup):
    """The command line as a whole: maps errors to the statuses of the contract, section 10."""

    def main(self, args: Sequence[str] | None = None, *ignored: Any, **extra: Any) -> Any:
        """Runs the command line and ends the process with a status of section 10.

        Not by way of click's own `main`, which makes every error a status of 1.
        """
        arguments = list(sys.argv[1:] if args is None else args)
        extra.pop("prog_name", None)
        self._main_shell_completion({}, _NAME)

        def run() -> object:
            with self.make_context(_NAME, arguments.copy(), **extra) as ctx:
                return self.invoke(ctx)

        end_process(guarded(run, arguments))


def _print_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"{_NAME} {version('las-solve')}")
    ctx.exit()


@click.group(
    cls=Program,
    entries={name: Entry(f"las_cli.commands.{name}", name, help) for name, help in _COMMANDS.items()},
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
@logging_options
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Plan the provably newest set of modules that works on this hardware, or say exactly why there is none.

    \b
    Examples:
      las-solve plan open-webui
      las-solve plan open-webui --profile workstation.yaml --format json
      las-solve registry search chat
      las-solve host show
    """
    if ctx.invoked_subcommand is None:
        from las_cli.welcome import welcome

        welcome()


def main() -> None:
    """The entry point of the package.

    Imports and manifests leave no cycles of garbage behind, so that nothing is collected until they are there; see
    :func:`las_cli.inputs.load_registry`. What the process holds goes with it, and is not taken down object by object.
    """
    gc.disable()
    try:
        cli()
    except SystemExit as stop:
        if not isinstance(stop.code, int):
            raise
        flush()
        os._exit(stop.code)


if __name__ == "__main__":
    main()
