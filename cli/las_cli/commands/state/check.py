"""``las-solve state check``: whether all is well with the store."""

from __future__ import annotations

from pathlib import Path

import click

from las_cli.errors import ExitStatus
from las_cli.options import format_option, logging_options
from las_cli.render.json import print_json
from las_cli.render.phrases import counted
from las_cli.render.terminal import printable
from las_cli.store_option import store_option, store_path

__all__ = ["check"]


@click.command(short_help="Look for anything wrong with the store.")
@store_option
@format_option("text", "json")
@logging_options
@click.pass_context
def check(ctx: click.Context, *, store: Path | None, output_format: str) -> None:
    """Look for anything wrong with the store: its file, history against states, manifests against their digests.

    Exits with 0 if all is well, 1 if something is not, 3 if the store cannot be opened at all.

    \b
    Examples:
      las-solve state check
      las-solve state check --store copy.sqlite3 --format json
    """
    from las_registry.lifecycle.store import Store

    path = store_path(store)
    with Store.open(path, create=False) as opened:
        complaints = opened.check()
        modules = () if complaints else opened.modules()
    if output_format == "json":
        print_json({"status": "wrong" if complaints else "right", "complaints": list(complaints)})
    for complaint in complaints if output_format == "text" else ():
        click.echo(printable(complaint))
    if output_format == "text" and not complaints:
        click.echo(printable(f"{path}: all is well, {counted(len(modules), 'version')} recorded"))
    ctx.exit(ExitStatus.CONFLICT if complaints else ExitStatus.DONE)
