"""All versions of one module, ranked from 0 (oldest), with what a source may have worked out about them before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, Protocol, TypeAlias, runtime_checkable

from packaging.version import Version

from las_solver.constraint import Constraint
from las_solver.model import Hardware, ModuleVersion
from las_solver.ranks import Intervals, admitted_ranks, merged, rank_in

__all__ = ["Footprint", "RankedModule", "RankedSource"]

Footprint: TypeAlias = tuple[Hardware, tuple[str, ...]]
"""What a version asks of the host: hardware, and to allow one of these modes."""

_NOTHING_KNOWN: Final[Mapping[str, Intervals]] = {}


class RankedModule:
    """Every version of the module `name`, by rank.

    `candidates` and `versions` are sequences from old to new, which may make their items when they are asked for one;
    neither is iterated where a single item would do. `prereleases` are the ranks of pre-releases, and `newest` the rank
    of the newest final version, or of the newest at all. `runs` are the lowest ranks, in order and beginning with 0, of
    runs of neighbours that are alike: they differ in nothing but version, source and checksum. `footprints` are what
    versions ask of the host, different ones, each with the ranks that do. `known` are the ranks that constraints admit,
    by the constraint's text, so far as somebody worked them out; it may be asked about any.
    """

    __slots__ = (
        "_admitted",
        "_finals",
        "_known",
        "candidates",
        "footprints",
        "name",
        "newest",
        "prereleases",
        "runs",
        "versions",
    )

    def __init__(
        self,
        name: str,
        candidates: Sequence[ModuleVersion],
        versions: Sequence[Version],
        *,
        prereleases: frozenset[int],
        newest: int,
        runs: Sequence[int],
        footprints: Sequence[tuple[Footprint, Intervals]],
        known: Mapping[str, Intervals] = _NOTHING_KNOWN,
    ) -> None:
        self.name = name
        self.candidates = candidates
        self.versions = versions
        self.prereleases = prereleases
        self.newest = newest
        self.runs = runs
        self.footprints = footprints
        self._known = known
        self._finals: Sequence[int] | None = None
        self._admitted: dict[str, Intervals] = {}

    @classmethod
    def of(cls, name: str, versions: Sequence[ModuleVersion]) -> RankedModule:
        """The module of all `versions`, which stand from new to old."""
        candidates = tuple(versions[::-1])
        prereleases = frozenset([rank for rank, one in enumerate(candidates) if one.is_prerelease])
        last = len(candidates) - 1
        newest = next((rank for rank in range(last, -1, -1) if rank not in prereleases), last) if prereleases else last
        breaks = [rank for rank, (one, two) in enumerate(pairwise(candidates), 1) if not _are_alike(one, two)]
        runs = [0, *breaks] if candidates else []
        footprints: dict[Footprint, list[tuple[int, int]]] = {}
        for low, after in zip(runs, [*breaks, len(candidates)], strict=False):
            footprints.setdefault(_footprint(candidates[low]), []).append((low, after - 1))
        return cls(
            name,
            candidates,
            tuple([one.version for one in candidates]),
            prereleases=prereleases,
            newest=newest,
            runs=runs,
            footprints=[(one, merged(ranks)) for one, ranks in footprints.items()],
        )

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def finals(self) -> Sequence[int]:
        """The ranks that are no pre-releases."""
        finals = self._finals
        if finals is None:
            ranks = range(len(self))
            finals = [rank for rank in ranks if rank not in self.prereleases] if self.prereleases else ranks
            self._finals = finals
        return finals

    def rank(self, version: Version) -> int | None:
        """The rank of `version`; None if there is no such version."""
        return rank_in(self.versions, version)

    def run(self, rank: int) -> tuple[int, int]:
        """The lowest and the highest rank of the neighbours around `rank` that are alike."""
        runs = self.runs
        place = bisect_right(runs, rank)
        return runs[place - 1], (runs[place] if place < len(runs) else len(self)) - 1

    def admitted(self, constraint: Constraint) -> Intervals:
        """The ranks that `constraint` admits, pre-releases counted in."""
        text = constraint.text
        admitted = self._admitted.get(text)
        if admitted is None:
            admitted = self._known.get(text)
            if admitted is None:
                admitted = admitted_ranks(self.versions, constraint)
            self._admitted[text] = admitted
        return admitted


@runtime_checkable
class RankedSource(Protocol):
    """What a source may offer beside the methods of :class:`las_solver.source.Source`: plans are then found sooner."""

    def ranked(self, name: str) -> RankedModule | None:
        """All versions of the module called `name`, or None if there are none; the same as ``versions(name)``."""
        ...


def _footprint(one: ModuleVersion) -> Footprint:
    """What `one` asks of the host."""
    preferred = one.preferred_mode
    return one.hardware, one.modes if preferred is None or preferred in one.modes else (*one.modes, preferred)


def _are_alike(one: ModuleVersion, two: ModuleVersion) -> bool:
    return (
        one.requirements == two.requirements
        and one.runtimes == two.runtimes
        and one.hardware == two.hardware
        and one.modes == two.modes
        and one.preferred_mode == two.preferred_mode
        and one.provides == two.provides
        and one.consumes == two.consumes
        and one.system_packages == two.system_packages
        and one.category == two.category
    )
