"""The CPUs and the memory that the operating system shows this process; the only module that knows psutil.

psutil answers everywhere. Linux is asked first without it, since importing it would take most of the time that
looking at a machine takes.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from las_registry.host.probes.sysfs import parse_number, read_fields

__all__ = ["total_memory", "usable_cpus"]


def usable_cpus() -> int | None:
    """The logical CPUs that this process may run on (its affinity), or None where that is unknown."""
    with suppress(AttributeError, OSError):  # macOS and Windows do not have it; a sandbox may refuse it
        return len(os.sched_getaffinity(0))
    import psutil

    try:
        count: int | None = len(psutil.Process().cpu_affinity() or ())
    except (AttributeError, OSError, psutil.Error):  # macOS has no affinity
        count = psutil.cpu_count()
    return count or None


def total_memory(root: Path = Path("/")) -> int | None:
    """The machine's physical memory in bytes, used or not, or None where that is unknown."""
    # A line "MemTotal:  24684096 kB", where kB is KiB: manual page proc_meminfo(5).
    size, _, unit = read_fields(root / "proc/meminfo", ":").get("MemTotal", "").partition(" ")
    kibibytes = parse_number(size)
    if kibibytes and unit == "kB":
        return kibibytes * 1024
    import psutil

    try:
        return int(psutil.virtual_memory().total) or None
    except (OSError, ValueError, KeyError, RuntimeError, psutil.Error):
        return None
