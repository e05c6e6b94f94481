"""The statements nearest to the request that contradict each other, in groups (docs/algorithm.md, "Widening")."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from las_solver.constraint import Requirement
from las_solver.ground import missing, statements_about
from las_solver.merge import unconstrained
from las_solver.problem import Problem
from las_solver.sat import Budget, Stopped
from las_solver.statement import (
    Dependency,
    HardwareLimit,
    InterfaceNeed,
    NoVersion,
    Requested,
    RuntimeNeed,
    Statement,
    UnknownModule,
    module_of,
    target_of,
)
from las_solver.theory import NO_CYCLE, Theory

__all__ = ["Contradiction"]

_GROWTH = 1.5


class Contradiction:
    """Statements about the modules nearest to the request, layer by layer, without those that are `settled`.

    What belongs together is one group, with one selector. What a module says about another in several constraints is
    two: everything, and only that the other is needed. The latter follows from the former.
    """

    def __init__(self, problem: Problem, settled: Sequence[Statement], budget: Budget) -> None:
        self._problem = problem
        self._settled = settled
        self._budget = budget
        self._theory = Theory(problem, budget=budget)
        self._groups: dict[int, list[Statement]] = {}
        self._selectors: dict[Hashable, int] = {}
        self._intricate: set[int] = set()
        self._met: dict[tuple[str, str], bool] = {}
        self._layer: list[str] = list(problem.requested)
        self._seen: set[str] = set(self._layer)
        self._selected: list[int] = []
        self._add([NO_CYCLE])
        requested: list[Statement] = []
        for requirement in problem.request.requirements:
            requested.extend((Requested(requirement), *self._absence(requirement)))
        self._add(requested)

    def close(self) -> None:
        """Free the solver's memory."""
        self._theory.close()

    def exists(self) -> bool:
        """Whether there is a contradiction; if so, it is then between the statements of as few layers as it takes.

        Whether there is one between those of some layers is asked as soon as there are half as many groups more than
        the last time, and, once there is, of the layers since then.
        """
        sizes = [len(self._groups)]
        consistent = 0
        while not self._contradicts(len(self._groups)):
            consistent = len(sizes)
            enough = _GROWTH * sizes[-1]
            while self._layer and (len(sizes) == consistent or sizes[-1] < enough):
                self._widen()
                sizes.append(len(self._groups))
            if len(sizes) == consistent:
                return False
        contradictory = len(sizes) - 1
        while consistent < contradictory:
            middle = (consistent + contradictory) // 2
            if self._contradicts(sizes[middle]):
                contradictory = middle
            else:
                consistent = middle + 1
        self._selected = list(self._groups)[: sizes[contradictory]]
        return True

    def core(self) -> list[Statement]:
        """The statements of the groups in the core that was found last."""
        return self._statements(self._theory.sat.core)

    def reduce(self) -> list[Statement]:
        """The statements of the groups left after leaving out groups as long as the rest still contradicts itself.

        Left out first is that there is no circle, then what says everything where there is one that says less, then
        the others, each time the last first. So a core keeps to what follows without telling cases apart, if it can.
        """
        no_cycle = self._selectors[NO_CYCLE]
        rank = {selector: (selector == no_cycle, selector in self._intricate) for selector in self._selected}
        return self._statements(self._theory.reduced(sorted(self._selected, key=rank.__getitem__)))

    def _statements(self, selectors: Iterable[int]) -> list[Statement]:
        """The statements of the groups of `selectors`, in the order in which they were added."""
        chosen = set(selectors)
        return [one for selector, group in self._groups.items() if selector in chosen for one in group]

    def _contradicts(self, groups: int) -> bool:
        return self._theory.contradicts(list(self._groups)[:groups])

    def _widen(self) -> None:
        """Add the statements about the modules of the next layer."""
        following: dict[str, None] = {}
        for name in self._layer:
            if self._budget():
                raise Stopped
            found: list[Statement] = []
            for statement in statements_about(self._problem, name):
                found.append(statement)
                if (requirement := target_of(statement)) is not None:
                    found.extend(self._absence(requirement))
                    following[requirement.name] = None
                elif isinstance(statement, InterfaceNeed):
                    following.update(dict.fromkeys(statement.providers))
            self._add(found)
        self._layer = [name for name in following if name not in self._seen]
        self._seen.update(self._layer)

    def _absence(self, requirement: Requirement) -> list[Statement]:
        """The statement that nothing meets `requirement`, if nothing does and it is not there yet."""
        key = (requirement.name, requirement.constraint.text)
        if key in self._met:
            return []
        nothing = missing(self._problem, requirement)
        self._met[key] = nothing is None
        return [] if nothing is None else [nothing]

    def _add(self, statements: Sequence[Statement]) -> None:
        needs: dict[int, list[Dependency | RuntimeNeed]] = {}
        for statement in statements:
            if _is_settled(statement, self._settled):
                continue
            selector = self._select(_group(statement))
            self._groups[selector].append(statement)
            self._theory.add(statement, (-selector,))
            if isinstance(statement, Dependency | RuntimeNeed):
                needs.setdefault(selector, []).append(statement)
        for selector, several in needs.items():
            if len(several) > 1:
                self._add_unconstrained(selector, several)

    def _add_unconstrained(self, selector: int, several: Sequence[Dependency | RuntimeNeed]) -> None:
        """Add what `several` needs, the group of `selector`, say without their constraints, if that is less."""
        name = several[0].requirement.name
        texts = {text for text in {one.requirement.constraint.text for one in several} if self._met[name, text]}
        meetable = [one for one in several if one.requirement.constraint.text in texts]
        fewer = unconstrained(meetable) if len(texts) > 1 else []
        if fewer:
            self._intricate.add(selector)
            weaker = self._select(("needed", selector))
            self._groups[weaker].extend(fewer)
            for statement in fewer:
                self._theory.add(statement, (-weaker,))

    def _select(self, group: Hashable) -> int:
        selector = self._selectors.get(group)
        if selector is None:
            selector = self._selectors[group] = self._theory.new_selector()
            self._groups[selector] = []
        return selector


def _is_settled(statement: Statement, settled: Sequence[Statement]) -> bool:
    """Whether `statement` is one of `settled`, or said by one of them about more versions."""
    for other in settled:
        if statement == other:
            return True
        match statement, other:
            case (RuntimeNeed(span, requirement), RuntimeNeed(wider, weaker)):
                same = requirement.name == weaker.name
            case (HardwareLimit(span, lack), HardwareLimit(wider, least)):
                same = lack.fact == least.fact
            case (InterfaceNeed(span, interface), InterfaceNeed(wider, consumed)):
                same = interface == consumed
            case _:
                continue
        if same and span.module == wider.module and wider.low <= span.low and span.high <= wider.high:
            return True
    return False


def _group(statement: Statement) -> Hashable:
    """Statements of one group are kept or left out together at first."""
    match statement:
        case Dependency(span, requirement) | RuntimeNeed(span, requirement):
            return (type(statement), span.module, requirement.name)
        case Requested() | UnknownModule() | NoVersion():
            return statement
        case _ if statement == NO_CYCLE:
            return statement
        case _:
            return (type(statement), module_of(statement))
