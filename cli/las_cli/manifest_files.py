"""Manifest files that are written to, as a command names them: by themselves, or by a directory that they are in."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from las_cli.logging import logger
from las_cli.progress import Progress
from las_cli.render.phrases import counted
from las_cli.render.terminal import printable

if TYPE_CHECKING:
    from las_registry.manifest_edit import Edit
    from las_solver.errors import InvalidInput

__all__ = ["ManifestPath", "edit_all", "manifest_paths", "warn_of_lists"]


class ManifestPath(NamedTuple):
    """The `path` of a manifest file; `within` is the directory that was named and that it has to be in, None where the
    file itself was named."""

    path: Path
    within: Path | None = None


def manifest_paths(paths: Sequence[Path]) -> list[ManifestPath]:
    """The files among `paths`, and the manifest files in the directories, each once.

    Raises :class:`las_registry.problem.RegistryUnusable` for a directory that has none, or not only such as can be
    read.
    """
    return list(dict.fromkeys(_each(paths)))


def warn_of_lists(changed: Iterable[Path], renewed: Path | None = None) -> None:
    """Warns of the signed lists of registries that the files `changed` are in, but for that of `renewed`, which is made
    anew: they are of the files as they were."""
    from las_registry.trust.signed_list import LIST_NAME

    skipped = None if renewed is None else renewed.absolute()
    for directory in dict.fromkeys(parent for one in changed for parent in one.absolute().parents):
        if directory != skipped and (directory / LIST_NAME).is_file():
            again = shlex.join(["las-solve", "registry", "sign", "--list", str(directory)])
            logger().warning(f"{directory / LIST_NAME} is of the files as they were: {again} renews it")


def edit_all(
    files: Sequence[ManifestPath],
    edit: Callable[[ManifestPath], Edit],
    *,
    done: str,
    label: str,
    renewed: Path | None = None,
) -> list[InvalidInput]:
    """Edits each of the `files`, and says of each, or of each directory as a whole, how many manifests were `done`
    ("sealed"); what went wrong. The signed list of the registry `renewed` is made anew afterwards."""
    from las_solver.errors import InvalidInput

    failures: list[InvalidInput] = []
    changed: list[Path] = []
    totals: dict[Path, list[int]] = {}
    with Progress(label) as progress:
        for at, one in enumerate(files):
            try:
                made = edit(one)
            except InvalidInput as error:
                failures.append(error)
            else:
                total = totals.setdefault(one.within or one.path, [0, 0])
                total[0] += made.written
                total[1] += made.manifests
                changed += [one.path] if made.written else []
            progress(at + 1, len(files))
    for path, (written, manifests) in totals.items():
        what = f"{written:,} of {counted(manifests, 'manifest')} {done}" if written else f"{done} already"
        click.echo(printable(f"{path}: {what}"))
    warn_of_lists(changed, renewed)
    return failures


def _each(paths: Sequence[Path]) -> Iterator[ManifestPath]:
    from las_registry.compiled.tree import walk
    from las_registry.load import no_manifests
    from las_registry.problem import unreadable

    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 - false also of names that no file can have
            yield ManifestPath(path)
            continue
        walked = walk(str(path))
        problems = [unreadable(str(path / one), why) for one, why in walked.unreadable]
        files = walked.files()
        if problems or not files:
            raise no_manifests(str(path), problems)
        yield from (ManifestPath(path / one, path) for one in files)
