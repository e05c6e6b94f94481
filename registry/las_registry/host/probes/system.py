"""The only module that knows psutil: the CPUs and the memory that the operating system shows this process.

On Linux both are read as psutil reads them, but without it: its import takes longer than looking at the machine.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["total_memory", "usable_cpus"]


def usable_cpus() -> int | None:
    """The logical CPUs that this process may run on (its affinity), or None where that is unknown."""
    if hasattr(os, "sched_getaffinity"):
        try:
            return len(os.sched_getaffinity(0)) or None
        except OSError:
            pass
    import psutil

    try:
        count: int | None = len(psutil.Process().cpu_affinity() or ())
    except (AttributeError, OSError, psutil.Error):  # macOS has no affinity; a sandbox may hide the process
        count = psutil.cpu_count()
    return count or None


def total_memory(root: Path = Path("/")) -> int | None:
    """The machine's physical memory in bytes, used or not, or None where that is unknown.

    `root` is where ``proc`` is looked for.
    """
    stated = _stated_memory(root)
    if stated:
        return stated
    import warnings

    import psutil

    with warnings.catch_warnings():
        # psutil warns about missing figures on memory in use, of which none is read here.
        warnings.simplefilter("ignore")
        try:
            return int(psutil.virtual_memory().total) or None
        except (OSError, ValueError, KeyError, RuntimeError, psutil.Error):
            return None


def _stated_memory(root: Path) -> int | None:
    """What Linux states in a line like ``MemTotal:  65536 kB``, which are KiB."""
    try:
        text = (root / "proc/meminfo").read_bytes()
    except OSError:
        return None
    found = re.search(rb"^MemTotal: *([0-9]{1,15}) kB$", text, re.MULTILINE)
    return None if found is None else int(found[1]) * 1024
