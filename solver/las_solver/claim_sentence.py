"""Claims in words, and as plain terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from packaging.version import Version

from las_solver.claim import ABSENT, Claim, States, Terms
from las_solver.constraint import Constraint, Requirement, parse_version
from las_solver.sentence import Subject, listed, sentence, subject_of
from las_solver.statement import (
    Dependency,
    Deprecation,
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    LockLimit,
    ModeLimit,
    PinLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Span,
)

__all__ = ["PlainTerm", "claim_sentence", "conclusion", "plain_terms"]

PlainTerm: TypeAlias = tuple[str, str, bool]
"""A module, a PEP 440 specifier set, and whether the module is there at a version that this admits, or not."""


def claim_sentence(states: States, claim: Claim) -> str:
    """What `claim` says, without a full stop."""
    said = claim.said
    match said:
        case Requested(requirement) if requirement.constraint.text:
            admitted = states.problem.admitted(requirement.name, requirement.constraint)
            only = [low for low, high in admitted if low == high] if len(admitted) == 1 else []
            versions = states.problem.domain(requirement.name).versions
            if not only or len(versions) == 1 or requirement.constraint.text.startswith("=="):
                return sentence(said)
            return f"{sentence(said)}, which only {versions[only[0]]} meets"
        case (
            Dependency()
            | RuntimeNeed()
            | HardwareLimit()
            | ModeLimit()
            | InterfaceNeed()
            | PreRelease()
            | Exclusion()
            | PinLimit()
            | LockLimit()
            | Deprecation()
        ):
            spans = states.spans(said.span.module, claim.subject)
            varies = claim.varies
            if isinstance(said, RuntimeNeed) and (varies or (said.oldest is not None and said.have is not None)):
                said, varies = _with_least(states, said, claim.subject), True
            about = _varying(said.span.module, spans) if varies else None
            if len(spans) == 1:
                return sentence(replace(said, span=spans[0]), about)
            return sentence(said, about or _subject(spans))
        case _:
            return sentence(said)


def _with_least(states: States, said: RuntimeNeed, subject: int) -> RuntimeNeed:
    """`said` with the least version of the runtime that versions in `subject` name, if all need a newer one.

    A host may have that version where no module has it.
    """
    name, domain = said.requirement.name, states.problem.domain(said.span.module)
    least: list[tuple[Version, str]] = []
    for rank in states.ranks(subject):
        for need in domain.needs(rank):
            if need.field == "runtime" and need.name == name:
                parts = need.constraint.parts
                bounds = [(parse_version(text), text) for operator, text in parts if operator == ">="]
                if not bounds or (said.have is not None and max(bounds)[0] <= said.have):
                    return said
                least.append(max(bounds))
    rest = [f"{operator}{text}" for operator, text in said.requirement.constraint.parts if operator != ">="]
    constraint = Constraint.parse(",".join([f">={min(least)[1]}", *rest]))
    return replace(said, requirement=Requirement(name, constraint), oldest=None)


def conclusion(states: States, terms: Terms) -> str:
    """What a claim with `terms` says that follows from others."""
    there = [(name, states.spans(name, term)) for name, term in terms.items() if not term & ABSENT]
    needed = [_wanted(states, name, term) for name, term in terms.items() if term & ABSENT]
    if not there:
        return f"so {listed(needed, 'or')} is needed"
    name, spans = there[0]
    others = [_subject(more).text for _, more in there[1:]]
    together = f" together with {listed(others, 'and')}" if others else ""
    about = _subject(spans)
    if needed:
        return f"so {about.text}{together} {'need' if about.is_plural else 'needs'} {listed(needed, 'or')}"
    if about.text == f"every version of {name}" and not others:
        return f"so no version of {name} can be used"
    return f"so {about.text} cannot be used{together}"


def _subject(spans: Sequence[Span]) -> Subject:
    """`spans` of one module, from old to new, in words."""
    if len(spans) == 1:
        return subject_of(spans[0])
    name = spans[0].module
    parts = [str(span).removeprefix(f"{name} ") for span in reversed(spans)]
    return Subject(f"{name} {listed(parts, 'and')}", is_plural=True)


def _varying(name: str, spans: Sequence[Span]) -> Subject | None:
    """All versions of a module, which do not say the same."""
    covers = len(spans) == 1 and spans[0].low == 0 and spans[0].high == len(spans[0].versions) - 1
    return Subject(f"{name}, whatever its version,", is_plural=False) if covers else None


def _wanted(states: States, name: str, term: int) -> str:
    """What is not in a state of `term`, which has absence in it."""
    if states.is_made_up(name):
        return name.replace("@", " ")
    spans = states.spans(name, states.everything(name) & ~term)
    if len(spans) == 1 and str(spans[0]).startswith("every version"):
        return name
    return _subject(spans).text


def plain_terms(states: States, terms: Terms) -> tuple[PlainTerm, ...]:
    """`terms` as plain ones; several of these may be about one module."""
    return tuple(plain for name, term in terms.items() for plain in _plain(states, name, term))


def _plain(states: States, name: str, term: int) -> Iterator[PlainTerm]:
    is_there = not term & ABSENT
    if states.is_made_up(name):
        module, _, constraint = name.partition("@")
        yield module, constraint, is_there
        return
    if not is_there:
        yield from _absences(name, states.spans(name, states.everything(name) & ~term))
        return
    spans = states.spans(name, term or states.everything(name))
    if not term:
        yield from _absences(name, spans)
    if len(spans) > 1:
        hull = _speakable_hull(spans)
        inside = states.at(((hull.low, hull.high),))
        yield name, hull.constraint, True
        yield from _absences(name, states.spans(name, inside & ~term))
    else:
        yield name, spans[0].constraint, True


def _absences(name: str, spans: Iterable[Span]) -> Iterator[PlainTerm]:
    return ((name, span.constraint, False) for span in spans)


def _speakable_hull(spans: Sequence[Span]) -> Span:
    """The shortest span that holds `spans` and that a range of PEP 440 can begin with: not at a local version."""
    low, versions = spans[-1].low, spans[-1].versions
    while low > 0 and versions[low].local is not None:
        low -= 1
    return replace(spans[-1], low=low, high=spans[0].high)
