"""``las-solve registry list``: every module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from las_cli.inputs import load_registry
from las_cli.options import format_option, logging_options, registry_option, strict_option
from las_cli.render.json import print_json
from las_cli.render.modules import module_document, module_table, newest_manifest

__all__ = ["list_modules"]


@click.command("list", short_help="List all modules.")
@registry_option
@strict_option
@format_option("text", "json")
@logging_options
def list_modules(*, registries: Sequence[Path], strict: bool, output_format: str) -> None:
    """List all modules, with their newest final version and the number of versions.

    \b
    Examples:
      las-solve registry list
      las-solve registry list --registry my-registry --format json
    """
    loaded = load_registry(registries, strict=strict)
    newest = [newest_manifest(loaded, name) for name in loaded.names()]
    if output_format == "json":
        print_json({"modules": [module_document(loaded, one) for one in newest]})
        return
    for line in module_table(loaded, newest):
        click.echo(line)
