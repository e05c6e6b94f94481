"""Whether containers can run here."""

from __future__ import annotations

import shutil
from typing import Final

from las_registry.host.probes.probe import Findings

__all__ = ["ENGINES", "probe_containers"]

ENGINES: Final = ("docker", "podman", "nerdctl")


def probe_containers(path: str | None = None) -> Findings:
    """Allows the mode ``container`` where the command of a container engine is found.

    Whether the engine runs and this user may use it is not asked: it would take a process or a connection,
    and both may change between planning and installing. `path` is searched in place of ``PATH``.
    """
    found = [engine for engine in ENGINES if shutil.which(engine, path=path)]
    if not found:
        return Findings(notes=(f"no container engine was found ({', '.join(ENGINES)})",))
    return Findings(modes=frozenset({"container"}), notes=(f"found {', '.join(found)}",))
