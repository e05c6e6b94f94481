"""What could be planned on some host by some request: modules as a host that has everything would need them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from las_solver.model import NO_HARDWARE, Host, ModuleVersion, Request
from las_solver.ranked import RankedModule
from las_solver.source import InformedSource, Note, Source

__all__ = ["IDEAL_HOST", "IDEAL_OPTIONS", "IdealSource"]

IDEAL_HOST: Final = Host()
IDEAL_OPTIONS: Final = Request(requirements=(), prereleases=True)


class IdealSource:
    """The modules of `source`, of which only needs of other modules are left.

    No host does more: it has the hardware, every mode, each runtime at every version, and every interface. So what
    cannot be planned here, with all pre-releases allowed, is in no answer for any host and request, as what a version
    needs in it would be a plan for the version alone. That holds for what the registry has; a machine may have
    versions installed that it has not.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ranked: dict[str, RankedModule] = {}

    def ranked(self, name: str) -> RankedModule | None:
        """All versions of the module called `name`, or None if there are none."""
        ranked = self._ranked.get(name)
        if ranked is None and (versions := self._source.versions(name)):
            ranked = self._ranked[name] = RankedModule.of(name, tuple(map(_ideal, versions)))
        return ranked

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        """Every version of the module called `name`, newest first; empty if it is unknown."""
        ranked = self.ranked(name)
        return () if ranked is None else ranked.candidates[::-1]

    def providers(self, interface: str) -> Collection[str]:
        """The names of all modules of which a version provides `interface`."""
        return self._source.providers(interface)

    def prerelease_namers(self, name: str) -> Collection[str]:
        """The names of all modules of which a version may name a pre-release of the module `name`."""
        return self._source.prerelease_namers(name)

    def names(self) -> Iterable[str]:
        """The names of all modules."""
        return self._source.names()

    def interfaces(self) -> Iterable[str]:
        """The names of all interfaces that a version provides."""
        return self._source.interfaces() if isinstance(self._source, InformedSource) else ()

    def notes(self, name: str) -> Iterable[Note]:
        """What does not count of the modules that are called `name`, or provide an interface of that name."""
        return self._source.notes(name) if isinstance(self._source, InformedSource) else ()


def _ideal(one: ModuleVersion) -> ModuleVersion:
    return replace(one, runtimes=(), hardware=NO_HARDWARE, consumes=())
