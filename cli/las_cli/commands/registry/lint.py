"""``las-solve registry lint``: what a schema cannot see of manifests."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from las_cli.completions import complete_code
from las_cli.errors import ExitStatus
from las_cli.inputs import warn_of_frozen
from las_cli.logging import logger
from las_cli.manifest_files import warn_of_lists
from las_cli.options import DirectoryType, FileType, format_option, logging_options, registry_option
from las_cli.progress import Progress
from las_cli.render.json import print_json
from las_cli.render.phrases import counted, did_you_mean
from las_cli.render.terminal import printable, terminal_width, wants_colour
from las_cli.render.text import Paper

if TYPE_CHECKING:
    from las_registry.lint.fixing import FixedFile
    from las_registry.lint.linting import Linted
    from las_registry.lint.selection import Selection

__all__ = ["lint"]

_SEVERITIES: Final = ("error", "warning", "note", "never")


@dataclass(frozen=True, slots=True)
class _Places:
    """What is linted, and the registries that are only known beside it."""

    directories: tuple[Path, ...]
    files: tuple[Path, ...]
    beside: tuple[Path, ...]

    @property
    def roots(self) -> tuple[Path, ...]:
        return (*self.directories, *self.beside)


@click.command(short_help="Find what is wrong with manifests that a schema cannot see.")
@click.argument("paths", nargs=-1, type=FileType(), metavar="[PATH]...")
@registry_option
@click.option(
    "--select",
    multiple=True,
    shell_complete=complete_code,
    metavar="CODES",
    help="Only these codes, or all that begin so: LAS1,LAS203. Repeatable.",
)
@click.option(
    "--ignore", multiple=True, shell_complete=complete_code, metavar="CODES", help="All but these codes. Repeatable."
)
@click.option(
    "--fail-on",
    type=click.Choice(_SEVERITIES),
    default="error",
    show_default=True,
    help="The least severity that makes the exit status 1.",
)
@click.option(
    "--since", type=DirectoryType(), metavar="DIR", help="Only what is not found in DIR, an earlier state of it all."
)
@click.option("--fix", is_flag=True, help="Mend what is mechanical, in place, and show what is left.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and write nothing.")
@click.option(
    "--reseal",
    is_flag=True,
    help="With --fix or --diff: also replace checksums that do not match. Look first at why they do not.",
)
@click.option(
    "--explain", shell_complete=complete_code, metavar="CODE", help="Say what a code means, and lint nothing."
)
@format_option("text", "json", "sarif")
@logging_options
def lint(
    *,
    paths: Sequence[Path],
    registries: Sequence[Path],
    select: Sequence[str],
    ignore: Sequence[str],
    fail_on: str,
    since: Path | None,
    fix: bool,
    diff: bool,
    reseal: bool,
    explain: str | None,
    output_format: str,
) -> None:
    """Find what is wrong with the manifests in files and directories, or in the registry if none is named.

    With a PATH, the modules of --registry are known, and nothing is said about them. The exit status is 1 if something
    was found that --fail-on counts, and with --diff if there is something to change.

    \b
    Examples:
      las-solve registry lint my-registry
      las-solve registry lint my-registry --select LAS1 --fail-on error
      las-solve registry lint my-registry/app/manifest.yaml --registry my-registry
      las-solve registry lint my-registry --diff
      las-solve registry lint my-registry --format sarif --fail-on never > lint.sarif
      las-solve registry lint --explain LAS101
    """
    from las_registry.lint.selection import Selection

    if explain is not None:
        _explain(explain, output_format)
        return
    selection = Selection.parse(select, ignore)
    places = _places(paths, registries)
    _refuse_contradictions(paths or registries, fix=fix, diff=diff, reseal=reseal, output_format=output_format)
    if since is not None and (fix or diff):
        raise click.UsageError("--fix and --diff are about all findings, and --since shows new ones: leave one out.")
    if since is not None and not places.roots:
        raise click.UsageError("--since compares registries: name that of the files by --registry.")
    linted = _lint(places, selection)
    if diff:
        _show_diff(linted, reseal=reseal)
        return
    mended: tuple[FixedFile, ...] = ()
    if fix:
        mended = _mend(linted, reseal=reseal)
        linted = _lint(places, selection) if mended else linted
    if since is not None:
        linted = _new(linted, places, since, selection)
    _print(linted, mended, output_format)
    if any(one.severity.rank <= _SEVERITIES.index(fail_on) for one in linted.findings if fail_on != "never"):
        raise click.exceptions.Exit(ExitStatus.CONFLICT)


def _places(paths: Sequence[Path], registries: Sequence[Path]) -> _Places:
    from las_registry.registry import default_directories
    from las_solver.errors import InvalidInput

    if not paths:
        return _Places(tuple(registries) or default_directories(), (), ())
    missing = next((one for one in paths if not os.path.lexists(one)), None)
    if missing is not None:
        raise InvalidInput(f"{missing} does not exist", hint="name registries, or manifest files")
    directories = tuple(one for one in paths if one.is_dir())
    if not directories and not registries:
        logger().warning("nothing is known but these files: --registry DIR names the registry around them")
    return _Places(directories, tuple(one for one in paths if one not in directories), tuple(registries))


def _refuse_contradictions(named: Sequence[Path], *, fix: bool, diff: bool, reseal: bool, output_format: str) -> None:
    from las_registry.registry import default_directories

    if (fix or diff) and (not named or default_directories()[0] in named):
        raise click.UsageError("--fix and --diff need a PATH or --registry: the bundled catalog is not yours to mend.")
    if reseal and not (fix or diff):
        raise click.UsageError("--reseal says what --fix may do: give --fix or --diff, too.")
    if diff and output_format != "text":
        raise click.UsageError(f"--diff is text: --format {output_format} goes without it.")


def _lint(places: _Places, selection: Selection) -> Linted:
    from las_registry.lint.linting import lint

    with Progress("Linting") as progress:
        return lint(places.directories, places.files, beside=places.beside, selection=selection, on_progress=progress)


def _new(linted: Linted, places: _Places, since: Path, selection: Selection) -> Linted:
    """What is not found in an earlier state of the registry."""
    from las_registry.lint.fingerprint import new_findings
    from las_registry.lint.linting import lint

    with Progress("Linting what was before") as progress:
        earlier = lint((since,), beside=places.beside, selection=selection, on_progress=progress)
    found = new_findings(linted.findings, places.roots, earlier.findings, (since, *places.beside))
    return replace(linted, findings=found)


def _show_diff(linted: Linted, *, reseal: bool) -> None:
    from las_registry.lint.fixing import fixed_files

    files = fixed_files(linted.findings, reseal=reseal)
    for one in files:
        for line in _diff(one):
            click.echo(line)
    if files:
        count = sum(len(one.done) for one in files)
        click.echo(f"--fix would mend {counted(count, 'finding')} in {counted(len(files), 'file')}", err=True)
        raise click.exceptions.Exit(ExitStatus.CONFLICT)
    click.echo("--fix would change nothing", err=True)


def _diff(one: FixedFile) -> Iterator[str]:
    """A unified diff; what could steer a terminal is escaped, tabs excepted."""
    before, after = (data.decode("utf-8").split("\n") for data in (one.before, one.after))
    for line in difflib.unified_diff(before, after, str(one.path), str(one.path), lineterm=""):
        yield "\t".join(map(printable, line.removesuffix("\r").split("\t")))


def _mend(linted: Linted, *, reseal: bool) -> tuple[FixedFile, ...]:
    from las_registry.lint.fixing import fixed_files, write_fixed

    files = fixed_files(linted.findings, reseal=reseal)
    warn_of_frozen([one.path for one in files])
    for one in files:
        write_fixed(one)
    warn_of_lists(one.path for one in files)
    return files


def _print(linted: Linted, mended: Sequence[FixedFile], output_format: str) -> None:
    from las_cli.render.lint import lint_document, render_findings
    from las_registry.lint.finding import FixKind
    from las_registry.lint.fixing import fixed_files

    if output_format == "json":
        print_json(lint_document(linted, [str(one.path) for one in mended], Path.cwd()))
        return
    if output_format == "sarif":
        from las_cli.render.sarif import sarif_document

        print_json(sarif_document(linted.findings, Path.cwd()))
        return
    for one in mended:
        click.echo(f"{printable(str(one.path))}: {len(one.done)} mended")
    fixable, resealable = sum(len(one.done) for one in fixed_files(linted.findings)), 0
    if any(one.fix is not None and one.fix.kind is FixKind.RESEAL for one in linted.findings):
        resealable = sum(len(one.done) for one in fixed_files(linted.findings, reseal=True)) - fixable
    paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    for line in render_findings(linted, paper, fixable=fixable, resealable=resealable):
        click.echo(line, color=True)


def _explain(code: str, output_format: str) -> None:
    from las_cli.render.lint import code_document, explanation
    from las_registry.lint.codes import CODES
    from las_solver.errors import InvalidInput

    found = CODES.get(code.upper()) or next((one for one in CODES.values() if one.name == code.lower()), None)
    if found is None:
        hint = did_you_mean(code.upper(), CODES) or "docs/lint.md lists them all"
        raise InvalidInput(f"there is no code {code[:80]!r}", hint=hint)
    if output_format == "text":
        for line in explanation(found):
            click.echo(line)
    else:
        print_json(code_document(found))
