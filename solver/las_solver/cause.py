"""Why the modules of an answer are in it: the order in which they are decided, and what leads from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from las_solver.answer import Answer, Demand, construct, unmet_demand
from las_solver.constraint import Requirement
from las_solver.model import Strategy
from las_solver.problem import Need, Problem

__all__ = ["Decision", "Entry", "Layer", "Link", "Pick", "Provision", "Reason", "decisions_of", "links_of", "shortest"]


@dataclass(frozen=True, slots=True)
class Layer:
    """The versions of `modules` are decided together; `is_settled`: as they are installed, and nothing led there."""

    modules: tuple[str, ...]
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """`provider` is chosen to provide `interface`, which `consumer` consumes and no module decided before provides."""

    consumer: str
    interface: str
    provider: str


Decision = Layer | Pick


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a manifest that needs a module; `source` says where it stands.

    `field` is ``modules``, or ``runtime``: then the host has the runtime at version `have`, or not at all, which does
    not meet the entry.
    """

    requirement: Requirement
    field: str
    have: Version | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """The target of a link was chosen to provide `interface`; `source` says where that is consumed.

    `before` and `after` are the modules that may provide it, too, and come before and after the target in the order
    in which they are tried; with those before, no valid answer remained. `preferred`: the caller prefers the target.
    """

    interface: str
    source: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    preferred: bool


Reason = Entry | Provision


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What leads from one module of an answer, at `version`, to another, `target`."""

    module: str
    version: Version
    target: str
    reasons: tuple[Reason, ...]


def decisions_of(problem: Problem, answer: Answer) -> tuple[Decision, ...]:
    """How section 5 of the contract comes to `answer`, which is founded: layers, and the providers that begin one."""
    found: list[Decision] = []
    modules: dict[str, int] = {}
    picks: dict[Demand, str] = {}
    settles_last = problem.request.strategy is Strategy.UPGRADE
    is_settled = not problem.installed.staying
    layer = problem.requested
    while True:
        while layer:
            found.append(Layer(layer))
            modules.update((name, answer[name]) for name in layer)
            needs = (need.name for name in layer for need in problem.domain(name).needs(answer[name]))
            layer = tuple(name for name in dict.fromkeys(needs) if name not in modules)
        demand = unmet_demand(problem, modules)
        if not is_settled and (demand is None or not settles_last):
            settled = tuple(name for name in problem.installed.staying if name in answer and name not in modules)
            found.append(Layer(settled, is_settled=True))
            modules.update((name, answer[name]) for name in settled)
            needs = (need.name for name in settled for need in problem.domain(name).needs(answer[name]))
            layer = tuple(name for name in dict.fromkeys(needs) if name not in modules)
            is_settled = True
        elif demand is None:
            return tuple(found)
        else:
            picks[demand] = provider = _picked(problem, answer, demand, picks)
            found.append(Pick(*demand, provider))
            layer = (provider,)


def _picked(problem: Problem, answer: Answer, demand: Demand, picks: Mapping[Demand, str]) -> str:
    """The provider chosen for `demand`: the first that leads to all of `answer`, as that shows that it is possible."""
    consumer, interface = demand
    able = [
        name
        for name in problem.providers(interface)
        if name in answer and name != consumer and problem.provides(name, answer[name], interface)
    ]
    for provider in able[:-1]:
        constructions = construct(problem, answer, {**picks, demand: provider})
        if any(len(modules) == len(answer) for modules in constructions):
            return provider
    return able[-1]


def links_of(problem: Problem, answer: Answer, decisions: Iterable[Decision]) -> tuple[Link, ...]:
    """All links between the modules of `answer`, in the order in which these are decided and their manifests list."""
    decisions = tuple(decisions)
    links: dict[tuple[str, str], list[Reason]] = {}
    for decision in decisions:
        for name in decision.modules if isinstance(decision, Layer) else ():
            for need in problem.domain(name).needs(answer[name]):
                links.setdefault((name, need.name), []).append(_entry(problem, name, answer[name], need))
    for decision in decisions:
        if isinstance(decision, Pick):
            provision = _provision(problem, answer[decision.consumer], decision)
            links.setdefault((decision.consumer, decision.provider), []).append(provision)
    return tuple(
        Link(module=name, version=problem.domain(name).versions[answer[name]], target=target, reasons=tuple(reasons))
        for (name, target), reasons in links.items()
    )


def _entry(problem: Problem, name: str, rank: int, need: Need) -> Entry:
    candidate = problem.domain(name).candidates[rank]
    requirement = Requirement(need.name, need.constraint)
    entries = candidate.requirements if need.field == "modules" else candidate.runtimes
    return Entry(
        requirement=requirement,
        field=need.field,
        have=problem.host.runtimes.get(need.name) if need.field == "runtime" else None,
        source=f"{candidate.source}: dependencies.{need.field}[{entries.index(requirement)}]",
    )


def _provision(problem: Problem, rank: int, pick: Pick) -> Provision:
    candidate = problem.domain(pick.consumer).candidates[rank]
    order = [name for name in problem.providers(pick.interface) if name != pick.consumer]
    place = order.index(pick.provider)
    return Provision(
        interface=pick.interface,
        source=f"{candidate.source}: interfaces.consumes[{candidate.consumes.index(pick.interface)}]",
        before=tuple(order[:place]),
        after=tuple(order[place + 1 :]),
        preferred=pick.provider in problem.request.preferred,
    )


def shortest(
    links: Sequence[Link], roots: Iterable[str], staying: Iterable[str], target: str, most: int
) -> tuple[tuple[tuple[Link, ...], ...], int]:
    """The first `most` of the shortest chains of `links` from any of `roots` to `target`, and how many there are.

    Where none of `roots` leads there, from any of those that are `staying`. The chain is empty if `target` begins it.
    """
    back: dict[str, list[Link]] = {}
    ahead: dict[str, list[Link]] = {}
    for link in links:
        back.setdefault(link.target, []).append(link)
        ahead.setdefault(link.module, []).append(link)
    distance, ways = {target: 0}, {target: 1}
    queue = [target]
    for name in queue:
        for link in back.get(name, ()):
            if link.module not in distance:
                distance[link.module], ways[link.module] = distance[name] + 1, 0
                queue.append(link.module)
            if distance[link.module] == distance[name] + 1:
                ways[link.module] += ways[name]
    reaching = [name for name in dict.fromkeys(roots) if name in distance]
    reaching = reaching or [name for name in staying if name in distance]
    least = min(distance[name] for name in reaching)
    starts = [name for name in reaching if distance[name] == least]
    chains: list[tuple[Link, ...]] = []
    pending: list[tuple[str, tuple[Link, ...]]] = [(name, ()) for name in reversed(starts)]
    while pending and len(chains) < most:
        name, chain = pending.pop()
        if name == target:
            chains.append(chain)
            continue
        nearer = [one for one in ahead[name] if distance.get(one.target) == distance[name] - 1]
        pending.extend((one.target, (*chain, one)) for one in reversed(nearer))
    return tuple(chains), sum(ways[name] for name in starts)
