"""``las-solve registry trust forget-list``: the lists that were seen of registries no longer count."""

from __future__ import annotations

from pathlib import Path

import click

from las_cli.options import DirectoryType, logging_options

__all__ = ["forget_list"]


@click.command(short_help="Forget which list of a registry was seen.")
@click.argument("directory", type=DirectoryType(), metavar="DIR")
@logging_options
def forget_list(*, directory: Path) -> None:
    """Forget the newest signed list that was seen of the registry in DIR, which may be gone.

    The next list that is seen there counts, whatever its number. Do so only if you know why it is another one: this is
    how a registry looks, too, that somebody has set back.

    \b
    Examples:
      las-solve registry trust forget-list my-registry
    """
    from las_registry.problem import printable
    from las_registry.trust.seen_lists import forget

    old = forget(directory)
    shown = printable(str(directory))
    click.echo(f"no list of {shown} was seen" if old is None else f"forgotten: list {old.number} of {shown}")
