"""``las-solve state export`` and ``import``: all that a store holds as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import click

from las_cli.options import FileType, format_option, logging_options
from las_cli.render.json import print_json
from las_cli.render.phrases import counted
from las_cli.render.terminal import printable
from las_cli.store_option import dry_run_option, open_store, store_option, store_path

__all__ = ["export", "import_"]

_LONGEST: Final = 64 << 20


@click.command(short_help="Write all that is recorded as JSON lines.")
@click.argument("file", metavar="[FILE]", default="-", type=FileType())
@store_option
@format_option("text", "json", help="How to say what was written to FILE; what is exported is the same.")
@logging_options
def export(*, file: Path, store: Path | None, output_format: str) -> None:
    """Write all that is recorded to FILE, by default to standard output: one JSON object a line.

    `las-solve state import` reads it into an empty store, on this machine or another. FILE is written as a whole or
    not at all.

    \b
    Examples:
      las-solve state export backup.jsonl
      las-solve state export | gzip > backup.jsonl.gz
    """
    from las_registry.lifecycle.store import Store
    from las_solver.errors import InvalidInput

    path = store_path(store)
    with Store.open(path, create=False) as opened:
        lines = list(opened.export())
    if str(file) == "-":
        for line in lines:
            click.echo(line)
        return
    from las_registry.output_file import write_output_file

    if file.exists() and file.samefile(path):
        raise InvalidInput(f"{file} is the store itself", hint="name another file for the export")
    write_output_file(file, "".join(f"{line}\n" for line in lines).encode())
    if output_format == "json":
        print_json({"status": "exported", "file": str(file)})
    else:
        click.echo(printable(f"{file}: written"))


@click.command("import", short_help="Read into an empty store what was exported.")
@click.argument("file", type=FileType())
@dry_run_option
@store_option
@format_option("text", "json")
@logging_options
def import_(*, file: Path, dry_run: bool, store: Path | None, output_format: str) -> None:
    """Read what `las-solve state export` wrote to FILE, or - for standard input, into a store that is empty or not
    there yet.

    It is taken in as a whole or not at all.

    \b
    Examples:
      las-solve state import backup.jsonl
      las-solve state import backup.jsonl --store copy.sqlite3
      gunzip < backup.jsonl.gz | las-solve state import -
    """
    lines = list(_lines(file))  # before a store is made, and before others have to wait for this one
    with open_store(store, writing=not dry_run) as opened:
        count = opened.import_lines(lines, dry_run=dry_run)
    if output_format == "json":
        print_json({"status": "imported", "dry_run": dry_run, "records": count})
        return
    would = "would be read (nothing was, this is a dry run)" if dry_run else "read"
    click.echo(printable(f"{store_path(store)}: {counted(count, 'record')} {would}"))


def _lines(path: Path) -> Iterator[str]:
    """The lines of the file at `path`, or of standard input; raises :class:`InvalidInput` if they cannot be read."""
    from las_solver.errors import InvalidInput

    shown = "standard input" if str(path) == "-" else str(path)
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb") as stream:
            while line := stream.readline(_LONGEST + 1):
                if len(line) > _LONGEST:
                    raise InvalidInput(f"{shown} has a line that is longer than {_LONGEST >> 20} MiB", hint=_HINT)
                yield line.decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{shown} is not text in UTF-8", hint=_HINT) from None
    except OSError as error:
        raise InvalidInput(f"{shown} cannot be read: {error.strerror}", hint=_HINT) from None


_HINT: Final = "name a file that las-solve state export wrote, or - for standard input"
