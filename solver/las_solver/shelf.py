"""What a planner keeps of its source between requests: ranked versions, and what the host alone decides about them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property

from packaging.version import Version

from las_solver.constraint import Constraint, Requirement
from las_solver.installed import Installed, InstalledSource
from las_solver.model import Host, ModuleVersion
from las_solver.ranks import Intervals, admitted_ranks
from las_solver.source import Source

__all__ = ["Entry", "Ranking", "Shelf"]


class Ranking:
    """Versions of one module, ranked from 0 (oldest), of which some are *conditional*.

    A conditional version is a pre-release that only a requirement of another module can admit; the others are eligible.
    `eligible` holds their ranks, sorted.
    """

    def __init__(self, shelf: Shelf, candidates: Iterable[ModuleVersion], conditional: frozenset[int]) -> None:
        self._shelf = shelf
        self.candidates = tuple(candidates)
        self.conditional = conditional
        self.versions: tuple[Version, ...] = tuple([one.version for one in self.candidates])
        ranks = range(len(self.candidates))
        self.eligible: Sequence[int] = [rank for rank in ranks if rank not in conditional] if conditional else ranks
        self._admitted: dict[str, Intervals] = {}
        self._entries: dict[int, tuple[Entry, ...]] = {}

    def __len__(self) -> int:
        return len(self.candidates)

    def newer(self, rank: int) -> int:
        """The number of eligible versions newer than the one at `rank`."""
        return len(self.eligible) - bisect_right(self.eligible, rank)

    def older(self, rank: int) -> int:
        """The number of eligible versions older than the one at `rank`."""
        return bisect_left(self.eligible, rank)

    def just_newer(self, rank: int) -> tuple[int, int]:
        """The first and the last rank of the conditional versions between `rank` and the next newer eligible one."""
        place = bisect_right(self.eligible, rank)
        return rank + 1, (self.eligible[place] if place < len(self.eligible) else len(self.candidates)) - 1

    def just_older(self, rank: int) -> tuple[int, int]:
        """The first and the last rank of the conditional versions between `rank` and the next older eligible one."""
        place = bisect_left(self.eligible, rank)
        return (self.eligible[place - 1] if place else -1) + 1, rank - 1

    def newest_eligible(self, ranks: Intervals) -> int | None:
        """The rank of the newest eligible version in `ranks`, if there is one."""
        eligible = self.eligible
        for low, high in reversed(ranks):
            place = bisect_right(eligible, high) - 1
            if place >= 0 and eligible[place] >= low:
                return eligible[place]
        return None

    def oldest_eligible(self, ranks: Intervals) -> int | None:
        """The rank of the oldest eligible version in `ranks`, if there is one."""
        eligible = self.eligible
        for low, high in ranks:
            place = bisect_left(eligible, low)
            if place < len(eligible) and eligible[place] <= high:
                return eligible[place]
        return None

    def admitted(self, constraint: Constraint) -> Intervals:
        """The ranks that `constraint` admits."""
        admitted = self._admitted.get(constraint.text)
        if admitted is None:
            admitted = self._admitted[constraint.text] = admitted_ranks(self.versions, constraint)
        return admitted

    def entries(self, rank: int) -> tuple[Entry, ...]:
        """What the version at `rank` needs of other modules."""
        entries = self._entries.get(rank)
        if entries is None:
            entries = self._entries[rank] = self._shelf.entries(self.candidates[rank])
        return entries


Entry = tuple[str, Requirement]
"""What an entry of a manifest needs: ``modules``, or ``runtime`` if the host does not meet it, and the requirement."""


class Shelf:
    """The modules that a planner has read, for one host.

    `registry` is what there is, `source` that and what is installed. `installed` says what stays of that: by default
    what the host lets stay.
    """

    def __init__(self, source: Source, host: Host, installed: Installed | None = None) -> None:
        self.registry = source
        self.source = InstalledSource(source, host.installed) if host.installed else source
        self.host = host
        if installed is not None:
            self.installed = installed
        self._versions: dict[str, tuple[ModuleVersion, ...]] = {}
        self._numbers: dict[str, tuple[Version, ...]] = {}
        self._prereleases: dict[str, frozenset[int]] = {}
        self._namers: dict[str, bool] = {}
        self._newest: dict[str, Version] = {}
        self.rankings: dict[tuple[str, bool], Ranking] = {}

    @cached_property
    def installed(self) -> Installed:
        """What is installed on the host, and which part of it stays."""
        return Installed(self.host)

    def versions(self, name: str) -> tuple[ModuleVersion, ...]:
        """Every version of the module `name`, from old to new."""
        versions = self._versions.get(name)
        if versions is None:
            versions = self._versions[name] = tuple(reversed(self.source.versions(name)))
        return versions

    def admitted(self, name: str, constraint: Constraint) -> Intervals:
        """The places of the versions in :meth:`versions` that `constraint` admits."""
        return admitted_ranks(self.numbers(name), constraint)

    def numbers(self, name: str) -> tuple[Version, ...]:
        """The numbers of the versions in :meth:`versions`."""
        numbers = self._numbers.get(name)
        if numbers is None:
            numbers = self._numbers[name] = tuple([one.version for one in self.versions(name)])
        return numbers

    def prereleases(self, name: str) -> frozenset[int]:
        """The places of the pre-releases in :meth:`versions`, without the one that is installed."""
        places = self._prereleases.get(name)
        if places is None:
            versions = self.versions(name)
            found = [place for place, one in enumerate(versions) if one.is_prerelease]
            if found and (installed := self.host.installed.get(name)) is not None and len(found) < len(versions):
                found = [place for place in found if versions[place].version != installed.version]
            places = self._prereleases[name] = frozenset(found)
        return places

    def has_prerelease_namers(self, name: str) -> bool:
        """Whether an entry of another module on `name` may name a pre-release."""
        named = self._namers.get(name)
        if named is None:
            named = self._namers[name] = any(namer != name for namer in self.source.prerelease_namers(name))
        return named

    def newest(self, name: str) -> Version:
        """The newest final version of the module `name` in the registry, or the newest at all, or what is installed."""
        newest = self._newest.get(name)
        if newest is None:
            versions = self.registry.versions(name) or self.versions(name)
            final = next((one for one in versions if not one.is_prerelease), versions[0])
            newest = self._newest[name] = final.version
        return newest

    def host_meets(self, runtime: Requirement) -> bool:
        """Whether the host itself provides `runtime`."""
        version = self.host.runtimes.get(runtime.name)
        return version is not None and runtime.constraint.admits(version)

    def entries(self, candidate: ModuleVersion) -> tuple[Entry, ...]:
        """The module entries of `candidate`, then its runtime entries that the host does not meet; each once."""
        entries = [("modules", one) for one in candidate.requirements]
        entries.extend(("runtime", one) for one in candidate.runtimes if not self.host_meets(one))
        return tuple(dict.fromkeys(entries))
