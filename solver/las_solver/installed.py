"""What is installed on a host: which part of it stays, what is already invalid, and a source that knows of it.

docs/decisions/0017 defines these words.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from las_solver.constraint import Constraint
from las_solver.feasibility import objections
from las_solver.graph import find_cycles, on_cycles
from las_solver.model import Host, ModuleVersion, Request
from las_solver.plan import Invalid
from las_solver.source import InformedSource, Note, Source

__all__ = ["Installed", "InstalledSource"]


class Installed:
    """The modules that are installed on `host`.

    `staying` are the names of the largest part that is valid by itself, in order, and `is_staying` in no order;
    `invalid` are the others.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.modules: Mapping[str, ModuleVersion] = host.installed
        self._providers: dict[str, list[str]] = {}
        for name in sorted(self.modules):
            for interface in self.modules[name].provides:
                self._providers.setdefault(interface, []).append(name)
        reasons = self._reasons()
        self.staying: tuple[str, ...] = tuple([name for name in sorted(self.modules) if name not in reasons])
        self.is_staying = frozenset(self.staying)
        self.invalid = tuple(Invalid(name, self.modules[name].version, reasons[name]) for name in sorted(reasons))
        self._dependents: dict[str, list[str]] | None = None

    def dependents(self, name: str) -> Sequence[str]:
        """The staying modules that, as they are installed, need the module `name`, or consume what it provides."""
        if self._dependents is None:
            self._dependents = {}
            for user in self.staying:
                used = {target for target, _ in self._needs(user)}
                for interface in self._consumes(user):
                    used.update(self._providers.get(interface, ()))
                for target in used - {user}:
                    self._dependents.setdefault(target, []).append(user)
        return self._dependents.get(name, ())

    def needing(self, *names: Collection[str]) -> dict[str, dict[str, list[Constraint]]]:
        """For each of `names`, the installed modules that need it as they are installed, with their constraints."""
        wanted = {name for several in names for name in several}
        found: dict[str, dict[str, list[Constraint]]] = {}
        for user, one in self.modules.items():
            entries = (*one.requirements, *one.runtimes)
            for target, place in self._needs(user):
                if target in wanted:
                    found.setdefault(target, {}).setdefault(user, []).append(entries[place].constraint)
        return found

    def consuming(self, name: str) -> list[str]:
        """The installed modules, in order, that consume an interface which `name` provides as it is installed."""
        provided = frozenset(self.modules[name].provides)
        return [user for user in sorted(self.modules) if not provided.isdisjoint(self._consumes(user))]

    def _needs(self, name: str) -> Iterator[tuple[str, int]]:
        """The modules that the module `name` needs, each with the place of its entry."""
        one, met = self.modules[name], self._host.runtimes
        for place, entry in enumerate(one.requirements):
            yield entry.name, place
        for place, entry in enumerate(one.runtimes, len(one.requirements)):
            version = met.get(entry.name)
            if version is None or not entry.constraint.admits(version):
                yield entry.name, place

    def _consumes(self, name: str) -> Iterator[str]:
        outside = self._host.interfaces
        return (interface for interface in self.modules[name].consumes if interface not in outside)

    def _reasons(self) -> dict[str, str]:
        """Why modules are invalid, by name: what is wrong with each itself, then what it shares with those."""
        reasons: dict[str, str] = {}
        users: dict[str, set[str]] = {}
        for name in self.modules:
            reason = self._own_reason(name)
            if reason is not None:
                reasons[name] = reason
            for target, _ in self._needs(name):
                users.setdefault(target, set()).add(name)
            for interface in self._consumes(name):
                for provider in self._providers.get(interface, ()):
                    users.setdefault(provider, set()).add(name)
        for name in sorted(self._on_cycles()):
            reasons.setdefault(name, "it lies on a circle of modules that need one another")
        gone = list(reasons)
        inherited: list[str] = []
        for name in gone:
            for user in users.get(name, ()):
                if user not in reasons and self._inherits(user, reasons):
                    reasons[user] = ""
                    inherited.append(user)
                    gone.append(user)
        for name in inherited:
            reasons[name] = self._inherited_reason(name, reasons)
        return reasons

    def _own_reason(self, name: str) -> str | None:
        one = self.modules[name]
        for objection in objections(one, self._host, _NOTHING):
            from las_solver.sentence import objection_text  # late: hardly any machine has invalid modules

            return objection_text(objection)
        for target, place in self._needs(name):
            entry = (*one.requirements, *one.runtimes)[place]
            there = self.modules.get(target)
            if there is None:
                return f"it needs {entry}, which is not installed"
            if not entry.constraint.admits(there.version):
                return f"it needs {entry}, and {there} is installed"
        for interface in self._consumes(name):
            if not any(provider != name for provider in self._providers.get(interface, ())):
                return f"it needs a module that provides {interface}, and none is installed"
        return None

    def _inherits(self, name: str, gone: Collection[str]) -> bool:
        return any(target in gone for target, _ in self._needs(name)) or any(
            all(provider == name or provider in gone for provider in self._providers[interface])
            for interface in self._consumes(name)
        )

    def _inherited_reason(self, name: str, gone: Collection[str]) -> str:
        for target, _ in self._needs(name):
            if target in gone:
                return f"it needs {target}, which is itself not valid"
        interface = next(
            interface
            for interface in self._consumes(name)
            if all(provider == name or provider in gone for provider in self._providers[interface])
        )
        return f"it needs {interface}, and what provides it is itself not valid"

    def _on_cycles(self) -> set[str]:
        def targets(name: str) -> list[str]:
            return [target for target, _ in self._needs(name) if target in self.modules]

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
