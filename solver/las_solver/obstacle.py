"""Why no newer version was chosen, where only a search can tell.

First it is asked whether a valid answer exists that agrees with all that was chosen before the module in question, and
has it at a newer version. If there is one, then only at the cost of modules that come after it in its layer: a
:class:`las_solver.statement.Total` says so, and that they are not to be older. Then the statements about the module,
and about those that models of these lead to, are added to a theory until they contradict each other, and left out
again, the last first, as long as the rest still does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from las_solver.answer import is_changed
from las_solver.conflict import finished
from las_solver.excluders import mentioned, named, picked_as
from las_solver.needs_alone import NeedsAlone
from las_solver.newest import Newest, Outcome
from las_solver.patch import patched_layer
from las_solver.place import Place, rank_of, span_of
from las_solver.problem import Problem
from las_solver.ranks import intersect
from las_solver.sat import Budget, Stopped, Totalizer
from las_solver.statement import (
    Chosen,
    Fewest,
    Picked,
    Statement,
    Total,
)
from las_solver.surroundings import Said, Surroundings
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
        self._said = Said(problem)
        self._fewest = tuple(fewest)
        self._needs_alone = NeedsAlone(pruned, budget)

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
        surroundings = Surroundings(self._said, place, [] if total is None else [name for name, _, _ in total.falls])
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
        if not (self._pruned.installed.modules or self._pruned.capacities or place.is_picked):
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
