"""``las-solve registry keygen``: a new key to sign with."""

from __future__ import annotations

from pathlib import Path

import click

from las_cli.key_options import (
    ask_passphrase,
    comment_option,
    passphrase_file_option,
    read_passphrase,
    settings_path,
)
from las_cli.options import FileType, format_option, logging_options
from las_cli.render.json import print_json
from las_cli.render.terminal import printable

__all__ = ["keygen"]


@click.command(short_help="Make a key to sign manifests with.")
@click.option(
    "--output",
    "-o",
    type=FileType(),
    metavar="FILE",
    help="Where the private key goes, by default signing.key among your settings; the public one goes to FILE.pub.",
)
@comment_option
@click.option("--passphrase", "asks", is_flag=True, help="Ask for a passphrase, by which the private key is encrypted.")
@passphrase_file_option
@format_option("text", "json")
@logging_options
def keygen(
    *, output: Path | None, comment: str | None, asks: bool, passphrase_file: Path | None, output_format: str
) -> None:
    """Make a key: a private one to sign with, which nobody else may have, and a public one for those who verify.

    Files that are there are never replaced.

    \b
    Examples:
      las-solve registry keygen --comment 'Ada, 2026'
      las-solve registry keygen --output ada.key --passphrase
    """
    from las_registry.output_file import make_directories
    from las_registry.trust.keys import generate_private_key, write_private_key, write_public_key

    if asks and passphrase_file is not None:
        raise click.UsageError("--passphrase asks for what --passphrase-file names: give one of them.")
    private = settings_path("signing.key") if output is None else output
    public = private.with_name(f"{private.name}.pub")
    passphrase = (
        ask_passphrase(twice=True) if asks else None if passphrase_file is None else read_passphrase(passphrase_file)
    )
    if output is None:
        make_directories(private.parent)
    key = generate_private_key()
    write_private_key(private, key, passphrase)
    try:
        write_public_key(public, key.public, comment or "")
    except BaseException:
        private.unlink()
        raise
    if output_format == "json":
        print_json({"key": key.id, "private": str(private), "public": str(public)})
        return
    click.echo(f"key      {key.id}")
    click.echo(printable(f"private  {private}  keep it to yourself, and a copy of it safe"))
    click.echo(printable(f"public   {public}  give it to those who verify: las-solve registry trust add FILE"))
