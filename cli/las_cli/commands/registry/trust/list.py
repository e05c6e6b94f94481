"""``las-solve registry trust list``: the keys that are trusted or revoked."""

from __future__ import annotations

import click

from las_cli.key_options import settings_path
from las_cli.options import format_option, logging_options
from las_cli.render.json import print_json
from las_cli.render.terminal import printable

__all__ = ["list_keys"]


@click.command("list", short_help="List the keys that are trusted or revoked.")
@format_option("text", "json")
@logging_options
def list_keys(*, output_format: str) -> None:
    """List the keys that are trusted or revoked, by their ids.

    \b
    Examples:
      las-solve registry trust list
      las-solve registry trust list --format json
    """
    from las_registry.trust.trusted_keys import KEYS_NAME, load_trusted_keys

    keys = load_trusted_keys(settings_path(KEYS_NAME))
    if output_format == "json":
        print_json(
            {
                "trusted": [{"key": one.id, "comment": one.comment} for one in keys.keys.values()],
                "revoked": [{"key": one.id, "reason": one.reason} for one in keys.revoked.values()],
            }
        )
        return
    lines = [f"trusted  {one.id}  {one.comment}" for one in keys.keys.values()]
    lines += [f"revoked  {one.id}  {one.reason}" for one in keys.revoked.values()]
    for line in lines or ["no key is trusted: las-solve registry trust add FILE"]:
        click.echo(printable(line.rstrip()))
