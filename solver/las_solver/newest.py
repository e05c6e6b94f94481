"""The layered optimum: of all valid answers the one that section 5 of the contract names, with proof.

Layer by layer, the least total of versions behind is found core-guided, on the order variables themselves (OLL):
assume of every module of the layer that it is as new as the layers before allow; a core costs one version, each
module in it may then be one more version behind, and a totalizer counts how many of the core's assumptions are
broken. The algorithm and its proof are in docs/algorithm.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from las_solver.answer import Answer, Demand, Modules, construct, is_admitted, is_changed, narrowed, unmet_demand
from las_solver.descent import descend
from las_solver.goal import Goal, Newness, Presence, Sameness
from las_solver.lazy_dataclass import dataclass
from las_solver.model import Strategy
from las_solver.problem import Problem
from las_solver.ranks import Intervals, intersect
from las_solver.sat import Stopped, Totalizer
from las_solver.search import Search

__all__ = ["Newest", "Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The modules of the answer with their ranks, in order of discovery, and whether it is proved to be the newest.

    In every answer with the fewest removals and changes, where these come first, `movable` holds all installed modules
    that change, and `removable` those that are removed.
    """

    modules: Modules
    optimal: bool
    movable: frozenset[str] = frozenset()
    removable: frozenset[str] = frozenset()


