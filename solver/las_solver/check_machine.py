"""A machine and what there is for it, for the checker alone: the host, the versions, and what is installed.

Written from the contract's section 4 and decision 0017, and shared with nothing that plans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from packaging.version import Version

from las_solver.check_order import arranged
from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion
from las_solver.source import Source

__all__ = ["Machine"]


class Machine:
    """What holds on `host` with the versions of `source`, whatever is asked for."""

    def __init__(self, source: Source, host: Host) -> None:
        self.host = host
        self._source = source
        self._versions: dict[str, tuple[ModuleVersion, ...]] = {}
        self._providers: dict[str, tuple[str, ...]] = {}

    @property
    def installed(self) -> Mapping[str, ModuleVersion]:
        """The installed versions, by module, with the manifests that were kept of them."""
        return self.host.installed

    # What there is.

    def versions(self, name: str) -> tuple[ModuleVersion, ...]:
        """Every version of `name`, oldest first; the installed one as its own manifest describes it."""
        if name not in self._versions:
            found = {one.version: one for one in self._source.versions(name)}
            if name in self.installed:
                found[self.installed[name].version] = self.installed[name]
            self._versions[name] = tuple(found[version] for version in sorted(found))
        return self._versions[name]

    def find(self, name: str, version: Version) -> ModuleVersion | None:
        """The manifest of `name` at `version`, if there is one."""
        return next((one for one in self.versions(name) if one.version == version), None)

    def newest(self, name: str) -> ModuleVersion:
        """The newest final version of the registry, or its newest at all; the installed one where it has none."""
        versions = sorted(self._source.versions(name), key=lambda one: one.version) or self.versions(name)
        return next((one for one in reversed(versions) if not one.version.is_prerelease), versions[-1])

    def providers(self, interface: str) -> tuple[str, ...]:
        """The modules that provide `interface` at some version, by name."""
        if interface not in self._providers:
            names = set(self._source.providers(interface))
            for name, one in self.installed.items():
                if interface in one.provides:
                    names.add(name)
                elif name in names and not any(interface in other.provides for other in self.versions(name)):
                    names.remove(name)
            self._providers[interface] = tuple(sorted(names))
        return self._providers[interface]

    def namers(self, name: str) -> set[str]:
        """The modules of which a version may have an entry that names a pre-release of `name`."""
        entries = (
            (other, entry) for other, one in self.installed.items() for entry in (*one.requirements, *one.runtimes)
        )
        kept = {other for other, entry in entries if entry.name == name and entry.constraint.names_prerelease}
        return kept | set(self._source.prerelease_namers(name))

    # Single versions: section 4, items 3, 4, 6 and 7.

    def needs(self, one: ModuleVersion) -> Iterator[Requirement]:
        """The module entries, then the runtime entries that the host does not meet (item 7)."""
        yield from one.requirements
        yield from (runtime for runtime in one.runtimes if not self.host_meets(runtime))

    def host_meets(self, runtime: Requirement) -> bool:
        """Whether the host itself provides the runtime at a version that the entry admits."""
        have = self.host.runtimes.get(runtime.name)
        return have is not None and runtime.constraint.admits(have)

    def open_interfaces(self, one: ModuleVersion) -> Iterator[str]:
        """The consumed interfaces that the host does not provide, in the order of the manifest."""
        return (interface for interface in one.consumes if interface not in self.host.interfaces)

    def unmet_facts(self, one: ModuleVersion) -> tuple[str, ...]:
        """The host facts of which `one` needs more than there is (item 4); what is unknown meets none."""
        need, host = one.hardware, self.host
        vrams = [gpu.vram for gpu in host.gpus]
        unmet: list[str] = []
        if need.cores_min is not None and (host.cores is None or host.cores < need.cores_min):
            unmet.append("cores")
        if need.ram_min is not None and (host.ram is None or host.ram < need.ram_min):
            unmet.append("ram")
        if need.vram_min is not None:
            enough = sum(vrams) >= need.vram_min if need.multi_gpu else any(vram >= need.vram_min for vram in vrams)
            if not enough:
                unmet.append("vram")
        if need.multi_gpu and len(vrams) < 2:
            unmet.append("gpus")
        return tuple(unmet)

    def has_mode(self, mode: str) -> bool:
        """Whether the host allows `mode`."""
        return self.host.modes is None or mode in self.host.modes

    # What is installed: section 4, item 8.

    @cached_property
    def staying(self) -> tuple[str, ...]:
        """The installed modules that are a valid answer by themselves, as many as can be, in order of name.

        What has no order by its needs lies on a cycle, or needs what does, or what is not there: so all of it goes.
        """
        left = {
            name
            for name, one in self.installed.items()
            if not self.unmet_facts(one) and any(map(self.has_mode, one.modes))
        }
        while True:
            kept = set(arranged({name: self._lower(name, left) for name in left}))
            if kept == left:
                return tuple(sorted(left))
            left = kept

    def _lower(self, name: str, left: set[str]) -> set[str]:
        """The modules of `left` that the installed version of `name` needs; itself, where it misses something there."""
        one = self.installed[name]
        lower: set[str] = set()
        for need in self.needs(one):
            if need.name not in left or not need.constraint.admits(self.installed[need.name].version):
                return {name}
            lower.add(need.name)
        is_served = all(self._provided_by[interface] & left - {name} for interface in self.open_interfaces(one))
        return lower if is_served else {name}

    @cached_property
    def _provided_by(self) -> dict[str, set[str]]:
        """By interface that an installed version consumes, the modules whose installed versions provide it."""
        found: dict[str, set[str]] = {interface: set() for one in self.installed.values() for interface in one.consumes}
        for name, one in self.installed.items():
            for interface in one.provides:
                found.setdefault(interface, set()).add(name)
        return found

    @cached_property
    def staying_names(self) -> frozenset[str]:
        """The same, to ask whether one of them is meant."""
        return frozenset(self.staying)

    @property
    def invalid(self) -> tuple[ModuleVersion, ...]:
        """The other installed ones, in order of name."""
        return tuple(self.installed[name] for name in sorted(self.installed) if name not in self.staying_names)
