"""``las-solve schema``: the JSON Schemas of what las-solve prints."""

from __future__ import annotations

import click

from las_cli.options import logging_options

__all__ = ["schema"]


@click.command(short_help="Print the JSON Schema of what las-solve prints.")
@click.argument("document", type=click.Choice(["plan"]), metavar="DOCUMENT")
@logging_options
def schema(*, document: str) -> None:
    """Print the JSON Schema (2020-12) of DOCUMENT.

    DOCUMENT is "plan", which describes what `las-solve plan --format json` prints: plan, conflict, error or timeout.

    \b
    Examples:
      las-solve schema plan > plan.schema.json
      las-solve registry schema
    """
    from importlib.resources import files

    text = (files("las_cli") / "schema" / f"{document}.schema.json").read_text(encoding="utf-8")
    click.echo(text, nl=False)
