"""The registry: all modules that there are, looked up by name, constraint and interface (contract, section
8)."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from las_registry.index import Index
from las_registry.load import Progress, Shelf, load_directory
from las_registry.manifest import Manifest, Pool
from las_registry.problem import Problem, RegistryUnusable, printable
from las_solver.model import ModuleVersion
from las_solver.source import Note, ShadowedModule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.version import Version

    from las_solver.constraint import Requirement

__all__ = ["Registry", "default_directories"]


def default_directories() -> tuple[Path, ...]:
    """Where modules come from if nobody says otherwise: the bundled catalog."""
    return (Path(__file__).with_name("catalog") / "modules",)


class Registry:
    """All modules of one or more registries: a :class:`las_solver.source.Source` that is informed, and what people ask
    beyond that.

    Of several registries, the first that has a module's name, even if only in rejected manifests, is the
    only one that counts for it.
    """

    def __init__(self, shelves: Sequence[Shelf]) -> None:
        self._manifests: dict[str, tuple[Manifest, ...]] = {}
        self._rejected: dict[str, tuple[Problem, ...]] = {}
        self.problems: tuple[Problem, ...] = tuple(one for shelf in shelves for one in shelf.problems)
        self._shelves = tuple(shelves)
        for shelf in reversed(shelves):
            for name in shelf.names:
                self._manifests.pop(name, None)
                self._rejected.pop(name, None)
            self._manifests.update(shelf.manifests)
            self._rejected.update(shelf.rejected)

    @classmethod
    def load(
        cls, directories: Sequence[Path], *, on_progress: Progress | None = None, is_cached: bool = False
    ) -> Registry:
        """The registry of all manifests in `directories`, the first of them first.

        If `is_cached`, files that were accepted before are not parsed again; what was parsed is kept in the user's
        directory for caches. The registry is the same.

        Raises :class:`RegistryUnusable` if one of them is not a directory with manifests, or no manifest of
        any of them can be used.
        """
        pool = Pool()
        with _collection_paused():
            registry = cls(
                [load_directory(directory, pool, on_progress, is_cached=is_cached) for directory in directories]
            )
        if not registry._manifests:
            raise RegistryUnusable(
                "the registry holds no manifest that can be used" if registry.problems else "no registry was named",
                hint="correct its manifests" if registry.problems else "name a directory that holds manifests",
                problems=registry.problems,
            )
        return registry

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        """Every version of the module called `name`, newest first; empty if it is unknown."""
        return tuple(one.module for one in self._manifests.get(name, ()))

    def providers(self, interface: str) -> Collection[str]:
        """The names of all modules of which a version provides `interface`, in order."""
        return self._index.providers.get(interface, ())

    def prerelease_namers(self, name: str) -> Collection[str]:
        """The names of all modules of which a version has an entry on `name` that names a pre-release, in
        order."""
        return self._index.prerelease_namers.get(name, ())

    def names(self) -> Iterable[str]:
        """The names of all modules, in order."""
        return sorted(self._manifests)

    def interfaces(self) -> Iterable[str]:
        """The names of all interfaces that a version provides, in order."""
        return sorted(self._index.providers)

    def notes(self, name: str) -> Iterable[Note]:
        """What does not count of the modules that are called `name`, or provide an interface of that name: rejected
        manifests, and versions in a later registry than the first that has the module."""
        for place, shelf in enumerate(self._shelves):
            earlier = self._shelves[:place]
            for one in shelf.rejections:
                if one.is_about(name) and not any(one.name in other.names for other in earlier):
                    yield one.note(name)
            if name in shelf.manifests and any(name in other.names for other in earlier):
                versions = tuple(one.module.version for one in shelf.manifests[name])
                yield ShadowedModule(module=name, versions=versions, registry=printable(shelf.directory))

    def admitted(self, requirement: Requirement) -> tuple[ModuleVersion, ...]:
        """The versions that a requirement admits, newest first, pre-releases counted in."""
        admits = requirement.constraint.admits
        return tuple(one for one in self.versions(requirement.name) if admits(one.version))

    def manifest(self, name: str, version: Version) -> Manifest | None:
        """The manifest of one version, None where there is none."""
        return next((one for one in self._manifests.get(name, ()) if one.module.version == version), None)

    def rejected(self, name: str) -> tuple[Problem, ...]:
        """What is wrong with the rejected manifests of the module called `name`."""
        return self._rejected.get(name, ())

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and the digest of all manifests that count, whatever the names and the order of their files.

        It is over the sorted checksums; a manifest that carries none stands there with the digest of its file's bytes
        and its place in that file, since working out checksums takes much longer.
        """
        import hashlib  # late: a plan for people needs none

        marks = sorted(_mark(one) for several in self._manifests.values() for one in several)
        return "sha256:" + hashlib.sha256("\n".join(marks).encode()).hexdigest()

    @property
    def unchecked_signatures(self) -> tuple[ModuleVersion, ...]:
        """The versions whose manifests carry a signature: it is not checked, in order of name, newest
        first."""
        return tuple(one.module for name in self.names() for one in self._manifests[name] if one.signature is not None)

    @cached_property
    def _index(self) -> Index:
        return Index.of(self._manifests)


def _mark(manifest: Manifest) -> str:
    """What a manifest is known by, as cheap as it is to be had."""
    carried, stream = manifest.module.checksum, manifest.document.stream
    if carried is not None or stream is None:
        return carried or manifest.checksum
    return f"{stream.digest}:{manifest.document.index}"


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Cyclic garbage collection finds nothing while manifests are read, and would look through all of them
    often."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
