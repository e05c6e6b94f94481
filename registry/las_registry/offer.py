"""What each of several registries has of a module, and whether it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from packaging.version import Version

    from las_registry.registry_shelf import RegistryShelf
    from las_registry.trust.policy import Policy
    from las_solver.source import RejectedManifest

__all__ = ["Fate", "Offer"]

Fate: TypeAlias = Literal["counts", "earlier", "rule", "absent"]
"""``counts``: this registry alone provides the module. ``earlier``: an earlier one does. ``rule``: the user lets only
other registries provide it. ``absent``: it has no module of that name, and could provide one."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the registry of a `shelf` has of the module called `name`, and what becomes of it."""

    shelf: RegistryShelf
    name: str
    fate: Fate

    @property
    def directory(self) -> str:
        """The registry's directory, as it is shown."""
        return self.shelf.directory

    @property
    def policy(self) -> Policy:
        """What is asked of the registry."""
        return self.shelf.trust.policy

    @property
    def is_there(self) -> bool:
        """Whether the registry has a module of that name, even if only in rejected manifests."""
        return self.shelf.has(self.name)

    @property
    def versions(self) -> tuple[Version, ...]:
        """The versions that can be used, newest first, whether they count or not."""
        ranked = self.shelf.ranked(self.name)
        return () if ranked is None else tuple(reversed(ranked.versions))

    @property
    def newest(self) -> Version | None:
        """The newest final version, or the newest at all if there is none; None if there are no versions."""
        ranked = self.shelf.ranked(self.name)
        if ranked is None:
            return None
        finals = (one for one in reversed(ranked.versions) if not one.is_prerelease)
        return next(finals, ranked.versions[-1])

    @property
    def rejected(self) -> tuple[RejectedManifest, ...]:
        """The rejected manifests of the module, in order of files; also those whose name cannot be read and that may
        be of it."""
        of_it = (one for one in self.shelf.rejections if one.name == self.name or one.name is None)
        return tuple([one.note(self.name) for one in of_it if one.is_about(self.name)])
