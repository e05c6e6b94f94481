"""``las-solve registry``, one file a command."""

from las_cli.commands.registry.group import registry

__all__ = ["registry"]
