"""The checker's own encoding: one Boolean variable for each version of each module.

Plain on purpose, and nothing of it is shared with the encoding that plans: at-most-one by a ladder, a
requirement as one clause, no cycle by numbers that must fall along every need, totals by a counter. What must fit on
cards comes clause by clause (:mod:`las_solver.check_capacity`), so that only :meth:`Encoding.solve` says what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from las_solver.check_capacity import Capacities
from las_solver.check_construction import constructions, reached
from las_solver.check_rules import Chosen, Rules
from las_solver.constraint import Requirement
from las_solver.model import ModuleVersion
from las_solver.sat import Sat

__all__ = ["BACKEND", "Edge", "Encoding"]

BACKEND = "cadical195"
"""Not the backend that plans."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the literal `condition` is true, the module `upper` needs the module `lower`."""

    condition: int
    upper: str
    lower: str


class Encoding:
    """Versions as variables; clauses over them; and answers that are constructed, not only consistent."""

    def __init__(self, rules: Rules, backend: str = BACKEND) -> None:
        self.rules = rules
        self.sat = Sat(backend)
        self.capacities = Capacities(self.sat)
        self._literals: dict[str, dict[ModuleVersion, int]] = {}
        self._presence: dict[str, int] = {}
        self._naming: dict[str, list[int]] = {}

    def close(self) -> None:
        """Free the solver's memory."""
        self.sat.close()

    # Variables.

    def add_module(self, name: str, versions: Iterable[ModuleVersion]) -> None:
        """One variable for each of `versions`, of which at most one is true; and one for "any of them"."""
        if name in self._literals:
            return
        literals = {one: self.new_variable() for one in versions}
        present = self.new_variable()
        below: int | None = None  # true if a version before is
        for literal in literals.values():
            ladder = self.new_variable()
            self.sat.add([-literal, ladder])
            self.sat.add([-literal, present])
            if below is not None:
                self.sat.add([-below, ladder])
                self.sat.add([-below, -literal])
            below = ladder
        self.sat.add([-present, *literals.values()])
        self._literals[name] = literals
        self._presence[name] = present
        for one, literal in literals.items():
            for named in {need.name for need in self.rules.needs(one) if need.constraint.names_prerelease}:
                self._naming.setdefault(named, []).append(literal)

    def new_variable(self) -> int:
        """A new variable; the search tries False first, so that models hold little that is not needed."""
        return self.sat.new_variable(phase=False)

    @property
    def modules(self) -> Iterable[str]:
        """The names of the modules that have variables."""
        return self._literals.keys()

    def literals(self, name: str) -> dict[ModuleVersion, int]:
        """The literals of the versions of `name`; none for a module that has no variables."""
        return self._literals.get(name, {})

    def literal(self, one: ModuleVersion) -> int:
        """The literal of a version that has one."""
        return self._literals[one.name][one]

    def admitted(self, requirement: Requirement) -> list[int]:
        """The literals of the versions that `requirement` admits."""
        admits = requirement.constraint.admits
        return [literal for one, literal in self.literals(requirement.name).items() if admits(one.version)]

    def providing(self, interface: str, *, besides: str) -> list[int]:
        """The literals of the versions that provide `interface`, of all modules but `besides`."""
        return [
            literal
            for name in self.rules.providers(interface)
            if name != besides
            for one, literal in self.literals(name).items()
            if interface in one.provides
        ]

    def naming(self, name: str) -> list[int]:
        """The literals of the versions with an active entry that names a pre-release of `name`."""
        return self._naming.get(name, [])

    def presence(self, name: str) -> int:
        """The literal "`name` is present" of a module that has variables."""
        return self._presence[name]

    # Clauses.

    def any_of(self, literals: Sequence[int]) -> int:
        """A literal that is false where all of `literals` are."""
        if len(literals) == 1:
            return literals[0]
        either = self.new_variable()
        self.sat.add([-either, *literals])
        return either

    def forbid_cycles(self, edges: Iterable[Edge]) -> None:
        """No cycle of edges whose conditions are all true: each module has a number, which falls along such edges."""
        by_ends: dict[tuple[str, str], list[int]] = {}
        for edge in edges:
            by_ends.setdefault((edge.upper, edge.lower), []).append(edge.condition)
        component = _components(by_ends)
        sizes: dict[int, int] = {}
        for place in component.values():
            sizes[place] = sizes.get(place, 0) + 1
        numbers: dict[str, list[int]] = {}
        for (upper, lower), conditions in by_ends.items():
            if upper == lower:
                for condition in conditions:
                    self.sat.add([-condition])
            elif component[upper] == component[lower]:
                width = (sizes[component[upper]] - 1).bit_length()
                for name in (upper, lower):
                    if name not in numbers:
                        numbers[name] = [self.new_variable() for _ in range(width)]
                falls = self._greater(numbers[upper], numbers[lower])
                for condition in conditions:
                    self.sat.add([-condition, falls])

    def _greater(self, upper: Sequence[int], lower: Sequence[int]) -> int:
        """A literal that is true only if the number `upper` is greater than `lower`; bits from the lowest on.

        With `greater` for the bits so far and `before` for those below this one, u and l this bit of both::

            # greater -> (u or not l) and (u or before) and (not l or before)
        """
        before: int | None = None
        for high, low in zip(upper, lower, strict=True):
            greater = self.new_variable()
            rest = [] if before is None else [before]
            self.sat.add([-greater, high, -low])
            self.sat.add([-greater, high, *rest])
            self.sat.add([-greater, -low, *rest])
            before = greater
        assert before is not None
        return before

    def count(self, rows: Sequence[Sequence[tuple[int, int]]], most: int) -> list[int]:
        """Literals of which the one at place j is true if the rows come to more than j, for j up to `most`.

        Each row is a choice: pairs of a literal and what it adds. ::

            # more[i-1] than j and literal of row i that adds d -> more[i] than j + d
        """
        before: list[int] = []
        for row in rows:
            after = [self.new_variable() for _ in range(most + 1)]
            for less, more in pairwise(after):
                self.sat.add([-more, less])
            for less, more in zip(before, after, strict=False):
                self.sat.add([-less, more])
            for literal, adds in row:
                if adds > 0:
                    self.sat.add([-literal, after[min(adds - 1, most)]])
                    for place, reached in enumerate(before):
                        self.sat.add([-literal, -reached, after[min(place + adds, most)]])
            before = after
        return before

    # Answers.

    def solve(self, assumptions: Sequence[int]) -> bool:
        """Whether all clauses can be true together with `assumptions`, with versions that fit."""
        return self.capacities.solve(assumptions)

    def find(
        self,
        assumptions: Sequence[int],
        begun: Sequence[str],
        is_admissible: Callable[[Chosen], bool],
    ) -> Chosen | None:
        """A constructed set of versions that makes all clauses and `assumptions` true, or None if there is none.

        A model may hold modules that nothing leads to. They do no harm, as what is constructed from the model
        is consistent too; but a pre-release may be there only because one of them names it. So the set
        constructed, from the modules `begun`, has to be admissible by itself. If it is not, no module may be
        there without something that leads to it; that is demanded of those that this model holds, and the
        search goes on.
        """
        guard: int | None = None
        while self.solve(assumptions if guard is None else [*assumptions, guard]):
            model = self._model()
            for names in constructions(self.rules, model, begun):
                found = {name: model[name] for name in names}
                if is_admissible(found):
                    return found
            unreached = model.keys() - reached(self.rules, model)
            if unreached:
                self._demand_leads(unreached)
            else:
                guard = guard or self.new_variable()
                others = [self._presence[name] for name in self._literals if name not in model]
                self.sat.add([-guard, *(-self.literal(one) for one in model.values()), *others])
        return None

    def _model(self) -> dict[str, ModuleVersion]:
        return {
            name: next(one for one, literal in literals.items() if self.sat.value(literal))
            for name, literals in self._literals.items()
            if self.sat.value(self._presence[name])
        }

    def _demand_leads(self, group: Iterable[str]) -> None:
        """None of `group`, in which nothing is requested or stays, is present unless a module outside leads there.

        ::

            # not present(u) or one of the versions outside of the group that lead into it
        """
        inside = set(group)
        leading = [
            literal
            for name in self._literals
            if name not in inside
            for one, literal in self._literals[name].items()
            if not inside.isdisjoint(self.rules.leads(one))
        ]
        either = self.any_of(leading)
        for name in sorted(inside):
            self.sat.add([-self._presence[name], either])


def _components(edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The number of the strongly connected component of each module, by Kosaraju's two passes."""
    lower: dict[str, list[str]] = {}
    upper: dict[str, list[str]] = {}
    for high, low in edges:
        lower.setdefault(high, []).append(low)
        lower.setdefault(low, [])
        upper.setdefault(low, []).append(high)
    finished: list[str] = []
    seen: set[str] = set()
    for root in lower:
        path = [(root, iter(lower[root]))] if root not in seen else []
        seen.add(root)
        while path:
            name, rest = path[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                finished.append(name)
                path.pop()
            else:
                seen.add(following)
                path.append((following, iter(lower[following])))
    component: dict[str, int] = {}
    for number, root in enumerate(reversed(finished)):
        stack = [] if root in component else [root]
        while stack:
            name = stack.pop()
            if name not in component:
                component[name] = number
                stack.extend(upper.get(name, ()))
    return component