class Newest:
    """One optimisation. :meth:`find` or :meth:`exists` is called, once."""

    def __init__(self, problem: Problem, backend: str, *, stop: Callable[[], bool], eager: bool, descent: bool) -> None:
        self._problem = problem
        self._make_search: Callable[[], Search] = lambda: Search(problem, backend, stop=stop, eager=eager)
        self._search: Search | None = None
        self._stop = stop
        self._descent = descent
        self._first: Modules | None = None
        self._answer = Modules(problem, {})
        self._decided: dict[str, int] = {}
        self._removed: set[str] = set()
        self._movable: frozenset[str] = frozenset()
        self._bounds: dict[str, Intervals] = {}
        self._picks: dict[Demand, str] = {}
        self._removable: set[str] = set()
        self._present: set[str] = set()
        self._held: set[str] = set()
        self._is_settled = False

    @property
    def settled(self) -> int:
        """How many modules of the answer are decided."""
        return len(self._decided)

    def find(self) -> Outcome | None:
        """The newest valid answer; None if there is no valid answer.

        Raises :class:`Stopped` where the search was stopped before any valid answer was found.
        """
        try:
            if self._descent and self._begin():
                return None if self._first is None else Outcome(self._first, optimal=True)
            if self._first is not None:
                self._answer = self._first
            elif not self._solve(()):
                return None
            try:
                self._decide_all()
            except Stopped:
                return Outcome(self._complete(), optimal=False)
            modules = Modules(self._problem, self._decided, self._removed)
            return Outcome(modules, optimal=True, movable=self._movable, removable=frozenset(self._removable))
        finally:
            if self._search is not None:
                self._search.sat.close()

    def exists(self) -> bool:
        """Whether there is any valid answer.

        Raises :class:`Stopped` where the search was stopped before that was known.
        """
        try:
            is_proved = self._descent and self._begin()
            return self._first is not None or (not is_proved and self._solve(()))
        finally:
            if self._search is not None:
                self._search.sat.close()

    def _begin(self) -> bool:
        """Look for an answer without a SAT solver; whether it is proved to be the newest, or that there is none."""
        first = descend(self._problem, self._stop)
        if first is not None:
            return self._starts_from(first.answer, is_newest=first.is_newest)
        if self._problem.installed.modules:
            return False
        from las_solver.backjumping import GaveUp, search  # late: most plans end with the descent

        try:
            found = search(self._problem, self._stop)
        except GaveUp:
            return False
        return found is None or self._starts_from(Modules(self._problem, found.modules), is_newest=found.is_newest)

    def _starts_from(self, answer: Modules, *, is_newest: bool) -> bool:
        """Whether `answer`, found without regard to capacities, is the newest; if it is one at all, begin with it."""
        if self._problem.capacities:
            from las_solver.capacity import exceeds  # late: few requests have any

            if exceeds(self._problem, answer, stop=self._stop):
                return False
        self._first = answer
        return is_newest

    def _decide_all(self) -> None:
        problem, request = self._problem, self._problem.request
        self._hold_fewest()
        layer = list(problem.requested)
        while True:
            while layer:
                layer = self._decide(layer)
            if not self._is_settled and request.strategy is not Strategy.UPGRADE:
                layer = self._settle_installed()
                continue
            demand = unmet_demand(problem, self._known)
            if demand is not None:
                layer = [self._pick(demand)]
            elif not self._is_settled:
                layer = self._settle_installed()
            else:
                return

    @property
    def _known(self) -> Answer:
        """What is decided; once all is settled that is installed, with what rests."""
        return Modules(self._problem, self._decided, self._removed) if self._is_settled else self._decided

    def _complete(self) -> Modules:
        """The best answer so far: what is decided, and the rest as it was last found."""
        domain = self._problem.domain
        found = next(
            modules
            for modules in construct(self._problem, self._answer, self._picks)
            if all(
                rank not in domain(name).conditional or is_admitted(self._problem, modules, name)
                for name, rank in modules.items()
            )
        )
        gone = frozenset(name for name in self._problem.installed.staying if name not in found)
        return Modules(self._problem, found, gone)

    # What is installed

    @property
    def _counts_changes(self) -> bool:
        """Whether fewest removals or changes come before everything else."""
        request = self._problem.request
        return bool(self._problem.keeps or request.allow_removal or request.released)

    def _hold_fewest(self) -> None:
        """Find an answer with the fewest removals and, under the strategy keep, the fewest changes; hold that."""
        request = self._problem.request
        if request.allow_removal or request.released:
            self._least_removed()
        if self._problem.keeps:
            self._movable = frozenset(self._least_changed(sorted(self._problem.installed.modules)))

    def _least_removed(self) -> None:
        """Find an answer in which the fewest modules are removed; from then on, no more are."""
        installed = self._problem.installed
        names = [name for name in installed.staying if self._problem.may_go(name)]

        def removed() -> list[Goal]:
            return [Presence(name) for name in names if name not in self._answer]

        self._removable = self._least(removed)
        self._present.update(name for name in names if name not in self._removable)

    def _least_changed(self, names: Sequence[str]) -> set[str]:
        """Find an answer in which the fewest of the installed modules `names` change; those that could be among them.

        From then on, no more change.
        """
        problem = self._problem
        disturbed = set(problem.disturbed)
        open_ones = [name for name in names if name not in disturbed]

        def changed() -> list[Goal]:
            return [Sameness(problem, name) for name in open_ones if is_changed(problem, name, self._answer)]

        movable = self._least(changed)
        self._held.update(name for name in open_ones if name not in movable)
        return movable | disturbed.intersection(names)

    def _least(self, broken: Callable[[], list[Goal]]) -> set[str]:
        """Find an answer with the least number of goals that are `broken`; the names of those that could be."""
        if not broken():
            return set()
        goals: list[Goal] = []
        self._minimise(goals, broken)
        return {goal.name for goal in goals}

    def _settle_installed(self) -> list[str]:
        """Decide the staying modules that are not decided, together; the layer that they need."""
        problem = self._problem
        self._is_settled = True
        names = [name for name in problem.installed.staying if name not in self._decided]
        if self._search is not None:
            self._search.encoding.prefers_installed = True
        movable = self._least_changed(names)
        goals = [
            self._newness(name, may_go=name in self._removable)
            for name in names
            if name in movable and self._allowed(name)
        ]
        if any(goal.cost(self._answer) > goal.least for goal in goals):
            self._minimise(list(goals))
        elif any(goal.name in self._removable for goal in goals):
            for goal in goals:  # each is as good as can be, which must not be lost where another one stays instead
                self._hold(goal)
        for goal in goals:
            if goal.name in self._removable:
                self._keep_if_possible(goal.name)
            if goal.name in self._answer:
                self._minimise_alone(goal)
        there = [goal for goal in goals if goal.name in self._answer]
        for goal in there:
            self._settle(goal, there)
        for name in names:
            if name in self._answer.active:  # in order of name, those that were settled just now, too
                self._decided[name] = self._decided.pop(name, self._answer.active[name])
        self._removed.update(name for name in names if name not in self._answer)
        return self._following([goal.name for goal in there])

    def _keep_if_possible(self, name: str) -> None:
        """Find an answer with the module `name` if it can stay; from then on, it stays, or does not."""
        search = self._searching()
        present = search.encoding.present(name)
        stays = name in self._answer or self._solve((present,))
        search.encoding.add((present if stays else -present,))

    # One layer

    def _decide(self, layer: list[str]) -> list[str]:
        """Decide the versions of the modules of `layer`; the next layer, which they need."""
        goals = [self._newness(name) for name in layer]
        if any(goal.cost(self._answer) > goal.least for goal in goals):
            tangled = self._minimise(list(goals))
            for goal in goals:
                if goal.name in tangled:
                    self._minimise_alone(goal)
                self._hold(goal)
        for goal in goals:
            self._settle(goal, goals)
        return self._following(layer)

    def _newness(self, name: str, *, may_go: bool = False) -> Newness:
        allowed = self._allowed(name)
        possible = narrowed(self._problem, name, allowed, self._fixed)
        return Newness(self._problem, name, allowed, possible, may_go=may_go)

    def _fixed(self, name: str) -> int | None:
        """The rank that the module `name` has in every answer that is left, as far as that is known."""
        rank = self._decided.get(name)
        return self._problem.rest(name) if rank is None and name in self._held else rank

    def _following(self, layer: Iterable[str]) -> list[str]:
        """The modules that those of `layer`, which are decided, need and that are not decided."""
        following: dict[str, None] = {}
        known = self._known
        for name in layer:
            for need in self._problem.domain(name).needs(self._decided[name]):
                self._bounds[need.name] = intersect(self._allowed(need.name), need.ranks)
                if need.name not in known:
                    following[need.name] = None
        return list(following)

    def _minimise(self, goals: list[Goal], broken: Callable[[], list[Goal]] = list) -> set[str]:
        """Find an answer with the least total over `goals`, and hold that; the modules that share a core with others.

        Goals that an answer on the way has `broken` are added to `goals`; those that none breaks are met by every
        answer with the least total, as that is reached without them.
        """
        search = self._searching()
        assumed: dict[int, Goal] = {}
        counters: dict[int, tuple[Totalizer, int]] = {}
        tangled: set[str] = set()
        known: set[str] = set()
        fresh = [*goals, *broken()]
        goals.clear()
        while True:
            for goal in fresh:
                known.add(goal.name)
                goals.append(goal)
                if (literal := goal.within(search, goal.least)) is not None:
                    assumed[literal] = goal
            if self._solve((*assumed, *counters)):
                fresh = [goal for goal in broken() if goal.name not in known]
                if not fresh:
                    break
                continue
            fresh = []
            core = search.sat.core
            assert core, "the statements contradict each other although an answer is known"
            tangled.update(assumed[literal].name for literal in core if literal in assumed and len(core) > 1)
            for literal in core:
                if literal in assumed:
                    goal = assumed.pop(literal)
                    goal.granted += 1
                    relaxed = goal.within(search, goal.granted)
                    if relaxed is not None:
                        assumed[relaxed] = goal
                else:
                    counter, count = counters.pop(literal)
                    _allow(counters, counter, count + 1)
            if len(core) == 1:
                search.encoding.add((-core[0],))
            else:
                _allow(counters, Totalizer(search.sat, [-literal for literal in core]), 1)
        for literal in (*assumed, *counters):
            search.encoding.add((literal,))
        return tangled

    def _minimise_alone(self, goal: Newness) -> None:
        """Of the answers with the least total, take one in which `goal` is least behind."""
        search = self._searching()
        while (distance := goal.cost(self._answer)) > goal.least:
            closer = goal.within(search, distance - 1)
            assert closer is not None
            if not self._solve((closer,)):
                break
        self._hold(goal)

    def _hold(self, goal: Newness) -> None:
        """From now on, `goal` is no further behind than in the answer found last."""
        search = self._searching()
        literal = goal.within(search, goal.cost(self._answer))
        if literal is not None:
            search.encoding.add((literal,))

    def _settle(self, goal: Newness, goals: Sequence[Newness]) -> None:
        """Fix the version of `goal`: the newest of those equally far behind (the oldest, under the strategy lowest)."""
        if goal.has_rival(self._answer[goal.name]):
            search = self._searching()
            for other in goals:
                self._hold(other)
            while goal.has_rival(rank := self._answer[goal.name]):
                at_least = search.encoding.at_least
                further = -at_least(goal.name, rank) if self._problem.lowest else at_least(goal.name, rank + 1)
                if not self._solve((further,)):
                    break
        self._decided[goal.name] = self._answer[goal.name]
        if self._search is not None:
            self._search.fix(goal.name, self._answer[goal.name])

    def _allowed(self, name: str) -> Intervals:
        """The ranks of `name` that everything decided so far admits."""
        allowed = self._bounds.get(name)
        if allowed is None:
            if name in self._problem.requested:
                return self._problem.request_ranks(name)
            size = len(self._problem.domain(name))
            return ((0, size - 1),) if size else ()
        return allowed

    # Providers

    def _pick(self, demand: Demand) -> str:
        """The first provider for `demand` with which a valid answer remains."""
        consumer, interface = demand
        known = self._known
        for provider in self._problem.providers(interface):
            if provider == consumer or provider in known:
                continue
            ranks = intersect(self._problem.domain(provider).providing(interface), self._allowed(provider))
            if ranks and self._remains_with(demand, provider, ranks):
                self._bounds[provider] = ranks
                return provider
        raise AssertionError(f"a valid answer is known, but none provides {interface} for {consumer}")

    def _remains_with(self, demand: Demand, provider: str, ranks: Intervals) -> bool:
        """Whether a valid answer remains if `provider`, at one of `ranks`, meets `demand`; then it does from now on."""
        if self._answer_has(provider, ranks):
            if self._search is not None:
                self._search.encoding.require((), provider, ranks)
        else:
            search = self._searching()
            picked = search.sat.new_variable()
            search.encoding.require((-picked,), provider, ranks)
            search.suppose({**self._picks, demand: provider}, unless=-picked)
            remains = self._solve((picked,))
            search.suppose(self._picks, unless=None)
            search.encoding.add((picked if remains else -picked,))
            if not remains:
                return False
        self._picks[demand] = provider
        return True

    def _answer_has(self, provider: str, ranks: Intervals) -> bool:
        """Whether the answer at hand shows that `provider` can be chosen: it holds it, and no admission hangs on it."""
        rank = self._answer.get(provider)
        if rank is None or not any(low <= rank <= high for low, high in ranks):
            return False
        return not any(rank in self._problem.domain(name).conditional for name, rank in self._answer.active.items())

    # The SAT search, begun when first needed

    def _searching(self) -> Search:
        if self._search is None:
            self._search = search = self._make_search()
            search.suppose(self._picks, unless=None)
            search.hold(present=self._present, unchanged=self._held)
            search.encoding.prefers_installed |= self._is_settled
            for name, rank in self._decided.items():
                if name not in self._held:
                    search.fix(name, rank)
            for provider in self._picks.values():
                if provider not in self._decided:
                    search.encoding.require((), provider, self._allowed(provider))
        return self._search

    def _solve(self, assumptions: tuple[int, ...]) -> bool:
        search = self._searching()
        if search.solve(assumptions):
            self._answer = search.answer
            return True
        return False


def _allow(counters: dict[int, tuple[Totalizer, int]], counter: Totalizer, count: int) -> None:
    """Assume that no more than `count` of the inputs of `counter` are true."""
    more = counter.more_than(count)
    if more is not None:
        counters[-more] = (counter, count)
