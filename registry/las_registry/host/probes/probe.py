"""The one interface behind which every look at the machine stands, third parties' too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from packaging.version import Version

from las_registry.host.facts import parse_label, parse_runtime_name
from las_solver.model import Gpu

__all__ = ["Findings", "Probe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one probe found out about the machine; a fact that it knows nothing of stays as it is here.

    `ram` in bytes. `modes` are modes that work because of what was found. `notes` are sentences for people,
    without a full stop: what was found or missing, and why something does not count. Refuses what a profile could not
    state: raises TypeError for a value of another type, ValueError for hardware of no size,
    :class:`~las_solver.errors.InvalidInput` for a name that is none.
    """

    cores: int | None = None
    ram: int | None = None
    gpus: tuple[Gpu, ...] = ()
    runtimes: Mapping[str, Version] = field(default_factory=lambda: MappingProxyType({}))
    modes: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field_name, kind in (("gpus", tuple), ("modes", frozenset), ("notes", tuple)):
            if not isinstance(getattr(self, field_name), kind):
                raise TypeError(f"{field_name} is a {kind.__name__}")
        sizes = [size for size in (self.cores, self.ram) if size is not None] + [gpu.vram for gpu in self.gpus]
        if not all(type(size) is int for size in sizes):
            raise TypeError("cores, ram and vram are int")
        if any(size < 1 for size in sizes):
            raise ValueError("cores, ram and vram are 1 or more; leave out what is unknown")
        if not all(isinstance(version, Version) for version in self.runtimes.values()):
            raise TypeError("the version of a runtime is a packaging.version.Version")
        for name in self.runtimes:
            parse_runtime_name(name)
        for label in (*self.modes, *(gpu.name for gpu in self.gpus), *(gpu.vendor for gpu in self.gpus)):
            parse_label(label)


class Probe(Protocol):
    """Looks at one thing of this machine, quickly and without changing anything.

    That the thing is not there is not an error: the findings are empty then, with a note. Third parties offer
    one under the entry point group ``las_solve.probes``; what it raises becomes a note.
    """

    def __call__(self) -> Findings: ...
