"""Modules in a row, each a function of the seed and its place: when its versions came, and which modules it needs.

Nothing is kept for a row but the parents of a planted request's modules and the histories asked for last, so that rows
may be of any length.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import NamedTuple

from benchmarks.registries.spec import Spec

__all__ = ["History", "Row"]

_POPULARITY = 3
"""A module at place p needs the one at p·u³, u evenly from 0 to 1: place q is then needed as q to the power -2/3."""

_PROVIDED_BY = (7, 23, 41)
"""The places within a block of 64 of the modules that provide the interface of the block."""

_BLOCK = 64
_KEPT_HISTORIES = 16384
_MOST_VERSIONS = 20
_NEEDS = (0, 1, 2, 3, 3, 4)
"""How many modules a module needs beside those that a planted request leads to by it."""


class History(NamedTuple):
    """The versions of a module, oldest first, with major and minor number and the moment each came.

    `finals` are the indexes of final versions; `planted` is the index of the one in the planted answer.
    """

    texts: Sequence[str]
    numbers: Sequence[tuple[int, int]]
    moments: Sequence[float]
    finals: Sequence[int]
    planted: int

    def newest_at(self, moment: float) -> int:
        """The index of the newest final version at `moment`, or of the oldest, if there was none yet."""
        return _newest_at(self.moments, self.finals, moment)

    def end_of_major(self, major: int) -> int:
        """The index behind the last version with a major number up to `major`."""
        return bisect_left(self.numbers, (major + 1, 0))


class Row:
    """The modules called ``PREFIX-00000`` and so on; each needs modules before it.

    With `planted`, so many of them are in a planted answer to the request for the last few; without, the row has no
    end.
    """

    def __init__(self, spec: Spec, prefix: str, planted: int = 0) -> None:
        self.spec = spec
        self.prefix = prefix
        self.length = planted + round(spec.optional * planted) if planted else None
        self.history = lru_cache(maxsize=_KEPT_HISTORIES)(self._history)
        self._period = round(1 / spec.cycles) if spec.cycles else 0
        self.optional: frozenset[int] = frozenset()
        self.roots: tuple[int, ...] = ()
        self._children: Mapping[int, Sequence[int]] = {}
        self._formerly: Mapping[int, Sequence[int]] = {}
        if self.length is not None:
            self._plant(planted, self.length)

    def name(self, place: int) -> str:
        return f"{self.prefix}-{place:06d}"

    def place(self, name: str) -> int:
        """The place of the module called `name`."""
        return int(name.rpartition("-")[2])

    def chance(self, place: int, purpose: str) -> Random:
        """Chance for one `purpose` at a `place`, the same whatever else was drawn."""
        return Random(f"{self.spec.seed} {self.prefix} {place} {purpose}")

    def needs(self, place: int, chance: Random) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The places that all versions of the module at `place` need, and those that only some of them need."""
        always = list(self._children.get(place, ()))
        partner = self.partner(place - 1)
        if partner == place and place - 1 not in always:
            always.append(place - 1)
        sometimes: list[int] = []
        random = chance.random
        for _ in range(_NEEDS[int(random() * len(_NEEDS))] if place else 0):
            need = int(place * random() ** _POPULARITY)
            if need not in always and need not in sometimes:
                (sometimes if random() < 0.5 or need in self.optional else always).append(need)
        return tuple(always), tuple(sometimes)

    def needed_formerly(self, place: int) -> Sequence[int]:
        """The places that the module at `place` needed mostly before its planted version, which has nothing to do with
        them."""
        return self._formerly.get(place, ())

    def partner(self, place: int) -> int | None:
        """The module, if any, that needs the one at `place` and that some versions of that one need."""
        if not self._period or place < 0 or place % self._period != self._period // 2 or place in self.optional:
            return None
        return None if self.length is not None and place + 1 >= self.length else place + 1

    def provides(self, place: int) -> str | None:
        """The interface that the module at `place` provides."""
        if self.spec.interfaces and place % _BLOCK in _PROVIDED_BY:
            return f"{self.prefix}-interface-{place // _BLOCK:04d}"
        return None

    def consumes(self, place: int, chance: Random) -> str | None:
        """The interface that the module at `place` consumes; all its providers stand before it."""
        blocks = (place - 1 - _PROVIDED_BY[-1]) // _BLOCK + 1
        if blocks <= 0 or chance.random() >= self.spec.interfaces:
            return None
        return f"{self.prefix}-interface-{int(blocks * chance.random() ** _POPULARITY):04d}"

    def first_provider(self, interface: str) -> int:
        """The place of the first module that provides `interface`."""
        return _BLOCK * int(interface.rpartition("-")[2]) + _PROVIDED_BY[0]

    def _plant(self, planted: int, length: int) -> None:
        """Draw which modules a planted answer does without, and for each other one a module that always needs it."""
        chance = Random(f"{self.spec.seed} {self.prefix} rows")
        requested = max(2, min(10, planted // 20))
        self.roots = tuple(range(length - requested, length))
        self.optional = frozenset(chance.sample(range(length - requested), length - planted))
        core = [place for place in range(length) if place not in self.optional]
        children: dict[int, list[int]] = {}
        for rank, place in enumerate(core[: planted - requested]):
            above = core[rank + 1 + int(chance.random() * (planted - rank - 1))]
            children.setdefault(above, []).append(place)
        formerly: dict[int, list[int]] = {}
        for place in sorted(self.optional):
            later = bisect_right(core, place)
            formerly.setdefault(core[later + int(chance.random() * (planted - later))], []).append(place)
        self._children = children
        self._formerly = formerly

    def _history(self, place: int) -> History:
        spec = self.spec
        random = self.chance(place, "history").random
        most = _MOST_VERSIONS * spec.mean_versions
        count = 1 + int(min(most, -math.log(1 - random()) * (spec.mean_versions - 1) + 0.5))
        major, minor, patch = (0 if random() < 0.3 else 1), int(random() * 3), 0
        texts: list[str] = []
        numbers: list[tuple[int, int]] = []
        finals: list[int] = []
        for index in range(count):
            if index:
                step = random()
                if step < 0.1:
                    major, minor, patch = major + 1, 0, 0
                elif step < 0.5:
                    minor, patch = minor + 1, 0
                else:
                    patch += 1
            text = f"{major}.{minor}.{patch}"
            if index and random() < spec.prereleases and finals[-1] == index - 1:
                text += "rc1"
                patch -= 1  # so that the final version may follow
            else:
                finals.append(index)
            texts.append(text)
            numbers.append((major, minor))
        moments = sorted([random() for _ in range(count)])
        return History(texts, numbers, moments, finals, _newest_at(moments, finals, spec.moment))


def _newest_at(moments: Sequence[float], finals: Sequence[int], moment: float) -> int:
    there = bisect_right(moments, moment)
    return finals[max(0, bisect_left(finals, there) - 1)]
