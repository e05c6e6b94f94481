"""Groups of commands that are imported when they are called, so that one command does not wait for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from las_solver.lazy_dataclass import dataclass

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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise self._placed(error, ctx, words) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in sorted(self.entries.items())])

    def _with_suggestion(self, error: click.UsageError, ctx: click.Context, name: str) -> click.UsageError:
        """The usage error about an unknown command, with the nearest names; `help` is an option here."""
        from difflib import get_close_matches

        options = [option for parameter in self.get_params(ctx) for option in parameter.opts if option.startswith("--")]
        inner = [
            f"{one.name} {name}" for one in self._commands(ctx) if isinstance(one, LazyGroup) and name in one.entries
        ]
        near = [*inner, *get_close_matches(name, [*self.entries, *options])]
        if not near or "did you mean" in error.message.lower():
            return error
        return click.UsageError(f"{error.message} Did you mean {' or '.join(near)}?", ctx)

    def _placed(self, error: click.NoSuchOption, ctx: click.Context, words: Sequence[str]) -> click.UsageError:
        """The usage error about an unknown option among `words`, which may be one of a command: these stand after its
        name."""
        option = error.option_name
        owners = [one.name for one in self._commands(ctx) if any(option in known.opts for known in one.params)]
        if not owners:
            return error
        owner = next((name for name in owners if name in words), owners[0] if len(owners) == 1 else "COMMAND")
        return click.UsageError(
            f"Option {option!r} stands after the name of a command: {ctx.command_path} {owner} {option} ...", ctx
        )

    def _commands(self, ctx: click.Context) -> list[click.Command]:
        found = (self.get_command(ctx, name) for name in self.list_commands(ctx))
        return [command for command in found if command is not None]
