"""What an answer is made of: which chosen modules are reached from the request, in which order, and by whose need.

An *answer* maps the names of modules to their ranks in a problem's domains.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice

from las_solver.model import Strategy
from las_solver.problem import Problem
from las_solver.ranks import Intervals, contains, without

__all__ = [
    "Answer",
    "Demand",
    "Modules",
    "construct",
    "is_admitted",
    "is_changed",
    "narrowed",
    "not_resting",
    "reached",
    "unmet_demand",
]

Answer = Mapping[str, int]
Demand = tuple[str, str]
"""A module that consumes an interface, and the interface."""


class Modules(Mapping[str, int]):
    """An answer: the `active` modules, in order of discovery, and the staying ones that are neither active nor `gone`.

    The latter rest: they are as they were installed, and nothing is known of them unless it is asked for.
    """

    __slots__ = ("_gone", "_problem", "active")

    def __init__(self, problem: Problem, active: Mapping[str, int], gone: Collection[str] = ()) -> None:
        self._problem = problem
        self.active = active
        self._gone = gone

    @property
    def at_rest(self) -> list[str]:
        """The modules that rest, in order of name."""
        return [name for name in self._problem.installed.staying if name not in self.active and name not in self._gone]

    def rests(self, name: str) -> bool:
        """Whether the module `name` rests."""
        return name in self._problem.installed.is_staying and name not in self.active and name not in self._gone

    def __getitem__(self, name: str) -> int:
        rank = self.active.get(name)
        if rank is None:
            rank = self._problem.installed_rank(name) if self.rests(name) else None
            if rank is None:
                raise KeyError(name)
        return rank

    def __contains__(self, name: object) -> bool:
        return name in self.active or (isinstance(name, str) and self.rests(name))

    def __iter__(self) -> Iterator[str]:
        yield from self.active
        yield from self.at_rest

    def __len__(self) -> int:
        return len(self.active) + len(self.at_rest)


def reached(problem: Problem, answer: Answer) -> dict[str, int]:
    """The part of `answer` that the request and what stays reach by needs, and by providing what they consume."""
    found: dict[str, int] = {}
    queue = [name for name in (*problem.requested, *problem.installed.staying) if name in answer]
    for name in queue:
        if name in found:
            continue
        rank = found[name] = answer[name]
        domain = problem.domain(name)
        queue.extend(need.name for need in domain.needs(rank) if need.name in answer)
        for interface in domain.consumes(rank):
            queue.extend(
                provider
                for provider in problem.providers(interface)
                if provider in answer and provider != name and problem.provides(provider, answer[provider], interface)
            )
    return found


def unmet_demand(problem: Problem, modules: Mapping[str, int]) -> Demand | None:
    """The first module, in the order of `modules`, with a consumed interface that no other of them provides.

    What rests misses nothing: else it would not.
    """
    active = modules.active if isinstance(modules, Modules) else modules
    for name, rank in active.items():
        for interface in problem.domain(name).consumes(rank):
            if not any(
                other != name and problem.provides(other, modules[other], interface)
                for other in problem.source.providers(interface)
                if other in modules
            ):
                return name, interface
    return None


def narrowed(problem: Problem, name: str, ranks: Intervals, fixed: Callable[[str], int | None]) -> Intervals:
    """`ranks` of the module `name`, without those better than the best whose needs go with the modules that are fixed.

    `fixed` answers the rank of a module that is; None of another. Versions that do not go with them are in no answer.
    """
    domain = problem.domain(name)
    while ranks:
        best = domain.best(ranks)
        if all((rank := fixed(need.name)) is None or contains(need.ranks, rank) for need in domain.needs(best)):
            return ranks
        ranks = without(ranks, best)
    return ranks


def not_resting(problem: Problem, names: Iterable[str], modules: Answer, *, is_founded: bool) -> list[str]:
    """Those of the staying modules `names` whose needs or demands, as they are installed, `modules` do not meet.

    Unless these are founded, demands have to be met by what stays: another provider may turn out to be superfluous.
    """
    staying = problem.installed.is_staying
    known: dict[str, list[str]] = {}

    def is_provided(interface: str, consumer: str) -> bool:
        able = known.get(interface)
        if able is None:
            able = known[interface] = list(islice(providing(interface), 2))
        return any(other != consumer for other in able)

    def providing(interface: str) -> Iterator[str]:
        for other in problem.source.providers(interface):
            is_certain = is_founded or other in staying
            if is_certain and other in modules and problem.provides(other, modules[other], interface):
                yield other

    def can_rest(name: str) -> bool:
        domain, rank = problem.domain(name), modules[name]
        return all(
            need.name in modules and contains(need.ranks, modules[need.name]) for need in domain.needs(rank)
        ) and all(is_provided(interface, name) for interface in domain.consumes(rank))

    return [name for name in names if not can_rest(name)]


def is_changed(problem: Problem, name: str, answer: Answer) -> bool:
    """Whether the installed module `name` is at another version in `answer`, or has to stay and is not there."""
    if isinstance(answer, Modules) and answer.rests(name):
        return False
    rank = answer.get(name)
    if rank is None:
        return name in problem.installed.is_staying
    return rank != problem.installed_rank(name)


def close(problem: Problem, modules: dict[str, int], answer: Answer, layer: Iterable[str]) -> None:
    """Add to `modules`, layer by layer, `layer` and what it needs, so far as `answer` has it."""
    current = [name for name in layer if name in answer and name not in modules]
    while current:
        modules.update((name, answer[name]) for name in current)
        following = [
            need.name
            for name in current
            for need in problem.domain(name).needs(answer[name])
            if need.name in answer and need.name not in modules
        ]
        current = list(dict.fromkeys(following))


def construct(
    problem: Problem, answer: Answer, picks: Mapping[Demand, str], on_step: Callable[[], None] = lambda: None
) -> Iterator[dict[str, int]]:
    """All the ways to build an answer out of `answer`: layers of needs, then a provider for the first unmet demand.

    What stays comes in between, or under the strategy upgrade at the end, with what it demands then.

    `picks` are the providers decided already. `on_step` is called for each set that is looked at. A demand that
    nothing in `answer` can meet is passed over; this happens only while some statements are left out on purpose.
    """
    start: dict[str, int] = {}
    close(problem, start, answer, problem.requested)
    staying = problem.installed.staying
    if problem.request.strategy is not Strategy.UPGRADE:
        close(problem, start, answer, staying)
    pending = [start]
    seen: set[tuple[frozenset[str], tuple[str, ...]]] = set()
    while pending:
        modules = pending.pop()
        consumers = tuple(name for name, rank in modules.items() if problem.domain(name).consumes(rank))
        state = frozenset(modules), consumers  # what comes after depends on the order of those who still consume
        if state in seen:
            continue
        seen.add(state)
        on_step()
        demand, options = _next_choice(problem, modules, answer, picks)
        if demand is None and any(name in answer and name not in modules for name in staying):
            close(problem, modules, answer, staying)
            pending.append(modules)
        elif demand is None:
            yield modules
        else:
            for provider in reversed(options):
                extended = dict(modules)
                close(problem, extended, answer, [provider])
                pending.append(extended)


def _next_choice(
    problem: Problem, modules: Mapping[str, int], answer: Answer, picks: Mapping[Demand, str]
) -> tuple[Demand | None, list[str]]:
    for name, rank in modules.items():
        for interface in problem.domain(name).consumes(rank):
            able = [
                other
                for other in problem.providers(interface)
                if other != name and other in answer and problem.provides(other, answer[other], interface)
            ]
            if able and not any(other in modules for other in able):
                picked = picks.get((name, interface))
                return (name, interface), [picked] if picked in able else able
    return None, []


def is_admitted(problem: Problem, modules: Answer, name: str) -> bool:
    """Whether one of `modules` has an active entry that admits the pre-releases of the module `name`."""
    return any(
        namer in modules and problem.domain(namer).names_prerelease(modules[namer], name)
        for namer in problem.source.prerelease_namers(name)
    )
