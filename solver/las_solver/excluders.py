"""Why no newer version was chosen, where single versions show it: limits of its own, and needs of what was chosen.

An *excluder* is one statement or two that together rule out some versions of the module m in question:

- what m states or the caller asks of it: hardware, modes, exclusions, the request's constraint, what it was picked for,
  and that it is a pre-release which nothing in the registry names;
- x was chosen, and needs m at other versions;
- these versions of m need y at other versions than the one that was chosen, or than there are.

Most modules are held back by nothing else, and then no SAT solver is needed. Excluders are taken greedily until every
newer version is ruled out; then statements are left out, the last first, as long as the rest still rules out all.

*What is left is irreducible among all statements.* Without one of them, some newer version n is ruled out by no
excluder that is left. Take m at n, each x that is still said to be chosen at that version, and each y that n is still
said to need: at the chosen version where that is still said (it fits, or n would be ruled out), else at any that fits.
All that is left is true of this set. It is one, as no module is both an x and a y, and no version has two of the needs
for one y; where that is not so, there is no answer here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from itertools import chain

from las_solver.ground import _statement as statement_of
from las_solver.ground import missing, statements_about
from las_solver.lazy_dataclass import dataclass
from las_solver.place import Place, rank_of, span_of
from las_solver.problem import Need, Problem
from las_solver.ranks import Intervals, contains
from las_solver.sat import Stopped, never
from las_solver.statement import (
    Chosen,
    Cycle,
    Dependency,
    Deprecation,
    Exclusion,
    Fewest,
    HardwareLimit,
    LockLimit,
    ModeLimit,
    Picked,
    PinLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Span,
    Statement,
    module_of,
    spans_of,
    target_of,
)

__all__ = ["direct_reasons", "need_of_chosen", "picked_as"]

_About = HardwareLimit | ModeLimit | Exclusion | Deprecation | PinLimit | LockLimit
"""What rules out versions by itself."""


@dataclass(frozen=True, slots=True)
class _Excluder:
    """`statements` that rule out the versions of the module in question at `ranks`."""

    ranks: frozenset[int]
    statements: tuple[Statement, ...]


def direct_reasons(
    problem: Problem,
    pruned: Problem,
    place: Place,
    fewest: Sequence[Fewest] = (),
    *,
    stop: Callable[[], bool] = never,
) -> list[Statement] | None:
    """An irreducible set of statements that rule out every version newer than the one of `place`, if excluders do.

    `problem` is not pruned; `pruned` is the same request, as it was solved. `fewest` says how many changes come first.
    Raises :class:`las_solver.sat.Stopped` once `stop` answers True.
    """
    found = _Excluders(problem, pruned, place, fewest)
    excluders = [*found.about_itself(), *found.by_needs_of_chosen()]
    if not _covers(excluders, found.newer):
        excluders.extend(found.by_needs_of_its_own())
        if not _covers(excluders, found.newer):
            excluders.extend(found.by_what_may_not_change())
            if not _covers(excluders, found.newer):
                return None
    kept = _irreducible(excluders, found.newer, stop)
    return list(named(problem, kept)) if _is_plain(kept, place.name) else None


def mentioned(statements: Iterable[Statement]) -> set[str]:
    """The modules that `statements` are about, or need."""
    found: set[str] = set()
    for one in statements:
        if not isinstance(one, Cycle):
            found.add(module_of(one))
        if (target := target_of(one)) is not None:
            found.add(target.name)
    return found


def named(problem: Problem, statements: Sequence[Statement]) -> Iterator[Statement]:
    """`statements`, of which those about the fewest changes name the installed modules that the others are about."""
    installed = problem.installed
    for one in statements:
        if isinstance(one, Fewest):
            is_about_changes = one.what == "changes"
            about = mentioned(statements) if is_about_changes else {module_of(other) for other in statements}
            known = installed.modules if is_about_changes else installed.staying
            spans = [span_of(problem, installed.modules[name]) for name in sorted(about.intersection(known))]
            yield replace(one, about=tuple(spans))
        else:
            yield one


class _Excluders:
    """The excluders of one module, those that rule out nothing newer left out."""

    def __init__(self, problem: Problem, pruned: Problem, place: Place, fewest: Sequence[Fewest]) -> None:
        self._nothing_changes = next((one for one in fewest if one.what == "changes" and one.most == 0), None)
        self._problem = problem
        self._pruned = pruned
        self._place = place
        self._name = place.name
        self._domain = problem.domain(place.name)
        self._about: list[Statement] | None = None
        self.newer = range(rank_of(problem, place.chosen) + 1, len(self._domain))

    def about_itself(self) -> Iterator[_Excluder]:
        """By the request, the host, the caller's options, and by nature."""
        problem, name, domain = self._problem, self._name, self._domain
        for requirement in problem.request.requirements:
            if requirement.name == name:
                yield from self._all_but(problem.admitted(name, requirement.constraint), Requested(requirement))
        if self._place.is_picked:
            picked = picked_as(self._place)
            yield from self._all_but(domain.providing(picked.interface), picked)
        if not self._all_pass():
            for statement in self._statements():
                if isinstance(statement, _About):
                    yield from self._within(statement.span, statement)
        if domain.conditional and not problem.source.prerelease_namers(name):
            for span in spans_of(name, domain.versions, sorted(domain.conditional)):
                yield from self._within(span, PreRelease(span))

    def by_needs_of_chosen(self) -> Iterator[_Excluder]:
        """By what modules chosen before need of it."""
        for chosen in self._place.users(self._name):
            rank = rank_of(self._problem, chosen)
            for need in self._problem.domain(chosen.name).needs(rank):
                if need.name == self._name and not all(contains(need.ranks, one) for one in self.newer):
                    said = Chosen(span_of(self._problem, chosen))
                    yield from self._all_but(need.ranks, said, need_of_chosen(self._problem, said.span, need))

    def by_needs_of_its_own(self) -> Iterator[_Excluder]:
        """By what its newer versions need: of modules chosen before, and of what there is not."""
        for statement in self._statements():
            if isinstance(statement, Dependency | RuntimeNeed) and statement.span.high >= self.newer.start:
                requirement = statement.requirement
                nothing = missing(self._problem, requirement)
                chosen = self._place.before.get(requirement.name)
                if nothing is not None:
                    yield from self._within(statement.span, statement, nothing)
                elif chosen is not None and not requirement.constraint.admits(chosen.version):
                    yield from self._within(statement.span, statement, Chosen(span_of(self._problem, chosen)))

    def by_what_may_not_change(self) -> Iterator[_Excluder]:
        """By what is installed, where none of that may change: itself, and what it needs."""
        said, installed = self._nothing_changes, self._problem.installed
        if said is None:
            return
        if self._name in installed.modules:
            yield _Excluder(frozenset(self.newer), (said,))
            return
        for statement in self._statements():
            if isinstance(statement, Dependency | RuntimeNeed) and statement.span.high >= self.newer.start:
                requirement = statement.requirement
                if requirement.name not in installed.modules or missing(self._problem, requirement) is not None:
                    continue  # what nothing meets says nothing of what there is
                if not requirement.constraint.admits(installed.modules[requirement.name].version):
                    yield from self._within(statement.span, statement, said)

    def _all_pass(self) -> bool:
        """Whether the problem that was solved has every newer version, so that nothing speaks against one by itself."""
        usable = self._pruned.domain(self._name).versions[-len(self.newer) :]
        return len(usable) == len(self.newer) and usable[0] > self._place.chosen.version

    def _statements(self) -> list[Statement]:
        if self._about is None:
            self._about = list(statements_about(self._problem, self._name))
        return self._about

    def _all_but(self, admitted: Intervals, *statements: Statement) -> Iterator[_Excluder]:
        if ranks := frozenset(rank for rank in self.newer if not contains(admitted, rank)):
            yield _Excluder(ranks, statements)

    def _within(self, span: Span, *statements: Statement) -> Iterator[_Excluder]:
        if ranks := frozenset(range(max(span.low, self.newer.start), span.high + 1)):
            yield _Excluder(ranks, statements)


