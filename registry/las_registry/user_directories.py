"""Where this user's settings, caches and state belong: by the XDG Base Directory Specification, or as is usual."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["cache_directory", "settings_directory", "state_directory"]

_NAME: Final = "las-solve"


def settings_directory() -> Path | None:
    """The directory for settings: ``LAS_SOLVE_CONFIG``, else ``XDG_CONFIG_HOME``, else what is usual.

    None if ``LAS_SOLVE_CONFIG`` is empty, which means that there are none, or if nothing says where it is.
    """
    stated = os.environ.get("LAS_SOLVE_CONFIG")
    if stated is not None:
        return Path(stated).absolute() if stated else None
    return _directory("XDG_CONFIG_HOME", windows="APPDATA", darwin="~/Library/Application Support", other="~/.config")


def cache_directory() -> Path | None:
    """The directory for what can be made again: ``LAS_SOLVE_CACHE``, else ``XDG_CACHE_HOME``, else what is usual.

    None if ``LAS_SOLVE_CACHE`` is empty, which means that nothing is to be kept, or if nothing says where it is.
    """
    stated = os.environ.get("LAS_SOLVE_CACHE")
    if stated is not None:
        return Path(stated).absolute() if stated else None
    return _directory("XDG_CACHE_HOME", windows="LOCALAPPDATA", darwin="~/Library/Caches", other="~/.cache")


def state_directory() -> Path | None:
    """The directory for what has to last: ``XDG_STATE_HOME``, else what is usual; None if nothing says where it is."""
    return _directory(
        "XDG_STATE_HOME", windows="LOCALAPPDATA", darwin="~/Library/Application Support", other="~/.local/state"
    )


def _directory(variable: str, *, windows: str, darwin: str, other: str) -> Path | None:
    """Relative paths do not count (XDG Base Directory Specification)."""
    places = [os.environ.get(variable, "")]
    if sys.platform == "win32":
        places.append(os.environ.get(windows, ""))
    elif os.environ.get("HOME") != "":  # which would be the root directory
        # Path.expanduser raises where there is no home.
        places.append(os.path.expanduser(darwin if sys.platform == "darwin" else other))  # noqa: PTH111
    directory = next((path for path in map(Path, places) if path.is_absolute()), None)
    return None if directory is None else directory / _NAME
