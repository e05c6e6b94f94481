"""The saved profile: what a user has decided is known of this machine, in place of looking at it every time."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from las_registry.problem import InvalidFile, Problem
from las_registry.user_directories import settings_directory
from las_solver.errors import InvalidInput
from las_solver.model import Host

__all__ = ["find_saved", "forget_saved", "read_saved", "saved_path"]

_REMEDY: Final = (
    "this is the saved profile: las-solve host save --force replaces it, las-solve host forget removes it, "
    "--profile detect does without it"
)
_DIRECTORY: Final = "this is where the profile is saved: remove the directory by hand; --profile detect does without it"


def saved_path() -> Path | None:
    """Where the profile of this machine is saved, in the user's directory for settings; None if there is none."""
    directory = settings_directory()
    return None if directory is None else directory / "host.yaml"


def find_saved() -> Path | None:
    """The saved profile if there is one, usable or not."""
    path = saved_path()
    if path is None:
        return None
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:  # there may be one that cannot be read: that is for the reader to say
        return path
    return path


def read_saved(path: Path, *, is_cached: bool = False) -> Host:
    """The host of the saved profile at `path`, read by :func:`las_registry.host.profile.read_profile`.

    Raises :class:`InvalidFile`, which says how to get rid of it.
    """
    from las_registry.host.profile import read_profile

    try:
        _require_file(path)
        return read_profile(path, is_cached=is_cached)
    except InvalidFile as error:
        raise InvalidFile([_with_remedy(error.problems[0]), *error.problems[1:]]) from None


def forget_saved(path: Path) -> None:
    """Removes the saved profile at `path`; raises :class:`InvalidInput` if it stays."""
    try:
        path.unlink()
    except OSError as error:
        reason = "it is a directory" if os.path.isdir(path) else error.strerror  # noqa: PTH112 - never raises
        hint = "remove it by hand, or do without it by --profile detect"
        raise InvalidInput(f"{path} cannot be removed: {reason}", hint=hint) from None


def _require_file(path: Path) -> None:
    """Refuses what is no file, before it is opened: a pipe would have to be waited for."""
    with suppress(OSError):  # what cannot be found is for the reader to say
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            hint = _DIRECTORY if stat.S_ISDIR(mode) else None
            raise InvalidFile(
                [Problem(file=str(path), message="the profile cannot be read: it is not a file", hint=hint)]
            )


def _with_remedy(problem: Problem) -> Problem:
    """`problem` with a hint that says whose file this is; a hint on how to name a file is none here."""
    if problem.hint == _DIRECTORY:
        return problem
    about_content = problem.line is not None and problem.hint is not None
    return replace(problem, hint=f"{problem.hint}; {_REMEDY}" if about_content else _REMEDY)
