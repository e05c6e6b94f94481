"""Why statements contradict each other, in order: each line follows from some of them, or from lines above.

docs/algorithm.md ("Explaining") describes how a derivation is found, and docs/documents.md what its lines say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from las_solver.claim import Claim, States, Terms, claims_of
from las_solver.claim_sentence import PlainTerm, claim_sentence, conclusion, plain_terms
from las_solver.coarsening import coarsened
from las_solver.lazy_dataclass import dataclass
from las_solver.problem import Problem
from las_solver.reading_order import read_in_order
from las_solver.refutation import Effort, Step, refute
from las_solver.statement import (
    Cycle,
    Dependency,
    HardwareLimit,
    InterfaceNeed,
    ModeLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Statement,
)

__all__ = ["Line", "derive"]

_MOST_STEPS: Final = 200
_EFFORT: Final = 500_000
_EFFORT_TO_COARSEN: Final = 250_000
_CHECKED: Final = "the cases that are left are too many to list: the solver has checked that none of them works"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a derivation.

    It follows from the statements of the core at the places `statements` and the lines at the places `lines`; `sources`
    are the manifest fields where it stands. Of the terms of `claim`, not all hold.
    """

    text: str
    sources: tuple[str, ...]
    statements: tuple[int, ...]
    lines: tuple[int, ...]
    claim: tuple[PlainTerm, ...]


def derive(problem: Problem, core: Sequence[Statement]) -> tuple[Line, ...]:
    """The derivation of a contradiction from `core`, statements of a `problem` that is not pruned.

    Together, the claims of its lines are a contradiction, if the statements are one.
    """
    states = States(problem)
    claims = claims_of(states, core)
    steps = _refuted(states, claims)
    if steps is None and any(isinstance(statement, PreRelease) for statement in core):
        claims = [_given_the_rest(claim, len(core)) for claim in claims]
        steps = _refuted(states, claims)
    if steps is None:
        return _unordered(states, core, claims)
    coarse = _coarsened(states, claims, len(steps))
    coarse_steps = _refuted(states, coarse)
    if coarse_steps is not None:
        claims, steps = coarse, coarse_steps
    return _ordered(states, core, claims, steps)


def _refuted(states: States, claims: Sequence[Claim]) -> tuple[Step, ...] | None:
    return refute([claim.terms for claim in claims], states.everything, most_steps=_MOST_STEPS, effort=Effort(_EFFORT))


def _given_the_rest(claim: Claim, count: int) -> Claim:
    """What a claim about pre-releases says beside all statements of a core of `count`: that nothing admits them.

    Which modules the request leads to decides that, and no claim about a few modules says as much.
    """
    if not isinstance(claim.said, PreRelease):
        return claim
    own = claim.statements[0]
    others = (place for place in range(count) if place != own)
    return replace(claim, terms={claim.said.span.module: claim.subject}, statements=(own, *others))


def _coarsened(states: States, claims: Sequence[Claim], most_steps: int) -> list[Claim]:
    """Fewer claims, with a refutation that is no longer than `most_steps`."""
    effort = Effort(_EFFORT_TO_COARSEN)

    def contradict(terms: Sequence[Terms]) -> bool:
        return refute(terms, states.everything, most_steps=most_steps, effort=effort) is not None

    return coarsened(states, claims, contradict)


class _Lines:
    """Lines in the making, of claims and of what follows from them; claims are told apart by their places."""

    def __init__(self, states: States, core: Sequence[Statement], claims: Sequence[Claim]) -> None:
        self._states = states
        self._core = core
        self._claims = claims
        self._told: dict[int, int] = {}
        self._saying: dict[int, int] = {}
        self.lines: list[Line] = []
        for number, claim in enumerate(claims):
            if not isinstance(claim.said, Cycle | PreRelease):
                self._saying.update(dict.fromkeys(claim.statements, number))

    def tell(self, number: int) -> None:
        """Add the line of a claim, and before it those that it comes after, unless they are there."""
        claim = self._claims[number]
        for place in claim.after:
            self._add(self._saying[place], ())
        self._add(number, {self._told[self._saying[place]] for place in claim.after})

    def _add(self, number: int, lines: Iterable[int]) -> None:
        if number in self._told:
            return
        self._told[number] = len(self.lines)
        claim = self._claims[number]
        line = Line(
            text=claim_sentence(self._states, claim),
            sources=_sources(claim.said, [self._core[place] for place in claim.statements]),
            statements=tuple(sorted(claim.statements)),
            lines=tuple(sorted(lines)),
            claim=plain_terms(self._states, claim.terms),
        )
        self.lines.append(line)

    @property
    def claims(self) -> list[int]:
        """The places of the claims of which there are lines."""
        return [number for number in self._told if number < len(self._claims)]

    def conclude(self, number: int, step: Step, text: str) -> None:
        """Add the line of a step."""
        self._told[number] = len(self.lines)
        follows = tuple(sorted(self._told[use] for use in step.uses))
        claim = plain_terms(self._states, step.terms)
        self.lines.append(Line(text=text, sources=(), statements=(), lines=follows, claim=claim))


def _ordered(
    states: States, core: Sequence[Statement], claims: Sequence[Claim], steps: Sequence[Step]
) -> tuple[Line, ...]:
    """The lines of a refutation: each step after the claims that it uses. Where one step is enough, it goes without
    saying."""
    told = _Lines(states, core, claims)
    for number, step in enumerate(steps, len(claims)):
        for use in read_in_order(claims, [use for use in step.uses if use < len(claims)], told.claims):
            told.tell(use)
        if step.terms:
            told.conclude(number, step, conclusion(states, step.terms))
        elif len(steps) > 1:
            ruled_out = {name for use in step.uses if use >= len(claims) for name in steps[use - len(claims)].terms}
            what = f"no version of {ruled_out.pop()}" if len(ruled_out) == 1 else "nothing"
            told.conclude(number, step, f"so {what} is left to choose")
    return tuple(told.lines)


def _sources(said: Statement, statements: Iterable[Statement]) -> tuple[str, ...]:
    """The manifest fields where what is `said` stands in `statements`, each once."""
    found = (
        statement.source
        for statement in statements
        if isinstance(statement, Dependency | RuntimeNeed | HardwareLimit | ModeLimit | InterfaceNeed)
        and isinstance(statement, type(said))
    )
    return tuple(dict.fromkeys(found))


def _unordered(states: States, core: Sequence[Statement], claims: Sequence[Claim]) -> tuple[Line, ...]:
    """The lines of all claims, and one that says the rest."""
    told = _Lines(states, core, claims)
    for number in range(len(claims)):
        told.tell(number)
    if not all(isinstance(statement, Requested) for statement in core):
        every = tuple(range(len(core)))
        told.lines.append(Line(text=_CHECKED, sources=(), statements=every, lines=(), claim=()))
    return tuple(told.lines)
