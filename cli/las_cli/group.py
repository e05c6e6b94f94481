"""Groups of commands that are imported when they are called, so that one command does not wait for the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

__all__ = ["Entry", "LazyGroup"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A command of a group: the module that defines it, its name there, and its line in the help."""

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """A group of the commands of `entries`; a mistyped name is answered with the nearest ones."""

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        command = getattr(import_module(entry.module), entry.attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise self._with_suggestion(error, ctx, args[0]) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in sorted(self.entries.items())])

    def _with_suggestion(self, error: click.UsageError, ctx: click.Context, name: str) -> click.UsageError:
        """The usage error about an unknown command, with the nearest names; `help` is an option here."""
        from difflib import get_close_matches

        options = [option for parameter in self.get_params(ctx) for option in parameter.opts if option.startswith("--")]
        near = get_close_matches(name, [*self.entries, *options])
        if not near or "did you mean" in error.message.lower():
            return error
        return click.UsageError(f"{error.message} Did you mean {' or '.join(near)}?", ctx)
