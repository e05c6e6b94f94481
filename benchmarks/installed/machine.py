"""A registry of 3,026 modules, each of four versions, and a machine that has 2,000 of them installed.

How both come about, from one seed:

- There are three *closures*, of 50, 500 and 1,500 modules. The first module of each needs all others of it, directly or
  not, and is what is asked for. The later half of each closure is installed.
- The rest of what is installed are *others*, which nobody asks for. They need one another, and some need an installed
  module of a closure, so that its upgrade may concern them.
- Each module needs only modules further on, the same in all its versions. A version needs versions not much older than
  itself, and in five cases of 100 none much newer. So everything goes together at its second version, which is the
  one that is installed, and at its third; of the newest versions, five in 100 need a card that the host lacks.
- One more module needs a module of the closure of 500 that is not installed, at its first version: it cannot go
  together with the newest version of the first one.

The same seed gives the same registry.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from benchmarks.problems import synthetic
from las_solver.constraint import Requirement, parse_version
from las_solver.model import Hardware, ModuleVersion, Request, Strategy

__all__ = ["CASES", "CLOSURES", "HOST", "INSTALLED", "Case", "case_of", "installed_modules", "manifest", "registry"]

CLOSURES = (50, 500, 1500)
INSTALLED = 2000
HOST = synthetic.HOST

_SEED = 1
_VERSIONS = (1, 2, 3, 4)
_OLD = 2
"""The version that is installed of each module."""

_BLOCKED_SHARE = 0.05
_BLOCKING_VRAM = 80 * 1000**3
_CEILING_SHARE = 0.05
_SHARED = 0.3
"""How many of the other modules need one of a closure."""

_CLASHING = "clashing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is planned beside 2,000 installed modules and on an empty machine; `has_plan` says whether there is one."""

    name: str
    request: tuple[str, ...]
    strategy: Strategy = Strategy.NEWEST
    has_plan: bool = True

    def wanted(self) -> Request:
        """The request."""
        return Request(requirements=tuple(map(Requirement.parse, self.request)), strategy=self.strategy)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The request as arguments of ``las-solve plan``."""
        return (*self.request, "--strategy", str(self.strategy))


def _first(closure: int) -> str:
    return _name(closure, 0)


def _name(closure: int, place: int) -> str:
    return f"part-{closure:04}-{place:04}"


CASES = (
    *(Case(name=f"closure of {size:,}", request=(_first(size),)) for size in CLOSURES),
    *(
        Case(name=f"closure of {size:,}, keep", request=(_first(size),), strategy=Strategy.KEEP)
        for size in CLOSURES[:2]
    ),
    Case(name="conflict", request=(f"{_first(500)}@>={_VERSIONS[-1]}", _CLASHING), has_plan=False),
)


def case_of(name: str) -> Case:
    """The case called `name`."""
    return next(one for one in CASES if one.name == name)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A module before it has versions: what it needs, and whether it is installed."""

    needs: tuple[str, ...]
    is_installed: bool


def registry() -> tuple[ModuleVersion, ...]:
    """All module versions, of each module the oldest first."""
    return tuple(_versions(random.Random(_SEED)))


def installed_modules(modules: Iterable[ModuleVersion]) -> Mapping[str, ModuleVersion]:
    """What is installed on the machine, of the `modules` of the registry, by name."""
    names = {name for name, draft in _drafts().items() if draft.is_installed}
    old = parse_version(f"{_OLD}.0")
    return {one.name: one for one in modules if one.name in names and one.version == old}


def manifest(one: ModuleVersion) -> str:
    """The manifest of `one` as the JSON that a store keeps."""
    content = {
        "name": one.name,
        "category": one.category,
        "version": str(one.version),
        "description": f"{one.name}, made to measure planning.",
        "dependencies": {"modules": [str(entry) for entry in one.requirements]},
        "runtime": {"modes": list(one.modes)},
    }
    return json.dumps(content)


@lru_cache(maxsize=1)
def _drafts() -> Mapping[str, _Draft]:
    """All modules but the clashing one, by name."""
    chance = random.Random(_SEED)
    drafts: dict[str, _Draft] = {}
    for size in CLOSURES:
        drafts.update(_closure(chance, size))
    shared = [name for name, draft in drafts.items() if draft.is_installed]
    others = INSTALLED - len(shared)
    for place in range(others):
        ahead = range(place + 1, min(place + 40, others))
        needs = [f"other-{need:04}" for need in chance.sample(ahead, min(len(ahead), chance.randrange(4)))]
        if chance.random() < _SHARED:
            needs.append(chance.choice(shared))
        drafts[f"other-{place:04}"] = _Draft(tuple(needs), is_installed=True)
    return drafts


def _closure(chance: random.Random, size: int) -> Iterator[tuple[str, _Draft]]:
    """A closure of `size` modules: each but the first is needed by one or two of those before it."""
    needs: dict[int, set[int]] = {place: set() for place in range(size)}
    for place in range(1, size):
        for _ in range(chance.choice((1, 2))):
            needs[chance.randrange(place // 4, (place + 1) // 2)].add(place)
    for place, several in needs.items():
        names = tuple(_name(size, need) for need in sorted(several))
        yield _name(size, place), _Draft(names, is_installed=place >= size // 2)


def _versions(chance: random.Random) -> Iterator[ModuleVersion]:
    for name, draft in _drafts().items():
        is_blocked = name not in map(_first, CLOSURES) and chance.random() < _BLOCKED_SHARE
        ceilings = {need: chance.randrange(2) for need in draft.needs if chance.random() < _CEILING_SHARE}
        for version in _VERSIONS:
            needs = []
            for need in draft.needs:
                below = f",<{version + 1 + ceilings[need]}" if need in ceilings else ""
                needs.append(f"{need}@>={max(1, version - 1)}{below}")
            yield _version(name, version, needs, is_blocked=is_blocked and version == _VERSIONS[-1])
    first = _drafts()[_first(500)].needs[0]
    for version in _VERSIONS:
        yield _version(_CLASHING, version, [f"{first}@<2"], is_blocked=False)


def _version(name: str, version: int, needs: list[str], *, is_blocked: bool) -> ModuleVersion:
    return ModuleVersion(
        name=name,
        version=parse_version(f"{version}.0"),
        category="tool",
        requirements=tuple(map(Requirement.parse, needs)),
        hardware=Hardware(vram_min=_BLOCKING_VRAM if is_blocked else None),
        source=f"{name}/manifest.yaml",
    )
