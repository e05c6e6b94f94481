"""How much memory this process may use."""

from __future__ import annotations

from pathlib import Path

from las_registry.host.probes.cgroup import memory_limit
from las_registry.host.probes.probe import Findings
from las_registry.host.probes.system import total_memory
from las_registry.size import format_size

__all__ = ["probe_memory", "usable_memory"]


def usable_memory(root: Path = Path("/")) -> int | None:
    """The machine's whole memory in bytes, but no more than control groups allow; None where unknown."""
    return _least(total_memory(), memory_limit(root))


def probe_memory(root: Path = Path("/")) -> Findings:
    """The total memory, used or not."""
    total, limit = total_memory(), memory_limit(root)
    ram = _least(total, limit)
    if ram is None:
        return Findings(notes=("the size of the memory could not be found out",))
    if ram == total:
        return Findings(ram=ram)
    before = "" if total is None else f" of {format_size(total)}"
    return Findings(ram=ram, notes=(f"a control group limits this process to {format_size(ram)}{before} of memory",))


def _least(*sizes: int | None) -> int | None:
    return min((size for size in sizes if size is not None), default=None)
