"""Options of commands about keys, and the passphrases and texts that they take."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from las_cli.options import FileType

__all__ = [
    "ask_passphrase",
    "comment_option",
    "passphrase_file_option",
    "passphrase_reader",
    "read_passphrase",
    "reason_option",
    "settings_path",
]

Command = TypeVar("Command", bound=Callable[..., Any])

_LONGEST = 1000


def comment_option(command: Command) -> Command:
    """Passes `comment`: a text in one line, or None."""
    return click.option("--comment", metavar="TEXT", callback=_one_line, help="Whose key it is.")(command)


def reason_option(command: Command) -> Command:
    """Passes `reason`: a text in one line, or None."""
    return click.option("--reason", metavar="TEXT", callback=_one_line, help="Why.")(command)


def passphrase_file_option(command: Command) -> Command:
    """Passes `passphrase_file`: a path, or None."""
    return click.option(
        "--passphrase-file",
        type=FileType(),
        metavar="FILE",
        help="A file with the passphrase of the private key in its first line.",
    )(command)


def read_passphrase(path: Path) -> bytes:
    """The first line of a file; raises :class:`InvalidInput` if that can be no passphrase."""
    from las_registry.input_file import read_input_file
    from las_solver.errors import InvalidInput

    try:
        data = read_input_file(path, _LONGEST + 2)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        raise InvalidInput(f"{path} cannot be read: {why}", hint="name a file with a passphrase") from None
    line = data.partition(b"\n")[0].removesuffix(b"\r")
    if not line or len(line) > _LONGEST:
        what = "is empty" if not line else f"has more than {_LONGEST} bytes"
        raise InvalidInput(f"the first line of {path} {what}", hint="write the passphrase there")
    return line


def passphrase_reader(path: Path | None) -> Callable[[], bytes] | None:
    """What gives the passphrase of a private key: the file at `path`, else the terminal, None if there is none."""
    if path is not None:
        return lambda: read_passphrase(path)
    if not sys.stdin.isatty():
        return None
    return ask_passphrase


def ask_passphrase(*, twice: bool = False) -> bytes:
    """The passphrase that is typed at the terminal; raises :class:`InvalidInput` if it is too long."""
    from las_solver.errors import InvalidInput

    typed = str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True))
    data = typed.encode("utf-8", "surrogateescape")
    if len(data) > _LONGEST:
        raise InvalidInput(f"the passphrase has more than {_LONGEST} bytes", hint="give a shorter one")
    return data


def settings_path(name: str) -> Path:
    """The file called `name` among the user's settings; raises :class:`InvalidInput` if nothing says where they are."""
    from las_registry.user_directories import settings_directory
    from las_solver.errors import InvalidInput

    directory = settings_directory()
    if directory is None:
        raise InvalidInput("nothing says where settings belong", hint="set LAS_SOLVE_CONFIG to a directory")
    return directory / name


def _one_line(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    from las_registry.trust.keys import MAX_COMMENT

    if value is None:
        return None
    if len(value) > MAX_COMMENT or not value.isprintable():
        raise click.BadParameter(f"give one line of {MAX_COMMENT} characters at most.", ctx, parameter)
    return value.strip()
