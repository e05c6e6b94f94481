"""A registry's directory whose manifests were all read into memory, looked up as a registry does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from las_registry.load import Shelf
from las_registry.registry_digest import module_line
from las_registry.trust.trust import NO_TRUST, Trust
from las_solver.ranked import RankedModule

if TYPE_CHECKING:
    from packaging.version import Version

    from las_registry.manifest import Manifest
    from las_registry.problem import Problem
    from las_registry.rejection import Rejection
    from las_registry.trust.standing import Standing
    from las_solver.constraint import Requirement
    from las_solver.model import ModuleVersion

__all__ = ["LoadedShelf"]


class LoadedShelf:
    """What a :class:`las_registry.load.Shelf` holds, as a :class:`las_registry.registry_shelf.RegistryShelf`."""

    def __init__(self, shelf: Shelf, trust: Trust = NO_TRUST) -> None:
        self._shelf = shelf
        self.trust = trust
        self._ranked: dict[str, RankedModule] = {}
        self.directory: str = shelf.directory
        self.problems: Sequence[Problem] = shelf.problems
        self.rejections: Sequence[Rejection] = shelf.rejections

    @property
    def is_empty(self) -> bool:
        return not self._shelf.manifests

    @property
    def digest(self) -> None:
        return None

    @cached_property
    def state(self) -> str:
        from las_registry.compiled.state import state_of  # late: only few ask

        return f"{state_of(self._shelf.contents.items()):x}"

    def has(self, name: str) -> bool:
        return name in self._shelf.manifests or name in self._shelf.rejected

    def ranked(self, name: str) -> RankedModule | None:
        module = self._ranked.get(name)
        if module is None:
            versions = self.versions(name)
            if not versions:
                return None
            module = self._ranked.setdefault(name, RankedModule.of(name, versions))
        return module

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        return tuple([one.module for one in self._shelf.manifests.get(name, ())])

    def providers(self, interface: str) -> Collection[str]:
        return self._across[0].get(interface, ())

    def prerelease_namers(self, name: str) -> Collection[str]:
        return self._across[1].get(name, ())

    def names(self) -> Sequence[str]:
        return sorted(self._shelf.manifests)

    def interfaces(self) -> Sequence[str]:
        return sorted(self._across[0])

    def manifest(self, name: str, version: Version) -> Manifest | None:
        return next((one for one in self._shelf.manifests.get(name, ()) if one.module.version == version), None)

    def rejected(self, name: str) -> Sequence[Problem]:
        return self._shelf.rejected.get(name, ())

    def digest_lines(self) -> Iterable[str]:
        return [module_line(name, [one.mark for one in several]) for name, several in self._shelf.manifests.items()]

    def standing(self, name: str, version: Version) -> Standing | None:
        manifest = self.manifest(name, version)
        return None if manifest is None else manifest.standing

    def signed(self) -> Iterator[Manifest]:
        for name in self.names():
            yield from (one for one in self._shelf.manifests[name] if one.signature is not None)

    @cached_property
    def _across(self) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
        """The names of modules, in order, by the interface that they provide, and by the name of the module or runtime
        of which they name a pre-release."""
        providers: dict[str, set[str]] = {}
        namers: dict[str, set[str]] = {}
        # Versions of a module mostly need the same, and lists spelled alike are the same object (see Pool).
        seen: dict[int, tuple[str, ...]] = {}
        for name, several in self._shelf.manifests.items():
            for manifest in several:
                module = manifest.module
                for interface in module.provides:
                    providers.setdefault(interface, set()).add(name)
                for needs in (module.requirements, module.runtimes):
                    if needs:
                        named = seen.get(id(needs))
                        if named is None:
                            named = seen[id(needs)] = _prereleases_named(needs)
                        for other in named:
                            namers.setdefault(other, set()).add(name)
        return _in_order(providers), _in_order(namers)


def _prereleases_named(needs: Sequence[Requirement]) -> tuple[str, ...]:
    return tuple(one.name for one in needs if one.constraint.names_prerelease)


def _in_order(names: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(several)) for key, several in names.items()}