def picked_as(place: Place) -> Picked:
    """What the module of `place`, which is a provider, was chosen for."""
    consumer, interface = next(demand for demand, name in place.picks.items() if name == place.name)
    return Picked(place.name, interface, consumer)


def need_of_chosen(problem: Problem, chosen: Span, need: Need) -> Dependency | RuntimeNeed:
    """The statement about the version of `chosen`, and its neighbours that say the same, that it has `need`."""
    domain = problem.domain(chosen.module)
    low = high = chosen.low
    while low > 0 and need in domain.needs(low - 1):
        low -= 1
    while high + 1 < len(domain) and need in domain.needs(high + 1):
        high += 1
    spans = spans_of(chosen.module, domain.versions, range(low, high + 1))
    span = next(one for one in spans if one.low <= chosen.low <= one.high)
    statement = statement_of(problem, domain, span, need)
    assert isinstance(statement, Dependency | RuntimeNeed)
    return statement


def _covers(excluders: Iterable[_Excluder], ranks: Iterable[int]) -> bool:
    covered = {rank for one in excluders for rank in one.ranks}
    return covered.issuperset(ranks)


def _irreducible(excluders: Sequence[_Excluder], newer: range, stop: Callable[[], bool]) -> list[Statement]:
    """Statements whose excluders rule out all of `newer`, and do not without any one of them."""
    taken = _taken(excluders, newer, stop)
    known = [one for one in excluders if all(said in taken for said in one.statements)]
    by_statement = _by_statement(known)
    covered = Counter(chain.from_iterable(one.ranks for one in known))
    gone: set[int] = set()
    for statement in reversed(tuple(taken)):
        if stop():
            raise Stopped
        lost = [place for place in by_statement[statement] if place not in gone]
        uncovered = Counter(chain.from_iterable(known[place].ranks for place in lost))
        if all(covered[rank] > count for rank, count in uncovered.items()):
            covered.subtract(uncovered)
            gone.update(lost)
            del taken[statement]
    return list(taken)


