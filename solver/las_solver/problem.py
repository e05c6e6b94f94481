"""One request against one source and one host, as the solver asks about it: ranked versions and what each needs.

A problem is *pruned* for solving: its domains hold only the versions that pass by themselves. Unpruned, for explaining,
they hold every version, and what speaks against one is a statement like any other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.version import Version

from las_solver.constraint import Constraint, Requirement
from las_solver.feasibility import names_versions, objections, passes
from las_solver.model import ModuleVersion, Request, Strategy
from las_solver.ranked import RankedModule
from las_solver.ranks import Intervals, contains, intersect, merged, rank_in
from las_solver.shelf import Ranking, Shelf

if TYPE_CHECKING:
    from las_solver.capacity import Capacity

__all__ = ["Domain", "Need", "Problem"]

_RUN_LIMIT = 64
_Predicate = Callable[[int], bool]


class Need:
    """An entry of a manifest that needs a module, and the ranks in the domain of `name` that its constraint admits.

    `field` is ``modules``, or ``runtime`` where the host does not meet the entry. In one problem, equal needs are the
    same object.
    """

    __slots__ = ("_problem", "_ranks", "constraint", "field", "name")

    def __init__(self, problem: Problem, name: str, constraint: Constraint, field: str) -> None:
        self._problem = problem
        self._ranks: Intervals | None = None
        self.name = name
        self.constraint = constraint
        self.field = field

    @property
    def ranks(self) -> Intervals:
        """The ranks that meet the need. The first time this is asked, the module `name` is read."""
        ranks = self._ranks
        if ranks is None:
            ranks = self._ranks = self._problem.admitted(self.name, self.constraint)
        return ranks


class Domain:
    """The versions of one module that an answer could hold, ranked from 0 (oldest), each with what it needs.

    `conditional` holds the ranks that are not `eligible`: pre-releases that only a requirement can admit.
    """

    __slots__ = (
        "_alike",
        "_consumed",
        "_intervals",
        "_needs",
        "_problem",
        "_ranking",
        "candidates",
        "conditional",
        "name",
    )

    def __init__(self, problem: Problem, name: str, ranking: Ranking) -> None:
        self._problem = problem
        self._ranking = ranking
        self.name = name
        self.candidates = ranking.candidates
        self.conditional = ranking.conditional
        self._needs: dict[int, tuple[Need, ...]] = {}
        self._alike: dict[int, tuple[Need, ...]] = {}
        self._consumed: dict[int, tuple[str, ...]] = {}
        self._intervals: dict[tuple[str, str], Intervals] = {}

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def versions(self) -> Sequence[Version]:
        """The versions, by rank."""
        return self._ranking.versions

    @property
    def eligible(self) -> Sequence[int]:
        """The ranks of the eligible versions, sorted."""
        return self._ranking.eligible

    def admitted(self, constraint: Constraint) -> Intervals:
        """The ranks that `constraint` admits."""
        return self._ranking.admitted(constraint)

    def needs(self, rank: int) -> tuple[Need, ...]:
        """What the version at `rank` needs of other modules, in the order of its manifest."""
        needs = self._needs.get(rank)
        if needs is None:
            entries = self._ranking.entries(rank)
            needs = self._alike.get(id(entries))
            if needs is None:
                needs = tuple([self._problem.need(field, one) for field, one in entries])
                needs = self._alike.setdefault(id(entries), needs)
            self._needs[rank] = needs
        return needs

    def consumes(self, rank: int) -> tuple[str, ...]:
        """The interfaces that the version at `rank` needs another module to provide."""
        consumed = self._consumed.get(rank)
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
        return self._run(rank, lambda other: need in self.needs(other))

    def run_with_module(self, rank: int, name: str) -> tuple[int, int]:
        """Neighbouring ranks around `rank` of which each needs the module `name`."""
        return self._run(rank, lambda other: self.needs_module(other, name))

    def run_with_consumed(self, rank: int, interface: str) -> tuple[int, int]:
        """Neighbouring ranks around `rank` of which each consumes `interface`."""
        return self._run(rank, lambda other: interface in self.consumes(other))

    def run_alike(self, rank: int) -> tuple[int, int]:
        """Neighbouring ranks around `rank` that need the same modules, consume, provide and name the same.

        A conditional rank stands alone.
        """
        if rank in self.conditional:
            return rank, rank
        alike = self._connections(rank)
        return self._run(rank, lambda other: other not in self.conditional and self._connections(other) == alike)

    def _connections(self, rank: int) -> tuple[frozenset[tuple[str, bool]], tuple[str, ...], frozenset[str]]:
        needs = frozenset((need.name, need.constraint.names_prerelease) for need in self.needs(rank))
        return needs, self.consumes(rank), frozenset(self.candidates[rank].provides)

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
        return self._ranking.older(rank) if self._problem.lowest else self._ranking.newer(rank)

    def has_rival(self, rank: int, allowed: Intervals) -> bool:
        """Whether `allowed` holds a conditional version that is as far behind as `rank` and would win the tie."""
        ranking = self._ranking
        low, high = ranking.just_older(rank) if self._problem.lowest else ranking.just_newer(rank)
        return low <= high and bool(intersect(((low, high),), allowed))

    def newer(self, rank: int) -> int:
        """The number of eligible versions newer than the one at `rank`, under every strategy."""
        return self._ranking.newer(rank)

    def best(self, ranks: Intervals) -> int:
        """The rank among `ranks`, which are not empty, that the strategy would take first."""
        lowest = self._problem.lowest
        extreme = ranks[0][0] if lowest else ranks[-1][1]
        if self.conditional:
            ranking = self._ranking
            ordinary = ranking.oldest_eligible(ranks) if lowest else ranking.newest_eligible(ranks)
            if ordinary is not None and self.behind(ordinary) <= self.behind(extreme):
                return ordinary
        return extreme

    def runs(self) -> list[tuple[int, int]]:
        """The lowest and the highest rank of each run of neighbours that are alike."""
        return [self._ranking.run(low) for low in self._ranking.runs]

    def all_needs(self) -> Iterator[tuple[Need, int, int]]:
        """Every need of any version, with each run of neighbouring ranks that has it: its lowest and its highest."""
        begun: dict[Need, int] = {}
        for low in self._ranking.runs:
            needs = self.needs(low)
            for need in [one for one in begun if one not in needs]:
                yield need, begun.pop(need), low - 1
            for need in needs:
                begun.setdefault(need, low)
        for need, low in begun.items():
            yield need, low, len(self.candidates) - 1

    def _run(self, rank: int, holds: _Predicate) -> tuple[int, int]:
        """Neighbouring ranks around `rank` for which `holds` answers True, as it does for all that are alike."""
        low, high = self._ranking.run(rank)
        last = len(self.candidates) - 1
        while low > 0 and low > rank - _RUN_LIMIT and holds(low - 1):
            low, _ = self._ranking.run(low - 1)
        while high < last and high < rank + _RUN_LIMIT and holds(high + 1):
            _, high = self._ranking.run(high + 1)
        return low, high

    def _ranks(self, key: tuple[str, str], holds: _Predicate) -> Intervals:
        """The ranks for which `holds` answers True, as it does for all that are alike."""
        known = self._intervals.get(key)
        if known is None:
            known = merged(self._ranking.run(low) for low in self._ranking.runs if holds(low))
            self._intervals[key] = known
        return known


class Problem:
    """What the solver can ask of one request. Reads of the source no more than it is asked for.

    Pre-releases that the request, a pin or a lock names are eligible; without `names_admit` only as all others are.
    """

    def __init__(self, shelf: Shelf, request: Request, *, pruned: bool = True, names_admit: bool = True) -> None:
        self._shelf = shelf
        self.source = shelf.source
        self.host = shelf.host
        self.request = request
        self.pruned = pruned
        self._names_admit = names_admit
        self.lowest = request.strategy is Strategy.LOWEST
        self.keeps = request.strategy is Strategy.KEEP
        self.installed = shelf.installed
        self._domains: dict[str, Domain] = {}
        self._installed_ranks: dict[str, int | None] = {}
        self._needs: dict[tuple[str, str, str], Need] = {}
        self._requested: dict[str, list[Constraint]] = {}
        self._pins: dict[str, list[Constraint]] = {}
        for requirement in request.requirements:
            self._requested.setdefault(requirement.name, []).append(requirement.constraint)
        for pin in request.pinned:
            self._pins.setdefault(pin.name, []).append(pin.constraint)
        self._special = {
            *(requirement.name for requirement in request.requirements if requirement.constraint.text),
            *(requirement.name for requirement in (*request.excluded, *request.pinned)),
            *request.forced_modes,
        }

    @cached_property
    def requested(self) -> tuple[str, ...]:
        """The requested modules, in the order given, each once."""
        return tuple(self._requested)

    @cached_property
    def capacities(self) -> tuple[Capacity, ...]:
        """What the modules of an answer may only hold so much of."""
        if not (self.request.limits or self.request.together):
            return ()
        from las_solver.capacity import capacities_of  # late: few requests have any

        return capacities_of(self.host, self.request)

    @cached_property
    def disturbed(self) -> tuple[str, ...]:
        """The staying modules whose installed version does not pass by itself, in order of name."""
        names = self.installed.staying
        if self.request.modes is None and self.request.locked is None:
            names = tuple(name for name in sorted(self._special) if name in self.installed.is_staying)
        return tuple(name for name in names if self.installed_rank(name) is None)

    def installed_rank(self, name: str) -> int | None:
        """The rank of the installed version of the module `name`; None if it does not pass by itself."""
        if name in self._installed_ranks:
            return self._installed_ranks[name]
        found = rank_in(self.domain(name).versions, self.installed.modules[name].version)
        self._installed_ranks[name] = found
        return found

    def rest(self, name: str) -> int | None:
        """The rank at which the module `name` stays as it is installed; None if it does not."""
        return self.installed_rank(name) if name in self.installed.is_staying else None

    def may_go(self, name: str) -> bool:
        """Whether the module `name`, which is installed, may be removed."""
        return self.request.allow_removal or name in self.request.released

    def domain(self, name: str) -> Domain:
        """The versions of the module `name` that an answer could hold; empty if there are none."""
        domain = self._domains.get(name)
        if domain is None:
            domain = self._domains.setdefault(name, self._make_domain(name))
        return domain

    def close(self) -> None:
        """Let go of all domains: they and the problem hold each other, and would wait for the garbage collector."""
        self._domains.clear()
        self._needs.clear()

    def host_meets(self, runtime: Requirement) -> bool:
        """Whether the host itself provides `runtime`."""
        return self._shelf.host_meets(runtime)

    def newest(self, name: str) -> Version:
        """The newest final version of the module `name` in the registry; the newest at all if there is none."""
        return self._shelf.newest(name)

    def behind(self, chosen: ModuleVersion) -> int:
        """The number of eligible versions newer than `chosen`, under every strategy."""
        newest = self._shelf.module(chosen.name).versions[-1]
        if newest is chosen.version or newest == chosen.version:
            return 0
        domain = self.domain(chosen.name)
        return domain.newer(bisect_left(domain.versions, chosen.version))

    def is_read(self, name: str) -> bool:
        """Whether the versions of the module `name` were asked of the source yet."""
        return name in self._domains

    def admitted(self, name: str, constraint: Constraint) -> Intervals:
        """The ranks in the domain of `name` that `constraint` admits."""
        return self.domain(name).admitted(constraint)

    def need(self, field: str, requirement: Requirement) -> Need:
        """The need that an entry of a manifest states."""
        key = (field, requirement.name, requirement.constraint.text)
        need = self._needs.get(key)
        if need is None:
            need = self._needs.setdefault(key, Need(self, requirement.name, requirement.constraint, field))
        return need

    def providers(self, interface: str) -> Iterator[str]:
        """The modules that may provide `interface`: those that the caller prefers, then the others by name."""
        names = set(self.source.providers(interface))
        for name in dict.fromkeys(self.request.preferred):
            if name in names:
                names.remove(name)
                yield name
        yield from sorted(names)

    def _make_domain(self, name: str) -> Domain:
        prereleases = self._shelf.prereleases(name)
        conditional = bool(prereleases) and not self._admits_prereleases(name, prereleases)
        request = self.request
        if not self.pruned or name in self._special or request.modes is not None or request.locked is not None:
            return Domain(self, name, self._rank(name, conditional=conditional))
        rankings = self._shelf.rankings
        ranking = rankings.get((name, conditional))
        if ranking is None:
            ranking = rankings.setdefault((name, conditional), self._rank(name, conditional=conditional))
        return Domain(self, name, ranking)

    def _admits_prereleases(self, name: str, prereleases: frozenset[int]) -> bool:
        """Whether every pre-release is eligible: by the caller, the request, a pin, a lock, or as all are ones."""
        return (
            self.request.prereleases
            or (self._names_admit and self._is_prerelease_named(name))
            or len(prereleases) == len(self._shelf.versions(name))
        )

    def lock_admits(self, name: str) -> bool:
        """Whether the lock of the request admits a pre-release of the module `name`."""
        return self._shelf.lock_admits(name, self.request)

    def _is_prerelease_named(self, name: str) -> bool:
        return self.lock_admits(name) or any(
            one.names_prerelease for one in (*self._requested.get(name, ()), *self._pins.get(name, ()))
        )

    def _rank(self, name: str, *, conditional: bool) -> Ranking:
        """The versions of the module `name`, in a pruned problem those that pass by themselves."""
        module = self._shelf.module(name)
        prereleases = self._shelf.prereleases(name) if conditional else frozenset[int]()
        kept: Sequence[int] = range(len(module))
        if self.pruned:
            kept = self._lockable(name, module, self._requestable(name, kept))
            if prereleases and not self._shelf.has_prerelease_namers(name):
                is_all = len(kept) == len(module) and prereleases is module.prereleases
                kept = module.finals if is_all else [place for place in kept if place not in prereleases]
            kept = self._feasible(name, module, kept)
        if prereleases and len(kept) < len(module):
            prereleases = frozenset(rank for rank, place in enumerate(kept) if place in prereleases)
        return Ranking(self._shelf, module, kept, prereleases)

    def _requestable(self, name: str, places: Sequence[int]) -> Sequence[int]:
        """Those of `places`, which are all, that the request's constraints on the module `name` admit."""
        constraints = [one for one in self._requested.get(name, ()) if one.text]
        if not constraints:
            return places
        admitted: Intervals = ((0, len(places) - 1),) if places else ()
        for constraint in constraints:
            admitted = intersect(admitted, self._shelf.admitted(name, constraint))
        return [place for low, high in admitted for place in range(low, high + 1)]

    def _lockable(self, name: str, module: RankedModule, places: Sequence[int]) -> Sequence[int]:
        """Those of `places` that a lock does not speak against: one at most, if there is a lock."""
        locked, installed = self.request.locked, self.host.installed
        if locked is None or name in self.request.unlocked:
            return places
        version = locked[name] if name in locked else installed[name].version if name in installed else None
        place = None if version is None else module.rank(version)
        return () if place is None or place not in places else (place,)

    def _feasible(self, name: str, module: RankedModule, places: Sequence[int]) -> Sequence[int]:
        """Those of `places` that nothing speaks against."""
        host, request = self.host, self.request
        failing = [
            ranks for (hardware, modes), ranks in module.footprints if not passes(hardware, modes, name, host, request)
        ]
        if len(failing) == len(module.footprints):
            return ()
        if failing:  # at once: each of 100,000 versions may need something of its own
            failed = {place for ranks in failing for low, high in ranks for place in range(low, high + 1)}
            places = [place for place in places if place not in failed]
        if names_versions(name, host, request):
            places = [place for place in places if not objections(module.candidates[place], host, request)]
        return places

    def request_ranks(self, name: str) -> Intervals:
        """The ranks in the domain of a requested module that the request's constraints on it admit."""
        domain = self.domain(name)
        ranks: Intervals = ((0, len(domain) - 1),) if len(domain) else ()
        for constraint in self._requested.get(name, ()):
            ranks = intersect(ranks, self.admitted(name, constraint))
        return ranks

    def provides(self, name: str, rank: int, interface: str) -> bool:
        """Whether the module `name` provides `interface` at `rank`."""
        return contains(self.domain(name).providing(interface), rank)
