"""``las-solve registry seal``: checksums, written into manifests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.gathered import gathered
from las_cli.inputs import warn_of_frozen
from las_cli.options import FileType, logging_options
from las_cli.render.phrases import counted
from las_cli.render.terminal import printable

if TYPE_CHECKING:
    from las_registry.problem import Problem
    from las_solver.errors import InvalidInput

__all__ = ["seal"]


@click.command(short_help="Write the checksums of manifests into their files.")
@click.argument("files", nargs=-1, required=True, type=FileType(), metavar="FILE...")
@click.option("--check", is_flag=True, help="Write nothing; fail if a checksum is missing or wrong.")
@logging_options
def seal(*, files: Sequence[Path], check: bool) -> None:
    """Write into each FILE the checksum of each of its manifests; nothing else in the file changes.

    \b
    Examples:
      las-solve registry seal my-registry/app/manifest.yaml
      las-solve registry seal --check my-registry/*/manifest.yaml
    """
    from las_registry.seal import seal_file, unsealed
    from las_solver.errors import InvalidInput

    warn_of_frozen(files)
    problems: list[Problem] = []
    failures: list[InvalidInput] = []
    for path in files:
        try:
            if check:
                problems += unsealed(path)
                continue
            done = seal_file(path)
            what = (
                f"{done.written} of {counted(done.manifests, 'manifest')} sealed" if done.written else "sealed already"
            )
            click.echo(printable(f"{path}: {what}"))
        except InvalidInput as error:
            failures.append(error)
    if problems or failures:
        raise gathered(problems, failures)
    if check:
        click.echo(f"{counted(len(files), 'file')}: every manifest is sealed")
