"""What the contract says of single module versions and of sets of them, for the checker alone.

Written from the contract's sections 2 to 6, and decisions 0017 and 0022, a second time, and shared with nothing that
plans: what is wrong in one of the two shows as a complaint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from packaging.version import Version

from las_solver.check_capacity import Capacity, capacities
from las_solver.check_machine import Machine
from las_solver.constraint import Requirement
from las_solver.model import ModuleVersion, Request, Strategy

__all__ = ["Chosen", "Rules"]

Chosen = Mapping[str, ModuleVersion]
"""A set of module versions with at most one a module, by name."""


class Rules:
    """The rules for one request on a machine. What the machine says by itself is asked here, too."""

    def __init__(self, machine: Machine, request: Request) -> None:
        self.machine = machine
        self.host = machine.host
        self.request = request
        self.installed = machine.installed
        self.versions = machine.versions
        self.find = machine.find
        self.newest = machine.newest
        self.needs = machine.needs
        self.host_meets = machine.host_meets
        self.open_interfaces = machine.open_interfaces
        self.unmet_facts = machine.unmet_facts
        self._providers: dict[str, tuple[str, ...]] = {}
        self._eligible: dict[str, tuple[ModuleVersion, ...]] = {}
        self._standings: dict[str, dict[Version, tuple[int, int, int]]] = {}

    # What there is.

    def admitted(self, requirement: Requirement) -> tuple[ModuleVersion, ...]:
        """The versions that `requirement` admits, oldest first, pre-releases counted in."""
        return tuple(one for one in self.versions(requirement.name) if requirement.constraint.admits(one.version))

    def providers(self, interface: str) -> tuple[str, ...]:
        """The modules that provide `interface` at some version: the preferred ones first, then by name."""
        if interface not in self._providers:
            names = self.machine.providers(interface)
            preferred = tuple(name for name in dict.fromkeys(self.request.preferred) if name in names)
            self._providers[interface] = (*preferred, *(name for name in names if name not in set(preferred)))
        return self._providers[interface]

    def newer(self, one: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """The versions of the module of `one` that are newer, pre-releases counted in."""
        return tuple(other for other in self.versions(one.name) if other.version > one.version)

    @cached_property
    def requested(self) -> tuple[str, ...]:
        """The names of the requested modules, each once, in the order of the request."""
        return tuple(dict.fromkeys(requirement.name for requirement in self.request.requirements))

    @cached_property
    def capacities(self) -> tuple[Capacity, ...]:
        """What the modules of an answer must not hold more of than there is: decision 0022."""
        return capacities(self.host, self.request)

    # What is installed: section 4, item 8.

    @property
    def staying(self) -> tuple[str, ...]:
        """The installed modules that are a valid answer by themselves, in order of name."""
        return self.machine.staying

    def is_removable(self, name: str) -> bool:
        """Whether the caller allows to remove the installed module `name`."""
        return self.request.allow_removal or name in self.request.released

    @property
    def may_remove(self) -> bool:
        """Whether the caller allows to remove anything that would stay."""
        return any(map(self.is_removable, self.staying))

    def is_installed(self, one: ModuleVersion) -> bool:
        """Whether the version of `one` is the installed one of its module."""
        return one.name in self.installed and self.installed[one.name].version == one.version

    def action(self, one: ModuleVersion) -> str:
        """What is done so that `one` is there, compared with the version that is installed."""
        installed = self.installed.get(one.name)
        if installed is None:
            return "install"
        if installed.version == one.version:
            return "keep"
        return "upgrade" if installed.version < one.version else "downgrade"

    def is_changed(self, name: str, one: ModuleVersion | None) -> bool:
        """Whether the installed module `name` is changed in an answer with `one` (None: without it)."""
        return name in self.machine.staying_names if one is None else not self.is_installed(one)

    def removed(self, plan: Chosen) -> int:
        """How many staying modules are not in `plan`."""
        return sum(name not in plan for name in self.staying)

    def changed(self, plan: Chosen, names: Iterable[str]) -> int:
        """How many of `names`, which are installed, are changed in `plan`."""
        return sum(self.is_changed(name, plan.get(name)) for name in names)

    # Single versions: section 4, items 3 to 5 and 10, and "eligible" of section 5.

    def may_run_in(self, name: str, mode: str) -> bool:
        """Whether host and caller allow `mode` for `name`; a forced mode is the only one for its module."""
        if not self.machine.has_mode(mode):
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

    def is_deprecated(self, one: ModuleVersion) -> bool:
        """Whether `one` is deprecated, and not installed (item 10)."""
        return (one.name, one.version) in self.host.deprecated and not self.is_installed(one)

    def is_pinned_out(self, one: ModuleVersion) -> bool:
        """Whether a pin of its module does not admit `one`."""
        return any(pin.name == one.name and not pin.constraint.admits(one.version) for pin in self.request.pinned)

    def is_locked_out(self, one: ModuleVersion) -> bool:
        """Whether a lock has the module of `one` at another version; or not at all, where `one` is not installed."""
        if self.request.locked is None or one.name in self.request.unlocked:
            return False
        locked = self._locked_version(one.name)
        return not self.is_installed(one) if locked is None else locked != one.version

    def _locked_version(self, name: str) -> Version | None:
        """The only version of `name` that a lock admits, if there is one."""
        locked = self.request.locked
        return None if locked is None or name in self.request.unlocked else locked.get(name)

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
            and not self.is_deprecated(one)
            and not self.is_pinned_out(one)
            and not self.is_locked_out(one)
        )

    def admits_prereleases(self, name: str) -> bool:
        """Whether all pre-releases of `name` are eligible: by caller, request, pins, lock, or as there is no other."""
        return (
            self.request.prereleases
            or self._lock_admits(name)
            or any(
                requirement.name == name and requirement.constraint.names_prerelease
                for requirement in (*self.request.requirements, *self.request.pinned)
            )
            or all(one.is_prerelease for one in self.versions(name))
        )

    def _lock_admits(self, name: str) -> bool:
        """Whether a lock has a pre-release of `name` that no entry of a version in the lock names."""
        locked = self._locked_version(name)
        if locked is None or not locked.is_prerelease:
            return False
        versions = self.request.locked or {}
        others = (one for other in sorted(versions) for one in self.versions(other) if one.version == versions[other])
        entries = (entry for one in others for entry in (*one.requirements, *one.runtimes))
        return not any(entry.name == name and entry.constraint.names_prerelease for entry in entries)

    def eligible(self, name: str) -> tuple[ModuleVersion, ...]:
        """The eligible versions of `name`, oldest first."""
        if name not in self._eligible:
            with_prereleases = self.admits_prereleases(name)
            self._eligible[name] = tuple(
                one
                for one in self.versions(name)
                if (with_prereleases or not one.is_prerelease or self.is_installed(one)) and self.is_usable(one)
            )
        return self._eligible[name]

    def is_on_sufferance(self, one: ModuleVersion) -> bool:
        """Whether `one` is a pre-release that only a requirement of a chosen version can admit."""
        return one.is_prerelease and not self.is_installed(one) and not self.admits_prereleases(one.name)

    def versions_behind(self, one: ModuleVersion) -> int:
        """How many eligible versions are newer."""
        return self._standing(one)[2]

    def distance(self, one: ModuleVersion | None) -> int:
        """What the strategy makes least: versions behind, or for `lowest` versions ahead; none for what is absent."""
        return 0 if one is None else self._standing(one)[1 if self.request.strategy is Strategy.LOWEST else 2]

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
