"""``las-solve registry verify``: who vouches for each manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from las_cli.errors import problem_document
from las_cli.options import FileType, format_option, logging_options, registry_option
from las_cli.progress import Progress
from las_cli.render.json import print_json
from las_cli.render.phrases import counted
from las_cli.render.terminal import printable

if TYPE_CHECKING:
    from las_registry.trust.standing import Kind
    from las_registry.trust.verifying import Verification, VerifiedManifest

__all__ = ["verify"]

_WHY: Final[dict[Kind, str]] = {
    "valid": "{module} is signed by the key {key}",
    "listed": "{module} is covered by the registry's list, signed by the key {key}",
    "unsigned": "{module} is not signed",
    "unknown-key": "{module} is signed by the key {key}, which is not trusted: nothing could be checked",
    "other-names": "{module} is signed by the key {key}, which does not count for it here",
}
_MOST_LINES: Final = 100


@click.command(short_help="Tell who vouches for each manifest.")
@click.argument("paths", nargs=-1, type=FileType(), metavar="[PATH]...")
@registry_option
@click.option("--all", "shows_all", is_flag=True, help="Show every manifest, also those that are vouched for.")
@format_option("text", "json")
@logging_options
def verify(*, paths: Sequence[Path], registries: Sequence[Path], shows_all: bool, output_format: str) -> None:
    """Tell who vouches for each manifest in directories and files, or in the registry if none is named.

    Everything is read anew. The exit status is 0 only if a key that you trust vouches for every manifest, 3 if a
    registry is not as its signed list says, else 2. A file that is named alone has to be signed itself.

    \b
    Examples:
      las-solve registry verify my-registry
      las-solve registry verify --all my-registry/app/manifest.yaml
    """
    from las_registry.registry import default_directories
    from las_registry.trust.user_trust import UserTrust
    from las_registry.trust.verifying import verify_directory, verify_file

    user = UserTrust.read()
    places = dict.fromkeys(tuple(paths) or tuple(registries) or default_directories())
    with Progress("Verifying manifests") as progress:
        found = [
            verify_file(one, user) if one in paths and not one.is_dir() else verify_directory(one, user, progress)
            for one in places
        ]
    if output_format == "json":
        print_json(_document(found))
    else:
        _print(list(_lines(found, shows_all)), None if shows_all else _MOST_LINES)
        click.echo(_verdict(found), err=not _is_complete(found))
        if _counts(found)["unknown-key"]:
            click.echo("hint: compare a key's id with its owner, and then: las-solve registry trust add FILE", err=True)
    if not _is_complete(found):
        raise click.exceptions.Exit(2)


def _print(lines: Sequence[str], most: int | None) -> None:
    for line in lines[:most]:
        click.echo(printable(line))
    if most is not None and len(lines) > most:
        click.echo(f"... and {counted(len(lines) - most, 'more line')}: --all shows everything")


def _is_complete(found: Iterable[Verification]) -> bool:
    return all(one.is_complete for one in found)


def _counts(found: Iterable[Verification]) -> dict[str, int]:
    """How many manifests there are of each standing, and how many are refused."""
    kinds = Counter(manifest.standing.kind for one in found for manifest in one.manifests)
    return {**{kind: kinds[kind] for kind in _WHY}, "refused": sum(one.refused for one in found)}


def _lines(found: Sequence[Verification], shows_all: bool) -> Iterator[str]:
    """A line for each manifest that nobody vouches for, and those of every mistake."""
    for one in found:
        for manifest in one.manifests:
            if shows_all or not manifest.standing.is_vouched_for:
                yield f"{manifest.file}:{manifest.line}: {_why(manifest)}"
        for problem in one.problems:
            yield from str(problem).split("\n")


def _why(manifest: VerifiedManifest) -> str:
    from las_registry.trust.standing import short_key

    key = short_key(manifest.standing.key_id)
    return _WHY[manifest.standing.kind].format(module=f"{manifest.module} {manifest.version}", key=key)


def _verdict(found: Sequence[Verification]) -> str:
    counts = _counts(found)
    told = ", ".join(f"{number:,} {kind}" for kind, number in counts.items() if number)
    all_of_them = sum(counts.values())
    what = f"{counted(all_of_them, 'manifest')} in {counted(sum(one.files for one in found), 'file')}"
    if _is_complete(found):
        return f"{what}: every one is vouched for ({told})"
    vouched = counts["valid"] + counts["listed"]
    mistakes = sum(len(one.problems) for one in found)
    end = f"; {counted(mistakes, 'mistake')}" if mistakes else ""
    return f"{what}: {vouched:,} of them {'is' if vouched == 1 else 'are'} vouched for ({told}){end}"


def _document(found: Sequence[Verification]) -> dict[str, object]:
    return {
        "status": "verified" if _is_complete(found) else "not-verified",
        "counts": _counts(found),
        "places": [_place(one) for one in found],
        "problems": [problem_document(problem) for one in found for problem in one.problems],
    }


def _place(one: Verification) -> dict[str, object]:
    manifests = [_manifest(manifest) for manifest in one.manifests]
    return {"place": one.place, "files": one.files, "list": one.list_number, "manifests": manifests}


def _manifest(manifest: VerifiedManifest) -> dict[str, object]:
    return {
        "file": manifest.file,
        "line": manifest.line,
        "module": manifest.module,
        "version": manifest.version,
        "standing": manifest.standing.kind,
        "key": manifest.standing.key_id,
        "vouched_for": manifest.standing.is_vouched_for,
    }
