"""``las-solve state``: what is recorded of the modules of this machine."""

from __future__ import annotations

from typing import Final

import click

from las_cli.group import Entry, LazyGroup
from las_cli.options import logging_options

__all__ = ["state"]

_COMMANDS: Final = {
    "check": Entry(f"{__package__}.check", "check", "Look for anything wrong with the store."),
    "export": Entry(f"{__package__}.transfer", "export", "Write all that is recorded as JSON lines."),
    "history": Entry(f"{__package__}.history", "history", "Show what happened, the newest first."),
    "import": Entry(f"{__package__}.transfer", "import_", "Read into an empty store what was exported."),
    "list": Entry(f"{__package__}.list", "list_states", "List the modules with a state."),
    "remove": Entry(f"{__package__}.remove", "remove", "Record that a module was removed."),
    "rollback": Entry(f"{__package__}.snapshot", "rollback", "Bring all states back to those of a snapshot."),
    "set": Entry(f"{__package__}.set", "set_state", "Record a state of a module, or who wants it."),
    "show": Entry(f"{__package__}.show", "show", "Show what is recorded of a module."),
    "snapshot": Entry(f"{__package__}.snapshot", "snapshot", "Remember all states, to come back to them."),
    "snapshots": Entry(f"{__package__}.snapshot", "snapshots", "List the snapshots."),
}


@click.group(cls=LazyGroup, entries=_COMMANDS, short_help="Show and record what is installed, and in which state.")
@logging_options
def state() -> None:
    """What is recorded of the modules of this machine: their states, and how they came about.

    las-solve installs nothing itself. Whoever does records it here: a plan as a whole by `las-solve apply`, single
    modules by `las-solve state set`. Plans are then made over what is installed.

    \b
    Examples:
      las-solve state list --installed
      las-solve state set open-webui running
      las-solve state show open-webui
      las-solve state history --limit 10
      las-solve state snapshot 'before the upgrade'
    """
