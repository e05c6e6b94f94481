"""Replay files as options name them: one that is written, and one that stands for registry, machine and request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from las_cli.options import FileType

if TYPE_CHECKING:
    from las_registry.registry import Registry
    from las_registry.replay import Replay
    from las_solver.model import Host, Request

__all__ = ["REPLAYED", "read_recorded", "replay_option", "save_replay", "save_replay_option"]

Command = TypeVar("Command", bound=Callable[..., Any])

REPLAYED: Final = "on this machine"
"""Where the plans of replay files are for, as :attr:`las_cli.request_options.Question.place` says it."""


def replay_option(command: Command) -> Command:
    """Passes `recorded`: the path of a replay file, or None."""
    return click.option(
        "--replay",
        "recorded",
        type=FileType(),
        metavar="FILE",
        help="Take request, machine and modules from this file, which --save-replay wrote.",
    )(command)


def save_replay_option(command: Command) -> Command:
    """Passes `saved`: the path of a replay file to write, or None."""
    return click.option(
        "--save-replay",
        "saved",
        type=FileType(),
        metavar="FILE",
        help="Write request, machine and all modules that matter to a file, from which `las-solve replay` gives the "
        "same answer anywhere.",
    )(command)


def read_recorded(path: Path) -> Replay:
    """The replay file at `path`, or in standard input where that is ``-``.

    Raises :class:`las_registry.problem.InvalidFile` with everything that is wrong with it.
    """
    from las_cli.inputs import read_input
    from las_registry.replay import read_replay

    return read_replay(read_input(path), "standard input" if str(path) == "-" else str(path))


def save_replay(
    path: Path,
    registry: Registry,
    host: Host,
    request: Request,
    *,
    also: Iterable[str] = (),
    directories: Sequence[Path] = (),
) -> None:
    """Writes what the answer to `request`, and any question about the modules `also`, depends on to `path`.

    `directories` are those of `registry`; the file does not name them. Raises :class:`InvalidInput` if the file cannot
    be written.
    """
    from las_cli.logging import logger
    from las_registry.output_file import write_output_file
    from las_registry.registry import default_directories
    from las_registry.replay import Replay
    from las_registry.replay_text import replay_text
    from las_solver.errors import InvalidInput
    from las_solver.recording import record

    if str(path) == "-":
        raise InvalidInput("--save-replay - names no file", hint="standard output is for the answer: name a file")
    places = map(str, directories or default_directories())
    recording = record(registry, host, request, also=also, directories=places)
    write_output_file(path, replay_text(Replay(recording=recording)).encode())
    logger().info("saved a replay file", path=str(path), versions=len(recording.module_versions))
