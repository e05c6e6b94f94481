"""Why no newer version was chosen, where only a search can tell.

First it is asked whether a valid answer exists that agrees with all that was chosen before the module in question, and
has it at a newer version. If there is one, then only at the cost of modules that come after it in its layer: a
:class:`las_solver.statement.Total` says so, and that they are not to be older. Then the statements about the module,
and about those that models of these lead to, are added to a theory until they contradict each other, and left out
again, the last first, as long as the rest still does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from las_solver.answer import is_changed
from las_solver.closure import absence
from las_solver.conflict import finished
from las_solver.excluders import mentioned, named, need_of_chosen, picked_as
from las_solver.ground import statements_about, staying_of
from las_solver.model import ModuleVersion
from las_solver.needs_alone import NeedsAlone
from las_solver.newest import Newest, Outcome
from las_solver.patch import patched_layer
from las_solver.place import Place, rank_of, span_of
from las_solver.problem import Problem
from las_solver.ranks import intersect
from las_solver.sat import Budget, Stopped, Totalizer
from las_solver.statement import (
    Chosen,
    Cycle,
    Fewest,
    NoVersion,
    Picked,
    Requested,
    Span,
    Statement,
    Total,
    UnknownModule,
    target_of,
)
from las_solver.theory import BACKEND, NO_CYCLE, Theory

__all__ = ["Obstacles"]

Literals = tuple[int, ...]

_GROWTH: Final = 1.5
_MOST_COUNTED: Final = 500_000


class Obstacles:
    """What speaks against newer versions in the answer of `outcome`, which is the newest.

    `problem` is not pruned; `pruned` is the same request, as it was solved. `fewest` says how many changes come first.
    """

    def __init__(
        self, problem: Problem, pruned: Problem, outcome: Outcome, fewest: Iterable[Fewest], budget: Budget
    ) -> None:
        self._outcome = outcome
        self._problem = problem
        self._pruned = pruned
        self._budget = budget
        self._said = _Said(problem)
        self._fewest = tuple(fewest)
        self._needs_alone = NeedsAlone(pruned)

    def against(self, place: Place) -> tuple[Statement, ...]:
        """An irreducible set of statements that rule out every version newer than the one of `place`.

        Raises :class:`las_solver.sat.Stopped` when the budget is used up.
        """
        alone = self._supposed(place)
        near, total = alone.refute(), None
        if not near and (total := self._total(place, alone)) is not None:
            for name in place.after:
                alone.suppose(name, ((self._outcome.modules[name], len(self._pruned.domain(name)) - 1),))
            near = alone.refute()
        rooted = _Rooted(self._problem, (*place.before, place.name))
        said: list[Statement] = [NO_CYCLE, *self._fewest]
        theory = _Sequel(rooted, place, self._budget, said if total is None else [*said, total])
        surroundings = _Surroundings(self._said, place, [] if total is None else [name for name, _, _ in total.falls])
        for statement in surroundings.tell(self._outwards(place.name, near)):
            theory.add(statement)
        while not theory.contradicts(theory.selectors):
            fresh = surroundings.grow(theory.encoding.snapshot())
            for statement in fresh:
                theory.add(statement)
            if not theory.count(surroundings.told, is_all=not fresh) and not fresh:
                raise AssertionError(f"nothing speaks against a newer version of {place.name}")
        kept = theory.reduce()
        counted = theory.counted
        theory.close()
        theory = _Sequel(rooted, place, self._budget, kept)
        theory.count({*counted, *mentioned(kept)}, is_all=True)
        if not theory.contradicts(theory.selectors):
            raise AssertionError(f"what speaks against a newer version of {place.name} does not rule it out")
        kept = theory.reduce()
        theory.close()
        kept.sort(key=lambda statement: isinstance(statement, Total))
        return tuple(named(self._problem, finished(rooted, kept)))

    # Whether a newer version is possible

    def _supposed(self, place: Place) -> NeedsAlone:
        """What needs leave where the module of `place` is newer, beside all that was chosen before."""
        modules = self._outcome.modules
        for name in place.before:
            self._needs_alone.fix(name, modules[name])
        self._needs_alone.refute()  # finds nothing, but passes on what follows once for all places
        alone = self._needs_alone.fork()
        alone.suppose(place.name, ((modules[place.name] + 1, len(self._pruned.domain(place.name)) - 1),))
        return alone

    def _outwards(self, name: str, near: Collection[str]) -> list[str]:
        """The modules `near`: those to which the needs of the module `name` lead, then those that lead to it."""
        found = dict.fromkeys([name] if near else [])
        queue = list(found)
        for one in queue:
            domain = self._pruned.domain(one)
            needed = dict.fromkeys(need.name for low, _ in domain.runs() for need in domain.needs(low))
            fresh = [other for other in needed if other in near and other not in found]
            found.update(dict.fromkeys(fresh))
            queue.extend(fresh)
        return [*found, *(one for one in reversed([*near]) if one not in found)]

    def _total(self, place: Place, alone: NeedsAlone) -> Total | None:
        """What a newer version would cost, if one is possible; `alone` says what needs leave then."""
        instead: Mapping[str, int] | None = None
        if not self._pruned.installed.modules and not place.is_picked:
            layer = (place.name, *place.after)
            instead = patched_layer(self._pruned, self._outcome.modules.active, layer, place.before, alone)
        if instead is None:
            instead = _Instead(self._pruned, self._outcome, place, self._budget).find_layer()
        if instead is None:
            return None
        domain = self._pruned.domain
        beside = {**place.before, place.name: place.chosen, **place.after}
        wanted = {name: rank_of(self._pruned, beside[name]) for name in place.layer}
        return Total(
            place.name,
            domain(place.name).versions[instead[place.name]],
            tuple(span_of(self._problem, one) for one in place.after.values()),
            tuple(
                (name, one.version, domain(name).versions[instead[name]])
                for name, one in place.after.items()
                if instead[name] < wanted[name]
            ),
            sum(domain(name).behind(rank) for name, rank in wanted.items()),
            sum(domain(name).behind(instead.get(name, rank)) for name, rank in wanted.items()),
        )


class _Rooted(Problem):
    """A problem in which `roots` count as requested, whatever led to them; it shares all that is known of versions."""

    def __init__(self, problem: Problem, roots: tuple[str, ...]) -> None:
        self.__dict__.update(problem.__dict__)
        self.__dict__["requested"] = tuple(dict.fromkeys((*problem.requested, *roots)))


class _Said:
    """The statements about modules of an unpruned `problem`, worked out once for each."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._about: dict[str, list[tuple[Span | None, Statement]]] = {}

    def about(self, name: str, low: int, high: int) -> Iterator[Statement]:
        """The statements about any version of a module at the ranks from `low` to `high`; and what these lack."""
        about = self._about.get(name)
        if about is None:
            about = self._about[name] = list(self._all_about(name))
        return (one for span, one in about if span is None or (span.low <= high and span.high >= low))

    def _all_about(self, name: str) -> Iterator[tuple[Span | None, Statement]]:
        for staying in (name, *self.problem.installed.dependents(name)):
            if staying in self.problem.installed.is_staying and not self.problem.may_go(staying):
                yield None, staying_of(self.problem, staying)
        for requirement in self.problem.request.requirements:
            if requirement.name == name:
                yield None, Requested(requirement)
        for statement in statements_about(self.problem, name):
            assert not isinstance(statement, Requested | UnknownModule | NoVersion | Picked | Total | Cycle | Fewest)
            yield statement.span, statement
            if (target := target_of(statement)) is not None:
                for nothing in absence(self.problem, target):
                    yield statement.span, nothing

    def needs(self, one: ModuleVersion, target: str) -> Iterator[Statement]:
        """That a version was chosen, and what it needs of the module `target`, if anything."""
        span = span_of(self.problem, one)
        for need in self.problem.domain(one.name).needs(span.low):
            if need.name == target:
                yield Chosen(span)
                yield need_of_chosen(self.problem, span, need)


