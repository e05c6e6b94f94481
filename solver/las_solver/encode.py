"""Order encoding: the ranks of module versions as Boolean variables, and what statements say about them as clauses.

For a module m, the variable *present(m)* says that an answer holds it, and *m>=r*, that it does at rank r or more. An
order variable is made when something first asks for it, and linked to its neighbours, so that a module costs what the
clauses about it tell apart and not its number of versions::

    m>=s -> m>=r        for neighbouring r < s        m>=r -> present(m)        for the lowest r

Between two neighbouring order variables lies a *cell*: ranks that no clause tells apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from las_solver.problem import Domain, Problem
from las_solver.ranks import Intervals
from las_solver.sat import Sat

__all__ = ["Encoding"]


class _Variables:
    """The variables of one module: `order[i]` says that its rank is `bounds[i]` or more; `by_bound` maps them."""

    __slots__ = ("bounds", "by_bound", "order", "present")

    def __init__(self, present: int) -> None:
        self.present = present
        self.bounds: list[int] = []
        self.order: list[int] = []
        self.by_bound: dict[int, int] = {}


class Encoding:
    """The variables of one problem in one SAT solver."""

    def __init__(self, problem: Problem, sat: Sat) -> None:
        self.problem = problem
        self.sat = sat
        self.true = sat.new_variable(phase=True)
        sat.add((self.true,))
        self._modules: dict[str, _Variables] = {}
        self._inside: dict[tuple[str, int, int], int] = {}
        self._both: dict[tuple[int, int], int] = {}
        self._either: dict[tuple[int, int], int] = {}
        self.prefers_installed = problem.keeps
        """Whether models are read with the installed version, where they leave it open, and not with the best."""

    def add(self, clause: Iterable[int]) -> None:
        """Add a clause, without the literals that are always false; not at all, if one is always true."""
        true = self.true
        kept = [literal for literal in clause if literal != -true]
        if true not in kept:
            self.sat.add(kept)

    # Variables

    def _variables(self, name: str) -> _Variables:
        variables = self._modules.get(name)
        if variables is None:
            stays = self.problem.rest(name) is not None
            variables = self._modules[name] = _Variables(self.sat.new_variable(phase=stays))
        return variables

    def present(self, name: str) -> int:
        """The literal *present(m)*."""
        return self._variables(name).present

    def at_least(self, name: str, rank: int) -> int:
        """The literal *m>=rank*; constant true for the oldest rank, constant false beyond the newest."""
        if rank <= 0:
            return self.true
        variables = self._variables(name)
        return variables.by_bound.get(rank) or self._make_bound(name, variables, rank)

    def _make_bound(self, name: str, variables: _Variables, rank: int) -> int:
        domain = self.problem.domain(name)
        if rank >= len(domain):
            return -self.true
        bounds, order = variables.bounds, variables.order
        at = bisect_left(bounds, rank)
        variable = self.sat.new_variable(phase=self._phase(domain, rank))
        self.sat.add((-variable, order[at - 1] if at else variables.present))
        if at < len(bounds):
            self.sat.add((-order[at], variable))
        bounds.insert(at, rank)
        order.insert(at, variable)
        variables.by_bound[rank] = variable
        return variable

    def outside(self, name: str, low: int, high: int) -> tuple[int, ...]:
        """Literals of which one is true if and only if `name` is absent, or its rank not within `low` and `high`."""
        beyond = self.at_least(name, high + 1)
        below = -self.at_least(name, low) if low > 0 else -self.present(name)
        return (below,) if beyond == -self.true else (below, beyond)

    def inside(self, name: str, low: int, high: int) -> int:
        """A literal that is true only if `name` is present and its rank within `low` and `high`."""
        key = (name, low, high)
        literal = self._inside.get(key)
        if literal is None:
            literal = self._inside[key] = self._conjunction([-one for one in self.outside(name, low, high)])
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

    def either(self, left: int, right: int) -> int:
        """A literal that is true only if `left` or `right` is."""
        key = (left, right)
        literal = self._either.get(key)
        if literal is None:
            literal = self._either[key] = self.sat.new_variable(phase=True)
            self.add((-literal, left, right))
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
        """Try the version first that the strategy likes best, and pre-releases that need admission last.

        Of modules that nobody asked for, the installed version comes first.
        """
        resting = self.problem.rest(domain.name)
        if resting is not None and domain.name not in self.problem.requested:
            return rank <= resting
        if self.problem.lowest:
            return bool(domain.eligible) and rank <= domain.eligible[0]
        return not domain.eligible or rank <= domain.eligible[-1]

    # Clauses

    def require(self, condition: Sequence[int], name: str, admitted: Intervals) -> None:
        """Unless one of the literals of `condition`, none constant, is true, `name` is present at a rank in `admitted`.

        With ``c`` for the condition and the intervals ``a1..b1 < a2..b2 < ...``::

            c or m>=a1        c or not m>=bk+1        c or not m>=b1+1 or m>=a2   ...
        """
        if not admitted:
            self.add(condition)
            return
        true, add = self.true, self.sat.add
        lowest, beyond = admitted[0][0], self.at_least(name, admitted[-1][1] + 1)
        add((*condition, self.at_least(name, lowest) if lowest > 0 else self.present(name)))
        if beyond != -true:
            add((*condition, -beyond))
        for (_, before), (after, _) in pairwise(admitted):
            add((*condition, -self.at_least(name, before + 1), self.at_least(name, after)))

    # Reading a model

    def snapshot(self) -> dict[str, int]:
        """The modules of the model found last, and their ranks: of the cell that it chose, the strategy's best.

        The rank is -1 for a module that no clause distinguishes versions of, so that it need not be read.
        """
        model = self.sat.model
        return {
            name: self._rank(name, variables, model) if variables.bounds else -1
            for name, variables in self._modules.items()
            if model[variables.present]
        }

    def _rank(self, name: str, variables: _Variables, model: Sequence[bool]) -> int:
        bounds, order = variables.bounds, variables.order
        true, false = 0, len(order)
        while true < false:
            middle = (true + false) // 2
            if model[order[middle]]:
                true = middle + 1
            else:
                false = middle
        domain = self.problem.domain(name)
        low = bounds[true - 1] if true else 0
        high = bounds[true] - 1 if true < len(bounds) else len(domain) - 1
        return self.preferred(name, low, high)

    def preferred(self, name: str, low: int, high: int) -> int:
        """The rank of `name` from `low` to `high` with which a model is read that tells them not apart."""
        if self.prefers_installed:
            resting = self.problem.rest(name)
            if resting is not None and low <= resting <= high:
                return resting
        return self.problem.domain(name).best(((low, high),))
