"""What is installed on a host: which part of it stays, what is already invalid, and a source that knows of it.

docs/decisions/0017 defines these words.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence

from las_solver.constraint import Constraint, Requirement
from las_solver.feasibility import objections
from las_solver.graph import find_cycles, on_cycles
from las_solver.model import Hardware, Host, ModuleVersion, Request
from las_solver.plan import Invalid
from las_solver.ranked import RankedModule, RankedSource
from las_solver.source import InformedSource, Note, Source, in_order

__all__ = ["Installed", "InstalledSource"]


class Installed:
    """The modules that are installed on `host`.

    `staying` are the names of the largest part that is valid by itself, in order, and `is_staying` in no order;
    `invalid` are the others.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.modules: Mapping[str, ModuleVersion] = host.installed
        self._needs: dict[str, tuple[Requirement, ...]] = {}
        self._consumes: dict[str, tuple[str, ...]] = {}
        self._providers: dict[str, list[str]] = {}
        for name, one in sorted(self.modules.items()):
            unmet = [entry for entry in one.runtimes if not self._meets(entry)] if one.runtimes else ()
            self._needs[name] = (*one.requirements, *unmet)
            if one.consumes:
                self._consumes[name] = tuple(other for other in one.consumes if other not in host.interfaces)
            for interface in one.provides:
                self._providers.setdefault(interface, []).append(name)
        reasons = self._reasons()
        self.staying: tuple[str, ...] = tuple([name for name in self._needs if name not in reasons])
        self.is_staying = frozenset(self.staying)
        self.invalid = tuple(Invalid(name, self.modules[name].version, reasons[name]) for name in sorted(reasons))
        self._dependents: dict[str, list[str]] | None = None

    def dependents(self, name: str) -> Sequence[str]:
        """The staying modules that, as they are installed, need the module `name`, or consume what it provides."""
        if self._dependents is None:
            dependents: dict[str, list[str]] = {}
            for user in self.staying:
                for target in self._used(user) - {user}:
                    dependents.setdefault(target, []).append(user)
            self._dependents = dependents  # once it is whole, as another thread may ask, too
        return self._dependents.get(name, ())

    def needing(self, *names: Collection[str]) -> dict[str, dict[str, list[Constraint]]]:
        """For each of `names`, the installed modules that need it as they are installed, with their constraints."""
        wanted = {name for several in names for name in several}
        found: dict[str, dict[str, list[Constraint]]] = {}
        for user, needs in self._needs.items():
            for need in needs:
                if need.name in wanted:
                    found.setdefault(need.name, {}).setdefault(user, []).append(need.constraint)
        return found

    def consuming(self, name: str) -> list[str]:
        """The installed modules, in order, that consume an interface which `name` provides as it is installed."""
        provided = frozenset(self.modules[name].provides)
        return [user for user, consumed in self._consumes.items() if not provided.isdisjoint(consumed)]

    def _meets(self, runtime: Requirement) -> bool:
        version = self._host.runtimes.get(runtime.name)
        return version is not None and runtime.constraint.admits(version)

    def _used(self, name: str) -> set[str]:
        """The modules that the module `name` needs, and those that are installed and provide what it consumes."""
        used = {need.name for need in self._needs[name]}
        for interface in self._consumes.get(name, ()):
            used.update(self._providers.get(interface, ()))
        return used

    def _reasons(self) -> dict[str, str]:
        """Why modules are invalid, by name: what is wrong with each itself, then what it shares with those."""
        reasons: dict[str, str] = {}
        passing: set[tuple[Hardware, tuple[str, ...]]] = set()
        for name, one in self.modules.items():
            alike = one.hardware, one.modes
            reason = None if alike in passing else self._objection(one)
            if reason is None:
                passing.add(alike)
                reason = self._unmet(name)
            if reason is not None:
                reasons[name] = reason
        for name in sorted(self._on_cycles()):
            reasons.setdefault(name, "it lies on a circle of modules that need one another")
        if reasons:
            self._inherit(reasons)
        return reasons

    def _objection(self, one: ModuleVersion) -> str | None:
        for objection in objections(one, self._host, _NOTHING):
            from las_solver.sentence import objection_text  # late: hardly any machine has invalid modules

            return objection_text(objection)
        return None

    def _unmet(self, name: str) -> str | None:
        for need in self._needs[name]:
            there = self.modules.get(need.name)
            if there is None:
                return f"it needs {need}, which is not installed"
            if need.constraint.text and not need.constraint.admits(there.version):
                return f"it needs {need}, and {there} is installed"
        for interface in self._consumes.get(name, ()):
            if all(provider == name for provider in self._providers.get(interface, ())):
                return f"it needs a module that provides {interface}, and none is installed"
        return None

    def _inherit(self, reasons: dict[str, str]) -> None:
        """Add to `reasons` the modules that need those that have one, and so on."""
        users: dict[str, set[str]] = {}
        consumers: dict[str, list[str]] = {}
        for name, needs in self._needs.items():
            for need in needs:
                users.setdefault(need.name, set()).add(name)
            for interface in self._consumes.get(name, ()):
                consumers.setdefault(interface, []).append(name)
        left = {interface: set(providers) for interface, providers in self._providers.items()}
        gone = list(reasons)
        inherited: list[str] = []
        for name in gone:
            losing = users.get(name, set())
            for interface in self.modules[name].provides:
                left[interface].discard(name)
                if len(left[interface]) < 2:  # what is left may be the consumer itself
                    losing = losing.union(one for one in consumers.get(interface, ()) if left[interface] <= {one})
            fresh = [user for user in losing if user not in reasons]
            reasons.update((user, "") for user in fresh)
            inherited.extend(fresh)
            gone.extend(fresh)
        reasons.update((name, self._inherited_reason(name, reasons)) for name in inherited)

    def _inherited_reason(self, name: str, gone: Collection[str]) -> str:
        for need in self._needs[name]:
            if need.name in gone:
                return f"it needs {need.name}, which is itself not valid"
        for interface in self._consumes.get(name, ()):
            if all(provider == name or provider in gone for provider in self._providers[interface]):
                return f"it needs {interface}, and what provides it is itself not valid"
        raise AssertionError(f"{name} needs nothing that is not valid")

    def _on_cycles(self) -> set[str]:
        def targets(name: str) -> list[str]:
            return [need.name for need in self._needs[name] if need.name in self.modules]

        return on_cycles(self.modules, targets) if find_cycles(self.modules, targets) else set()


