"""``las-solve registry seal``: checksums, written into manifests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.gathered import gathered
from las_cli.inputs import warn_of_frozen
from las_cli.manifest_files import ManifestPath, edit_all, manifest_paths
from las_cli.options import FileType, logging_options
from las_cli.progress import Progress
from las_cli.render.phrases import counted

if TYPE_CHECKING:
    from las_registry.problem import Problem
    from las_solver.errors import InvalidInput

__all__ = ["seal"]


@click.command(short_help="Write the checksums of manifests into their files.")
@click.argument("paths", nargs=-1, required=True, type=FileType(), metavar="PATH...")
@click.option("--check", is_flag=True, help="Write nothing; fail if a checksum is missing or wrong.")
@logging_options
def seal(*, paths: Sequence[Path], check: bool) -> None:
    """Write into each PATH, a file or a directory, the checksum of each manifest; nothing else in the files changes.

    \b
    Examples:
      las-solve registry seal my-registry/app/manifest.yaml
      las-solve registry seal --check my-registry
    """
    from las_registry.seal import seal_file

    warn_of_frozen(paths)
    files = manifest_paths(paths)
    if check:
        _check(files)
        return
    failures = edit_all(files, lambda one: seal_file(one.path, one.within), done="sealed", label="Sealing manifests")
    if failures:
        raise gathered([], failures)


def _check(files: Sequence[ManifestPath]) -> None:
    from las_registry.seal import unsealed
    from las_solver.errors import InvalidInput

    problems: list[Problem] = []
    failures: list[InvalidInput] = []
    with Progress("Reading manifests") as progress:
        for at, one in enumerate(files):
            try:
                problems += unsealed(one.path, one.within)
            except InvalidInput as error:
                failures.append(error)
            progress(at + 1, len(files))
    if problems or failures:
        raise gathered(problems, failures)
    click.echo(f"{counted(len(files), 'file')}: every manifest is sealed")
