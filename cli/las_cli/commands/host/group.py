"""``las-solve host``: the machines that plans are made for."""

from __future__ import annotations

from typing import Final

import click

from las_cli.group import Entry, LazyGroup
from las_cli.options import logging_options

__all__ = ["host"]

_COMMANDS: Final = {
    "forget": Entry(f"{__package__}.save", "forget", "Remove the saved profile of this machine."),
    "list": Entry(f"{__package__}.list", "list_hosts", "List the example hosts."),
    "save": Entry(f"{__package__}.save", "save", "Save the profile of this machine, to be used from now on."),
    "show": Entry(f"{__package__}.show", "show", "Show the facts about the machine."),
}


@click.group(cls=LazyGroup, entries=_COMMANDS, short_help="Show, save and list machines to plan for.")
@logging_options
def host() -> None:
    """The machines that plans are made for: this one, those of profiles, and examples.

    \b
    Which one counts, the first that there is:
      1. the one that --profile names: a file, an example host, or `detect`
      2. the one that LAS_SOLVE_PROFILE names
      3. the one that `las-solve host save` saved
      4. this one, as it is found

    \b
    Examples:
      las-solve host show
      las-solve host list
      las-solve host show --profile gpu-24gb
      las-solve host save --assume ram=64GB
    """