_NOTHING = Request(requirements=())


class InstalledSource:
    """`source`, and the `installed` versions, each in place of the one of its number or beside the others."""

    def __init__(self, source: Source, installed: Mapping[str, ModuleVersion]) -> None:
        self._source = source
        self._installed = installed
        self._providers: dict[str, set[str]] = {}
        self._namers: dict[str, set[str]] = {}
        for name, one in installed.items():
            for interface in one.provides:
                self._providers.setdefault(interface, set()).add(name)
            for requirement in (*one.requirements, *one.runtimes):
                if requirement.constraint.names_prerelease:
                    self._namers.setdefault(requirement.name, set()).add(name)

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        known = self._source.versions(name)
        one = self._installed.get(name)
        if one is None:
            return known
        ascending = [other.version for other in reversed(known)]
        place = bisect_left(ascending, one.version)
        after = place + (ascending[place : place + 1] == [one.version])
        if after > place and known[len(known) - after] == one:
            return known
        return (*known[: len(known) - after], one, *known[len(known) - place :])

    def ranked(self, name: str) -> RankedModule | None:
        one = self._installed.get(name)
        if isinstance(self._source, RankedSource):
            known = self._source.ranked(name)
            if one is None or (known is not None and _has(known, one)):
                return known
        versions = self.versions(name)
        return RankedModule.of(name, in_order(name, versions)) if versions else None

    def providers(self, interface: str) -> Collection[str]:
        return self._with(self._source.providers(interface), self._providers.get(interface))

    def prerelease_namers(self, name: str) -> Collection[str]:
        return self._with(self._source.prerelease_namers(name), self._namers.get(name))

    def names(self) -> Iterable[str]:
        return sorted({*self._source.names(), *self._installed})

    def interfaces(self) -> Iterable[str]:
        known = self._source.interfaces() if isinstance(self._source, InformedSource) else ()
        return sorted({*known, *self._providers})

    def notes(self, name: str) -> Iterable[Note]:
        return self._source.notes(name) if isinstance(self._source, InformedSource) else ()

    @staticmethod
    def _with(known: Collection[str], more: set[str] | None) -> Collection[str]:
        return known if more is None or more.issubset(known) else tuple(sorted(more.union(known)))


def _has(known: RankedModule, one: ModuleVersion) -> bool:
    """Whether `one` is among the versions of `known`, described alike."""
    rank = known.rank(one.version)
    return rank is not None and known.candidates[rank] == one
