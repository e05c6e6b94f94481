"""The store of what is installed, as commands name it: by ``--store``, by the environment, or the user's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from las_cli.options import FileType

__all__ = ["StoreType", "find_store", "store_option"]

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE: Final = "store.sqlite3"


class StoreType(FileType):
    """The file of a store; whether it is one is for its reader to say, with its own exit status."""

    name = "store"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value) == "-":
            self.fail("a store is a file: '-' names none.", param, ctx)
        return super().convert(value, param, ctx)


def store_option(command: Command) -> Command:
    """Passes `store`: the path that :func:`find_store` takes, None where none is named."""
    return click.option(
        "--store",
        type=StoreType(),
        metavar="FILE",
        envvar="LAS_SOLVE_STORE",
        show_envvar=True,
        help="The store of what is installed, in place of this user's own.",
    )(command)


def find_store(named: Path | None) -> Path | None:
    """The file of the store: the one `named` on the command line or in the environment, else this user's own.

    It need not be there yet. None if nothing says where the user's own belongs.
    """
    if named is not None:
        return named
    from las_registry.user_directories import state_directory

    directory = state_directory()
    return None if directory is None else directory / _FILE
