"""How commands print what a store holds, and what they changed there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from las_cli.render.json import print_json
from las_cli.render.state import transition_document, transition_table
from las_cli.render.terminal import terminal_width, wants_colour
from las_cli.render.text import Paper

if TYPE_CHECKING:
    from las_registry.lifecycle.records import Transition

__all__ = ["headline", "print_changes", "print_table"]


def print_table(make: Callable[[Paper], Iterable[str]]) -> None:
    """Writes the lines of a table, made for standard output."""
    for line in make(Paper(width=terminal_width(sys.stdout), colour=wants_colour())):
        click.echo(line, color=True)


def print_changes(
    transitions: Sequence[Transition],
    output_format: str,
    *,
    dry_run: bool,
    nothing: str,
    more: Mapping[str, object] | None = None,
) -> None:
    """Prints what was recorded, or in a dry run would be; `nothing` is said where that is none.

    `more` are further keys of the JSON document.
    """
    if output_format == "json":
        status = "recorded" if transitions else "unchanged"
        print_json(
            {
                "status": status,
                "dry_run": dry_run,
                **(more or {}),
                "transitions": [transition_document(one) for one in transitions],
            }
        )
    elif transitions:
        click.echo(headline(dry_run))
        print_table(lambda paper: transition_table(transitions, paper, timed=False))
    else:
        click.echo(nothing)


def headline(dry_run: bool) -> str:
    """What stands above changes."""
    return "Would be recorded (nothing was, this is a dry run)" if dry_run else "Recorded"
