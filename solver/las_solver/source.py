"""The one interface through which the solver learns what exists, and a source that keeps everything in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Protocol

from las_solver.model import ModuleVersion

__all__ = ["MemorySource", "Source"]


class Source(Protocol):
    """What a planner has to be told about modules.

    Every method may be called many times and must answer the same each time; the planner asks for a module only when
    an answer could contain it. A source may therefore read lazily from a file, a database or a service.
    """

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        """Every version of the module called `name`, newest first, no two of them equal; empty if it is unknown."""
        ...

    def providers(self, interface: str) -> Collection[str]:
        """The names of all modules of which at least one version provides `interface`."""
        ...

    def prerelease_namers(self, name: str) -> Collection[str]:
        """The names of all modules of which a version has an entry on `name` that names a pre-release.

        See :attr:`las_solver.constraint.Constraint.names_prerelease`; both ``dependencies.modules`` and
        ``dependencies.runtime`` count. Modules beyond those do no harm, apart from speed.
        """
        ...

    def names(self) -> Iterable[str]:
        """The names of all modules. For diagnostics only: to suggest what an unknown name may have meant."""
        ...


class MemorySource:
    """A source over module versions that are at hand.

    Raises :class:`ValueError` if two of them have the same name and version.
    """

    def __init__(self, module_versions: Iterable[ModuleVersion]) -> None:
        by_name: dict[str, list[ModuleVersion]] = {}
        providers: dict[str, set[str]] = {}
        namers: dict[str, set[str]] = {}
        for candidate in module_versions:
            by_name.setdefault(candidate.name, []).append(candidate)
            for interface in candidate.provides:
                providers.setdefault(interface, set()).add(candidate.name)
            for requirement in (*candidate.requirements, *candidate.runtimes):
                if requirement.constraint.names_prerelease:
                    namers.setdefault(requirement.name, set()).add(candidate.name)
        self._versions: Mapping[str, tuple[ModuleVersion, ...]] = {
            name: tuple(sorted(versions, key=lambda one: one.version, reverse=True))
            for name, versions in by_name.items()
        }
        self._providers = {interface: tuple(sorted(names)) for interface, names in providers.items()}
        self._namers = {name: tuple(sorted(names)) for name, names in namers.items()}
        for name, versions in self._versions.items():
            for newer, older in pairwise(versions):
                if newer.version == older.version:
                    raise ValueError(f"{name} {older.version} is there twice")

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        return self._versions.get(name, ())

    def providers(self, interface: str) -> Collection[str]:
        return self._providers.get(interface, ())

    def prerelease_namers(self, name: str) -> Collection[str]:
        return self._namers.get(name, ())

    def names(self) -> Iterable[str]:
        return self._versions.keys()
