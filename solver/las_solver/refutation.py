"""Shows that claims contradict each other, step by step as a person would: what follows, or one case after the other.

docs/algorithm.md ("Explaining") describes the search. It is exact and deterministic, and gives up beyond a bound.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from las_solver.claim import ABSENT, Terms
from las_solver.lazy_dataclass import dataclass

__all__ = ["Effort", "Step", "refute"]

_DECISION: Final = -1
_TELL: Final = -1
_LAST: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Step:
    """The claim `terms` follows from the claims at the places `uses`, read in that order.

    Places count the claims that were given, then the steps.
    """

    terms: Terms
    uses: tuple[int, ...]


class _TooMuch(Exception):
    """The effort is used up. Never leaves this file."""


class Effort:
    """How often claims may be looked at: a bound on time that is the same on every machine."""

    def __init__(self, looks: int) -> None:
        self._left = looks

    def spend(self, looks: int) -> None:
        self._left -= looks
        if self._left < 0:
            raise _TooMuch


def refute(
    claims: Sequence[Terms], everything: Callable[[str], int], *, most_steps: int, effort: Effort
) -> tuple[Step, ...] | None:
    """Steps of which the last has no terms: all `claims` together are a contradiction.

    None if they are not, or if that takes more steps or effort. One step is enough where no cases have to be looked at.
    `everything` gives all states of a module. The modules are tried in the order in which the claims name them.
    """
    learnt: list[Step] = []
    try:
        trail = _Trail(claims, everything, effort)
        while True:
            while (violated := trail.propagate()) is None:
                if not trail.decide():
                    return None
            step, levels = trail.explain(violated)
            learnt.append(step)
            if not step.terms:
                return _needed(len(claims), learnt, most_steps)
            trail.learn(step.terms, levels)
    except _TooMuch:
        return None


def _needed(count: int, learnt: Sequence[Step], most: int) -> tuple[Step, ...] | None:
    """The steps that lead to the last one of `learnt`, after `count` claims; None if they are more than `most`."""
    needed = {len(learnt) - 1}
    for place in reversed(range(len(learnt))):
        if place in needed:
            needed.update(use - count for use in learnt[place].uses if use >= count)
    if len(needed) > most:
        return None
    renumbered = {count + place: count + new for new, place in enumerate(sorted(needed))}
    return tuple(
        Step(learnt[place].terms, tuple(renumbered.get(use, use) for use in learnt[place].uses))
        for place in sorted(needed)
    )


class _Trail:
    """The states that each module can still be in, and why: entries of a module, its states before, and a claim."""

    def __init__(self, claims: Sequence[Terms], everything: Callable[[str], int], effort: Effort) -> None:
        self._everything = everything
        self._effort = effort
        self._claims: list[Terms] = []
        self._about: dict[str, list[int]] = {}
        self._left: dict[str, int] = {}
        self._entries: list[tuple[str, int, int]] = []
        self._decisions: list[int] = []
        self._changed: deque[str] = deque()
        self._waiting: set[str] = set()
        effort.spend(len(claims))
        for terms in claims:
            self._add(terms)
        # What must be there comes first, and all else only once that leads to it: so reasons begin with the request.
        demands = [place for place, terms in enumerate(self._claims) if _is_demand(terms)]
        self._unread: list[Sequence[int]] = [range(len(self._claims)), demands]

    def _add(self, terms: Terms) -> int:
        place = len(self._claims)
        self._claims.append(terms)
        for name in terms:
            self._about.setdefault(name, []).append(place)
            self._left.setdefault(name, self._everything(name))
        return place

    def propagate(self) -> int | None:
        """Draw all conclusions; the place of a claim that cannot hold any more, if there is one."""
        while self._changed or self._unread:
            places = self._about[self._next()] if self._changed else self._unread.pop()
            self._effort.spend(len(places))
            for place in places:
                if self._look(place):
                    self._changed.clear()
                    self._waiting.clear()
                    return place
        return None

    def _next(self) -> str:
        name = self._changed.popleft()
        self._waiting.discard(name)
        return name

    def _look(self, place: int) -> bool:
        """Whether all terms of a claim hold; if all but one do, that one is made false."""
        undecided = None
        left = self._left
        terms = self._claims[place]
        for name, term in terms.items():
            possible = left[name]
            if not possible & term:
                return False
            if possible & ~term:
                if undecided is not None:
                    return False
                undecided = name
        if undecided is None:
            return True
        self._keep(undecided, left[undecided] & ~terms[undecided], place)
        return False

    def _keep(self, name: str, states: int, reason: int) -> None:
        self._entries.append((name, self._left[name], reason))
        self._left[name] = states
        if name not in self._waiting:
            self._waiting.add(name)
            self._changed.append(name)

    def decide(self) -> bool:
        """Suppose that a module is at its newest version, or one that no claim tells from it; False if all is decided.

        The module is the first of which several versions, and not absence, are left; if there is none, the first.
        """
        for may_be_absent in (False, True):
            for name, possible in self._left.items():
                if possible & possible - 1 and (may_be_absent or not possible & ABSENT):
                    self._effort.spend(len(self._about[name]))
                    alike = self._like_newest(name, possible)
                    if alike != possible:
                        self._decisions.append(len(self._entries))
                        self._keep(name, alike, _DECISION)
                        return True
        return False

    def _like_newest(self, name: str, possible: int) -> int:
        """Those of the states `possible` that no claim which still matters tells from the newest."""
        newest = 1 << (possible.bit_length() - 1)
        alike = possible
        for place in self._about[name]:
            terms = self._claims[place]
            if all(self._left[other] & term for other, term in terms.items()):
                alike &= terms[name] if terms[name] & newest else ~terms[name]
        return alike

    def explain(self, violated: int) -> tuple[Step, list[int]]:
        """Why the claim at `violated` cannot hold: what speaks against decisions, and against which; or, without terms,
        what speaks against everything.

        Each term is traced back to the entry that made it hold. The claim that was the reason of the entry is put in
        its place: of two claims, one that a module is not in the states S and one that it is not in R, follows one that
        it is in neither.
        """
        self._effort.spend(len(self._entries))
        terms = dict(self._claims[violated])
        decided: dict[str, int] = {}
        used: list[int] = []
        for place in reversed(range(len(self._entries))):
            name, before, reason = self._entries[place]
            term = terms.get(name)
            if term is None or name in decided or not before & ~term:
                continue
            if reason == _DECISION:
                decided[name] = bisect_left(self._decisions, place)
                continue
            used.append(place)
            for other, states in self._claims[reason].items():
                terms[other] = terms.get(other, -1) & states if other != name else term | states
            if terms[name] == self._everything(name):
                del terms[name]
        uses = dict.fromkeys(self._in_reading_order(violated, used))
        return Step(terms, tuple(uses)), sorted(decided.values())

    def _in_reading_order(self, violated: int, used: Sequence[int]) -> Iterator[int]:
        """The reasons of the entries at `used`, and `violated`, so that they read well.

        Each comes after the reasons that made its other terms hold, and after the demands on its modules. But where no
        demand is behind the conclusion of a claim, and at the end, it comes before those reasons: *app needs lib*, *lib
        needs more memory* is the order, whichever of the two was looked at last.
        """
        supports = self._supporting(used)
        demands: dict[str, list[int]] = {}
        visited: set[int] = set()
        demanded: set[int] = set()
        for entry in sorted(used):
            name, _, reason = self._entries[entry]
            if _is_demand(self._claims[reason]):
                demands.setdefault(name, []).append(reason)
                visited.add(entry)
                demanded.add(entry)
            elif not demanded.isdisjoint(supports(reason, entry)):
                demanded.add(entry)
        pending: list[tuple[int, int]] = [(violated, _LAST)]
        while pending:
            place, entry = pending.pop()
            if entry == _TELL:
                for name in self._claims[place]:
                    yield from demands.pop(name, ())
                yield place
            elif entry not in visited:
                visited.add(entry)
                postpones = entry == _LAST or entry not in demanded
                before: list[tuple[int, int]] = []
                for one in reversed(supports(place, entry)):
                    told = pending if postpones and one not in demanded else before
                    told.append((self._entries[one][2], one))
                pending.extend(((place, _TELL), *before))

    def _supporting(self, used: Sequence[int]) -> Callable[[int, int], list[int]]:
        """Says which of the entries at `used` made the terms of the claim at a place hold, before an entry whose reason
        it is, and but for that one's module.
        """
        ruling_out: dict[str, dict[int, int]] = {}
        taking: dict[str, list[tuple[int, int]]] = {}
        for entry in sorted(used):
            name, before, reason = self._entries[entry]
            gone = before & self._claims[reason][name]
            taking.setdefault(name, []).append((entry, gone))
            if gone & gone - 1 == 0:
                ruling_out.setdefault(name, {})[gone] = entry

        def supports(place: int, before: int) -> list[int]:
            own = self._entries[before][0] if before != _LAST else ""
            found: list[int] = []
            for name, term in self._claims[place].items():
                if name == own or name not in taking:
                    continue
                wanted = self._everything(name) & ~term
                alone = ruling_out.get(name, {}).get(wanted)
                entries = taking[name] if alone is None else [(alone, wanted)]
                found.extend(entry for entry, gone in entries if gone & wanted and entry < before)
            return found

        return supports

    def learn(self, terms: Terms, levels: Sequence[int]) -> None:
        """Add a claim that speaks against the decisions at `levels`, and go back to where it says something new."""
        keep = levels[-2] + 1 if len(levels) > 1 else 0
        start = self._decisions[keep]
        for name, before, _ in reversed(self._entries[start:]):
            self._left[name] = before
        del self._entries[start:], self._decisions[keep:]
        self._unread.append([self._add(terms)])


def _is_demand(terms: Terms) -> bool:
    return len(terms) == 1 and all(term & ABSENT for term in terms.values())
