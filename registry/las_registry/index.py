"""What a registry knows across modules: who provides an interface, and who names a pre-release of whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from las_registry.manifest import Manifest
from las_solver.constraint import Requirement

__all__ = ["Index"]

_Names = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The names of modules, in order, by the interface that they provide, and by the name of the module or runtime of
    which they name a pre-release."""

    providers: _Names
    prerelease_namers: _Names

    @classmethod
    def of(cls, manifests: Mapping[str, Sequence[Manifest]]) -> Index:
        """The index of manifests by module name."""
        providers: dict[str, set[str]] = {}
        namers: dict[str, set[str]] = {}
        # Versions of a module mostly need the same, and lists spelled alike are the same object (see Pool).
        seen: dict[int, tuple[str, ...]] = {}
        for name, several in manifests.items():
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
        return cls(providers=_in_order(providers), prerelease_namers=_in_order(namers))


def _prereleases_named(needs: Sequence[Requirement]) -> tuple[str, ...]:
    return tuple(one.name for one in needs if one.constraint.names_prerelease)


def _in_order(names: Mapping[str, set[str]]) -> _Names:
    return {key: tuple(sorted(several)) for key, several in names.items()}
