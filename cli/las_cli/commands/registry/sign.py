"""``las-solve registry sign``: signatures, written into manifests, and the signed list of a registry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.gathered import gathered
from las_cli.inputs import warn_of_frozen
from las_cli.key_options import passphrase_file_option, passphrase_reader, settings_path
from las_cli.logging import logger
from las_cli.manifest_files import edit_all, manifest_paths
from las_cli.options import DirectoryType, FileType, logging_options
from las_cli.progress import Progress
from las_cli.render.phrases import counted
from las_cli.render.terminal import printable

if TYPE_CHECKING:
    from las_registry.trust.keys import PrivateKey
    from las_registry.trust.listing import ListWritten

__all__ = ["sign"]


@click.command(short_help="Sign manifests, or the list of a registry.")
@click.argument("paths", nargs=-1, type=FileType(), metavar="[PATH]...")
@click.option(
    "--key",
    "key_file",
    type=FileType(),
    metavar="FILE",
    help="The private key, by default that of `las-solve registry keygen`.",
)
@passphrase_file_option
@click.option(
    "--list",
    "listed",
    type=DirectoryType(),
    metavar="DIR",
    help="Write the signed list of the registry in DIR, which says what is in it, file by file.",
)
@click.option(
    "--expires", type=click.IntRange(1), default=30, show_default=True, metavar="DAYS", help="When the list expires."
)
@click.option("--number", type=click.IntRange(1), metavar="N", help="The list's number; by default the next one.")
@click.option("--force", is_flag=True, help="Write the list even if the registry has manifests with mistakes.")
@logging_options
def sign(
    *,
    paths: Sequence[Path],
    key_file: Path | None,
    passphrase_file: Path | None,
    listed: Path | None,
    expires: int,
    number: int | None,
    force: bool,
) -> None:
    """Write into each PATH, a file or a directory, the signature of each manifest; nothing else in the files changes.

    A signature that is there is replaced. With --list, the list of a registry is written last; not if manifests have
    mistakes, or were changed after a key that you trust signed them, unless --force.

    \b
    Examples:
      las-solve registry sign my-registry/app/manifest.yaml
      las-solve registry sign --key ada.key my-registry --list my-registry --expires 14
    """
    if not paths and listed is None:
        raise click.UsageError("Name files or directories to sign, or a registry by --list.")
    if listed is not None and not listed.is_dir():
        raise click.UsageError(f"--list takes the directory of a registry, and {printable(str(listed))} is none.")
    from las_registry.trust.keys import read_private_key
    from las_registry.trust.listing import sign_list
    from las_registry.trust.standing import short_key
    from las_registry.trust.user_trust import UserTrust

    key = read_private_key(key_file or settings_path("signing.key"), passphrase_reader(passphrase_file))
    keys = UserTrust.read().keys
    if keys is not None and key.id in keys.revoked:
        logger().warning(f"the key {short_key(key.id)} is revoked here: what it signs counts for nobody who knows that")
    warn_of_frozen([*paths, *([] if listed is None else [listed])])
    if paths:
        _sign(paths, key, listed)
    if listed is not None:
        with Progress("Reading manifests") as progress:
            done = sign_list(listed, key, expires, number, keys=keys, force=force, on_progress=progress)
        _print(done)


def _sign(paths: Sequence[Path], key: PrivateKey, listed: Path | None) -> None:
    from las_registry.trust.signing import sign_file

    failures = edit_all(
        manifest_paths(paths),
        lambda one: sign_file(one.path, key, one.within),
        done="signed",
        label="Signing manifests",
        renewed=listed,
    )
    if failures:
        raise gathered([], failures)


def _print(done: ListWritten) -> None:
    from las_registry.trust.signed_list import time_text

    for problem in done.problems:
        logger().warning(str(problem).partition("\n")[0])
    content = done.content
    until = time_text(content.expires)
    click.echo(printable(f"{done.path}: list {content.number} of {counted(len(content.files), 'file')}, until {until}"))
