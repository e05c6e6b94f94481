"""What the contract says of single module versions and of sets of them, for the checker alone.

Written from the contract's sections 2 to 6 a second time, and shared with nothing that plans: what is wrong
in one of the two shows as a complaint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from packaging.version import Version

from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.source import Source

__all__ = ["Chosen", "Rules"]

Chosen = Mapping[str, ModuleVersion]
"""A set of module versions with at most one a module, by name."""


class Rules:
    """The rules for one source, host and request."""

    def __init__(self, source: Source, host: Host, request: Request) -> None:
        self.host = host
        self.request = request
        self._source = source
        self._versions: dict[str, tuple[ModuleVersion, ...]] = {}
        self._providers: dict[str, tuple[str, ...]] = {}
        self._eligible: dict[str, tuple[ModuleVersion, ...]] = {}
        self._standings: dict[str, dict[Version, tuple[int, int, int]]] = {}

    # What there is.

    def versions(self, name: str) -> tuple[ModuleVersion, ...]:
        """Every version of `name`, oldest first."""
        if name not in self._versions:
            found = sorted(self._source.versions(name), key=lambda one: one.version)
            self._versions[name] = tuple(found)
        return self._versions[name]

    def find(self, name: str, version: Version) -> ModuleVersion | None:
        """The manifest of `name` at `version`, if there is one."""
        return next((one for one in self.versions(name) if one.version == version), None)

    def admitted(self, requirement: Requirement) -> tuple[ModuleVersion, ...]:
        """The versions that `requirement` admits, oldest first, pre-releases counted in."""
        return tuple(one for one in self.versions(requirement.name) if requirement.constraint.admits(one.version))

    def providers(self, interface: str) -> tuple[str, ...]:
        """The modules that provide `interface` at some version: the preferred ones first, then by name."""
        if interface not in self._providers:
            names = sorted(set(self._source.providers(interface)))
            preferred = [name for name in dict.fromkeys(self.request.preferred) if name in names]
            others = [name for name in names if name not in set(preferred)]
            self._providers[interface] = (*preferred, *others)
        return self._providers[interface]

    @cached_property
    def requested(self) -> tuple[str, ...]:
        """The names of the requested modules, each once, in the order of the request."""
        return tuple(dict.fromkeys(requirement.name for requirement in self.request.requirements))

    # Single versions: section 4, items 3 to 5 and 10, and "eligible" of section 5.

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

    def may_run_in(self, name: str, mode: str) -> bool:
        """Whether host and caller allow `mode` for `name`; a forced mode is the only one for its module."""
        if self.host.modes is not None and mode not in self.host.modes:
            return False
        if name in self.request.forced_modes:
            return self.request.forced_modes[name] == mode
        return self.request.modes is None or mode in self.request.modes

    def mode(self, one: ModuleVersion) -> str | None:
        """The mode that `one` runs in (section 5), None where it has none that is allowed (item 5)."""
        allowed = [mode for mode in one.modes if self.may_run_in(one.name, mode)]
        if one.preferred_mode in allowed:
            return one.preferred_mode
        return allowed[0] if allowed else None

    def is_excluded(self, one: ModuleVersion) -> bool:
        """Whether the caller excluded `one` (item 10)."""
        return any(
            excluded.name == one.name and excluded.constraint.admits(one.version) for excluded in self.request.excluded
        )

    def is_asked_for(self, one: ModuleVersion) -> bool:
        """Whether the request's constraints on its module, if any, admit `one` (item 2)."""
        return all(
            requirement.constraint.admits(one.version)
            for requirement in self.request.requirements
            if requirement.name == one.name
        )

    def is_usable(self, one: ModuleVersion) -> bool:
        """Whether `one` passes by itself, pre-release or not."""
        return (
            self.is_asked_for(one)
            and not self.unmet_facts(one)
            and self.mode(one) is not None
            and not self.is_excluded(one)
        )

    def admits_prereleases(self, name: str) -> bool:
        """Whether pre-releases of `name` are eligible: by caller, by request, or as there is nothing else."""
        return (
            self.request.prereleases
            or any(
                requirement.name == name and requirement.constraint.names_prerelease
                for requirement in self.request.requirements
            )
            or all(one.version.is_prerelease for one in self.versions(name))
        )

    def eligible(self, name: str) -> tuple[ModuleVersion, ...]:
        """The eligible versions of `name`, oldest first."""
        if name not in self._eligible:
            with_prereleases = self.admits_prereleases(name)
            self._eligible[name] = tuple(
                one
                for one in self.versions(name)
                if (with_prereleases or not one.version.is_prerelease) and self.is_usable(one)
            )
        return self._eligible[name]

    def is_on_sufferance(self, one: ModuleVersion) -> bool:
        """Whether `one` is a pre-release that only a requirement of a chosen version can admit."""
        return one.version.is_prerelease and not self.admits_prereleases(one.name)

    def versions_behind(self, one: ModuleVersion) -> int:
        """How many eligible versions are newer."""
        return self._standing(one)[2]

    def distance(self, one: ModuleVersion) -> int:
        """What the strategy makes least: versions behind, or for `lowest` versions ahead."""
        return self._standing(one)[1 if self.request.strategy is Strategy.LOWEST else 2]

    def age(self, one: ModuleVersion) -> int:
        """Smaller for what the strategy prefers of two versions of a module."""
        place = self._standing(one)[0]
        return place if self.request.strategy is Strategy.LOWEST else -place

    def _standing(self, one: ModuleVersion) -> tuple[int, int, int]:
        """How many versions are older than `one`, how many eligible ones are, and how many eligible ones newer."""
        if one.name not in self._standings:
            eligible = {other.version for other in self.eligible(one.name)}
            standings: dict[Version, tuple[int, int, int]] = {}
            ahead = 0
            for place, other in enumerate(self.versions(one.name)):
                is_eligible = other.version in eligible
                standings[other.version] = (place, ahead, len(eligible) - ahead - is_eligible)
                ahead += is_eligible
            self._standings[one.name] = standings
        return self._standings[one.name][one.version]

    def newest(self, name: str) -> ModuleVersion:
        """The newest final version there is, or the newest at all."""
        versions = self.versions(name)
        return next((one for one in reversed(versions) if not one.version.is_prerelease), versions[-1])

    def leads(self, one: ModuleVersion) -> Iterator[str]:
        """The modules that `one` needs, and those that could provide what it consumes."""
        yield from (need.name for need in self.needs(one))
        for interface in self.open_interfaces(one):
            yield from self.providers(interface)

    # Sets of versions.

    def first_missing_interface(self, chosen: Iterable[ModuleVersion]) -> tuple[ModuleVersion, str] | None:
        """The first consumer with an interface that is not provided, and that interface."""
        together = tuple(chosen)
        providers: dict[str, set[str]] = {}
        for one in together:
            for interface in one.provides:
                providers.setdefault(interface, set()).add(one.name)
        for one in together:
            for interface in self.open_interfaces(one):
                if not providers.get(interface, set()) - {one.name}:
                    return one, interface
        return None

    def next_layer(self, decided: Chosen, layer: Iterable[str]) -> tuple[str, ...]:
        """What the versions of `layer` need that is not decided yet, in order (section 5)."""
        needed = (need.name for name in layer for need in self.needs(decided[name]))
        return tuple(name for name in dict.fromkeys(needed) if name not in decided)

    def names_prerelease(self, one: ModuleVersion, name: str) -> bool:
        """Whether an entry of `one` that is active names a pre-release of the module `name`."""
        return any(need.name == name and need.constraint.names_prerelease for need in self.needs(one))

    def unadmitted(self, chosen: Chosen) -> Iterator[ModuleVersion]:
        """The pre-releases in `chosen` that nothing admits (section 2)."""
        named = {need.name for one in chosen.values() for need in self.needs(one) if need.constraint.names_prerelease}
        return (one for one in chosen.values() if self.is_on_sufferance(one) and one.name not in named)

    def constructions(self, pool: Chosen, begun: Iterable[str] | None = None) -> Iterator[tuple[str, ...]]:
        """Every set of names that decision 0001 constructs from the versions of `pool`, in order of discovery.

        From the requested modules, or from `begun`: close under needs; where an interface is missing, choose
        one of its providers in `pool`; and so on. What is not in `pool` is left out.
        """
        start = tuple(name for name in (self.requested if begun is None else begun) if name in pool)
        open_ends = [self._closed(pool, start)]
        seen: set[frozenset[str]] = set()
        while open_ends:
            found = open_ends.pop()
            if frozenset(found) in seen:
                continue
            seen.add(frozenset(found))
            choices = self._choices(pool, found)
            if not choices:
                yield found
            open_ends.extend(self._closed(pool, (*found, name)) for name in reversed(choices))

    def _choices(self, pool: Chosen, found: tuple[str, ...]) -> tuple[str, ...]:
        """The providers of which one is to join `found`, best first; none where `pool` has nothing that is missing."""
        provided = {interface: set[str]() for name in found for interface in pool[name].consumes}
        for name in found:
            for interface in pool[name].provides:
                provided.setdefault(interface, set()).add(name)
        for name in found:
            for interface in self.open_interfaces(pool[name]):
                if not provided[interface] - {name}:
                    choices = tuple(
                        other
                        for other in self.providers(interface)
                        if other in pool and interface in pool[other].provides and other not in found
                    )
                    if choices:
                        return choices
        return ()

    def _closed(self, pool: Chosen, start: tuple[str, ...]) -> tuple[str, ...]:
        """`start` and all that it needs, layer by layer."""
        found = dict.fromkeys(start)
        layer = list(start)
        while layer:
            needed = (need.name for name in layer for need in self.needs(pool[name]))
            layer = [name for name in dict.fromkeys(needed) if name in pool and name not in found]
            found.update(dict.fromkeys(layer))
        return tuple(found)
