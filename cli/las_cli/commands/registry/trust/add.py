"""``las-solve registry trust add``: a key counts."""

from __future__ import annotations

from pathlib import Path

import click

from las_cli.key_options import comment_option, settings_path
from las_cli.options import FileType, logging_options
from las_cli.render.terminal import printable

__all__ = ["add"]


@click.command(short_help="Trust a key.")
@click.argument("file", type=FileType(), metavar="FILE")
@comment_option
@logging_options
def add(*, file: Path, comment: str | None) -> None:
    """Trust the public key in FILE: whether it is its owner's, compare its id with them.

    \b
    Examples:
      las-solve registry trust add ada.key.pub
      las-solve registry trust add ada.key.pub --comment 'Ada, by telephone'
    """
    from las_registry.trust.keys import key_id, read_comment, read_public_key
    from las_registry.trust.trusted_keys import KEYS_NAME, TrustedKey, TrustedKeys, change_trusted_keys

    public = read_public_key(file)
    its_id, stated = key_id(public), comment if comment is not None else read_comment(file)

    def trusting(keys: TrustedKeys) -> TrustedKeys:
        known = keys.keys.get(its_id)
        kept = known.comment if known is not None and comment is None else stated
        return keys.with_key(TrustedKey(its_id, public, kept))

    after = change_trusted_keys(settings_path(KEYS_NAME), trusting)
    name = after.keys[its_id].comment
    click.echo(printable(f"trusted: {its_id}" + (f"  {name}" if name else "")))
