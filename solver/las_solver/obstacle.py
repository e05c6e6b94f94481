"""Why no newer version was chosen, where only a search can tell.

First it is asked whether a valid answer exists that agrees with all that was chosen before the module in question, and
has it at a newer version. If there is one, then only at the cost of modules that come after it in its layer: a
:class:`las_solver.statement.Total` says so, and that they are not to be older. Then the statements about the module,
about what these name, and so on, are added to a theory until they contradict each other, and left out again, the last
first, as long as the rest still does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from las_solver.closure import absence
from las_solver.conflict import finished
from las_solver.constraint import ANY, Requirement
from las_solver.excluders import need_of_chosen, picked_as
from las_solver.ground import statements_about
from las_solver.model import ModuleVersion
from las_solver.newest import Newest
from las_solver.place import Place, rank_of, span_of
from las_solver.problem import Problem
from las_solver.ranks import intersect
from las_solver.sat import Budget
from las_solver.shelf import Shelf
from las_solver.statement import (
    Chosen,
    Cycle,
    InterfaceNeed,
    NoVersion,
    Picked,
    Requested,
    Statement,
    Total,
    UnknownModule,
    target_of,
)
from las_solver.theory import BACKEND, NO_CYCLE, Theory

__all__ = ["Obstacles"]

Literals = tuple[int, ...]


class Obstacles:
    """What speaks against newer versions in one answer.

    `problem` is not pruned; `pruned` is the same request, as it was solved.
    """

    def __init__(self, shelf: Shelf, problem: Problem, pruned: Problem, budget: Budget) -> None:
        self._shelf = shelf
        self._problem = problem
        self._pruned = pruned
        self._budget = budget
        self._needs: dict[str, list[tuple[str, list[Statement]]]] = {}

    def against(self, place: Place) -> tuple[Statement, ...]:
        """An irreducible set of statements that rule out every version newer than the one of `place`.

        Raises :class:`las_solver.sat.Stopped` when the budget is used up.
        """
        total = self._total(place)
        rooted = self._rooted(place)
        theory = _Sequel(rooted, place, self._budget, [NO_CYCLE])
        near = [place.name]
        if total is not None:
            theory.add(total)
            near.extend(name for name, _, _ in total.falls)
        for statements in self._outwards(place, near):
            for statement in statements:
                theory.add(statement)
            if theory.contradicts(theory.selectors):
                break
        else:
            raise AssertionError(f"nothing speaks against a newer version of {place.name}")
        kept = theory.reduce()
        theory.close()
        theory = _Sequel(rooted, place, self._budget, kept)
        if not theory.contradicts(theory.selectors):
            raise AssertionError(f"what speaks against a newer version of {place.name} does not rule it out")
        kept = theory.reduce()
        theory.close()
        kept.sort(key=lambda statement: isinstance(statement, Total))
        return finished(rooted, kept)

    def _rooted(self, place: Place) -> Problem:
        """The request, with what was chosen before and the module itself: these are reached, whatever led to them."""
        roots = (Requirement(name, ANY) for name in (*place.before, place.name))
        request = self._problem.request
        return Problem(self._shelf, replace(request, requirements=(*request.requirements, *roots)), pruned=False)

    # Whether a newer version is possible

    def _total(self, place: Place) -> Total | None:
        """What a newer version would cost, if one is possible."""
        instead = _Instead(self._pruned, place, self._budget).find_layer()
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

    # What is around a module

    def _outwards(self, place: Place, near: Iterable[str]) -> Iterator[list[Statement]]:
        """All statements in steps: about `near`, about what these name, and so on; then about all others like that.

        A step also holds what modules chosen before need of those that it is about.
        """
        needing: dict[str, list[Statement]] = {}
        for name, chosen in place.before.items():
            for needed, statements in self._needs_of(name, chosen):
                needing.setdefault(needed, []).extend(statements)
        given: set[Statement] = set()
        seen: set[str] = set()
        for start in (near, (*place.before, *place.after)):
            layer = [name for name in start if name not in seen]
            while layer:
                fresh: dict[Statement, None] = {}
                following: dict[str, None] = {}
                seen.update(layer)
                for name in layer:
                    for statement in self._about(place, name):
                        fresh[statement] = None
                        if (target := target_of(statement)) is not None:
                            fresh.update(absence(self._problem, target))
                            following[target.name] = None
                        elif isinstance(statement, InterfaceNeed):
                            following.update(dict.fromkeys(statement.providers))
                    fresh.update(dict.fromkeys(needing.get(name, ())))
                yield [statement for statement in fresh if statement not in given]
                given.update(fresh)
                layer = [name for name in following if name not in seen]

    def _about(self, place: Place, name: str) -> Iterator[Statement]:
        """The statements about a module, of its newer versions, or of the chosen one if that was chosen before."""
        low, high = 0, len(self._problem.domain(name)) - 1
        if name == place.name:
            low = rank_of(self._problem, place.chosen) + 1
            if place.is_picked:
                yield picked_as(place)
        elif name in place.before:
            chosen = span_of(self._problem, place.before[name])
            low = high = chosen.low
            yield Chosen(chosen)
        for requirement in self._problem.request.requirements:
            if requirement.name == name:
                yield Requested(requirement)
        for statement in statements_about(self._problem, name):
            assert not isinstance(statement, Requested | UnknownModule | NoVersion | Picked | Total | Cycle)
            if statement.span.low <= high and statement.span.high >= low:
                yield statement

    def _needs_of(self, name: str, chosen: ModuleVersion) -> list[tuple[str, list[Statement]]]:
        """What the chosen version of a module needs, as statements, by the module that it needs."""
        if name not in self._needs:
            span = span_of(self._problem, chosen)
            self._needs[name] = [
                (need.name, [Chosen(span), need_of_chosen(self._problem, span, need)])
                for need in self._problem.domain(name).needs(span.low)
            ]
        return self._needs[name]


class _Sequel(Theory):
    """A theory in which the module of `place` is present at a newer version."""

    def __init__(self, problem: Problem, place: Place, budget: Budget, statements: Iterable[Statement]) -> None:
        super().__init__(problem, budget=budget)
        newest = len(problem.domain(place.name)) - 1
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
            case _:
                super().add(statement, lifted)

    def _note(self, statement: Statement) -> Literals:
        """Add the statement; the literal that lifts it."""
        self._statements.append(statement)
        return (-self.select(statement),)


class _Instead(Newest):
    """The newest answer that agrees with what was chosen before a module, and has that at a newer version."""

    def __init__(self, problem: Problem, place: Place, budget: Budget) -> None:
        super().__init__(problem, BACKEND, stop=budget, eager=False, descent=False)
        self._place = place
        self._decided = {name: rank_of(problem, chosen) for name, chosen in place.before.items()}
        self._picks = dict(place.picks)
        for name, rank in self._decided.items():
            for need in problem.domain(name).needs(rank):
                self._bounds[need.name] = intersect(self._allowed(need.name), need.ranks)

    def find_layer(self) -> Mapping[str, int] | None:
        """The ranks of the module and those after it in its layer; None if there is no such answer."""
        place, problem = self._place, self._problem
        domain = problem.domain(place.name)
        allowed = intersect(self._allowed(place.name), ((rank_of(problem, place.chosen) + 1, len(domain) - 1),))
        if place.is_picked:
            allowed = intersect(allowed, domain.providing(picked_as(place).interface))
        if not allowed:
            return None
        self._bounds[place.name] = allowed
        try:
            self._searching().encoding.require((), place.name, allowed)
            if not self._solve(()):
                return None
            layer = [place.name, *place.after]
            self._decide(layer)
            return {name: self._decided[name] for name in layer}
        finally:
            if self._search is not None:
                self._search.sat.close()
