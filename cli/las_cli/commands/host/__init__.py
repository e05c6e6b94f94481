"""``las-solve host``, one file a command."""

from las_cli.commands.host.group import host

__all__ = ["host"]