class _Surroundings:
    """The modules around that of `place`, told of as models come upon them: first from it and `near`, then from all.

    What stays comes last: it may admit pre-releases wherever it is.
    """

    def __init__(self, said: _Said, place: Place, near: Iterable[str]) -> None:
        self._said = said
        self._problem = said.problem
        self._place = place
        everything = [*place.before, place.name, *place.after]
        self._starts = [[place.name, *near], everything, [*everything, *self._problem.installed.staying]]
        self._told: dict[str, set[int]] = {}
        self._given: set[Statement] = set()

    @property
    def told(self) -> Collection[str]:
        """The modules that were told of."""
        return self._told.keys()

    def tell(self, names: Iterable[str]) -> list[Statement]:
        """Everything about the modules `names`."""
        fresh: dict[Statement, None] = {}
        for name in names:
            last = len(self._problem.domain(name)) - 1
            self._told[name] = set(range(last + 1))
            fresh.update(dict.fromkeys(self._about(name, 0, last)))
        self._given.update(fresh)
        return list(fresh)

    def grow(self, model: Mapping[str, int]) -> list[Statement]:
        """New statements about versions that `model` leads to and of which nothing was told yet.

        Where models keep trying other versions of a module, more of them are told of at once.
        """
        fresh: dict[Statement, None] = {}
        while not fresh:
            is_new = False  # what is new may have been told already, of a neighbour, and lead on
            for name, rank in self._walk(model).items():
                told = self._told.setdefault(name, set())
                if rank not in told:
                    is_new = True
                    low = max(rank - len(told), 0)
                    told.update(range(low, rank + 1))
                    fresh.update((one, None) for one in self._about(name, low, rank) if one not in self._given)
            if not is_new:
                if len(self._starts) == 1:
                    break  # but the next model may lead elsewhere, once more changes are counted
                self._starts.pop(0)
        self._given.update(fresh)
        return list(fresh)

    def _walk(self, model: Mapping[str, int]) -> dict[str, int]:
        """The modules that `model` leads to, and the next one on each way, of which something is not told yet.

        The walk from near the module does not go on from those that were chosen before.
        """
        queue = list(self._starts[0])
        found: dict[str, int] = {}
        for name in queue:
            domain = self._problem.domain(name)
            if name in found or not len(domain):
                continue
            rank = model.get(name, -1)
            rank = found[name] = rank if rank >= 0 else domain.best(((0, len(domain) - 1),))
            if rank not in self._told.get(name, ()) or (name in self._place.before and len(self._starts) > 1):
                continue
            queue.extend(need.name for need in domain.needs(rank))
            queue.extend(self._problem.installed.dependents(name))
            for interface in domain.consumes(rank):
                queue.extend(other for other in self._problem.providers(interface) if other != name and other in model)
        return found

    def _about(self, name: str, low: int, high: int) -> Iterator[Statement]:
        """What is said of versions of a module; of one that was chosen before, always of the version that was."""
        if name == self._place.name and self._place.is_picked:
            yield picked_as(self._place)
        chosen = self._place.before.get(name)
        if chosen is not None:
            span = span_of(self._problem, chosen)
            low = high = span.low
            yield Chosen(span)
        yield from self._said.about(name, low, high)
        for user in self._place.users(name):
            yield from self._said.needs(user, name)


