"""What a planner keeps of its source between requests: ranked versions, and what the host alone decides about them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeVar, overload

from packaging.version import Version

from las_solver.constraint import Constraint, Requirement
from las_solver.installed import Installed, InstalledSource
from las_solver.model import Host, ModuleVersion, Request
from las_solver.ranked import RankedModule, RankedSource
from las_solver.ranks import Intervals, merged
from las_solver.source import Source, in_order

__all__ = ["Entry", "Ranking", "Shelf"]

Item = TypeVar("Item")


class Ranking:
    """Versions of one module, ranked from 0 (oldest), of which some are *conditional*.

    They are those of `module` at `places`. A conditional version is a pre-release that only a requirement of another
    module can admit; the others are eligible. `eligible` holds their ranks, sorted.
    """

    def __init__(self, shelf: Shelf, module: RankedModule, places: Sequence[int], conditional: frozenset[int]) -> None:
        self._shelf = shelf
        self._module = module
        self._is_whole = len(places) == len(module)
        self._places = places
        self.conditional = conditional
        self.eligible: Sequence[int] = range(len(places))
        if conditional:
            is_known = self._is_whole and conditional is module.prereleases
            self.eligible = module.finals if is_known else [rank for rank in self.eligible if rank not in conditional]
        self.candidates: Sequence[ModuleVersion] = module.candidates
        self.versions: Sequence[Version] = module.versions
        if not self._is_whole:
            self.candidates, self.versions = _At(module.candidates, places), _At(module.versions, places)
        self._admitted: dict[str, Intervals] = {}
        self._entries: dict[int, tuple[Entry, ...]] = {}

    def __len__(self) -> int:
        return len(self._places)

    @cached_property
    def runs(self) -> Sequence[int]:
        """The lowest ranks of runs of neighbours that are alike, in order."""
        if self._is_whole:
            return self._module.runs
        places = self._places
        return sorted({bisect_left(places, low) for low in self._module.runs if low <= places[-1]}) if places else []

    def newer(self, rank: int) -> int:
        """The number of eligible versions newer than the one at `rank`."""
        return len(self.eligible) - bisect_right(self.eligible, rank)

    def older(self, rank: int) -> int:
        """The number of eligible versions older than the one at `rank`."""
        return bisect_left(self.eligible, rank)

    def just_newer(self, rank: int) -> tuple[int, int]:
        """The first and the last rank of the conditional versions between `rank` and the next newer eligible one."""
        place = bisect_right(self.eligible, rank)
        return rank + 1, (self.eligible[place] if place < len(self.eligible) else len(self)) - 1

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
        if self._is_whole:
            return self._module.admitted(constraint)
        admitted = self._admitted.get(constraint.text)
        if admitted is None:
            admitted = self._admitted[constraint.text] = self._ranks_at(self._module.admitted(constraint))
        return admitted

    def _ranks_at(self, intervals: Intervals) -> Intervals:
        """The ranks of those versions whose places in the whole module lie in `intervals`."""
        places = self._places
        ranks = [(bisect_left(places, low), bisect_right(places, high) - 1) for low, high in intervals]
        return merged((low, high) for low, high in ranks if low <= high)

    def run(self, rank: int) -> tuple[int, int]:
        """The lowest and the highest rank of the neighbours around `rank` that are alike."""
        if self._is_whole:
            return self._module.run(rank)
        place = bisect_right(self.runs, rank)
        return self.runs[place - 1], (self.runs[place] if place < len(self.runs) else len(self)) - 1

    def entries(self, rank: int) -> tuple[Entry, ...]:
        """What the version at `rank` needs of other modules; the same object for those that are alike."""
        place, _ = self._module.run(self._places[rank])
        entries = self._entries.get(place)
        if entries is None:
            entries = self._entries.setdefault(place, self._shelf.entries(self._module.candidates[place]))
        return entries


class _At(Sequence[Item]):
    """The items of a sequence at some places."""

    __slots__ = ("_items", "_places")

    def __init__(self, items: Sequence[Item], places: Sequence[int]) -> None:
        self._items = items
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Item]:
        items = self._items
        return (items[place] for place in self._places)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | Sequence[Item]:
        if isinstance(at, slice):
            return _At(self._items, self._places[at])
        return self._items[self._places[at]]


Entry = tuple[str, Requirement]
"""What an entry of a manifest needs: ``modules``, or ``runtime`` if the host does not meet it, and the requirement."""


class Shelf:
    """The modules that a planner has read, for one host. Several threads may share it: what two of them work out at the
    same time is kept of the first.

    `registry` is what there is, `source` that and what is installed. `installed` says what stays of that: by default
    what the host lets stay.
    """

    def __init__(self, source: Source, host: Host, installed: Installed | None = None) -> None:
        self.registry = source
        self.source = InstalledSource(source, host.installed) if host.installed else source
        self._ranked_source = self.source if isinstance(self.source, RankedSource) else None
        self.host = host
        if installed is not None:
            self.installed = installed
        self._modules: dict[str, RankedModule] = {}
        self._prereleases: dict[str, frozenset[int]] = {}
        self._namers: dict[str, bool] = {}
        self._newest: dict[str, Version] = {}
        self.rankings: dict[tuple[str, bool], Ranking] = {}

    @cached_property
    def installed(self) -> Installed:
        """What is installed on the host, and which part of it stays."""
        return Installed(self.host)

    def module(self, name: str) -> RankedModule:
        """All versions of the module `name`; none if there is no such module."""
        module = self._modules.get(name)
        if module is None:
            if self._ranked_source is None:
                module = RankedModule.of(name, in_order(name, self.source.versions(name)))
            else:
                module = self._ranked_source.ranked(name) or RankedModule.of(name, ())
            module = self._modules.setdefault(name, module)
        return module

    def count(self) -> int:
        """How many modules were read."""
        return len(self._modules)

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        """Every version of the module `name`, from old to new."""
        return self.module(name).candidates

    def admitted(self, name: str, constraint: Constraint) -> Intervals:
        """The places of the versions in :meth:`versions` that `constraint` admits."""
        return self.module(name).admitted(constraint)

    def prereleases(self, name: str) -> frozenset[int]:
        """The places of the pre-releases in :meth:`versions`, without the one that is installed."""
        module = self.module(name)
        if not module.prereleases or not self.host.installed:
            return module.prereleases
        places = self._prereleases.get(name)
        if places is None:
            places, versions = module.prereleases, module.versions
            if (installed := self.host.installed.get(name)) is not None and len(places) < len(versions):
                places = frozenset(place for place in places if versions[place] != installed.version)
            self._prereleases[name] = places
        return places

    def has_prerelease_namers(self, name: str) -> bool:
        """Whether an entry of another module on `name` may name a pre-release."""
        named = self._namers.get(name)
        if named is None:
            named = self._namers[name] = any(namer != name for namer in self.source.prerelease_namers(name))
        return named

    def lock_admits(self, name: str, request: Request) -> bool:
        """Whether the lock of `request` admits a pre-release of the module `name`.

        It does if it has one that no entry of a version in the lock names: for the others, that entry speaks.
        """
        locked = {} if request.locked is None else request.locked
        if name not in locked or name in request.unlocked or not locked[name].is_prerelease:
            return False
        return not any(
            named.name == name and named.constraint.names_prerelease
            for namer in self.source.prerelease_namers(name)
            if namer in locked and (rank := self.module(namer).rank(locked[namer])) is not None
            for candidate in (self.versions(namer)[rank],)
            for named in (*candidate.requirements, *candidate.runtimes)
        )

    def newest(self, name: str) -> Version:
        """The newest final version of the module `name` in the registry, or the newest at all, or what is installed."""
        newest = self._newest.get(name)
        if newest is None:
            module = self.module(name)
            if name in self.host.installed and (versions := self.registry.versions(name)):
                module = RankedModule.of(name, versions)
            newest = self._newest[name] = module.versions[module.newest]
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
