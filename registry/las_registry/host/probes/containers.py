"""Whether containers can run here."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from las_registry.host.probes.probe import Findings

__all__ = ["ENGINES", "probe_containers"]

ENGINES: Final = ("docker", "podman", "nerdctl")


def probe_containers(path: str | None = None) -> Findings:
    """Allows the mode ``container`` where the command of a container engine is found.

    Whether the engine runs and this user may use it is not asked: it would take a process or a connection,
    and both may change between planning and installing. `path` is searched in place of ``PATH``.
    """
    found = [engine for engine in ENGINES if _is_command(engine, path)]
    if not found:
        return Findings(notes=(f"no container engine was found ({', '.join(ENGINES)})",))
    return Findings(modes=frozenset({"container"}), notes=(f"found {', '.join(found)}",))


def _is_command(name: str, path: str | None) -> bool:
    """Whether one of the directories of `path`, by default those of ``PATH``, has an executable called `name`."""
    if sys.platform == "win32":
        import shutil  # knows the endings of commands; elsewhere it would be imported for a few lines

        return shutil.which(name, path=path) is not None
    directories = os.get_exec_path() if path is None else path.split(os.pathsep)
    return any(_is_executable(Path(directory, name)) for directory in directories if directory)


def _is_executable(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except OSError:  # a directory that this user may not look into
        return False
