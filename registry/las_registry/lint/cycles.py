"""Cycles that no choice of versions avoids (LAS205).

Asked of the most permissive host there can be: hardware, modes, runtimes and interfaces are taken for met, pre-releases
for allowed, and entries that no version meets (which other codes are about) for absent. So what is found holds on every
host. Only modules that lead back to themselves by name are looked at.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from packaging.version import Version

from las_registry.lint.remark import Remark, items_of
from las_registry.lint.stock import Stock
from las_registry.manifest import Manifest
from las_solver.conflict import Conflict
from las_solver.constraint import Constraint, Requirement
from las_solver.model import Host, ModuleVersion, Request
from las_solver.planner import Planner
from las_solver.ranked import RankedModule
from las_solver.ranks import Intervals, contains
from las_solver.sentence import sentence
from las_solver.source import MemorySource
from las_solver.statement import Cycle, Dependency, Requested, Span

__all__ = ["unavoidable_cycles"]

_Key: TypeAlias = tuple[str, Version]


def unavoidable_cycles(stock: Stock) -> Iterator[Remark]:
    """Every version that leads into a cycle whatever is chosen."""
    graph = _Graph(stock)
    if not graph.knots:
        return
    founded = graph.founded()
    solved: _Solved | None = None
    for manifest in stock.manifests:
        module = manifest.module
        knot = graph.knots.get(module.name)
        if knot is None or not any(one is manifest for one in stock.modules[module.name]):
            continue  # an earlier registry has the name
        if _key(module) not in founded:
            yield _remark(manifest, graph.way(module, founded), knot)
        elif any(entry.name in knot for entry in module.requirements):
            solved = solved or _Solved(graph)
            if (why := solved.cycle(module)) is not None:
                yield _remark(manifest, why, knot)


class _Graph:
    """Modules by name, and the ranks that their entries admit."""

    def __init__(self, stock: Stock) -> None:
        self.modules: dict[str, RankedModule] = {}
        for name in stock.modules:
            ranked = stock.ranked(name)
            if ranked is not None:
                self.modules[name] = ranked
        self.knots = self._find_knots()

    def admitted(self, entry: Requirement) -> Intervals:
        """The ranks that an entry admits, none if there is no such module."""
        module = self.modules.get(entry.name)
        return () if module is None else module.admitted(entry.constraint)

    def entries(self, module: ModuleVersion) -> tuple[Requirement, ...]:
        """The entries of a version that some version meets."""
        return tuple([one for one in module.requirements if self.admitted(one)])

    def founded(self) -> frozenset[_Key]:
        """The versions of knots that have a way out: each of their entries on modules of the knot admits such a one."""
        waiting: dict[_Key, int] = {}
        users: dict[Requirement, list[ModuleVersion]] = {}
        ready: list[tuple[ModuleVersion, int]] = []
        for one in (one for name in self.knots for one in self.modules[name].candidates):
            entries = self._entries_inside(one)
            waiting[_key(one)] = len(entries)
            for entry in entries:
                users.setdefault(entry, []).append(one)
            if not entries:
                ready.append((one, self._rank(one)))
        unmet: dict[str, list[Requirement]] = {}
        for entry in users:
            unmet.setdefault(entry.name, []).append(entry)
        for one, rank in ready:  # which grows meanwhile
            met = [entry for entry in unmet.get(one.name, ()) if contains(self.admitted(entry), rank)]
            if met:
                unmet[one.name] = [entry for entry in unmet[one.name] if not contains(self.admitted(entry), rank)]
            for user in (user for entry in met for user in users[entry]):
                waiting[_key(user)] -= 1
                if not waiting[_key(user)]:
                    ready.append((user, self._rank(user)))
        return frozenset(_key(one) for one, _ in ready)

    def way(self, module: ModuleVersion, founded: frozenset[_Key]) -> str:
        """One way from a version that has no way out, up to where it closes."""
        way = [module]
        while way[-1] not in way[:-1]:
            entry = next(one for one in self._entries_inside(way[-1]) if not self._is_met(one, founded))
            way.append(self._newest(entry))
        return " -> ".join(map(str, way))

    def _is_met(self, entry: Requirement, founded: frozenset[_Key]) -> bool:
        versions = self.modules[entry.name].versions
        return any(
            (entry.name, versions[at]) in founded for low, high in self.admitted(entry) for at in range(low, high + 1)
        )

    def _newest(self, entry: Requirement) -> ModuleVersion:
        return self.modules[entry.name].candidates[self.admitted(entry)[-1][1]]

    def _rank(self, module: ModuleVersion) -> int:
        return bisect_left(self.modules[module.name].versions, module.version)

    def _entries_inside(self, module: ModuleVersion) -> list[Requirement]:
        """The entries of a version on modules of its own knot."""
        return [one for one in self.entries(module) if one.name in self.knots[module.name]]

    def _find_knots(self) -> Mapping[str, frozenset[str]]:
        """The modules that lead back to themselves by name, each with those that it leads to and that lead to it."""
        edges = {
            name: sorted({entry.name for low in module.runs for entry in self.entries(module.candidates[low])})
            for name, module in self.modules.items()
        }
        return {
            name: frozenset(component)
            for component in _components(edges)
            for name in component
            if len(component) > 1 or name in edges[name]
        }


class _Solved:
    """Answers of the planner to requests for single versions; what one answer holds is not asked for again."""

    def __init__(self, graph: _Graph) -> None:
        bare = [
            ModuleVersion(
                name=one.name, version=one.version, requirements=graph.entries(one), modes=one.modes, source=one.source
            )
            for module in graph.modules.values()
            for one in module.candidates
        ]
        self._graph = graph
        self._planner = Planner(MemorySource(bare), Host())
        self._plannable: set[_Key] = set()

    def cycle(self, module: ModuleVersion) -> str | None:
        """How a version leads back to its own module, if that is why it cannot be planned."""
        if _key(module) in self._plannable:
            return None
        versions = self._graph.modules[module.name].versions
        rank = bisect_left(versions, module.version)
        requirement = Requirement(module.name, Constraint.parse(Span(module.name, rank, rank, versions).constraint))
        found = self._planner.plan(Request(requirements=(requirement,), prereleases=True), held_back=False)
        if not isinstance(found, Conflict):
            self._plannable |= {(step.module, step.version) for step in found.steps}
            return None
        needs = [one for one in found.core if isinstance(one, Dependency)]
        if not any(isinstance(one, Cycle) for one in found.core) and module.name not in {
            one.requirement.name for one in needs
        }:
            return None  # its needs contradict one another, which has to do with no cycle
        return "; ".join(sentence(one) for one in found.core if not isinstance(one, Requested | Cycle))


def _components(edges: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """The strongly connected components of a graph, by Tarjan's algorithm without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for start in edges:
        if start in index:
            continue
        work = [(start, iter(edges[start]))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            name, rest = work[-1]
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    at = stack.index(name)
                    component = stack[at:]
                    del stack[at:]
                    on_stack.difference_update(component)
                    yield sorted(component)
            elif following not in index:
                index[following] = low[following] = len(index)
                stack.append(following)
                on_stack.add(following)
                work.append((following, iter(edges[following])))
            elif following in on_stack:
                low[name] = min(low[name], index[following])


def _key(module: ModuleVersion) -> _Key:
    return module.name, module.version


def _remark(manifest: Manifest, why: str, knot: Collection[str]) -> Remark:
    path = ("dependencies", "modules")
    entries = items_of(manifest, path)
    at = next((at for at, text in entries if Requirement.parse(text).name in knot), None)
    return Remark(
        code="LAS205",
        manifest=manifest,
        path=path if at is None else (*path, at),
        message=f"whatever is chosen, it leads into a cycle: {why}",
        hint="leave out one of the requirements, or admit a version without it",
    )
