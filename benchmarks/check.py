"""Whether an answer is valid, asked without any of the code that made it (contract, section 4).

Serves to compare answers of las-solve with those of its peers; it knows what the problems of the benchmarks use, which
is everything but what is installed and what the caller excludes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from benchmarks.problems import Problem
from las_solver.model import ModuleVersion

__all__ = ["Verdict", "check_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong with an answer: `problems` make it invalid.

    `cycle` is a circle of needs (empty if there is none): las-solve counts it as invalid, resolvelib does not.
    `versions_behind` is the number of newer versions, per module and in total, that the host and the rule for
    pre-releases would let in.
    """

    problems: tuple[str, ...]
    cycle: tuple[str, ...]
    versions_behind: int

    @property
    def is_valid(self) -> bool:
        """Whether the answer is valid by the contract."""
        return not self.problems and not self.cycle


def check_answer(problem: Problem, chosen: Mapping[str, str]) -> Verdict:
    """Check `chosen`, a module's name to its version, as an answer to `problem`."""
    versions: dict[str, dict[Version, ModuleVersion]] = {}
    for one in problem.module_versions:
        versions.setdefault(one.name, {})[one.version] = one
    problems: list[str] = []
    present: dict[str, ModuleVersion] = {}
    for name, text in chosen.items():
        found = versions.get(name, {}).get(Version(text))
        if found is None:
            problems.append(f"there is no {name} {text}")
        else:
            present[name] = found
    needs = {one.name: _needs(one, problem) for one in present.values()}
    entries = [("the request", name, text) for name, text in _entries(problem.request.requirements)]
    entries += [(str(present[name]), *entry) for name, own in needs.items() for entry in own]
    for who, name, text in entries:
        if name not in present:
            problems.append(f"{who} needs {name}, which is absent")
        elif not SpecifierSet(text).contains(present[name].version, prereleases=True):
            problems.append(f"{who} needs {name}@{text}, but {present[name].version} is present")
    problems += [f"{one} does not run on the host" for one in present.values() if not _runs(one, problem)]
    providers = {one.name: _providers(one, present.values(), problem) for one in present.values()}
    for name, found_by_interface in providers.items():
        problems += [
            f"{present[name]} consumes {interface}, which nothing provides"
            for interface, names in found_by_interface.items()
            if not names
        ]
    problems += _forbidden_prereleases(present.values(), versions, entries)
    edges = {name: tuple(need for need, _ in own) for name, own in needs.items()}
    problems += _superfluous(present, (one.name for one in problem.request.requirements), edges, providers)
    return Verdict(
        problems=tuple(problems),
        cycle=_cycle(edges),
        versions_behind=sum(_behind(one, versions[one.name].values(), problem) for one in present.values()),
    )


def _entries(requirements: Iterable[object]) -> list[tuple[str, str]]:
    """Names and constraints, taken from the text of requirements."""
    return [(name, text) for name, _, text in (str(one).partition("@") for one in requirements)]


def _needs(one: ModuleVersion, problem: Problem) -> list[tuple[str, str]]:
    """The entries of `one` that a module has to meet: those on runtimes only where the host does not."""
    provided = problem.host.runtimes
    runtimes = [
        (name, text)
        for name, text in _entries(one.runtimes)
        if name not in provided or not SpecifierSet(text).contains(provided[name], prereleases=True)
    ]
    return [*_entries(one.requirements), *runtimes]


def _providers(one: ModuleVersion, present: Iterable[ModuleVersion], problem: Problem) -> dict[str, tuple[str, ...]]:
    """The other present modules that provide each interface that `one` consumes and the host does not provide."""
    return {
        interface: tuple(other.name for other in present if interface in other.provides and other.name != one.name)
        for interface in one.consumes
        if interface not in problem.host.interfaces
    }


def _runs(one: ModuleVersion, problem: Problem) -> bool:
    need, host = one.hardware, problem.host
    cards = [card.vram for card in host.gpus]
    vram = sum(cards) if need.multi_gpu else max(cards, default=0)
    return (
        (host.cores or 0) >= (need.cores_min or 0)
        and (host.ram or 0) >= (need.ram_min or 0)
        and vram >= (need.vram_min or 0)
        and (len(cards) >= 2 or not need.multi_gpu)
        and (host.modes is None or not host.modes.isdisjoint(one.modes))
    )


def _forbidden_prereleases(
    present: Iterable[ModuleVersion],
    versions: Mapping[str, Mapping[Version, ModuleVersion]],
    entries: Iterable[tuple[str, str, str]],
) -> list[str]:
    named = {name for _, name, text in entries if _names_prerelease(text)}
    return [
        f"{one} is a pre-release that nothing names"
        for one in present
        if one.version.is_prerelease
        and one.name not in named
        and not all(version.is_prerelease for version in versions[one.name])
    ]


def _names_prerelease(text: str) -> bool:
    return any(
        one.operator != "!=" and Version(one.version.removesuffix(".*")).is_prerelease for one in SpecifierSet(text)
    )


def _superfluous(
    present: Mapping[str, ModuleVersion],
    requested: Iterable[str],
    needs: Mapping[str, tuple[str, ...]],
    providers: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> list[str]:
    """A provider is there for a consumer only where what is there without it provides nothing (any one of several)."""
    reached: set[str] = set()
    ahead = list(requested)
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += needs.get(name, ())
        if not ahead:
            consumed = (found for one in sorted(reached & providers.keys()) for found in providers[one].values())
            ahead += next((found for found in consumed if found and reached.isdisjoint(found)), ())
    return [f"nothing needs {name}" for name in present if name not in reached]


def _cycle(needs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The modules that are part of a circle or only reachable between circles; empty if there is none."""
    left = {name: {need for need in names if need in needs} for name, names in needs.items()}
    left = _without_ends(left)
    return tuple(sorted(_without_ends(_reversed(left))))


def _without_ends(needs: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """`needs` without modules that need none of the others, and so on until there is no such module."""
    left = {name: set(names) for name, names in needs.items()}
    needed_by = _reversed(needs)
    ends = [name for name, names in left.items() if not names]
    while ends:
        end = ends.pop()
        del left[end]
        for name in needed_by[end]:
            left[name].discard(end)
            if not left[name]:
                ends.append(name)
    return left


def _reversed(needs: Mapping[str, set[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {name: set() for name in needs}
    for name, names in needs.items():
        for need in names:
            turned[need].add(name)
    return turned


def _behind(one: ModuleVersion, others: Iterable[ModuleVersion], problem: Problem) -> int:
    return sum(
        1
        for other in others
        if other.version > one.version
        and (not other.version.is_prerelease or one.version.is_prerelease)
        and _runs(other, problem)
    )
