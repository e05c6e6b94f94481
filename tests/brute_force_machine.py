"""Decision 0017 by brute force: what a host meets by itself, and which of its installed modules are staying."""

from __future__ import annotations

from collections.abc import Mapping

from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion

__all__ = ["Machine"]


class Machine:
    """A host, and what is installed on it.

    `staying` is 'the largest part of what is installed that is a valid answer by itself on this host, at the installed
    versions'; `invalid` says of each other installed module what kind of reason there is to name.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.invalid: dict[str, str] = {}
        self.staying = dict(host.installed)
        while True:
            gone = {name: self._fault(one) for name, one in self.staying.items()}
            gone = {name: fault for name, fault in gone.items() if fault is not None}
            if not gone:
                break
            self.invalid |= gone
            self.staying = {name: one for name, one in self.staying.items() if name not in gone}

    def _fault(self, one: ModuleVersion) -> str | None:
        """'Take away each module that lacks hardware, has no mode which the host allows, needs ... a module that is
        not left or is left at a version that its constraint does not admit, consumes an interface that neither the
        host nor another module left provides, or lies on a cycle of needs.'

        In the first round these are 'reasons of their own'; later ones are of others that were taken away.
        """
        left = self.staying
        if not self.meets_hardware(one):
            return "hardware"
        if not self.modes(one):
            return "mode"
        if not all(need.name in left and need.constraint.admits(left[need.name].version) for need in self.needs(one)):
            return "need"
        if not all(self.is_provided(interface, one.name, left) for interface in one.consumes):
            return "interface"
        if any(one.name in self._below(need.name) for need in self.needs(one)):
            return "cycle"
        return None

    def _below(self, name: str) -> set[str]:
        """`name`, and all that it leads to through needs of what is left."""
        below: set[str] = set()
        new = {name}
        while new:
            below |= new
            new = {need.name for each in new if each in self.staying for need in self.needs(self.staying[each])} - below
        return below

    def has(self, one: ModuleVersion) -> bool:
        """Whether this version is installed."""
        installed = self.host.installed.get(one.name)
        return installed is not None and installed.version == one.version

    def needs(self, one: ModuleVersion) -> list[Requirement]:
        """Item 7: 'module entries, and runtime entries that the host does not meet', in the order of the manifest."""
        return [*one.requirements, *(runtime for runtime in one.runtimes if not self._meets(runtime))]

    def _meets(self, runtime: Requirement) -> bool:
        have = self.host.runtimes.get(runtime.name)
        return have is not None and runtime.constraint.admits(have)

    def meets_hardware(self, one: ModuleVersion) -> bool:
        """Item 4. A fact that is not known meets no minimum (section 3)."""
        need, host = one.hardware, self.host
        if need.cores_min is not None and (host.cores is None or host.cores < need.cores_min):
            return False
        if need.ram_min is not None and (host.ram is None or host.ram < need.ram_min):
            return False
        if need.multi_gpu and len(host.gpus) < 2:
            return False
        if need.vram_min is None:
            return True
        if need.multi_gpu:
            return sum(gpu.vram for gpu in host.gpus) >= need.vram_min
        return any(gpu.vram >= need.vram_min for gpu in host.gpus)

    def modes(self, one: ModuleVersion) -> list[str]:
        """The modes of `one` that the host allows."""
        return [mode for mode in one.modes if self.host.modes is None or mode in self.host.modes]

    def is_provided(self, interface: str, consumer: str, present: Mapping[str, ModuleVersion]) -> bool:
        """Item 6: 'by another present module, or by the host profile'."""
        return interface in self.host.interfaces or any(
            interface in other.provides for other in present.values() if other.name != consumer
        )
