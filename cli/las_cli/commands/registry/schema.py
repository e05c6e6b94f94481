"""``las-solve registry schema``: the JSON Schema of manifests."""

from __future__ import annotations

import click

from las_cli.options import logging_options

__all__ = ["schema"]


@click.command(short_help="Print the JSON Schema of manifests.")
@logging_options
def schema() -> None:
    """Print the JSON Schema (2020-12) of manifests.

    \b
    Examples:
      las-solve registry schema > manifest.schema.json
    """
    from importlib.resources import files

    text = (files("las_registry") / "schema" / "manifest.schema.json").read_text(encoding="utf-8")
    click.echo(text, nl=False)
