"""Solving with lazy growth: a statement becomes clauses when a model first breaks it (docs/algorithm.md).

What is not encoded yet only relaxes the problem: "no" is final at once, and "yes" as soon as the model breaks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from las_solver.answer import Answer, Demand, Modules, is_changed, not_resting
from las_solver.cuts import cut_cycle, cut_unadmitted, require_admission, require_first
from las_solver.encode import Encoding
from las_solver.graph import find_cycles, trim
from las_solver.problem import Need, Problem
from las_solver.ranks import contains
from las_solver.sat import Sat

if TYPE_CHECKING:
    from las_solver.capacity import Counter, Part

__all__ = ["Search"]

_PATIENCE = 8
"""The rounds after which encoding bit by bit gives way to whole modules, and cuts to those about all cycles seen."""


class Search:
    """Answers to one pruned problem, under assumptions. `eager` encodes everything that could matter before the start.

    After :meth:`solve` answered True, `answer` is what was found, as far as the request reaches, and what stays.
    Staying modules that nothing disturbs rest: they are not encoded, and are in the answer as they are installed.
    """

    def __init__(self, problem: Problem, backend: str, *, stop: Callable[[], bool], eager: bool) -> None:
        self.problem = problem
        self.sat = Sat(backend, stop=stop)
        self.encoding = Encoding(problem, self.sat)
        self._picks: Mapping[Demand, str] = {}
        self._unless: int | None = None
        self._visited: dict[str, set[int]] = {}
        self._rounds = 0
        self._cuts = 0
        self._disturbances = 0
        self._in_cycles: dict[str, None] = {}
        self.answer: Modules = Modules(problem, {})
        self._roused: dict[str, None] = {}
        self._present: Collection[str] = ()
        self._unchanged: Collection[str] = ()
        self._encoded: dict[tuple[str, object], list[tuple[int, int]]] = {}
        self._counters: list[Counter] = []
        if problem.capacities:
            from las_solver.capacity import Candidates, Counter  # late: few requests have any

            self._counters = [Counter(self.encoding, one.cards, Candidates(problem, one)) for one in problem.capacities]
        for name in problem.requested:
            self.encoding.require((), name, problem.request_ranks(name))
        for name in problem.installed.staying if eager else problem.disturbed:
            self.rouse(name)
        if eager:
            self._encode_closure()

    def solve(self, assumptions: Sequence[int] = ()) -> bool:
        """Whether a valid answer exists under `assumptions`; then `answer` is one, else :attr:`Sat.core` says why.

        Raises :class:`las_solver.sat.Stopped`.
        """
        while self.sat.solve(assumptions):
            if self._accept(self.encoding.snapshot()):
                return True
            self._rounds += 1
        return False

    def suppose(self, picks: Mapping[Demand, str], *, unless: int | None) -> None:
        """The providers that are chosen, for good or, with a literal for `unless`, only while that is false."""
        self._picks = picks
        self._unless = unless

    def fix(self, name: str, rank: int) -> None:
        """From now on, `name` is present at `rank`."""
        encoding = self.encoding
        encoding.add((encoding.present(name),))
        encoding.add((encoding.at_least(name, rank),))
        encoding.add((-encoding.at_least(name, rank + 1),))

    def _accept(self, model: dict[str, int]) -> bool:
        """Whether `model` breaks nothing as far as the request reaches; if it does, encode what it breaks.

        Modules that a broken statement calls for and the model lacks are guessed at their best version and looked
        into as well, so that one round encodes a whole chain.
        """
        found: dict[str, int] = {}
        intact = True
        queue = [*self.problem.requested, *(name for name in self._roused if name in model)]
        while queue:
            for name in queue:
                if name not in found:
                    rank = self._chosen(model, name)
                    if rank is None:
                        intact = False
                        continue
                    found[name] = rank
                    intact &= self._follow(model, name, rank, queue)
            queue = []
            intact &= self._meet_demands(model, found, queue)
        if not intact or self._moves_what_is_held(found) or self._disturbs(found):
            return False
        if self._cut_cycles(found) or self._breaks_admission(model, found) or self._exceeds(found):
            return False
        self.answer = self._with_resting(found)
        return True

    def _cut_cycles(self, found: Answer) -> bool:
        """Forbid the cycles of `found`, and others with them; False if there are none.

        There can be exponentially many cycles. So the modules on them are also told that one has to come first,
        after some rounds all modules that were ever seen on one.
        """
        domain = self.problem.domain

        def needed(name: str) -> list[str]:
            return [need.name for need in domain(name).needs(found[name])]

        cycles = find_cycles(found, needed)
        if not cycles:
            return False
        for cycle in cycles:
            cut_cycle(self.encoding, found, cycle)
        around = trim(found, needed)
        require_first(self.encoding, around)
        self._in_cycles.update(dict.fromkeys(around))
        self._cuts += 1
        if self._cuts > _PATIENCE:
            require_first(self.encoding, self._in_cycles)
        return True

    def _exceeds(self, found: Answer) -> bool:
        """Whether `found`, with what rests, holds too much of something; then what does is roused, or forbidden."""
        modules = self._with_resting(found) if self._counters else found
        for counter in self._counters:
            excess = counter.excess(modules)
            resting = [name for name in excess if name not in found]
            for name in resting:
                self.rouse(name)
            if excess and not resting:
                self._forbid(counter, excess, dict(found))
            if excess:
                return True
        return False

    def _forbid(self, counter: Counter, excess: Mapping[str, Part], left: dict[str, int]) -> None:
        """Forbid `excess`, and some of what those that are `left` hold too much of even so."""
        for _ in range(_PATIENCE):
            counter.forbid(excess)
            for name in excess:
                del left[name]
            excess = counter.excess(left)
            if not excess:
                return

    def _chosen(self, model: dict[str, int], name: str) -> int | None:
        """The rank of `name` in `model`; None, and encoded, if there is no version that it could have."""
        rank = model[name]
        if rank >= 0:
            return rank
        domain = self.problem.domain(name)
        if not len(domain):
            self.encoding.add((-self.encoding.present(name),))
            return None
        model[name] = self.encoding.preferred(name, 0, len(domain) - 1)
        return model[name]

    def _follow(self, model: dict[str, int], name: str, rank: int, queue: list[str]) -> bool:
        """Put what `name` at `rank` needs into `queue`; False if `model` does not hold it and it had to be encoded."""
        intact = True
        self._note_visit(name, rank)
        for need in self.problem.domain(name).needs(rank):
            admitted = need.ranks
            chosen = self._chosen(model, need.name) if need.name in model else None
            if chosen is None or not contains(admitted, chosen):
                intact = False
                self._encode_need(name, rank, need)
                if not admitted:
                    continue
                if chosen is None:
                    model[need.name] = self.problem.domain(need.name).best(admitted)
            queue.append(need.name)
        return intact

    def _meet_demands(self, model: dict[str, int], found: Mapping[str, int], queue: list[str]) -> bool:
        """Put the providers in `model` of what `found` consumes into `queue`, and encode what it does not provide."""
        intact = True
        for name, rank in found.items():
            for interface in self.problem.domain(name).consumes(rank):
                able = [
                    other
                    for other in self.problem.providers(interface)
                    if other != name and other in model and self._provides(model, other, interface)
                ]
                queue.extend(other for other in able if other not in found)
                if not able:
                    intact = False
                    self._encode_interface(name, rank, interface)
                    for other in self.problem.providers(interface):
                        if self.problem.rest(other) is not None:
                            self.rouse(other)
        return intact

    def _provides(self, model: dict[str, int], name: str, interface: str) -> bool:
        rank = self._chosen(model, name)
        return rank is not None and self.problem.provides(name, rank, interface)

    def _breaks_admission(self, model: dict[str, int], found: Answer) -> bool:
        domains = self.problem.domain
        if not any(rank in domains(name).conditional for name, rank in found.items()):
            return False
        namers = {one for name in found for one in self._namers_at_rest(name, found)}
        if namers:
            for name in sorted(namers):
                self.rouse(name)
            return True
        whole = {name: rank for name in sorted(model) if (rank := self._chosen(model, name)) is not None}
        with_resting = self._with_resting(found)
        at_rest = with_resting.at_rest
        whole.update((name, with_resting[name]) for name in at_rest)
        lifted = -self.encoding.true if self._unless is None else self._unless
        is_cut = cut_unadmitted(self.encoding, whole, self._picks, lambda name, rank: lifted)
        if is_cut:
            for name in at_rest:  # the cut may be about them
                self.rouse(name)
        return is_cut

    # What is installed

    def rouse(self, name: str) -> None:
        """From now on, encode that the staying module `name` is present, unless it may be removed."""
        if name not in self._roused:
            self._roused[name] = None
            if not self.problem.may_go(name) or name in self._present:
                size = len(self.problem.domain(name))
                self.encoding.require((), name, ((0, size - 1),) if size else ())

    def hold(self, *, present: Collection[str], unchanged: Collection[str]) -> None:
        """From now on, of the installed modules none in `present` is removed, and none in `unchanged` changes.

        The two may grow; what they ask for is encoded once a model breaks it.
        """
        self._present = present
        self._unchanged = unchanged

    def unchanged(self, name: str) -> int:
        """A literal that is true only if the installed module `name` does not change: see decision 0017."""
        encoding, installed = self.encoding, self.problem.installed
        rank = self.problem.installed_rank(name)
        if rank is None:
            return -encoding.true if name in installed.is_staying else -encoding.present(name)
        inside = encoding.inside(name, rank, rank)
        if name in installed.is_staying:
            return inside
        literal = self.sat.new_variable(phase=True)
        encoding.add((-literal, -encoding.present(name), inside))
        return literal

    def _with_resting(self, found: Answer) -> Modules:
        return Modules(self.problem, found, frozenset(name for name in self._roused if name not in found))

    def _moves_what_is_held(self, found: Answer) -> bool:
        """Whether `found` changes or removes installed modules that are held; then that is forbidden."""
        gone = [name for name in self._roused if name not in found]
        held = [self.encoding.present(name) for name in gone if name in self._present]
        held.extend(
            self.unchanged(name)
            for name in (*gone, *found)
            if name in self._unchanged and is_changed(self.problem, name, found)
        )
        for literal in held:
            self.encoding.add((literal,))
        return bool(held)

    def _disturbs(self, found: Answer) -> bool:
        """Whether a module that rests could not stay beside `found`; those that could not are roused."""
        installed, modules = self.problem.installed, self._with_resting(found)
        changed = [name for name in found if name in installed.is_staying and is_changed(self.problem, name, found)]
        changed.extend(name for name in self._roused if name not in found)
        users = dict.fromkeys(user for name in changed for user in installed.dependents(name) if modules.rests(user))
        disturbed = not_resting(self.problem, users, modules, is_founded=False)
        for user in disturbed:
            self.rouse(user)
        if disturbed:
            self._disturbances += 1
            if self._disturbances > _PATIENCE:
                self._rouse_beyond(disturbed, 2 ** (self._disturbances - _PATIENCE))
        return bool(disturbed)

    def _rouse_beyond(self, names: Iterable[str], distance: int) -> None:
        """Encode `names` whole, and rouse and encode what depends on them, so that few rounds follow a long chain."""
        layer = list(names)
        for _ in range(distance):
            for name in layer:
                self.sat.ask_stop()
                self._encode_module(name)
            dependents = (user for name in layer for user in self.problem.installed.dependents(name))
            layer = [user for user in dict.fromkeys(dependents) if user not in self._roused]
            if not layer:
                return
            for name in layer:
                self.rouse(name)

    def _namers_at_rest(self, name: str, found: Answer) -> Iterator[str]:
        """The resting modules that may admit the pre-release of `name` in `found`, if it is one that needs that."""
        if found[name] in self.problem.domain(name).conditional:
            for namer in self.problem.source.prerelease_namers(name):
                if namer not in found and namer not in self._roused and self.problem.rest(namer) is not None:
                    yield namer

    # Encoding

    def _note_visit(self, name: str, rank: int) -> None:
        """Where models keep trying other versions of a module, encode the next ones too: twice as many each time.

        After many rounds, encode modules whole.
        """
        visited = self._visited.setdefault(name, set())
        if rank in visited:
            return
        visited.add(rank)
        size = len(self.problem.domain(name))
        if self._rounds > _PATIENCE:
            visited.update(range(size))
            self._encode_needs(name)
            return
        further = 2 ** min(len(visited) - 1, 20) - 1
        nearby = range(rank + 1, min(rank + further, size - 1) + 1)
        if not self.problem.lowest:
            nearby = range(rank - 1, max(rank - further, 0) - 1, -1)
        for other in nearby:
            if other not in visited:
                visited.add(other)
                for need in self.problem.domain(name).needs(other):
                    self._encode_need(name, other, need)

    def _encode_needs(self, name: str) -> None:
        """Encode every need of every version of `name`."""
        for need, low, high in self.problem.domain(name).all_needs():
            self._encoded.setdefault((name, need), []).append((low, high))
            self.encoding.require(self.encoding.outside(name, low, high), need.name, need.ranks)

    def _encode_module(self, name: str) -> None:
        """Encode what every version of `name` needs and consumes."""
        domain = self.problem.domain(name)
        self._encode_needs(name)
        for rank in range(len(domain)):
            for interface in domain.consumes(rank):
                self._encode_interface(name, rank, interface)

    def _encode_need(self, name: str, rank: int, need: Need) -> None:
        """For the run ``a..b`` of versions of m that have `need`: ``m outside a..b, or what it needs``."""
        if self._is_new((name, need), rank):
            run = self.problem.domain(name).run_with_need(rank, need)
            self._encoded.setdefault((name, need), []).append(run)
            self.encoding.require(self.encoding.outside(name, *run), need.name, need.ranks)

    def _encode_interface(self, name: str, rank: int, interface: str) -> None:
        """For the run ``a..b`` of versions of m that consume i: ``m outside a..b, or p1 provides i, or p2 does, ...``

        A provider that was not read yet counts as soon as it is present: the clause is added again, stronger, when a
        model relies on that in vain.
        """
        run = self.problem.domain(name).run_with_consumed(rank, interface)
        providing: list[int] = []
        for other in self.problem.providers(interface):
            if other != name:
                if self.problem.is_read(other):
                    providing.extend(self.encoding.any_inside(other, self.problem.domain(other).providing(interface)))
                else:
                    providing.append(self.encoding.present(other))
        self.encoding.add((*self.encoding.outside(name, *run), *providing))

    def _is_new(self, key: tuple[str, object], rank: int) -> bool:
        return not any(low <= rank <= high for low, high in self._encoded.get(key, ()))

    def _encode_closure(self) -> None:
        """Encode every need and interface of every module that any version could bring in."""
        queue: list[str] = [*self.problem.requested, *self.problem.installed.staying]
        seen: set[str] = set()
        for name in queue:
            if name in seen:
                continue
            self.sat.ask_stop()
            seen.add(name)
            domain = self.problem.domain(name)
            self._encode_needs(name)
            queue.extend(need.name for need, _, _ in domain.all_needs())
            for rank in range(len(domain)):
                for interface in domain.consumes(rank):
                    queue.extend(self._read(self.problem.providers(interface), name))
                    self._encode_interface(name, rank, interface)
            if domain.conditional:
                require_admission(self.encoding, name, sorted(domain.conditional))

    def _read(self, providers: Iterable[str], consumer: str) -> list[str]:
        names = [provider for provider in providers if provider != consumer]
        for name in names:
            self.problem.domain(name)
        return names
