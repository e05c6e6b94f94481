"""``las-solve registry validate``: every mistake of manifests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from las_cli.errors import problem_document
from las_cli.inputs import warn_of_frozen
from las_cli.options import FileType, format_option, logging_options, registry_option
from las_cli.progress import Progress
from las_cli.render.json import print_json
from las_cli.render.phrases import counted
from las_cli.render.terminal import printable

__all__ = ["validate"]


@click.command(short_help="Report every mistake of manifests.")
@click.argument("paths", nargs=-1, type=FileType(), metavar="[PATH]...")
@registry_option
@format_option("text", "json")
@logging_options
def validate(*, paths: Sequence[Path], registries: Sequence[Path], output_format: str) -> None:
    """Report every mistake of the manifests in files and directories, or in the registry if none is named.

    The exit status is 2 if there is one.

    \b
    Examples:
      las-solve registry validate
      las-solve registry validate my-registry other/manifest.yaml
    """
    from las_registry.load import load_directory, load_files
    from las_registry.manifest import Pool
    from las_registry.registry import default_directories
    from las_registry.trust.policy import Policy
    from las_registry.trust.trust import Trust
    from las_registry.trust.user_trust import UserTrust

    user = UserTrust.read()
    places = tuple(paths) or tuple(registries) or default_directories()
    pool, files = Pool(), [one for one in paths if not one.is_dir()]
    with Progress("Reading manifests") as progress:
        shelves = [
            load_directory(one, pool, progress, trust=Trust(policy=Policy(links=user.policy_of(one).links)))
            for one in places
            if one not in files
        ]
        shelves += [load_files(files, pool, progress)] if files else []
    warn_of_frozen(places)
    problems = [problem for shelf in shelves for problem in shelf.problems]
    manifests = [one for shelf in shelves for several in shelf.manifests.values() for one in several]
    count = sum(shelf.files for shelf in shelves)
    signed = sum(1 for one in manifests if one.signature is not None)
    if output_format == "json":
        print_json(
            {
                "status": "invalid" if problems else "valid",
                "files": count,
                "manifests": len(manifests),
                "unchecked_signatures": signed,
                "problems": [problem_document(one) for one in problems],
            }
        )
    else:
        for problem in problems:
            click.echo("\n".join(map(printable, str(problem).split("\n"))))
        click.echo(_verdict(len(problems), count, len(manifests), signed), err=bool(problems))
    if problems:
        raise click.exceptions.Exit(2)


def _verdict(problems: int, files: int, manifests: int, signed: int) -> str:
    what = f"{counted(manifests, 'manifest')} in {counted(files, 'file')}"
    if problems:
        return f"{counted(problems, 'mistake')}; {what} can be used"
    unchecked = f" ({counted(signed, 'signature')} not checked)" if signed else ""
    return f"{what}: all valid{unchecked}"