class _Sequel(Theory):
    """A theory in which the module of `place` is present at a newer version."""

    def __init__(self, problem: Problem, place: Place, budget: Budget, statements: Iterable[Statement]) -> None:
        super().__init__(problem, budget=budget)
        newest = len(problem.domain(place.name)) - 1
        self.counted: frozenset[str] = frozenset()
        """The modules that count for how many change, or are removed: a :class:`Fewest` says less of fewer."""
        self._fewest: list[Fewest] = []
        self.encoding.require((), place.name, ((rank_of(problem, place.chosen) + 1, newest),))
        for statement in statements:
            self.add(statement)

    def add(self, statement: Statement, lifted: Literals | None = None) -> None:
        encoding = self.encoding
        match statement:
            case Chosen(span):
                encoding.require(self._note(statement), span.module, ((span.low, span.high),))
            case Picked(module, interface):
                encoding.require(self._note(statement), module, encoding.problem.domain(module).providing(interface))
            case Total(_, _, layer):
                lifted = self._note(statement)
                for span in layer:
                    encoding.require(lifted, span.module, ((span.low, len(span.versions) - 1),))
            case Fewest():
                self._note(statement)
                self._fewest.append(statement)
            case _:
                super().add(statement, lifted)

    def count(self, names: Collection[str], *, is_all: bool) -> bool:
        """Count `names` among what is installed, too, if they are many more than before, or all; whether that is so.

        Raises :class:`las_solver.sat.Stopped` where that takes too many clauses.
        """
        installed = self.encoding.problem.installed.modules
        wanted = self.counted.union(name for name in names if name in installed)
        if not self._fewest or len(wanted) <= len(self.counted) * (1 if is_all else _GROWTH):
            return False
        for statement in self._fewest:
            lifted = self._note(statement)
            if statement.most == 0:
                for broken in self._broken(statement.what, wanted - self.counted):
                    self.encoding.add((*lifted, -broken))
            elif len(wanted) * statement.most > _MOST_COUNTED:
                raise Stopped
            else:
                more = Totalizer(self.sat, self._broken(statement.what, wanted)).more_than(statement.most)
                if more is not None:
                    self.encoding.add((*lifted, -more))
        self.counted = wanted
        return True

    def _broken(self, what: str, names: Collection[str]) -> list[int]:
        """A literal for each of the installed modules `names` that can be removed, or can change: whether it does."""
        encoding, problem = self.encoding, self.encoding.problem
        installed = problem.installed
        if what == "removals":
            going = (name for name in sorted(names) if name in installed.is_staying and problem.may_go(name))
            return [-encoding.present(name) for name in going]
        broken = []
        for name in sorted(names):
            rank = problem.installed_rank(name)
            assert rank is not None, "what is installed is among all versions"
            same = encoding.inside(name, rank, rank)
            broken.append(-same if name in installed.is_staying else -encoding.either(-encoding.present(name), same))
        return broken

    def _note(self, statement: Statement) -> Literals:
        """Add the statement; the literal that lifts it."""
        return (-self.select(statement),)


