"""What there is to say around one module of an answer, told bit by bit as models come upon it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from las_solver.closure import absence
from las_solver.excluders import need_of_chosen, picked_as
from las_solver.ground import statements_about, staying_of
from las_solver.model import ModuleVersion
from las_solver.place import Place, span_of
from las_solver.problem import Problem
from las_solver.statement import (
    CapacityLimit,
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

__all__ = ["Said", "Surroundings"]


class Said:
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
            span = statement.shares[0].span if isinstance(statement, CapacityLimit) else statement.span
            yield span, statement
            if (target := target_of(statement)) is not None:
                for nothing in absence(self.problem, target):
                    yield span, nothing

    def needs(self, one: ModuleVersion, target: str) -> Iterator[Statement]:
        """That a version was chosen, and what it needs of the module `target`, if anything."""
        span = span_of(self.problem, one)
        for need in self.problem.domain(one.name).needs(span.low):
            if need.name == target:
                yield Chosen(span)
                yield need_of_chosen(self.problem, span, need)


class Surroundings:
    """The modules around that of `place`, told of as models come upon them: first from it and `near`, then from all.

    What stays comes last: it may admit pre-releases wherever it is.
    """

    def __init__(self, said: Said, place: Place, near: Iterable[str]) -> None:
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
