"""The store of what is installed, as commands name it: by ``--store``, by the environment, or the user's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from las_cli.logging import logger
from las_cli.options import FileType

if TYPE_CHECKING:
    from las_registry.lifecycle.store import Store

__all__ = [
    "StoreType",
    "completed_from_store",
    "dry_run_option",
    "find_store",
    "is_anything_at",
    "open_store",
    "reason_option",
    "store_at",
    "store_option",
    "store_path",
]

Command = TypeVar("Command", bound=Callable[..., Any])
Found = TypeVar("Found")

_FILE: Final = "store.sqlite3"


class StoreType(FileType):
    """The file of a store; whether it is one is for its reader to say, with its own exit status."""

    name = "store"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value) == "-":
            self.fail("a store is a file: '-' names none.", param, ctx)
        if "://" in str(value):  # which may hold a password, and is not repeated
            self.fail("a store is a file: name its path, not a URL.", param, ctx)
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


def dry_run_option(command: Command) -> Command:
    """Passes `dry_run`."""
    return click.option("--dry-run", is_flag=True, help="Only say what would be recorded, or why it would not.")(
        command
    )


def reason_option(command: Command) -> Command:
    """Passes `reason`: a text, empty where none is given."""
    return click.option("--reason", default="", metavar="TEXT", help="Why, to stand in the history.")(command)


def find_store(named: Path | None) -> Path | None:
    """The file of the store: the one `named` on the command line or in the environment, else this user's own.

    It need not be there yet. None if nothing says where the user's own belongs.
    """
    if named is not None:
        return named
    from las_registry.user_directories import state_directory

    directory = state_directory()
    return None if directory is None else directory / _FILE


def store_path(named: Path | None) -> Path:
    """The file that :func:`find_store` finds; raises :class:`InvalidInput` where there is no place for one."""
    path = find_store(named)
    if path is None:
        from las_solver.errors import InvalidInput

        message = "there is no directory for the store: neither HOME nor XDG_STATE_HOME says where it is"
        raise InvalidInput(message, hint="name a file by --store FILE")
    return path


def is_anything_at(path: Path) -> bool:
    """Whether there is anything at `path`; what may not be looked at counts, so that its reader says what is wrong."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def open_store(named: Path | None, *, writing: bool = False) -> Iterator[Store]:
    """The store that :func:`store_path` finds. Where there is none yet, one is made if `writing`; else an empty one
    stands in for it, which nobody sees. Raises :class:`StoreUnusable`."""
    path = store_path(named)
    if named is not None and not (writing or is_anything_at(path)):
        logger().warning(f"there is no store at {path} yet")
    with store_at(path, writing=writing) as opened:
        yield opened


@contextmanager
def store_at(path: Path, *, writing: bool = False, token: str | None = None) -> Iterator[Store]:
    """The store in the file at `path`, as :func:`open_store` gives it, for whoever has that `token`."""
    from las_registry.lifecycle.store import Store

    if writing or is_anything_at(path):
        with Store.open(path, create=writing, token=token) as opened:
            yield opened
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as directory, Store.open(Path(directory) / _FILE) as opened:
        yield opened


def completed_from_store(ctx: click.Context, look: Callable[[Store], Iterable[Found]]) -> list[Found]:
    """What `look` finds in the store of a command line that a shell completes; nothing where that goes wrong."""
    try:
        path = find_store(ctx.params.get("store"))
        if path is None or not os.path.lexists(path):
            return []
        from las_registry.lifecycle.store import Store

        with Store.open(path, create=False) as opened:
            return list(look(opened))
    except Exception:  # a shell has no place for an error
        return []