def _taken(excluders: Sequence[_Excluder], newer: range, stop: Callable[[], bool]) -> dict[Statement, None]:
    """Statements whose excluders rule out all of `newer`: always those of the excluder that rules out most of what is
    left, of these of the one with the fewest fresh statements, of these of the first."""
    taken: dict[Statement, None] = {}
    by_statement = _by_statement(excluders)
    fresh = [len(one.statements) for one in excluders]
    left = set(newer)
    waiting = [(-len(one.ranks), fresh[place], place) for place, one in enumerate(excluders)]
    heapify(waiting)  # an excluder never rules out more than it did when it was put there
    while left:
        if stop():
            raise Stopped
        most, count, place = heappop(waiting)
        if count > fresh[place]:
            continue  # it is there again, with fewer
        now = len(excluders[place].ranks & left)
        if now < -most:
            heappush(waiting, (-now, count, place))
            continue
        left -= excluders[place].ranks
        for statement in excluders[place].statements:
            if statement not in taken:
                taken[statement] = None
                for other in by_statement[statement]:
                    fresh[other] -= 1
                    heappush(waiting, (-len(excluders[other].ranks), fresh[other], other))
    return taken


def _by_statement(excluders: Sequence[_Excluder]) -> dict[Statement, list[int]]:
    """The places of the `excluders` that each statement is part of."""
    places: dict[Statement, list[int]] = {}
    for place, one in enumerate(excluders):
        for statement in dict.fromkeys(one.statements):
            places.setdefault(statement, []).append(place)
    return places


def _is_plain(statements: Iterable[Statement], name: str) -> bool:
    """Whether no module is both one that needs and one that is needed, and no version has two needs for one module."""
    needing: set[str] = set()
    spans: dict[str, list[Span]] = {}
    for statement in statements:
        if isinstance(statement, Dependency | RuntimeNeed):
            if statement.span.module != name:
                needing.add(statement.span.module)
            else:
                spans.setdefault(statement.requirement.name, []).append(statement.span)
    return needing.isdisjoint(spans) and not any(
        one.low <= other.high and other.low <= one.high
        for several in spans.values()
        for place, one in enumerate(several)
        for other in several[:place]
    )
