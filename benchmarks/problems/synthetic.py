"""A synthetic registry: 500 modules, 10,000 versions, often impossible at their newest, and always plannable.

How it comes about, from one seed:

- Modules stand in a row, and each one needs only modules further on, so that no answer has a cycle. A module keeps the
  same needs over its versions, apart from a few that come and go, as real modules do.
- All versions have a moment in time. What a version needs is a range around what was there at its moment: a floor, a
  floor and a ceiling, one series, one version, or anything.
- A *snapshot*, one version of each module as they stood at one moment, is kept possible: its versions are never
  blocked, and the ranges of what they need are widened until they admit each other. So there is always an answer;
  the newest one lies somewhere between the snapshot and the newest versions.
- Of the newer half of all versions, 15 in 100 are *blocked*: one half of them by hardware that the host lacks, the
  other half by a requirement that no version meets. Blocked versions are spread evenly over the newer half.

The same seed gives the same registry.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from las_solver.constraint import Requirement, parse_version
from las_solver.model import Gpu, Hardware, Host, ModuleVersion, Request

__all__ = ["HOST", "MILD_SNAPSHOT", "SyntheticModule", "SyntheticVersion", "generate", "module_versions", "request"]

MODULES = 500
VERSIONS_PER_MODULE = 20
REQUESTED = 10
BLOCKED_SHARE = 0.15
SNAPSHOT = 0.8
"""The moment of the snapshot, of a time that runs from 0 to 1."""
MILD_SNAPSHOT = 0.95
"""A moment that leaves an answer much closer to the newest versions, and so easier to find."""

_REACH = 40  # how far along the row a module looks for what it needs
_NEEDS = (1, 2, 2, 3, 3, 3, 4, 4)  # how many modules a module needs, before some come and go
_CATEGORIES = ("language", "runtime", "framework", "service", "application", "tool", "model")
_BLOCKING_VRAM = 80 * 1000**3

HOST = Host(cores=16, ram=64 * 1024**3, gpus=(Gpu(name="Example 24 GB", vram=24 * 1000**3),))
"""The host that plans are made for: blocked versions want more VRAM than its card has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticVersion:
    """One version: its number, its requirements as written in a manifest, and whether it is blocked, and by what."""

    version: str
    requirements: tuple[str, ...]
    blocked_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticModule:
    """One module with its versions, oldest first; `snapshot` is the index of the version that stays possible."""

    name: str
    category: str
    versions: tuple[SyntheticVersion, ...]
    snapshot: int


@dataclass(slots=True)
class _Draft:
    """A module while it is made: version numbers and moments, oldest first."""

    numbers: list[tuple[int, int, int]]
    moments: list[float]
    snapshot: int

    def newest_at(self, moment: float) -> int:
        """The index of the newest version at `moment` (the oldest if there was none yet)."""
        return max(0, bisect_right(self.moments, moment) - 1)


def generate(
    seed: int,
    *,
    modules: int = MODULES,
    versions_per_module: int = VERSIONS_PER_MODULE,
    snapshot: float = SNAPSHOT,
) -> tuple[SyntheticModule, ...]:
    """The registry of `seed`, in the order of the row, possible as it stood at the moment `snapshot`."""
    chance = random.Random(seed)
    drafts = [_draft(chance, versions_per_module, snapshot) for _ in range(modules)]
    blocked = _blocked(chance, drafts)
    counts = [_NEEDS[position % len(_NEEDS)] for position in range(modules)]
    chance.shuffle(counts)
    made: list[SyntheticModule] = []
    for position, draft in enumerate(drafts):
        needs = _needs(chance, position, modules, counts[position])
        versions = []
        for at in range(len(draft.numbers)):
            requirements = _requirements(chance, drafts, needs, position, at)
            cause = blocked.get((position, at))
            if cause == "requirement":
                requirements = _make_impossible(chance, requirements, position)
            versions.append(
                SyntheticVersion(version=_dotted(draft.numbers[at]), requirements=tuple(requirements), blocked_by=cause)
            )
        made.append(
            SyntheticModule(
                name=_name(position),
                category=_CATEGORIES[position % len(_CATEGORIES)],
                versions=tuple(versions),
                snapshot=draft.snapshot,
            )
        )
    return tuple(made)


