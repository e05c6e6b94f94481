"""An audit: for every version whether it can be planned at all on one host, alone, and why not.

docs/audit.md says how the work is shared, and why that changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter
from types import MappingProxyType
from typing import Final

from las_solver.answer import Answer
from las_solver.audit_problem import AloneProblem, ExplainedProblem
from las_solver.audit_survival import Survival
from las_solver.backjumping import GaveUp, search
from las_solver.conflict import Conflict, explain_conflict
from las_solver.constraint import Requirement
from las_solver.descent import descend
from las_solver.graph import leads
from las_solver.model import Host, Request
from las_solver.newest import Newest
from las_solver.problem import Problem
from las_solver.propagation import bits_of
from las_solver.ranks import intervals_of, rank_in
from las_solver.sat import DEFAULT_BACKEND, Budget, Stopped, never
from las_solver.shelf import Shelf
from las_solver.source import Source
from las_solver.statement import Requested, Span, Statement

__all__ = ["Auditor", "Fate"]

_EXPLAINING: Final = 100_000
"""The SAT conflicts that one explanation may cost, as in plans."""
_ALONE: Final = Request(requirements=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one version, requested alone.

    `fits`: it can be planned; None if time ran out before that was known. Where it is False, `core` are the statements
    of the minimal core beside the request itself; not `minimal` where time ran out, or a budget in SAT conflicts.
    """

    fits: bool | None
    core: tuple[Statement, ...] = ()
    minimal: bool = True


_FITS: Final = Fate(fits=True)
_UNDECIDED: Final = Fate(fits=None)


