"""Why nothing in a plan leads to a module, although something might."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from packaging.version import Version

from las_solver.answer import Answer
from las_solver.cause import Decision, Layer
from las_solver.constraint import Requirement
from las_solver.plan import Plan
from las_solver.problem import Problem
from las_solver.statement import Span, spans_of

__all__ = ["Absence", "HostHas", "OtherProvider", "OtherVersions", "absences"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostHas:
    """The host has `name` at version `have`, and so needs no module for the entry of `module` at `source`."""

    module: str
    version: Version
    requirement: Requirement
    have: Version
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherProvider:
    """`consumer` consumes `interface`, which `providers` of the plan provide; the host itself if there are none."""

    consumer: str
    interface: str
    providers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherVersions:
    """The versions of `span` need the module; the plan has them at `chosen`, which does not need it."""

    span: Span
    chosen: Version


Absence = HostHas | OtherProvider | OtherVersions


def absences(whole: Problem, decisions: Sequence[Decision], plan: Plan, question: Requirement) -> tuple[Absence, ...]:
    """Why nothing in `plan` leads to what `question` asks about, although something might."""
    name = question.name
    steps = [step for step in plan.steps if step.action != "remove"]
    chosen = {step.module: whole.domain(step.module).versions.index(step.version) for step in steps}
    ordered = {
        module: chosen[module] for decision in decisions if isinstance(decision, Layer) for module in decision.modules
    }
    candidates = whole.domain(name).candidates
    provided = {
        interface
        for low, high in whole.admitted(name, question.constraint)
        for one in candidates[low : high + 1]
        for interface in one.provides
    }
    met = [one for module in ordered for one in _met_by_host(whole, ordered, module, name)]
    elsewhere = [one for module in ordered for one in _provided_by_others(whole, ordered, module, provided)]
    by_host = {one.module for one in met}
    others = [
        one for module in ordered if module not in by_host for one in _needed_at_others(whole, ordered, module, name)
    ]
    return (*met, *elsewhere, *others)


def _met_by_host(whole: Problem, chosen: Answer, module: str, name: str) -> Iterator[HostHas]:
    candidate = whole.domain(module).candidates[chosen[module]]
    have = whole.host.runtimes.get(name)
    for place, requirement in enumerate(candidate.runtimes):
        if requirement.name == name and have is not None and requirement.constraint.admits(have):
            source = f"{candidate.source}: dependencies.runtime[{place}]"
            yield HostHas(module=module, version=candidate.version, requirement=requirement, have=have, source=source)


def _provided_by_others(whole: Problem, chosen: Answer, module: str, provided: Set[str]) -> Iterator[OtherProvider]:
    for interface in whole.domain(module).candidates[chosen[module]].consumes:
        if interface in provided:
            able = [one for one in chosen if one != module and whole.provides(one, chosen[one], interface)]
            by_host = interface in whole.host.interfaces
            yield OtherProvider(consumer=module, interface=interface, providers=() if by_host else tuple(able))


def _needed_at_others(whole: Problem, chosen: Answer, module: str, name: str) -> Iterator[OtherVersions]:
    """The versions of `module` nearest to the chosen one that need the module `name`, which that one does not."""
    domain, rank = whole.domain(module), chosen[module]
    needing = [place for low, high in domain.needing(name) for place in range(low, high + 1)]
    spans = spans_of(module, domain.versions, needing)
    if spans:
        nearest = min(spans, key=lambda span: max(span.low - rank, rank - span.high))
        yield OtherVersions(span=nearest, chosen=domain.versions[rank])
