"""A problem in terms that every resolver knows: modules as numbers, versions as ranks, constraints as ranges of ranks.

The version of rank 0 is a module's oldest. Peers spell a version as its rank, so that neither the order of versions nor
what a constraint admits depends on how they read PEP 440. The same for all peers:

- Versions that the host rules out by themselves (hardware, modes) are left out, and so are runtime entries that the
  host meets; other runtime entries are needs of a module.
- A pre-release is left out unless all versions of its module are pre-releases, or a version that may be chosen names a
  pre-release of it. Whether the answer itself names one is left to peers that have words for it.
- An interface is a module of its own, with a version for each module that provides it (the first by name is the
  newest), which needs that module at a version that does. For a consumer that may provide it itself there is another
  one, without that consumer. An interface that the host provides is left out.
- That needs form no circle is left to peers that have words for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from benchmarks.problems import Problem
from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion

__all__ = ["Question", "Ranges"]

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Ranks, as the first and the last of each run of neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. `modules` holds, for each module and each rank, the needs of that version as places in `needs`.

    A need is the number of a module and the ranks of it that will do. `naming` are the needs that name a pre-release,
    `interfaces` the modules that stand for interfaces, `prereleases` the ranks of pre-releases by module, unless all
    versions of it are pre-releases. `versions` are the texts of each module's versions; an interface has none.
    """

    names: tuple[str, ...]
    versions: tuple[tuple[str, ...], ...]
    modules: tuple[tuple[tuple[int, ...], ...], ...]
    needs: tuple[tuple[int, Ranges], ...]
    request: tuple[int, ...]
    naming: tuple[int, ...]
    interfaces: tuple[int, ...]
    prereleases: Mapping[int, tuple[int, ...]]

    @classmethod
    def of(cls, problem: Problem) -> Question:
        """The question that `problem` asks."""
        return _Conversion(problem).question()

    def as_json(self) -> dict[str, Any]:
        """What a worker is told."""
        return {
            "modules": self.modules,
            "needs": self.needs,
            "request": self.request,
            "naming": self.naming,
            "interfaces": self.interfaces,
            "prereleases": list(self.prereleases.items()),
        }

    def answer(self, chosen: Iterable[tuple[int, int]]) -> dict[str, str]:
        """A module's name to its version, of the modules and ranks that a peer chose, in order of name."""
        told = ((self.names[module], self.versions[module], rank) for module, rank in chosen)
        return dict(sorted((name, texts[rank]) for name, texts, rank in told if texts))


class _Conversion:
    """What is known while a problem is converted. Needs are numbered in the order in which they are met."""

    def __init__(self, problem: Problem) -> None:
        self._host = problem.host
        self._requested = problem.request.requirements
        self._finals = {one.name for one in problem.module_versions if not one.is_prerelease}
        self._kept = _kept(problem, self._finals)
        self._providers = _providers(self._kept)
        consumed = {self._interface(name, one) for one in self._every() for name in one.consumes}
        self._interfaces = sorted(one for one in consumed if one[0] not in problem.host.interfaces)
        unknown = {one.name for each in (self._requested, *map(self._entries, self._every())) for one in each}
        unknown -= self._kept.keys()
        self._names = (*self._kept, *(name for name, _ in self._interfaces), *sorted(unknown))
        numbers = range(len(self._kept) + len(self._interfaces), len(self._names))
        self._modules = {name: number for number, name in enumerate(self._kept)}
        self._modules |= dict(zip(sorted(unknown), numbers, strict=True))
        self._needs: dict[tuple[int, str], int] = {}
        self._told: list[tuple[int, Ranges]] = []
        self._naming: list[int] = []

    def question(self) -> Question:
        """The whole question."""
        kept = tuple(self._kept.values())
        more = len(self._names) - len(kept)
        modules = [
            *(tuple(map(self._needs_of, versions)) for versions in kept),
            *(tuple(self._needs_of_providers(*one)) for one in self._interfaces),
        ]
        return Question(
            names=self._names,
            versions=(*(tuple(str(one.version) for one in versions) for versions in kept), *((),) * more),
            modules=(*modules, *((),) * (len(self._names) - len(modules))),
            request=tuple(map(self._need, self._requested)),
            needs=tuple(self._told),
            naming=tuple(self._naming),
            interfaces=tuple(range(len(kept), len(kept) + len(self._interfaces))),
            prereleases={
                number: ranks
                for number, versions in enumerate(kept)
                if versions[0].name in self._finals and (ranks := _prereleases(versions))
            },
        )

    def _every(self) -> Iterator[ModuleVersion]:
        return (one for versions in self._kept.values() for one in versions)

    def _entries(self, one: ModuleVersion) -> tuple[Requirement, ...]:
        return (*one.requirements, *(each for each in one.runtimes if not _meets(self._host, each)))

    def _needs_of(self, one: ModuleVersion) -> tuple[int, ...]:
        interfaces = (self._interface(name, one) for name in one.consumes if name not in self._host.interfaces)
        return (*map(self._need, self._entries(one)), *(self._need_of_interface(*each) for each in interfaces))

    def _need(self, requirement: Requirement) -> int:
        module, constraint = self._modules[requirement.name], requirement.constraint
        found = self._needs.get((module, constraint.text))
        if found is None:
            versions = self._kept.get(requirement.name, ())
            admitted = _ranges(rank for rank, one in enumerate(versions) if constraint.admits(one.version))
            found = self._tell(module, constraint.text, admitted)
            if constraint.names_prerelease:
                self._naming.append(found)
        return found

    def _interface(self, name: str, consumer: ModuleVersion) -> tuple[str, str]:
        """An interface, and the module that does not count as its provider, "" if all do."""
        return name, consumer.name if consumer.name in self._providers.get(name, ()) else ""

    def _need_of_interface(self, name: str, without: str) -> int:
        module = len(self._kept) + self._interfaces.index((name, without))
        count = len(self._providers.get(name, {}).keys() - {without})
        found = self._needs.get((module, ""))
        return self._tell(module, "", ((0, count - 1),) if count else ()) if found is None else found

    def _needs_of_providers(self, interface: str, without: str) -> Iterator[tuple[int, ...]]:
        for name, ranks in sorted(self._providers.get(interface, {}).items(), reverse=True):
            if name != without:
                yield (self._tell(self._modules[name], f"interface {interface}", ranks),)

    def _tell(self, module: int, text: str, ranges: Ranges) -> int:
        number = self._needs[module, text] = len(self._told)
        self._told.append((module, ranges))
        return number


