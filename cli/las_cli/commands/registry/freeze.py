"""``las-solve registry freeze``: registries that are finished."""

from __future__ import annotations

from pathlib import Path

import click

from las_cli.logging import logger
from las_cli.options import FileType, logging_options
from las_cli.progress import Progress
from las_cli.render.phrases import counted
from las_cli.render.terminal import printable

__all__ = ["freeze"]


@click.command(short_help="Declare a registry finished, so that plans need not look for changes.")
@click.argument("directory", type=FileType(), metavar="DIR")
@click.option("--undo", is_flag=True, help="Look for changes in it again.")
@click.option("--check", is_flag=True, help="Write nothing; fail if it is not as it was frozen.")
@click.option("--force", is_flag=True, help="Freeze it although some of its manifests are rejected.")
@logging_options
def freeze(*, directory: Path, undo: bool, check: bool, force: bool) -> None:
    """Declare the registry in DIR finished: what changes in it from now on, plans do not see.

    All of it is read and checked first. What it held then is written to DIR/.las-solve-frozen; while that file is the
    same, a plan opens no other, however many there are.

    \b
    Examples:
      las-solve registry freeze my-registry
      las-solve registry freeze --check my-registry
      las-solve registry freeze --undo my-registry
    """
    from las_registry.compiled.freezing import unfreeze
    from las_registry.load import check_directory

    if undo + check + force > 1:
        raise click.UsageError("--undo, --check and --force exclude one another.")
    place = check_directory(directory)
    if undo:
        click.echo(printable(f"{place}: {'thawed' if unfreeze(directory) else 'it was not frozen'}"))
    elif check:
        _check(directory, place)
    else:
        _freeze(directory, place, is_forced=force)


def _freeze(directory: Path, place: str, *, is_forced: bool) -> None:
    from las_registry.compiled.refreshing import freeze
    from las_registry.problem import InvalidFile
    from las_registry.trust.user_trust import UserTrust

    trust, vouching = UserTrust.read().of(directory)
    with Progress("Reading manifests") as progress:
        try:
            built = freeze(directory, is_forced=is_forced, trust=trust, vouching=vouching, on_progress=progress)
        except InvalidFile:
            logger().warning(f"{place} is not frozen, for manifests in it are rejected; --force freezes what is left")
            raise
    click.echo(
        printable(f"{place}: frozen with {counted(built.versions, 'version')} in {counted(len(built.known), 'file')}")
    )


def _check(directory: Path, place: str) -> None:
    from las_registry.compiled.freezing import differs_from_stamp
    from las_registry.trust.user_trust import UserTrust
    from las_solver.errors import InvalidInput

    trust, _ = UserTrust.read().of(directory)
    with Progress("Reading manifests") as progress:
        differs = differs_from_stamp(directory, progress, trust=trust)
    if differs is None:
        raise InvalidInput(f"{place} is not frozen", hint="las-solve registry freeze freezes it")
    if differs:
        click.echo(printable(f"{place}: it is not as it was frozen"), err=True)
        raise click.exceptions.Exit(1)
    click.echo(printable(f"{place}: it is as it was frozen"))
