"""``las-solve state history``: what happened."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from las_cli.options import format_option, logging_options
from las_cli.recorded import print_table
from las_cli.render.json import print_json
from las_cli.render.state import transition_document, transition_table
from las_cli.store_option import open_store, store_option
from las_cli.stored_module import StoredModuleType, read_wanted, unknown_to_store

__all__ = ["history"]


@click.command(short_help="Show what happened, the newest first.")
@click.argument("module", metavar="[MODULE[@VERSION]]", required=False, type=StoredModuleType())
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the newest N records.")
@store_option
@format_option("text", "json")
@logging_options
def history(*, module: str | None, limit: int | None, store: Path | None, output_format: str) -> None:
    """Show every recorded transition, of all modules or of one, the newest first.

    BY says what caused it: the plan that was applied, a rollback, or that another version was installed in its place.
    What was removed keeps its history.

    \b
    Examples:
      las-solve state history --limit 20
      las-solve state history open-webui
      las-solve state history open-webui@0.6.5 --format json
    """
    wanted = None if module is None else read_wanted(module)
    with open_store(store) as opened:
        if wanted is None:
            found = opened.history(limit=None if limit is None else min(limit, sys.maxsize))
        else:
            found = tuple(one for one in opened.history(wanted.name) if wanted.is_version(one.version))
            if not found:
                raise unknown_to_store(wanted, opened)
    newest_first = found[::-1][:limit]
    if output_format == "json":
        print_json({"transitions": [transition_document(one) for one in newest_first]})
    elif newest_first:
        print_table(lambda paper: transition_table(newest_first, paper))
    else:
        click.echo("nothing has happened yet", err=True)
