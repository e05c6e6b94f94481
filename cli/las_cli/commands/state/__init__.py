"""``las-solve state``, one file a command."""

from las_cli.commands.state.group import state

__all__ = ["state"]
