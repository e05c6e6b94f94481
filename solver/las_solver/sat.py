"""The SAT solver: literals and clauses, assumptions, phases, cores and budgets. The only file that knows PySAT.

Variables are integers from 1 on; a literal is a variable or its negative, as in DIMACS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

__all__ = ["BACKENDS", "DEFAULT_BACKEND", "UNLIMITED", "Budget", "Cheapest", "Sat", "Stopped", "Totalizer", "never"]

BACKENDS = {
    "cadical195": "Cadical195",
    "glucose3": "Glucose3",
    "glucose4": "Glucose4",
    "glucose42": "Glucose42",
    "minicard": "Minicard",
    "minisat22": "Minisat22",
    "minisat-gh": "MinisatGH",
}
"""The incremental backends that obey a budget of conflicts, by the names that :class:`Sat` takes."""

DEFAULT_BACKEND = "glucose4"

_CONFLICTS_A_SLICE = 200
_LARGEST_SUM = 2**60
_FEW_WEIGHTS = 24


class Stopped(Exception):
    """The caller's `stop` said so in the middle of a search."""


def never() -> bool:
    """Do not stop."""
    return False


class Budget:
    """An effort in conflicts of SAT solvers, which is the same on every machine, and a `stop` for emergencies.

    Called, it answers whether one of the two says that it is enough. `conflicts` is None for no limit.
    """

    def __init__(self, conflicts: int | None = None, stop: Callable[[], bool] = never) -> None:
        self._left = conflicts
        self._stop = stop

    def spend(self, conflicts: int) -> None:
        """Take note that so many conflicts were met."""
        if self._left is not None:
            self._left -= conflicts

    def __call__(self) -> bool:
        return (self._left is not None and self._left <= 0) or self._stop()


UNLIMITED = Budget()


class Sat:
    """One incremental SAT solver.

    `backend` is a key of :data:`BACKENDS`. `stop` is asked between slices of a long search; where it answers True,
    :meth:`solve` raises :class:`Stopped`. `spend` is told how many conflicts each slice met.
    """

    def __init__(
        self,
        backend: str = DEFAULT_BACKEND,
        *,
        stop: Callable[[], bool] = never,
        spend: Callable[[int], None] | None = None,
    ) -> None:
        if backend not in BACKENDS:
            raise ValueError(f"there is no SAT backend {backend!r}; there are {', '.join(BACKENDS)}")
        from pysat import solvers  # late: its import takes a third of a cold plan, and most plans need no solver

        self._solver: Any = getattr(solvers, BACKENDS[backend])()
        self.stop = stop
        self._spend = spend
        self._spent = 0
        self._variables = 0
        self._model: list[bool] | None = []
        self._core: tuple[int, ...] = ()
        self.calls = 0
        self.clauses = 0

    def new_variable(self, *, phase: bool | None = None) -> int:
        """A new variable; `phase` is the value that the search tries first."""
        self._variables += 1
        if phase is not None:
            self._solver.set_phases([self._variables if phase else -self._variables])
        return self._variables

    def add(self, clause: Sequence[int]) -> None:
        """Demand that one of the literals of `clause` is true, from now on."""
        if self._model is None:
            self._read_model()  # some backends forget it with the next clause
        self.clauses += 1
        self._solver.add_clause(clause)

    def add_at_most(self, literals: Sequence[int], weights: Sequence[int], bound: int) -> None:
        """Demand that the true ones of `literals` weigh no more than `bound` together; weights are above 0.

        Where all weigh 1, by PySAT's cardinality encodings, else by its pseudo-Boolean ones. Says nothing where the
        weights are too large for these.
        """
        if sum(weights) <= bound or sum(weights) >= _LARGEST_SUM:
            return
        if max(weights) == 1:
            from pysat.card import CardEnc

            clauses = CardEnc.atmost(list(literals), bound=bound, top_id=self._variables)
        else:
            from pysat.pb import EncType, PBEnc

            kind = EncType.best if len(weights) <= _FEW_WEIGHTS else EncType.adder  # one propagates, one is small
            clauses = PBEnc.atmost(
                list(literals), weights=list(weights), bound=bound, top_id=self._variables, encoding=kind
            )
        self._variables = max(self._variables, clauses.nv)
        for clause in clauses.clauses:
            self.add(clause)

    def solve(self, assumptions: Sequence[int] = ()) -> bool:
        """Whether all clauses can be true together with `assumptions`; then :meth:`value` tells how, else :attr:`core`.

        Raises :class:`Stopped` where `stop` answers True before that is known.
        """
        self.calls += 1
        assumed = list(assumptions)
        while True:
            self.ask_stop()
            self._solver.conf_budget(_CONFLICTS_A_SLICE)
            satisfiable: bool | None = self._solver.solve_limited(assumed, expect_interrupt=True)
            if self._spend is not None:
                before, self._spent = self._spent, self._solver.accum_stats()["conflicts"]
                self._spend(self._spent - before)
            if satisfiable is not None:
                break
        if satisfiable:
            self._model = None
        else:
            self._core = tuple(self._solver.get_core() or ())
            if self._model is None:
                self._model = []  # nobody asked for the model before, and the solver has forgotten it
        return satisfiable

    def ask_stop(self) -> None:
        """Raise :class:`Stopped` if the caller's `stop` says so."""
        if self.stop():
            raise Stopped

    def value(self, literal: int) -> bool:
        """Whether `literal` is true in the model that :meth:`solve` found last."""
        true = self.model[abs(literal)]
        return true if literal > 0 else not true

    @property
    def model(self) -> Sequence[bool]:
        """The values that :meth:`solve` found last, by variable; those of variables made since may be missing."""
        return self._read_model() if self._model is None else self._model

    def _read_model(self) -> list[bool]:
        """Takes the model from the solver, which is only done where it is asked for: often the verdict is enough."""
        model = [False, *(literal > 0 for literal in self._solver.get_model())]
        model.extend([False] * (self._variables + 1 - len(model)))
        self._model = model
        return model

    @property
    def core(self) -> tuple[int, ...]:
        """The assumptions that contradict the clauses, after :meth:`solve` answered False; empty if it needed none."""
        return self._core

    def close(self) -> None:
        """Free the solver's memory."""
        self._solver.delete()