class Auditor:
    """Audits modules of one source for one host, on which nothing is installed.

    Of `options` only those count that say nothing of single modules: modes and pre-releases.
    """

    def __init__(self, source: Source, host: Host, options: Request = _ALONE) -> None:
        alone = replace(host, installed=MappingProxyType({}), deprecated=frozenset())
        self._shelf = Shelf(source, alone)
        self._options = replace(_ALONE, modes=options.modes, prereleases=options.prereleases)
        self._survivors: dict[str, int] = {}
        self._problem = AloneProblem(self._shelf, self._options, self._survivors)
        self._survival = Survival(self._problem, self._survivors)
        self._whole = Problem(self._shelf, self._options, pruned=False)
        self._plannable: dict[str, int] = {}
        self._runs: dict[str, tuple[list[tuple[int, int]], int]] = {}
        self._edges: dict[str, tuple[str, ...]] = {}

    def fates(
        self,
        name: str,
        places: Collection[int] | None = None,
        *,
        limit: Callable[[], Callable[[], bool]] = lambda: never,
    ) -> Mapping[int, Fate]:
        """The fates of the versions of the module `name`, by rank from 0 (oldest); of those at `places` alone, if any.

        `limit` is called for each version and returns what is asked often meanwhile: once that answers True, the
        version is undecided, or why it cannot be planned is not reduced to a minimal core.
        """
        module = self._shelf.module(name)
        asked = range(len(module)) if places is None else sorted(places)
        if not asked:
            return {}
        self._survival.reach(name)
        versions = self._problem.domain(name).versions
        known: dict[int, Fate] = {}
        found: dict[int, Fate] = {}
        for place in asked:
            stop = limit()
            fits = self._fits(name, place, rank_in(versions, module.versions[place]), stop)
            found[place] = _FITS if fits else _UNDECIDED if fits is None else self._why_not(name, place, known, stop)
        return found

    # Whether

    def _fits(self, name: str, place: int, rank: int | None, stop: Callable[[], bool]) -> bool | None:
        """Whether the version at `place`, which has `rank` in the domain of the module, can be planned."""
        try:
            if self._is_named(name, place):
                problem = Problem(self._shelf, self._request(name, place))
                return Newest(problem, DEFAULT_BACKEND, stop=stop, eager=False, descent=True).exists()
            if rank is None or not self._survivors[name] >> rank & 1:
                return False
            return bool(self._plannable.get(name, 0) >> rank & 1) or self._is_found(name, rank, stop)
        except Stopped:
            return None

    def _is_named(self, name: str, place: int) -> bool:
        """Whether the version is a pre-release that is eligible only where the request names it."""
        prereleases = self._shelf.prereleases(name)
        return (
            place in prereleases and len(prereleases) < len(self._shelf.module(name)) and not self._options.prereleases
        )

    def _request(self, name: str, place: int) -> Request:
        """The request for the version at `place`, and no other."""
        span = Span(name, place, place, self._shelf.module(name).versions)
        return replace(self._options, requirements=(Requirement.parse(f"{name}@{span.constraint}"),))

    def _is_found(self, name: str, rank: int, stop: Callable[[], bool]) -> bool:
        """Whether there is a valid answer with a module at a rank; if so, what it holds can be planned, too."""
        problem = self._problem
        problem.ask(name, rank)
        first = descend(problem, stop)
        if first is not None:
            self._note(first.answer)
            return True
        try:
            found = search(problem, stop)
        except GaveUp:
            return Newest(problem, DEFAULT_BACKEND, stop=stop, eager=False, descent=False).exists()
        if found is not None:
            self._note(found.modules)
        return found is not None

    def _note(self, answer: Answer) -> None:
        """Note that what a valid answer holds can be planned alone: each module of it, with what that leads to.

        That is not so where something in it admits a pre-release, which might not be there then. A version can take the
        place of one that is alike unless something in the answer that it leads to needs the module: needs make no
        circle, so that takes interfaces.
        """
        domains = {name: self._problem.domain(name) for name in answer}
        if any(rank in domains[name].conditional for name, rank in answer.items()):
            return
        consumes = any(domains[name].consumes(rank) for name, rank in answer.items())
        for name, rank in answer.items():
            alike = 1 << rank if consumes else self._alike(name, rank)
            self._plannable[name] = self._plannable.get(name, 0) | alike

    def _alike(self, name: str, rank: int) -> int:
        """The ranks in the domain of a module that are like `rank` in all but version, and eligible, as it is."""
        known = self._runs.get(name)
        if known is None:
            domain = self._problem.domain(name)
            known = self._runs[name] = domain.runs(), bits_of(intervals_of(domain.eligible))
        runs, eligible = known
        return bits_of((runs[bisect_right(runs, rank, key=itemgetter(0)) - 1],)) & eligible

    # Why not

    def _why_not(self, name: str, place: int, known: dict[int, Fate], stop: Callable[[], bool]) -> Fate:
        """Why the version at `place` cannot be planned; `known` are fates by what versions have in common.

        Versions that are alike have the same core unless something that is said in it tells them apart. Statements
        about the module itself do not, but for local and pre-release versions, which have spans of their own. Those
        about others that need it might, which takes a way from the module to itself.
        """
        module = self._shelf.module(name)
        version = module.versions[place]
        is_apart = version.local is not None or place in module.prereleases or self._leads_back(name)
        if is_apart:
            return self._explained(name, place, stop)
        low, _ = module.run(place)
        fate = known.get(low)
        if fate is None:
            fate = self._explained(name, place, stop)
            if fate.minimal:
                known[low] = fate
        return fate

    def _explained(self, name: str, place: int, stop: Callable[[], bool]) -> Fate:
        request = self._request(name, place)
        problem = (
            Problem(self._shelf, request, pruned=False)
            if self._is_named(name, place)
            else ExplainedProblem(self._shelf, request, self._whole)
        )
        conflict: Conflict = explain_conflict(problem, Budget(_EXPLAINING, stop))
        core = tuple(one for one in conflict.core if not isinstance(one, Requested))
        return Fate(fits=False, core=core, minimal=conflict.minimal)

    def _leads_back(self, name: str) -> bool:
        """Whether versions of the module `name` lead to it again, by needs and by providers of what they consume."""
        edges = _Edges(self._whole, self._edges)
        return any(leads(edges, other, name) for other in edges[name])


class _Edges(Mapping[str, tuple[str, ...]]):
    """The modules to which versions of each module lead, worked out when somebody asks."""

    def __init__(self, problem: Problem, known: dict[str, tuple[str, ...]]) -> None:
        self._problem = problem
        self._known = known

    def __getitem__(self, name: str) -> tuple[str, ...]:
        edges = self._known.get(name)
        if edges is None:
            domain = self._problem.domain(name)
            found: dict[str, None] = {}
            for low, _ in domain.runs():
                found.update((need.name, None) for need in domain.needs(low))
                for interface in domain.consumes(low):
                    found.update((other, None) for other in self._problem.providers(interface) if other != name)
            edges = self._known[name] = tuple(found)
        return edges

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
