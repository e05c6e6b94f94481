"""Replay files as the command line names them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from las_registry.replay import Replay

__all__ = ["read_recorded"]


def read_recorded(path: Path) -> Replay:
    """The replay file at `path`, or in standard input where that is ``-``.

    Raises :class:`las_registry.problem.InvalidFile` with everything that is wrong with it.
    """
    from las_cli.inputs import read_input
    from las_registry.replay import read_replay

    return read_replay(read_input(path), "standard input" if str(path) == "-" else str(path))