class _Instead(Newest):
    """The newest answer that agrees with what was chosen before a module, and has that at a newer version."""

    def __init__(self, problem: Problem, outcome: Outcome, place: Place, budget: Budget) -> None:
        super().__init__(problem, BACKEND, stop=budget, eager=False, descent=False)
        self._place = place
        self._fixes_changes = self._recall(outcome)
        self._decided = {name: rank_of(problem, chosen) for name, chosen in place.before.items()}
        self._picks = dict(place.picks)
        for name, rank in self._decided.items():
            for need in problem.domain(name).needs(rank):
                self._bounds[need.name] = intersect(self._allowed(need.name), need.ranks)

    def _recall(self, outcome: Outcome) -> bool:
        """Hold what no answer with the fewest changes removes or changes; whether that says as much as their number."""
        problem, answer = self._problem, outcome.modules
        self._removable = set(outcome.removable)
        self._present = {name for name in problem.installed.staying if problem.may_go(name)} - self._removable
        if problem.keeps:
            self._held = set(problem.installed.modules) - outcome.movable
        return all(name not in answer for name in outcome.removable) and all(
            is_changed(problem, name, answer) for name in outcome.movable
        )

    def find_layer(self) -> Mapping[str, int] | None:
        """The ranks of the module and those after it in its layer; None if there is no such answer."""
        place, problem = self._place, self._problem
        domain = problem.domain(place.name)
        allowed = self._allowed(place.name)
        if place.is_picked:
            allowed = intersect(allowed, domain.providing(picked_as(place).interface))
        newer = intersect(allowed, ((rank_of(problem, place.chosen) + 1, len(domain) - 1),))
        if not newer:
            return None
        try:
            if self._counts_changes and not self._fixes_changes:
                self._bounds[place.name] = allowed
                if not self._solve(()):
                    raise AssertionError("the answer itself agrees with what was chosen before")
                self._hold_fewest()
            self._bounds[place.name] = newer
            self._searching().encoding.require((), place.name, newer)
            if not self._solve(()):
                return None
            layer = [place.name, *place.after]
            self._decide(layer)
            return {name: self._decided[name] for name in layer}
        finally:
            if self._search is not None:
                self._search.sat.close()
