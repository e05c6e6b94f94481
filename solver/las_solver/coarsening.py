"""Says in one claim what several say of versions of one module, where that is enough for the contradiction.

*app 1.0 needs lib 1.1* and *app 2.0 needs lib 1.5* become *app, whatever its version, needs lib 1.1 to 1.5*, which says
less. docs/algorithm.md ("Explaining") says in which order this is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from las_solver.claim import Claim, States, Terms
from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.ranks import admitted_ranks, intervals_of
from las_solver.statement import (
    CapacityLimit,
    Dependency,
    Deprecation,
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    LockLimit,
    ModeLimit,
    PinLimit,
    PreRelease,
    RuntimeNeed,
)

__all__ = ["coarsened"]

_MOST_TRIALS: Final = 200
_MOST_CLAIMS: Final = 200_000
_MOST_HOLES: Final = 3

Contradict: TypeAlias = Callable[[Sequence[Terms]], bool]


def coarsened(states: States, claims: Sequence[Claim], contradict: Contradict) -> list[Claim]:
    """Fewer claims, each of which follows from those of `claims` that it stands for, and which still contradict.

    Each stands at the place of the first one of those. `contradict` says whether claims do.
    """
    groups: dict[Hashable, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(_group(states, claim), []).append(claim)
    merged = [_merged_equals(states, group) for group in groups.values()]
    trials = _Trials(states, contradict, min(_MOST_TRIALS, _MOST_CLAIMS // len(claims)))
    for place, group in enumerate(merged):
        if len(group) > 1 and trials.left:
            around = [claim.terms for other in (*merged[:place], *merged[place + 1 :]) for claim in other]
            merged[place] = trials.in_fewer(group, around)
    places = {claim.statements[0]: number for number, claim in enumerate(claims)}
    together = [claim for group in merged for claim in group]
    return sorted(together, key=lambda claim: places[claim.statements[0]])


class _Trials:
    """Attempts to say less than some claims do; there is a bound on their number."""

    def __init__(self, states: States, contradict: Contradict, most: int) -> None:
        self._states = states
        self._contradict = contradict
        self.left = most

    def in_fewer(self, group: Sequence[Claim], around: Sequence[Terms]) -> list[Claim]:
        """The claims of `group` with neighbours made one: all, or as many as possible, by halves and then by pairs."""
        done: list[Claim] = []
        pieces = [sorted(group, key=lambda claim: -claim.subject)]
        while pieces:
            piece = pieces.pop()
            others = [*done, *(claim for more in pieces for claim in more)]
            one = self._in_one(piece, [*around, *(claim.terms for claim in others)])
            if one is not None:
                done.append(one)
            elif len(piece) == 1 or not self.left:
                done.extend(piece)
            else:
                middle = len(piece) // 2
                pieces.extend((piece[middle:], piece[:middle]))
        kept = done[:1]
        for place, claim in enumerate(done[1:], 2):
            others = [*kept[:-1], *done[place:]] if self.left else []
            one = self._in_one([kept[-1], claim], [*around, *(other.terms for other in others)])
            kept[-1:] = [kept[-1], claim] if one is None else [one]
        return kept

    def _in_one(self, claims: Sequence[Claim], around: Sequence[Terms]) -> Claim | None:
        if len(claims) > 1 and self.left:
            for one in _needs_in_one(self._states, claims):
                self.left -= 1
                if self._contradict([*around, one.terms]):
                    return one
        return None


def _group(states: States, claim: Claim) -> Hashable:
    """Claims of one group may become one."""
    match claim.said:
        case Dependency(span, requirement) | RuntimeNeed(span, requirement):
            return type(claim.said), span.module, states.meeting(requirement)[0]
        case HardwareLimit(span, lack):
            return HardwareLimit, span.module, lack.fact, lack.have
        case ModeLimit(span, lack):
            return ModeLimit, span.module, lack.allowed
        case InterfaceNeed(span, interface):
            return InterfaceNeed, span.module, interface
        case PreRelease(span):
            return PreRelease, span.module
        case Exclusion(span, requirement) | PinLimit(span, requirement):
            return type(claim.said), span.module, requirement
        case LockLimit(span) | Deprecation(span):
            return type(claim.said), span.module
        case CapacityLimit():
            return CapacityLimit, tuple(claim.terms.items())
        case _:
            return claim.statements


def _merged_equals(states: States, group: Sequence[Claim]) -> list[Claim]:
    """Those of one group that say the same of several versions, as one: that loses nothing."""
    alike: dict[Hashable, list[Claim]] = {}
    for claim in group:
        alike.setdefault(_says(states, claim), []).append(claim)
    return [_merged(claims) for claims in alike.values()]


def _says(states: States, claim: Claim) -> Hashable:
    match claim.said:
        case Dependency(_, requirement):
            return _meant(states, requirement)
        case RuntimeNeed(_, requirement):
            return _meant(states, requirement), claim.said.oldest
        case _:
            return None


def _meant(states: States, requirement: Requirement) -> Hashable:
    name, meeting = states.meeting(requirement)
    return requirement if states.is_made_up(name) else meeting


def _merged(claims: Sequence[Claim]) -> Claim:
    """The claim that says all of `claims`, which differ in the versions that they are about."""
    if len(claims) == 1:
        return claims[0]
    terms: dict[str, int] = dict(claims[0].terms)
    subject = 0
    for claim in claims:
        subject |= claim.subject
        for name in claims[0].terms:
            terms[name] |= claim.terms[name]
    said = claims[0].said
    match said:
        case HardwareLimit(_, lack):
            amounts = {claim.said.lack.need for claim in claims if isinstance(claim.said, HardwareLimit)}
            varies = said.at_least or len(amounts) > 1
            said = replace(said, lack=replace(lack, need=min(amounts)), at_least=varies)
        case ModeLimit(_, lack):
            modes = (mode for claim in claims if isinstance(claim.said, ModeLimit) for mode in claim.said.lack.modes)
            said = replace(said, lack=replace(lack, modes=tuple(dict.fromkeys(modes))))
    places = sorted({place for claim in claims for place in claim.statements})
    return Claim(terms=terms, statements=tuple(places), said=said, subject=subject)


def _needs_in_one(states: States, claims: Sequence[Claim]) -> Iterator[Claim]:
    """Claims that say less than `claims`, needs of one module of another, all in one; what says the least comes first.

    It admits the range from the oldest to the newest version that one of them admits; then, if that leaves few versions
    out, only what one of them admits.
    """
    needs = [claim.said for claim in claims if isinstance(claim.said, Dependency | RuntimeNeed)]
    target, _ = states.meeting(needs[0].requirement) if needs else ("@", 0)
    if states.is_made_up(target) or target == needs[0].span.module:
        return
    admitted = subject = 0
    for claim, need in zip(claims, needs, strict=True):
        admitted |= states.meeting(need.requirement)[1]
        subject |= claim.subject
    ranks = states.ranks(admitted)
    hull = states.at(((ranks[0], ranks[-1]),))
    few = len(states.ranks(hull & ~admitted)) <= _MOST_HOLES
    for meeting in dict.fromkeys((hull, admitted) if few else (hull,)):
        constraint = _spelling(states, needs, target, meeting)
        if constraint is not None:
            said = replace(needs[0], requirement=Requirement(target, constraint))
            yield Claim(
                terms={said.span.module: subject, target: states.everything(target) & ~meeting},
                statements=tuple(sorted({place for claim in claims for place in claim.statements})),
                said=replace(said, oldest=None) if isinstance(said, RuntimeNeed) else said,
                subject=subject,
                varies=True,
            )


def _spelling(
    states: States, needs: Sequence[Dependency | RuntimeNeed], target: str, meeting: int
) -> Constraint | None:
    """A constraint that exactly the versions of `target` in the states `meeting` meet, if possible one of `needs`."""
    for need in needs:
        if states.meeting(need.requirement)[1] == meeting:
            return need.requirement.constraint
    versions, ranks = states.problem.domain(target).versions, states.ranks(meeting)
    if len(ranks) == len(versions):
        return ANY
    low, high = ranks[0], ranks[-1]
    parts = [f">={versions[low].public}"] if low > 0 else []
    parts.extend(f"!={versions[rank]}" for rank in range(low, high) if not meeting >> (rank + 1) & 1)
    parts.extend([f"<={versions[high].public}"] if high < len(versions) - 1 else [])
    constraint = Constraint.parse(",".join(parts))
    return constraint if admitted_ranks(versions, constraint) == intervals_of(ranks) else None
