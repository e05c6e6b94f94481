"""One request against one source and one host, as the solver asks about it: ranked versions and what each needs.

A problem is *pruned* for solving: its domains hold only the versions that pass by themselves. Unpruned, for explaining,
they hold every version, and what speaks against one is a statement like any other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from packaging.version import Version

from las_solver.constraint import Constraint, Requirement
from las_solver.feasibility import objections
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.ranks import Intervals, admitted_ranks, contains, intersect, intervals_of
from las_solver.source import Source

__all__ = ["Domain", "Need", "Problem"]

_RUN_LIMIT = 64
_Predicate = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Need:
    """An entry of a manifest that needs a module: `field` is ``modules``, or ``runtime`` where the host does not meet it."""

    name: str
    constraint: Constraint
    field: str


class Domain:
    """The versions of one module that an answer could hold, ranked from 0 (oldest), each with what it needs.

    `eligible` holds the ranks of the eligible versions, sorted; the others are pre-releases that only a requirement of
    another module can admit, and are said to be *conditional*.
    """

    __slots__ = ("_consumed", "_intervals", "_needs", "_problem", "_runs", "candidates", "conditional", "eligible", "name", "versions")

    def __init__(self, problem: Problem, name: str, candidates: Sequence[ModuleVersion], conditional: frozenset[int]) -> None:
        self._problem = problem
        self.name = name
        self.candidates = tuple(candidates)
        self.versions: tuple[Version, ...] = tuple(one.version for one in candidates)
        self.conditional = conditional
        self.eligible = [rank for rank in range(len(self.candidates)) if rank not in conditional]
        self._needs: list[tuple[Need, ...] | None] = [None] * len(self.candidates)
        self._consumed: list[tuple[str, ...] | None] = [None] * len(self.candidates)
        self._intervals: dict[tuple[str, str], Intervals] = {}
        self._runs: dict[tuple[object, int], tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self.candidates)

    def needs(self, rank: int) -> tuple[Need, ...]:
        """What the version at `rank` needs of other modules, in the order of its manifest."""
        needs = self._needs[rank]
        if needs is None:
            needs = self._needs[rank] = self._problem.needs(self.candidates[rank])
        return needs

    def consumes(self, rank: int) -> tuple[str, ...]:
        """The interfaces that the version at `rank` needs another module to provide."""
        consumed = self._consumed[rank]
        if consumed is None:
            outside = self._problem.host.interfaces
            consumed = self.candidates[rank].consumes
            if outside:
                consumed = tuple(interface for interface in consumed if interface not in outside)
            self._consumed[rank] = consumed
        return consumed

    def needs_module(self, rank: int, name: str) -> bool:
        """Whether the version at `rank` needs the module `name`, at whatever version."""
        return any(need.name == name for need in self.needs(rank))

    def run_with_need(self, rank: int, need: Need) -> tuple[int, int]:
        """Neighbouring ranks around `rank` of which each has `need`."""
        return self._run(rank, need, lambda other: need in self.needs(other))

    def run_with_module(self, rank: int, name: str) -> tuple[int, int]:
        """Neighbouring ranks around `rank` of which each needs the module `name`."""
        return self._run(rank, name, lambda other: self.needs_module(other, name))

    def run_with_consumed(self, rank: int, interface: str) -> tuple[int, int]:
        """Neighbouring ranks around `rank` of which each consumes `interface`."""
        return self._run(rank, ("consumes", interface), lambda other: interface in self.consumes(other))

    def providing(self, interface: str) -> Intervals:
        """The ranks that provide `interface`."""
        return self._ranks(("provides", interface), lambda rank: interface in self.candidates[rank].provides)

    def consuming(self, interface: str) -> Intervals:
        """The ranks that need another module to provide `interface`."""
        return self._ranks(("consumes", interface), lambda rank: interface in self.consumes(rank))

    def needing(self, name: str) -> Intervals:
        """The ranks that need the module `name`."""
        return self._ranks(("needs", name), lambda rank: self.needs_module(rank, name))

    def naming_prerelease(self, name: str) -> Intervals:
        """The ranks with an active entry on the module `name` that names a pre-release, and so admits those."""
        return self._ranks(("names", name), lambda rank: self.names_prerelease(rank, name))

    def names_prerelease(self, rank: int, name: str) -> bool:
        """Whether the version at `rank` has an active entry on the module `name` that names a pre-release."""
        return any(need.name == name and need.constraint.names_prerelease for need in self.needs(rank))

    def behind(self, rank: int) -> int:
        """The number of eligible versions newer than the one at `rank` (older ones under the strategy `lowest`)."""
        if self._problem.lowest:
            return bisect_left(self.eligible, rank)
        return len(self.eligible) - bisect_right(self.eligible, rank)

    def best(self, ranks: Intervals) -> int:
        """The rank among `ranks`, which are not empty, that the strategy would take first."""
        lowest = self._problem.lowest
        if self.conditional:
            ordinary = intersect(ranks, intervals_of(self.eligible))
            if ordinary:
                extreme = ordinary[0][0] if lowest else ordinary[-1][1]
                overall = ranks[0][0] if lowest else ranks[-1][1]
                return extreme if self.behind(extreme) <= self.behind(overall) else overall
        return ranks[0][0] if lowest else ranks[-1][1]

    def _run(self, rank: int, key: object, holds: _Predicate) -> tuple[int, int]:
        known = self._runs.get((key, rank))
        if known is None:
            low = high = rank
            while low > 0 and low > rank - _RUN_LIMIT and holds(low - 1):
                low -= 1
            while high < len(self.candidates) - 1 and high < rank + _RUN_LIMIT and holds(high + 1):
                high += 1
            known = self._runs[key, rank] = (low, high)
        return known

    def _ranks(self, key: tuple[str, str], holds: _Predicate) -> Intervals:
        known = self._intervals.get(key)
        if known is None:
            known = self._intervals[key] = intervals_of([rank for rank in range(len(self.candidates)) if holds(rank)])
        return known


class Problem:
    """What the solver can ask of one request. Reads of `source` no more than it is asked for."""

    def __init__(self, source: Source, host: Host, request: Request, *, pruned: bool = True) -> None:
        self.source = source
        self.host = host
        self.request = request
        self.pruned = pruned
        self.lowest = request.strategy is Strategy.LOWEST
        self._domains: dict[str, Domain] = {}
        self._admitted: dict[tuple[str, str], Intervals] = {}
        self._requested: dict[str, list[Constraint]] = {}
        for requirement in request.requirements:
            self._requested.setdefault(requirement.name, []).append(requirement.constraint)

    @cached_property
    def requested(self) -> tuple[str, ...]:
        """The requested modules, in the order given, each once."""
        return tuple(self._requested)

    def domain(self, name: str) -> Domain:
        """The versions of the module `name` that an answer could hold; empty if there are none."""
        domain = self._domains.get(name)
        if domain is None:
            domain = self._domains[name] = self._make_domain(name)
        return domain

    def is_read(self, name: str) -> bool:
        """Whether the versions of the module `name` were asked of the source yet."""
        return name in self._domains

    def admitted(self, name: str, constraint: Constraint) -> Intervals:
        """The ranks in the domain of `name` that `constraint` admits."""
        key = (name, constraint.text)
        admitted = self._admitted.get(key)
        if admitted is None:
            admitted = self._admitted[key] = admitted_ranks(self.domain(name).versions, constraint)
        return admitted

    def needs(self, candidate: ModuleVersion) -> tuple[Need, ...]:
        """The module entries of `candidate`, then its runtime entries that the host does not meet."""
        modules = [Need(one.name, one.constraint, "modules") for one in candidate.requirements]
        if candidate.runtimes:
            modules.extend(
                Need(one.name, one.constraint, "runtime") for one in candidate.runtimes if not self.host_meets(one)
            )
        return tuple(modules)

    def host_meets(self, runtime: Requirement) -> bool:
        """Whether the host itself provides `runtime`."""
        version = self.host.runtimes.get(runtime.name)
        return version is not None and runtime.constraint.admits(version)

    def providers(self, interface: str) -> Iterator[str]:
        """The modules that may provide `interface`: those that the caller prefers, then the others by name."""
        names = set(self.source.providers(interface))
        for name in dict.fromkeys(self.request.preferred):
            if name in names:
                names.remove(name)
                yield name
        yield from sorted(names)

    def admits_prereleases(self, name: str, versions: Sequence[ModuleVersion]) -> bool:
        """Whether every pre-release of the module is eligible: by the caller, the request, or because all are ones."""
        return (
            self.request.prereleases
            or any(constraint.names_prerelease for constraint in self._requested.get(name, ()))
            or all(one.version.is_prerelease for one in versions)
        )

    def _make_domain(self, name: str) -> Domain:
        versions = self.source.versions(name)[::-1]
        if self.pruned:
            constraints = self._requested.get(name, ())
            conditional_too = self.admits_prereleases(name, versions) or self._has_prerelease_namers(name)
            candidates = [
                one
                for one in versions
                if (conditional_too or not one.version.is_prerelease)
                and all(constraint.admits(one.version) for constraint in constraints)
                and not objections(one, self.host, self.request)
            ]
        else:
            candidates = list(versions)
        if self.admits_prereleases(name, versions):
            return Domain(self, name, candidates, frozenset())
        conditional = frozenset(rank for rank, one in enumerate(candidates) if one.version.is_prerelease)
        return Domain(self, name, candidates, conditional)

    def _has_prerelease_namers(self, name: str) -> bool:
        return any(namer != name for namer in self.source.prerelease_namers(name))

    def request_ranks(self, name: str) -> Intervals:
        """The ranks in the domain of a requested module that the request's constraints on it admit."""
        domain = self.domain(name)
        ranks: Intervals = ((0, len(domain) - 1),) if len(domain) else ()
        for constraint in self._requested.get(name, ()):
            ranks = intersect(ranks, self.admitted(name, constraint))
        return ranks

    def eligible_newer(self, name: str, version: Version) -> int:
        """The number of eligible versions of the module `name` that are newer than `version`."""
        domain = self.domain(name)
        return sum(domain.versions[rank] > version for rank in domain.eligible)

    def provides(self, name: str, rank: int, interface: str) -> bool:
        """Whether the module `name` provides `interface` at `rank`."""
        return contains(self.domain(name).providing(interface), rank)
