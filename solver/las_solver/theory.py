"""Statements in a SAT solver, each of which can be lifted: do those that are left contradict each other?"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from las_solver.constraint import Constraint
from las_solver.cuts import cut_unadmitted
from las_solver.encode import Encoding
from las_solver.graph import find_cycles, trim
from las_solver.problem import Problem
from las_solver.sat import UNLIMITED, Budget, Sat
from las_solver.statement import (
    CapacityLimit,
    Cycle,
    Dependency,
    Deprecation,
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    LockLimit,
    ModeLimit,
    NoVersion,
    PinLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Span,
    Statement,
    Staying,
    UnknownModule,
)

if TYPE_CHECKING:
    from las_solver.capacity import Counter, Said

__all__ = ["BACKEND", "NO_CYCLE", "Theory"]

Literals = tuple[int, ...]

BACKEND: Final = "glucose4"
"""What explains, whatever plans: a budget in conflicts means the same then."""

Room: TypeAlias = Callable[[tuple[str, str]], tuple[Sequence[int] | None, Sequence[int]]]
"""The cards of a capacity in the model that was found last, None for those that its statements name; and literals of
which one is true where there are more."""


def _as_said(capacity: tuple[str, str]) -> tuple[None, tuple[()]]:
    """There is as much room as the statements say."""
    return None, ()


NO_CYCLE = Cycle((), ())
"""That needs must not go in a circle; which needs do is known only when a core is."""


class Theory:
    """Statements in a SAT solver, each lifted where one of its literals is true.

    By default that is the negation of its *selector*, a literal that switches it on. `problem` is not pruned. The
    solver is always the same, so that the effort does not depend on what is chosen for planning. `room` says how much
    there is of what is held together, where that is not what statements say.
    """

    def __init__(
        self,
        problem: Problem,
        statements: Iterable[Statement] = (),
        *,
        budget: Budget = UNLIMITED,
        room: Room = _as_said,
    ) -> None:
        self._room = room
        self.sat = Sat(BACKEND, stop=budget, spend=budget.spend)
        self.encoding = Encoding(problem, self.sat)
        self._problem = problem
        self._selector: dict[Statement, int] = {}
        self._switches: set[int] = set()
        self._absent: dict[Hashable, int] = {}
        self._needs: dict[str, list[tuple[int, int, str, Literals]]] = {}
        self._prereleases: dict[str, list[tuple[Span, Literals]]] = {}
        self._acyclic: Literals | None = None
        self._held: dict[tuple[str, str], tuple[Said, Counter]] = {}
        for statement in statements:
            self.add(statement)

    @property
    def selectors(self) -> tuple[int, ...]:
        """The selectors of all statements that have one, in the order in which they were added."""
        return tuple(self._selector.values())

    def close(self) -> None:
        """Free the solver's memory."""
        self.sat.close()

    def new_selector(self) -> int:
        """A literal that is off unless it is assumed."""
        selector = self.sat.new_variable(phase=True)
        self._switches.add(selector)
        return selector

    def select(self, statement: Statement) -> int:
        """The selector of `statement`."""
        if statement not in self._selector:
            self._selector[statement] = self.new_selector()
        return self._selector[statement]

    def add(self, statement: Statement, lifted: Literals | None = None) -> None:
        """Add the clauses of `statement`: ``l1 or l2 or ... or what it says``, for the literals that lift it."""
        if lifted is None:
            lifted = (-self.select(statement),)
        encoding = self.encoding
        match statement:
            case Requested(requirement):
                self._require(lifted, requirement.name, requirement.constraint)
            case Dependency(span, requirement) | RuntimeNeed(span, requirement):
                self.add_need(span.module, span.low, span.high, requirement.name, requirement.constraint, lifted)
            case Staying(span):
                encoding.add((*lifted, encoding.present(span.module)))
            case (
                HardwareLimit(span)
                | ModeLimit(span)
                | Exclusion(span)
                | PinLimit(span)
                | LockLimit(span)
                | Deprecation(span)
            ):
                encoding.add((*lifted, *encoding.outside(span.module, span.low, span.high)))
            case InterfaceNeed(span, interface, providers):
                able = [
                    literal
                    for provider in providers
                    for literal in encoding.any_inside(provider, self._problem.domain(provider).providing(interface))
                ]
                encoding.add((*lifted, *encoding.outside(span.module, span.low, span.high), *able))
            case UnknownModule(module):
                encoding.add((*lifted, -encoding.present(module)))
            case NoVersion(module, constraint):
                encoding.add((*lifted, -self._met(module, constraint.text)))
            case PreRelease(span):
                self._prereleases.setdefault(span.module, []).append((span, lifted))
            case Cycle():
                self._acyclic = lifted
            case CapacityLimit():
                self._hold(statement, lifted)

    def add_need(self, module: str, low: int, high: int, name: str, constraint: Constraint, lifted: Literals) -> None:
        """Add that `module`, if its rank is within `low` and `high`, needs `name` at a version of `constraint`."""
        self._needs.setdefault(module, []).append((low, high, name, lifted))
        self._require((*lifted, *self.encoding.outside(module, low, high)), name, constraint)

    def contradicts(self, assumed: Sequence[int]) -> bool:
        """Whether what is added contradicts itself under the literals `assumed`; of selectors, all others are off."""
        on = self._switches.intersection(assumed)

        def is_on(lifted: Literals) -> bool:
            return not any(-one not in on if -one in self._switches else self.sat.value(one) for one in lifted)

        def may_be_on(lifted: Literals) -> bool:
            return not any(-one in self._switches and -one not in on for one in lifted)

        is_plain = (
            not self._held
            and not (self._acyclic is not None and may_be_on(self._acyclic))
            and not any(may_be_on(lifted) for spans in self._prereleases.values() for _, lifted in spans)
        )
        while self.sat.solve(assumed):
            if is_plain:
                return False
            model = self.encoding.snapshot()
            chosen = {name: self._rank(name, rank) for name, rank in model.items() if len(self._problem.domain(name))}
            if not (
                self._cut_cycles(chosen, is_on)
                or self._cut_prereleases(chosen, is_on)
                or self._cut_excess(chosen, is_on)
            ):
                return False
        return True

    def core(self) -> list[Statement]:
        """The statements whose selectors are in the core that was found last."""
        core = set(self.sat.core)
        return [statement for statement, selector in self._selector.items() if selector in core]

    def reduce(self) -> list[Statement]:
        """The statements left after leaving some out, the last first, as long as the rest still contradicts itself.

        That there is no circle is left out before all others. Called after :meth:`contradicts` answered True.
        """
        ordered = sorted(self._selector.items(), key=lambda item: item[0] == NO_CYCLE)
        kept = set(self.reduced([selector for _, selector in ordered]))
        return [statement for statement, selector in self._selector.items() if selector in kept]

    def reduced(self, selectors: Iterable[int]) -> list[int]:
        """The selectors left after leaving out the last ones first, as long as the others still contradict themselves.

        Called after :meth:`contradicts` answered True for them. A core that the SAT solver finds on the way saves
        trials and changes nothing: what is not in the core can be left out.
        """
        kept = dict.fromkeys(selectors)
        core = set(self.sat.core)
        for selector in reversed(tuple(kept)):
            if selector in core:
                if not self.contradicts([other for other in kept if other != selector]):
                    continue
                core = set(self.sat.core)
            del kept[selector]
        return list(kept)

    def _require(self, condition: Sequence[int], name: str, constraint: Constraint) -> None:
        admitted = self._problem.admitted(name, constraint)
        if admitted:
            self.encoding.require(condition, name, admitted)
        elif len(self._problem.domain(name)):
            self.encoding.add((*condition, self._met(name, constraint.text)))
        else:
            self.encoding.add((*condition, self.encoding.present(name)))

    def _met(self, name: str, constraint: str) -> int:
        """The literal "a version of `name` that meets `constraint` is present", for a constraint that none meets."""
        key = (name, constraint)
        if key not in self._absent:
            self._absent[key] = self.sat.new_variable()
        return self._absent[key]

    def _rank(self, name: str, rank: int) -> int:
        return rank if rank >= 0 else self.encoding.preferred(name, 0, len(self._problem.domain(name)) - 1)

    def _cut_cycles(self, chosen: dict[str, int], is_on: Callable[[Literals], bool]) -> bool:
        """Forbid circles of the needs that statements which are on name, if `chosen` has any."""
        if self._acyclic is None or not is_on(self._acyclic):
            return False
        off = self._acyclic
        reasons: dict[tuple[str, str], tuple[int, int, Literals]] = {}
        targets: dict[str, list[str]] = {name: [] for name in chosen}
        for name, rank in chosen.items():
            for low, high, target, lifted in self._needs.get(name, ()):
                if low <= rank <= high and target in chosen and is_on(lifted):
                    reasons.setdefault((name, target), (low, high, lifted))
                    targets[name].append(target)
        cycles = find_cycles(chosen, targets.__getitem__)
        for cycle in cycles:
            clause = [*off]
            for edge in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
                low, high, lifted = reasons[edge]
                clause.extend(lifted)
                clause.extend(self.encoding.outside(edge[0], low, high))
            self.encoding.add(clause)
        if cycles:
            self._require_first(trim(chosen, targets.__getitem__), off)
        return bool(cycles)

    def _require_first(self, names: list[str], off: Literals) -> None:
        """If any of the modules `names` is present, one comes first, in no span of an active need of another of them.

        There can be exponentially many circles, too many to forbid each. With l for a literal that lifts a need of n,
        and c for one that lifts the demand that there is no circle::

            first(m) -> present(m)        not first(m) or l or m outside span or not present(n)
            c or not present(m) or first(m1) or first(m2) or ...
        """
        encoding = self.encoding
        members = frozenset(names)
        firsts = []
        for name in names:
            first = self.sat.new_variable(phase=False)
            firsts.append(first)
            encoding.add((-first, encoding.present(name)))
            for low, high, target, lifted in self._needs.get(name, ()):
                if target in members:
                    outside = encoding.outside(name, low, high)
                    encoding.add((-first, *lifted, *outside, -encoding.present(target)))
        for name in names:
            encoding.add((*off, -encoding.present(name), *firsts))

    def _cut_prereleases(self, chosen: dict[str, int], is_on: Callable[[Literals], bool]) -> bool:
        def lifted_by(name: str, rank: int) -> int | None:
            for span, lifted in self._prereleases.get(name, ()):
                if span.low <= rank <= span.high and is_on(lifted):
                    return self._any(lifted)
            return None

        return bool(self._prereleases) and cut_unadmitted(self.encoding, chosen, {}, lifted_by)

    def _hold(self, statement: CapacityLimit, lifted: Literals) -> None:
        from las_solver.capacity import Counter, Said  # late: few requests have any

        if statement.key not in self._held:
            said = Said()
            self._held[statement.key] = said, Counter(self.encoding, statement.cards, said)
        for share in statement.shares:
            self._held[statement.key][0].add(share, lifted)

    def _cut_excess(self, chosen: dict[str, int], is_on: Callable[[Literals], bool]) -> bool:
        """Forbid what `chosen` holds too much of, so far as statements that are on say so; False if that is nothing."""
        for key, (_, counter) in self._held.items():
            cards, raised = self._room(key)
            if excess := counter.excess(chosen, is_on, cards):
                counter.forbid(excess, raised)
                return True
        return False

    def _any(self, literals: Literals) -> int:
        """A literal that is true only if one of `literals` is; constant false if there is none."""
        if len(literals) <= 1:
            return literals[0] if literals else -self.encoding.true
        either = self.sat.new_variable(phase=False)
        self.sat.add((-either, *literals))
        return either
