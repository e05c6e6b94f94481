"""``las-solve registry trust``, one file a command."""

from las_cli.commands.registry.trust.group import trust

__all__ = ["trust"]
