"""The one interface through which the solver learns what exists, and a source that keeps everything in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Protocol, TypeAlias, runtime_checkable

from packaging.version import Version

from las_solver.lazy_dataclass import dataclass
from las_solver.model import ModuleVersion
from las_solver.ranked import RankedModule

__all__ = ["InformedSource", "MemorySource", "Note", "RejectedManifest", "ShadowedModule", "Source", "in_order"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedManifest:
    """A manifest that does not count, because of mistakes.

    `module`, `version` and `provides` are what it describes, as far as that can be read (an unreadable name is guessed
    from its place); `place` is its file and line, e.g. ``cuda/manifest.yaml:7``, and `reason` its first mistake. All
    are single lines.
    """

    module: str
    version: Version | None
    provides: tuple[str, ...] = ()
    place: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowedModule:
    """Versions, newest first, in a `registry` which do not count: an earlier one has a module of that name, or the
    user says so by a `rule`, a pattern of names that belong to other registries."""

    module: str
    versions: tuple[Version, ...]
    registry: str
    rule: str | None = None


Note: TypeAlias = RejectedManifest | ShadowedModule
"""Something that exists and does not count."""


@runtime_checkable
class InformedSource(Protocol):
    """What a source may offer beside the methods of :class:`Source`, for diagnostics only: explanations then say more.

    Asked after it is known that no valid answer exists, about names and constraints that nothing meets.
    """

    def interfaces(self) -> Iterable[str]:
        """The names of all interfaces that a version provides."""
        ...

    def notes(self, name: str) -> Iterable[Note]:
        """What does not count of the modules that are called `name`, or provide an interface of that name."""
        ...


def in_order(name: str, versions: Sequence[ModuleVersion]) -> Sequence[ModuleVersion]:
    """`versions`, as a source names them; raises :class:`ValueError` if they are not as :class:`Source` has it.

    Without that, an answer would be called the newest that is not.
    """
    for one in versions:
        if one.name != name:
            raise ValueError(f"the source has {one} among the versions of {name}")
    for newer, older in pairwise(versions):
        if not newer.version > older.version:
            raise ValueError(f"the source has {newer} before {older}, and the newest comes first, each once")
    return versions


class MemorySource:
    """A source over module versions that are at hand; `notes` tell of what does not count beside them.

    Raises :class:`ValueError` if two versions have the same name and number.
    """

    def __init__(self, module_versions: Iterable[ModuleVersion], notes: Iterable[Note] = ()) -> None:
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
        self._notes = tuple(notes)
        self._ranked: dict[str, RankedModule] = {}

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        return self._versions.get(name, ())

    def ranked(self, name: str) -> RankedModule | None:
        ranked = self._ranked.get(name)
        if ranked is None and (versions := self.versions(name)):
            ranked = self._ranked.setdefault(name, RankedModule.of(name, versions))
        return ranked

    def providers(self, interface: str) -> Collection[str]:
        return self._providers.get(interface, ())

    def prerelease_namers(self, name: str) -> Collection[str]:
        return self._namers.get(name, ())

    def names(self) -> Iterable[str]:
        return self._versions.keys()

    def interfaces(self) -> Iterable[str]:
        return self._providers.keys()

    def notes(self, name: str) -> Iterable[Note]:
        return [
            note
            for note in self._notes
            if note.module == name or (isinstance(note, RejectedManifest) and name in note.provides)
        ]