class Totalizer:
    """Counts how many of `literals` are true: :meth:`more_than` is implied whenever more than so many are.

    Bailleux and Boufkhad's encoding, in the incremental form of Martins et al.; grown only as far as it is asked.
    """

    def __init__(self, sat: Sat, literals: Iterable[int]) -> None:
        from pysat.card import ITotalizer

        self._sat = sat
        self._size = len(inputs := list(literals))
        self._totalizer = ITotalizer(lits=inputs, ubound=1, top_id=sat._variables)
        self._take(self._totalizer.cnf.clauses)

    def more_than(self, count: int) -> int | None:
        """A literal that is true if more than `count` of the inputs are; None if there are not so many inputs."""
        if count >= self._size:
            return None
        if count >= len(self._totalizer.rhs):
            self._totalizer.increase(ubound=count, top_id=self._sat._variables)
            if self._totalizer.nof_new:
                self._take(self._totalizer.cnf.clauses[-self._totalizer.nof_new :])
        literal: int = self._totalizer.rhs[count]
        return literal

    def _take(self, clauses: Iterable[Sequence[int]]) -> None:
        self._sat._variables = max(self._sat._variables, self._totalizer.top_id)
        for clause in clauses:
            self._sat.add(clause)


class Cheapest:
    """Values of variables of which as little weight as possible is true, under clauses that come in one by one.

    `weights` maps the variables, numbered from 1 on, to what each costs to be true. OLL, as in
    :mod:`las_solver.newest`, with weights. `budget` counts the effort and can end it.
    """

    def __init__(self, weights: Mapping[int, int], budget: Budget = UNLIMITED) -> None:
        self._sat = Sat(stop=budget, spend=budget.spend)
        self._variables = tuple(weights)
        for _ in range(max(weights, default=0)):
            self._sat.new_variable(phase=False)
        self._weights = {-variable: weight for variable, weight in weights.items()}
        self._counts: dict[int, tuple[Totalizer, int]] = {}

    def add(self, clause: Iterable[int]) -> None:
        """Demand that one of the literals of `clause` is true, from now on."""
        self._sat.add(list(clause))

    def find(self) -> frozenset[int] | None:
        """The variables that are true in a cheapest solution; None if there is no solution.

        Raises :class:`Stopped` when the budget is used up.
        """
        least = max(self._weights.values(), default=0)  # heavy ones first, or cores would split them into crumbs
        while True:
            while not self._sat.solve([literal for literal, weight in self._weights.items() if weight >= least]):
                core = self._sat.core
                if not core:
                    return None
                self._relax(core)
            lighter = [weight for weight in self._weights.values() if weight < least]
            if not lighter:
                return frozenset(filter(self._sat.value, self._variables))
            least = max(lighter) // 2 + 1

    def _relax(self, core: Sequence[int]) -> None:
        """Pay for the cheapest literal of `core`, of which one at least is false, and assume that no more are."""
        least = min(self._weights[literal] for literal in core)
        for literal in core:
            self._weights[literal] -= least
            if not self._weights[literal]:
                del self._weights[literal]
            if literal in self._counts:
                totalizer, count = self._counts[literal]
                self._allow(totalizer, count + 1, least)
        if len(core) == 1:
            self._sat.add((-core[0],))
        else:
            self._allow(Totalizer(self._sat, [-literal for literal in core]), 1, least)

    def _allow(self, totalizer: Totalizer, count: int, weight: int) -> None:
        """Assume that no more than `count` of those that `totalizer` counts are true, at a loss of `weight`."""
        more = totalizer.more_than(count)
        if more is not None:
            self._weights[-more] = self._weights.get(-more, 0) + weight
            self._counts[-more] = totalizer, count

    def close(self) -> None:
        """Free the solver's memory."""
        self._sat.close()
