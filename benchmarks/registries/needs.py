"""What a generated module needs, and how that changes from one run of its versions to the next."""

from __future__ import annotations

from bisect import bisect_right
from random import Random
from typing import NamedTuple

from benchmarks.registries.row import History, Row
from benchmarks.registries.spec import Spec

__all__ = ["Needs"]

_HOST_RUNTIMES = ("cuda>=11.8", "cuda>=12.1,<13", "nvidia-driver>=535")
_SOMETIMES = 0.6
_FORMERLY = 0.6
_STILL = 0.1


class _Range(NamedTuple):
    """A constraint, and the indexes from `low` up to `high`, without `but`, that it admits."""

    text: str
    low: int
    high: int
    but: int = -1

    def admits(self, index: int) -> bool:
        return self.low <= index < self.high and index != self.but


class Needs:
    """What a module needs, as it changes from run to run."""

    def __init__(self, row: Row, place: int, chance: Random) -> None:
        self._row = row
        self._place = place
        self._chance = chance
        self._always, sometimes = row.needs(place, chance)
        self._formerly = row.needed_formerly(place)
        self._sometimes = [need for need in sometimes if need not in self._formerly]
        self._active: dict[int, _Range] = {}
        self._runtimes = frozenset(
            need for need in (*self._always, *self._sometimes, *self._formerly) if chance.random() < row.spec.runtimes
        )
        self._host_runtime = _HOST_RUNTIMES[int(chance.random() * len(_HOST_RUNTIMES))] if chance.random() < 0.1 else ""
        self._partner = row.partner(place)

    def revise(self, start: int, *, is_planted: bool) -> None:
        """Begin a run at the version with the index `start`."""
        row, chance, random = self._row, self._chance, self._chance.random
        moment = row.history(self._place).moments[start]
        active = self._active
        for need in self._always:
            before = active.get(need)
            target = row.history(need)
            if before is None or random() < 0.5 or (is_planted and not before.admits(target.planted)):
                active[need] = _range(row.spec, target, moment, chance, keeps_planted=is_planted)
        for need in self._sometimes:
            if random() < _SOMETIMES and not (is_planted and need in row.optional):
                active[need] = _range(row.spec, row.history(need), moment, chance, keeps_planted=is_planted)
            else:
                active.pop(need, None)
        for need in self._formerly:
            share = _FORMERLY if start < row.history(self._place).planted else _STILL
            if not is_planted and random() < share:
                active[need] = _range(row.spec, row.history(need), moment, chance, keeps_planted=False)
            else:
                active.pop(need, None)
        if self._partner is not None:
            if not is_planted and random() < 0.5:
                active[self._partner] = _Range("", 0, 0)
            else:
                active.pop(self._partner, None)

    def entries(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The entries on modules and on runtimes as they are now."""
        name = self._row.name
        requirements: list[str] = []
        runtimes: list[str] = [self._host_runtime] if self._host_runtime else []
        for need, admitted in self._active.items():
            if need in self._runtimes:
                runtimes.append(name(need) + admitted.text)
            else:
                requirements.append(f"{name(need)}@{admitted.text}" if admitted.text else name(need))
        return tuple(requirements), tuple(runtimes)


def _range(spec: Spec, target: History, moment: float, chance: Random, *, keeps_planted: bool) -> _Range:
    """A constraint around the newest version of `target` at `moment`; if wanted, it admits the planted version."""
    random = chance.random
    texts, numbers, finals = target.texts, target.numbers, target.finals
    current = target.newest_at(moment)
    low = max(0, current - int(random() * random() * 10))
    kept = target.planted if keeps_planted else None
    if kept is not None:
        low, current = min(low, kept), max(current, kept)
    low = finals[bisect_right(finals, low) - 1]
    if random() < spec.named_prereleases:
        highest = current if kept is None else kept
        low = next((index for index in range(highest, -1, -1) if texts[index].endswith("rc1")), low)
    kind = random()
    major = numbers[current][0]
    if kind < spec.ceilings:
        end = target.end_of_major(major)
        if kind < spec.ceilings * 0.05:
            exact = current if kept is None else kept
            return _Range(f"=={texts[exact]}", exact, exact + 1)
        if kind < spec.ceilings * 0.5 and numbers[low][0] == major and texts[low][-3:] != "rc1":
            return _Range(f"~={major}.{numbers[low][1]}", low, end)
        return _Range(f">={texts[low]},<{major + 1}", low, end)
    if kind < spec.ceilings + 0.08:
        return _Range("", 0, len(texts))
    if kind < spec.ceilings + 0.12 and low + 1 < len(texts) and low + 1 != kept and texts[low + 1][-3:] != "rc1":
        return _Range(f">={texts[low]},!={texts[low + 1]}", low, len(texts), low + 1)
    return _Range(f">={texts[low]}", low, len(texts))