def module_versions(registry: Sequence[SyntheticModule]) -> Iterator[ModuleVersion]:
    """The registry as the solver knows it."""
    for module in registry:
        for one in module.versions:
            yield ModuleVersion(
                name=module.name,
                version=parse_version(one.version),
                category=module.category,
                requirements=tuple(Requirement.parse(text) for text in one.requirements),
                hardware=Hardware(vram_min=_BLOCKING_VRAM if one.blocked_by == "hardware" else None),
                source=f"{module.name}/manifest.yaml",
            )


def request(modules: int = MODULES) -> Request:
    """The request that is measured: the modules at the beginning of the row, without constraints."""
    names = (_name(position) for position in range(min(REQUESTED, modules)))
    return Request(requirements=tuple(Requirement.parse(name) for name in names))


def _draft(chance: random.Random, count: int, snapshot: float) -> _Draft:
    """Version numbers that grow by major, minor or patch, at moments that grow from 0 to 1."""
    number = (1, 0, 0)
    numbers = [number]
    while len(numbers) < count:
        major, minor, patch = number
        step = chance.random()
        number = (
            (major + 1, 0, 0) if step < 0.12 else (major, minor + 1, 0) if step < 0.6 else (major, minor, patch + 1)
        )
        numbers.append(number)
    moments = sorted(chance.random() for _ in range(count))
    draft = _Draft(numbers, moments, 0)
    draft.snapshot = draft.newest_at(snapshot)
    return draft


def _blocked(chance: random.Random, drafts: Sequence[_Draft]) -> dict[tuple[int, int], str]:
    """What blocks which version, by position and index; never one of the snapshot."""
    newer = [(at, index) for at, draft in enumerate(drafts) for index in _newer_half(len(draft.numbers))]
    free = [(at, index) for at, index in newer if index != drafts[at].snapshot]
    chosen = chance.sample(free, round(BLOCKED_SHARE * len(newer)))
    half = len(chosen) // 2
    return {place: "hardware" if rank < half else "requirement" for rank, place in enumerate(chosen)}


def _newer_half(count: int) -> range:
    return range(count // 2, count)


def _needs(chance: random.Random, position: int, modules: int, count: int) -> list[int]:
    """The modules that a module needs, `count` of them if there are so many ahead, as positions further along the
    row."""
    ahead = range(position + 1, min(position + 1 + _REACH, modules))
    return sorted(chance.sample(ahead, min(len(ahead), count)))


def _requirements(
    chance: random.Random, drafts: Sequence[_Draft], needs: Sequence[int], position: int, at: int
) -> list[str]:
    """What one version needs, as it would stand in its manifest."""
    draft = drafts[position]
    texts = []
    for need in needs:
        if chance.random() < 0.05:
            continue  # this version does without
        target = drafts[need]
        keep = target.snapshot if at == draft.snapshot else None
        constraint = _constraint(chance, target, draft.moments[at], keep)
        texts.append(f"{_name(need)}@{constraint}" if constraint else _name(need))
    return texts


def _constraint(chance: random.Random, target: _Draft, moment: float, keep: int | None) -> str:
    """A range around what `target` was at `moment`; it admits the version with index `keep`, if that is given."""
    current = target.newest_at(moment)
    low = max(0, current - chance.randrange(0, 6))
    high = current + chance.randrange(1, 5)
    if keep is not None:
        low, high = min(low, keep), max(high, keep + 1)
    numbers = target.numbers
    kind = chance.random()
    if kind < 0.05:
        return ""
    if kind < 0.45 or high >= len(numbers):
        return f">={_dotted(numbers[low])}"
    if kind < 0.75:
        return f">={_dotted(numbers[low])},<{_dotted(numbers[high])}"
    exact = current if keep is None else keep
    if kind < 0.95:
        major, minor, _ = numbers[exact]
        return f"~={major}.{minor}"
    return f"=={_dotted(numbers[exact])}"


def _make_impossible(chance: random.Random, requirements: Sequence[str], position: int) -> list[str]:
    """The requirements, one of them (or one more, where there is none) asking for what does not exist."""
    if not requirements:
        return [f"{_name(position + 1)}@>=99"]
    at = chance.randrange(len(requirements))
    name = requirements[at].partition("@")[0]
    return [*requirements[:at], f"{name}@>=99", *requirements[at + 1 :]]


def _name(position: int) -> str:
    return f"part-{position:03d}"


def _dotted(number: tuple[int, int, int]) -> str:
    return ".".join(map(str, number))
