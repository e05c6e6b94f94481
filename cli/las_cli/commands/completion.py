"""``las-solve completion``: the script that makes a shell complete commands, options and modules."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

from las_cli.options import logging_options

__all__ = ["completion"]


@click.command(short_help="Print the script that completes commands in a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="SHELL")
@logging_options
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the script that makes SHELL complete commands, options and the names of modules.

    SHELL is bash, zsh or fish.

    \b
    Examples:
      las-solve completion bash > ~/.local/share/bash-completion/completions/las-solve
      las-solve completion zsh > "${fpath[1]}/_las-solve"
      las-solve completion fish > ~/.config/fish/completions/las-solve.fish
    """
    root = ctx.find_root()
    program = root.info_name or "las-solve"
    kind = get_completion_class(shell)
    assert kind is not None, "click knows all of these shells"
    script = kind(root.command, {}, program, f"_{program.replace('-', '_').upper()}_COMPLETE")
    # Not `script.source()`: for bash, that runs the bash at hand to ask for its version.
    click.echo(ShellComplete.source(script).strip())
