"""A page for each command: what its `--help` says, and which exit statuses it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

import click

from docs_site.markdown import code, definition, escaped, fenced, link
from las_cli.main import cli

__all__ = ["Command", "command_navigation", "command_pages", "every_command"]

_PAGES: Final = "commands"
_LITERAL: Final = "\b\n"
_DOCUMENT: Final = re.compile(r"docs/(?P<page>[a-z/-]+\.md)")
_STATUS: Final = re.compile(r"^\| (?P<status>\d+) \| (?P<meaning>.*) \|$", re.MULTILINE)
_OF_COMMANDS: Final = re.compile(r"in (?P<names>`[a-z ]+`(?:(?:, | and | or )`[a-z ]+`)*), (?P<meaning>.*)")


@dataclass(frozen=True, slots=True)
class Command:
    """A command or group of `las-solve`, by the words that call it."""

    words: tuple[str, ...]
    context: click.Context

    @property
    def name(self) -> str:
        return " ".join(self.words)

    @property
    def page(self) -> str:
        """Its page, as a path on the site."""
        path = "/".join((_PAGES, *self.words[1:]))
        return f"{path}/index.md" if isinstance(self.context.command, click.Group) else f"{path}.md"

    @property
    def inner(self) -> tuple[Command, ...]:
        """The commands of a group."""
        group = self.context.command
        if not isinstance(group, click.Group):
            return ()
        return tuple(_command(name, self) for name in group.list_commands(self.context))


def _command(name: str, parent: Command | None) -> Command:
    if parent is None:
        return Command((name,), click.Context(cli, info_name=name, **cli.context_settings))
    group = parent.context.command
    assert isinstance(group, click.Group)
    found = group.get_command(parent.context, name)
    assert found is not None
    context = click.Context(found, parent=parent.context, info_name=name, **found.context_settings)
    return Command((*parent.words, name), context)


def every_command() -> Iterator[Command]:
    """`las-solve` and all its commands, groups before what is in them."""
    waiting = [_command("las-solve", None)]
    while waiting:
        command = waiting.pop(0)
        yield command
        waiting[:0] = command.inner


def command_pages(docs: Path) -> dict[str, str]:
    """The pages of all commands, by their paths on the site; `docs` says what exit statuses mean."""
    statuses = _statuses(docs)
    return {command.page: _page(command, statuses) for command in every_command()}


def command_navigation() -> list[Any]:
    """The pages of all commands for MkDocs, groups with what is in them."""
    return _entries(next(every_command()))


def _entries(group: Command) -> list[Any]:
    inner = [{one.words[-1]: _entries(one) if one.inner else one.page} for one in group.inner]
    return [group.page, *inner]


def _page(command: Command, statuses: tuple[tuple[str, str], ...]) -> str:
    context = command.context
    usage = " ".join((command.name, *context.command.collect_usage_pieces(context)))
    help_text = cleandoc(context.command.help or "")
    parts = [f"# {command.name}\n", fenced(usage), *(_paragraph(text, command) for text in help_text.split("\n\n"))]
    if command.inner:
        parts.append("## Commands\n")
        parts += [
            definition(
                link(code(inner.name), inner.page, command.page), escaped(inner.context.command.short_help or "")
            )
            for inner in command.inner
        ]
    options = [one for one in context.command.get_params(context) if isinstance(one, click.Option) and not one.hidden]
    parts.append("## Options\n")
    parts += [_option(option, command) for option in options]
    parts += ["## Exit statuses\n", _exit_statuses(command, statuses)]
    return "\n".join(parts)


def _inner(command: Command, group: Command) -> str:
    short_help = escaped(command.context.command.short_help or "")
    return definition(link(code(command.name), command.page, group.page), short_help)


def _paragraph(text: str, command: Command) -> str:
    """A paragraph of a help text as Markdown; one that is not to be wrapped is code."""
    if not text.startswith(_LITERAL):
        return _prose(" ".join(text.split()), command) + "\n"
    first, _, rest = text.removeprefix(_LITERAL).partition("\n")
    if first.startswith("Examples:"):
        return f"## Examples\n\n{fenced(dedent(rest), 'sh')}"
    return fenced(f"{first}\n{rest}")


def _prose(text: str, command: Command) -> str:
    """`text` as Markdown, with links to the pages that it names."""
    return _DOCUMENT.sub(lambda found: link(found[0], found["page"], command.page), escaped(text))


def _option(option: click.Option, command: Command) -> str:
    record = option.get_help_record(command.context)
    assert record is not None
    extra = option.get_help_extra(command.context)
    notes = [f"Environment variable: {code(name)}." for name in extra.get("envvars", ())]
    if "default" in extra:
        notes.append(f"Default: {code(extra['default'])}.")
    if "range" in extra:
        notes.append(f"Range: {code(extra['range'])}.")
    return definition(code(record[0]), _prose(option.help or "", command), " ".join(notes))


def _statuses(docs: Path) -> tuple[tuple[str, str], ...]:
    """The table of docs/cli.md: each status, and what it means."""
    text = (docs / "cli.md").read_text(encoding="utf-8")
    return tuple((row["status"], row["meaning"].replace(r"\|", "|")) for row in _STATUS.finditer(text))


def _exit_statuses(command: Command, statuses: tuple[tuple[str, str], ...]) -> str:
    """What is special to `command`, and where the rest stands."""
    special = [
        f"- {status}: {of_command['meaning']}"
        for status, meaning in statuses
        for clause in meaning.split("; ")
        if (of_command := _OF_COMMANDS.fullmatch(clause))
        and f"`{command.name.removeprefix('las-solve ')}`" in of_command["names"]
    ]
    table = link("One table", "cli.md#results-messages-and-exit-statuses", command.page)
    rest = f"{table} has the statuses of all commands; each has 0, if all went well, and 2, for wrong usage.\n"
    return "\n".join([*special, "", rest])
