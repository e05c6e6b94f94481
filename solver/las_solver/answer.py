"""What an answer is made of: which chosen modules are reached from the request, in which order, and by whose need.

An *answer* maps the names of modules to their ranks in a problem's domains.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from las_solver.problem import Problem

__all__ = ["Answer", "Demand", "construct", "find_cycles", "is_admitted", "leads", "reached", "trim", "unmet_demand"]

Answer = Mapping[str, int]
Demand = tuple[str, str]
"""A module that consumes an interface, and the interface."""


def reached(problem: Problem, answer: Answer) -> dict[str, int]:
    """The part of `answer` that the request reaches by needs, and by providing what a reached module consumes."""
    found: dict[str, int] = {}
    queue = [name for name in problem.requested if name in answer]
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
    """The first module, in the order of `modules`, with a consumed interface that no other of them provides."""
    for name, rank in modules.items():
        for interface in problem.domain(name).consumes(rank):
            if not any(
                other != name and problem.provides(other, modules[other], interface)
                for other in problem.source.providers(interface)
                if other in modules
            ):
                return name, interface
    return None


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

    `picks` are the providers decided already. `on_step` is called for each set that is looked at. A demand that
    nothing in `answer` can meet is passed over; this happens only while some statements are left out on purpose.
    """
    start: dict[str, int] = {}
    close(problem, start, answer, problem.requested)
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
        if demand is None:
            yield modules
            continue
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


def trim(nodes: Iterable[str], targets: Callable[[str], Sequence[str]]) -> list[str]:
    """Those of `nodes` that are left when what has no edge to, or from, anything left is taken away, again and again.

    Every cycle is among them; nothing is left if there is none.
    """
    left = dict.fromkeys(nodes)
    edges = {name: [target for target in dict.fromkeys(targets(name)) if target in left] for name in left}
    back: dict[str, list[str]] = {name: [] for name in left}
    for name, following in edges.items():
        for target in following:
            back[target].append(name)
    for ahead, behind in ((edges, back), (back, edges)):
        counts = {name: sum(target in left for target in ahead[name]) for name in left}
        free = [name for name, count in counts.items() if not count]
        for name in free:
            del left[name]
            for other in behind[name]:
                if other in left:
                    counts[other] -= 1
                    if not counts[other]:
                        free.append(other)
    return list(left)


def leads(edges: Mapping[str, Iterable[str]], start: str, goal: str) -> bool:
    """Whether a walk along `edges`, of none or more, leads from `start` to `goal`."""
    seen = {start}
    queue = [start]
    for name in queue:
        if name == goal:
            return True
        fresh = [other for other in edges[name] if other not in seen]
        seen.update(fresh)
        queue.extend(fresh)
    return False


def find_cycles(nodes: Collection[str], targets: Callable[[str], Sequence[str]]) -> list[list[str]]:
    """Cycles of the graph over `nodes`, one for each edge that closes one in a depth-first walk; none if there is none.

    Each is a list of nodes of which each has an edge to the next, and the last to the first.
    """
    cycles = []
    done: set[str] = set()
    for root in nodes:
        if root in done:
            continue
        path: list[str] = []
        position: dict[str, int] = {}
        walk: list[tuple[str, Iterator[str]]] = [(root, iter(targets(root)))]
        path.append(root)
        position[root] = 0
        while walk:
            name, following = walk[-1]
            for target in following:
                if target in position:
                    cycles.append(path[position[target] :])
                elif target not in done and target in nodes:
                    position[target] = len(path)
                    path.append(target)
                    walk.append((target, iter(targets(target))))
                    break
            else:
                walk.pop()
                path.pop()
                del position[name]
                done.add(name)
    return cycles
