"""The only module that knows psutil: the CPUs and the memory that the operating system shows this process."""

from __future__ import annotations

__all__ = ["total_memory", "usable_cpus"]


def usable_cpus() -> int | None:
    """The logical CPUs that this process may run on (its affinity), or None where that is unknown."""
    import psutil

    try:
        count: int | None = len(psutil.Process().cpu_affinity() or ())
    except (AttributeError, OSError, psutil.Error):  # macOS has no affinity; a sandbox may hide the process
        count = psutil.cpu_count()
    return count or None


def total_memory() -> int | None:
    """The machine's physical memory in bytes, used or not, or None where that is unknown."""
    import warnings

    import psutil

    with warnings.catch_warnings():
        # psutil warns about missing figures on memory in use, of which none is read here.
        warnings.simplefilter("ignore")
        try:
            return int(psutil.virtual_memory().total) or None
        except (OSError, ValueError, KeyError, RuntimeError, psutil.Error):
            return None
