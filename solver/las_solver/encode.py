"""Order encoding: the ranks of module versions as Boolean variables, and what statements say about them as clauses.

For a module m, the variable *present(m)* says that an answer holds it, and *m>=r*, that its rank is r or more. An order
variable means nothing while its module is absent. It is made when something first asks for it, and linked to its
neighbours, so that a module costs what the clauses about it tell apart and not its number of versions::

    m>=s -> m>=r        for neighbouring r < s

Between two neighbouring order variables lies a *cell*: ranks that no clause tells apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from las_solver.problem import Domain, Problem
from las_solver.ranks import Intervals
from las_solver.sat import Sat

__all__ = ["Encoding"]


class Encoding:
    """The variables of one problem in one SAT solver."""

    def __init__(self, problem: Problem, sat: Sat) -> None:
        self.problem = problem
        self.sat = sat
        self.true = sat.new_variable(phase=True)
        sat.add((self.true,))
        self._present: dict[str, int] = {}
        self._bounds: dict[str, list[int]] = {}
        self._order: dict[str, list[int]] = {}
        self._inside: dict[tuple[str, int, int], int] = {}
        self._both: dict[tuple[int, int], int] = {}

    def add(self, clause: Iterable[int]) -> None:
        """Add a clause, without the literals that are always false; not at all, if one is always true."""
        true = self.true
        kept = []
        for literal in clause:
            if literal == true:
                return
            if literal != -true:
                kept.append(literal)
        self.sat.add(kept)

    # Variables

    def present(self, name: str) -> int:
        """The literal *present(m)*."""
        variable = self._present.get(name)
        if variable is None:
            variable = self._present[name] = self.sat.new_variable(phase=False)
            self._bounds[name] = []
            self._order[name] = []
        return variable

    def at_least(self, name: str, rank: int) -> int:
        """The literal *m>=rank*; always true for the oldest rank, always false beyond the newest."""
        domain = self.problem.domain(name)
        if rank <= 0:
            return self.true
        if rank >= len(domain):
            return -self.true
        self.present(name)
        bounds, order = self._bounds[name], self._order[name]
        at = bisect_left(bounds, rank)
        if at < len(bounds) and bounds[at] == rank:
            return order[at]
        variable = self.sat.new_variable(phase=self._phase(domain, rank))
        if at > 0:
            self.sat.add((-variable, order[at - 1]))
        if at < len(bounds):
            self.sat.add((-order[at], variable))
        bounds.insert(at, rank)
        order.insert(at, variable)
        return variable

    def outside(self, name: str, low: int, high: int) -> tuple[int, ...]:
        """Literals of which one is true if and only if `name` is absent, or its rank not within `low` and `high`."""
        return (-self.present(name), -self.at_least(name, low), self.at_least(name, high + 1))

    def inside(self, name: str, low: int, high: int) -> int:
        """A literal that is true only if `name` is present and its rank within `low` and `high`."""
        key = (name, low, high)
        literal = self._inside.get(key)
        if literal is None:
            conditions = [-one for one in self.outside(name, low, high) if one != -self.true]
            literal = self._inside[key] = self._conjunction(conditions)
        return literal

    def any_inside(self, name: str, intervals: Intervals) -> list[int]:
        """Literals of which one can be true only if the rank of `name` lies in one of `intervals`."""
        return [self.inside(name, low, high) for low, high in intervals]

    def both(self, left: int, right: int) -> int:
        """A literal that is true only if `left` and `right` are."""
        key = (left, right)
        literal = self._both.get(key)
        if literal is None:
            literal = self._both[key] = self._conjunction([left, right])
        return literal

    def _conjunction(self, conditions: Sequence[int]) -> int:
        conditions = [one for one in conditions if one != self.true]
        if -self.true in conditions:
            return -self.true
        if len(conditions) <= 1:
            return conditions[0] if conditions else self.true
        literal = self.sat.new_variable(phase=False)
        for condition in conditions:
            self.sat.add((-literal, condition))
        return literal

    def _phase(self, domain: Domain, rank: int) -> bool:
        """Try the version first that the strategy likes best, and pre-releases that need admission last."""
        if self.problem.lowest:
            return bool(domain.eligible) and rank <= domain.eligible[0]
        return not domain.eligible or rank <= domain.eligible[-1]

    # Clauses

    def require(self, condition: Sequence[int], name: str, admitted: Intervals) -> None:
        """Unless one of the literals of `condition` is true, `name` is present at a rank in `admitted`.

        With ``c`` for the condition and the intervals ``a1..b1 < a2..b2 < ...``::

            c or present(m)        c or m>=a1        c or not m>=bk+1        c or not m>=b1+1 or m>=a2   ...
        """
        if not admitted:
            self.add(condition)
            return
        self.add((*condition, self.present(name)))
        self.add((*condition, self.at_least(name, admitted[0][0])))
        self.add((*condition, -self.at_least(name, admitted[-1][1] + 1)))
        for (_, before), (after, _) in zip(admitted, admitted[1:], strict=False):
            self.add((*condition, -self.at_least(name, before + 1), self.at_least(name, after)))

    # Reading a model

    def snapshot(self) -> dict[str, int]:
        """The modules of the model found last, and their ranks: of the cell that it chose, the strategy's best.

        The rank is -1 for a module that no clause distinguishes versions of, so that it need not be read.
        """
        value = self.sat.value
        return {name: self._rank(name) for name, variable in self._present.items() if value(variable)}

    def _rank(self, name: str) -> int:
        bounds, order = self._bounds[name], self._order[name]
        if not bounds:
            return -1
        value = self.sat.value
        true = bisect_right(order, 0, key=lambda variable: 0 if value(variable) else 1)
        domain = self.problem.domain(name)
        low = bounds[true - 1] if true else 0
        high = bounds[true] - 1 if true < len(bounds) else len(domain) - 1
        return domain.best(((low, high),))
