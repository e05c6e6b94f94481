"""What a registry asks of one of its directories."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from packaging.version import Version

    from las_registry.manifest import Manifest
    from las_registry.problem import Problem
    from las_registry.rejection import Rejection
    from las_registry.trust.standing import Standing
    from las_registry.trust.trust import Trust
    from las_solver.model import ModuleVersion
    from las_solver.ranked import RankedModule

__all__ = ["RegistryShelf"]


class RegistryShelf(Protocol):
    """What one directory of manifests holds."""

    @property
    def directory(self) -> str:
        """The directory, as it is shown."""
        ...

    @property
    def is_empty(self) -> bool:
        """Whether no manifest can be used."""
        ...

    @property
    def digest(self) -> str | None:
        """The digest of all manifests that can be used, None if nobody has worked it out; see `Registry.digest`."""
        ...

    @property
    def state(self) -> str:
        """What the files are known by as a whole; see :mod:`las_registry.compiled.state`."""
        ...

    @property
    def problems(self) -> Sequence[Problem]:
        """All problems, in order of files and lines."""
        ...

    @property
    def rejections(self) -> Sequence[Rejection]:
        """All rejected manifests."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is a module called `name`, even if only in rejected manifests."""
        ...

    def ranked(self, name: str) -> RankedModule | None:
        """All versions of the module called `name`, or None if there are none."""
        ...

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        """Every version of the module called `name`, newest first; empty if it is unknown."""
        ...

    def providers(self, interface: str) -> Collection[str]:
        """The names of all modules of which a version provides `interface`, in order."""
        ...

    def prerelease_namers(self, name: str) -> Collection[str]:
        """The names of all modules of which a version has an entry on `name` that names a pre-release, in order."""
        ...

    def names(self) -> Sequence[str]:
        """The names of all modules that have versions, in order."""
        ...

    def interfaces(self) -> Sequence[str]:
        """The names of all interfaces that a version provides, in order."""
        ...

    def manifest(self, name: str, version: Version) -> Manifest | None:
        """The manifest of one version, None where there is none."""
        ...

    def rejected(self, name: str) -> Sequence[Problem]:
        """What is wrong with the rejected manifests of the module called `name`."""
        ...

    def digest_lines(self) -> Iterable[str]:
        """The lines of the modules in the digest, in any order; see :mod:`las_registry.registry_digest`."""
        ...

    def signed(self) -> Iterable[Manifest]:
        """The manifests that carry a signature, in order of name, newest first."""
        ...

    def standing(self, name: str, version: Version) -> Standing | None:
        """Who vouches for the manifest of one version, by its own signature; None where there is none."""
        ...

    @property
    def trust(self) -> Trust:
        """What the manifests were checked against."""
        ...