def _kept(problem: Problem, finals: Collection[str]) -> dict[str, tuple[ModuleVersion, ...]]:
    """The versions that may be chosen, from old to new, by module in the order of the problem.

    `finals` are the modules that have a final version.
    """
    running: dict[str, list[ModuleVersion]] = {}
    for one in problem.module_versions:
        if _runs(one, problem.host):
            running.setdefault(one.name, []).append(one)
    named = _named(problem, running, finals)
    return {
        name: tuple(sorted(kept, key=lambda one: one.version))
        for name, versions in running.items()
        if (kept := [one for one in versions if not one.is_prerelease or name in named or name not in finals])
    }


def _providers(kept: Mapping[str, Iterable[ModuleVersion]]) -> dict[str, dict[str, Ranges]]:
    """The ranks of each module that provide an interface, by interface."""
    ranks: dict[str, dict[str, list[int]]] = {}
    for name, versions in kept.items():
        for rank, one in enumerate(versions):
            for interface in one.provides:
                ranks.setdefault(interface, {}).setdefault(name, []).append(rank)
    return {interface: {name: _ranges(each) for name, each in found.items()} for interface, found in ranks.items()}


def _named(problem: Problem, running: Mapping[str, Iterable[ModuleVersion]], finals: Collection[str]) -> set[str]:
    """The modules of which a pre-release is named by the request, or by a version that may be chosen."""
    named = {one.name for one in problem.request.requirements if one.constraint.names_prerelease}
    naming = [
        (one, one.is_prerelease and one.name in finals, {need.name for need in needs})
        for versions in running.values()
        for one in versions
        if (needs := [need for need in (*one.requirements, *one.runtimes) if need.constraint.names_prerelease])
    ]
    while True:
        more = {name for one, is_barred, names in naming if not is_barred or one.name in named for name in names}
        if more <= named:
            return named
        named |= more


def _runs(one: ModuleVersion, host: Host) -> bool:
    """Whether `one` passes by itself: hardware and modes (contract, section 4, items 4 and 5)."""
    need, cards = one.hardware, [card.vram for card in host.gpus]
    return (
        (need.cores_min is None or (host.cores is not None and host.cores >= need.cores_min))
        and (need.ram_min is None or (host.ram is not None and host.ram >= need.ram_min))
        and (not need.multi_gpu or len(cards) >= 2)
        and (need.vram_min is None or (sum(cards) if need.multi_gpu else max(cards, default=0)) >= need.vram_min)
        and (host.modes is None or not host.modes.isdisjoint(one.modes))
    )


def _meets(host: Host, runtime: Requirement) -> bool:
    return runtime.name in host.runtimes and runtime.constraint.admits(host.runtimes[runtime.name])


def _prereleases(versions: Iterable[ModuleVersion]) -> tuple[int, ...]:
    return tuple(rank for rank, one in enumerate(versions) if one.is_prerelease)


def _ranges(ranks: Iterable[int]) -> Ranges:
    ranges: list[tuple[int, int]] = []
    for rank in ranks:
        if ranges and ranges[-1][1] == rank - 1:
            ranges[-1] = (ranges[-1][0], rank)
        else:
            ranges.append((rank, rank))
    return tuple(ranges)
