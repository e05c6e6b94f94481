"""All statements about one module: what the request, the host and its manifests say that can rule a version out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from difflib import SequenceMatcher
from heapq import nlargest

from las_solver.constraint import Requirement
from las_solver.feasibility import Excluded, LacksHardware, LacksMode, Objection, objections
from las_solver.problem import Domain, Need, Problem
from las_solver.statement import (
    Dependency,
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    ModeLimit,
    NoVersion,
    PreRelease,
    RuntimeNeed,
    Span,
    Statement,
    UnknownModule,
    spans_of,
)

__all__ = ["completed", "missing", "statements_about"]

_HARDWARE_FIELDS = {
    "cores": "hardware.cpu.cores_min",
    "ram": "hardware.memory.ram_min",
    "vram": "hardware.gpu.vram_min",
    "total-vram": "hardware.gpu.vram_min",
    "gpus": "hardware.gpu.multi_gpu",
}


def statements_about(problem: Problem, name: str) -> Iterator[Statement]:
    """The statements about the versions of the module `name`, in an order that depends on nothing but them.

    `problem` is not pruned. Neighbouring versions that say the same are one statement.
    """
    domain = problem.domain(name)
    said: dict[Hashable, list[int]] = {}
    for rank in reversed(range(len(domain))):
        candidate = domain.candidates[rank]
        things: tuple[Hashable, ...] = (
            *objections(candidate, problem.host, problem.request),
            *domain.needs(rank),
            *domain.consumes(rank),
        )
        for thing in dict.fromkeys(things):
            said.setdefault(thing, []).append(rank)
    for thing, ranks in said.items():
        for span in spans_of(name, domain.versions, ranks[::-1]):
            yield _statement(problem, domain, span, thing)
    for span in spans_of(name, domain.versions, sorted(domain.conditional)):
        yield PreRelease(span)


def missing(problem: Problem, requirement: Requirement) -> Statement | None:
    """The statement that nothing meets `requirement`, if nothing does."""
    domain = problem.domain(requirement.name)
    if not len(domain):
        return UnknownModule(requirement.name, (), ())  # see completed: most never get into a core
    if not problem.admitted(requirement.name, requirement.constraint):
        return NoVersion(requirement.name, requirement.constraint, domain.versions)
    return None


def _statement(problem: Problem, domain: Domain, span: Span, thing: Hashable) -> Statement:
    newest = domain.candidates[span.high]
    match thing:
        case LacksHardware() | LacksMode() | Excluded():
            return _limit(newest.source, span, thing)
        case Need():
            requirement = Requirement(thing.name, thing.constraint)
            entries = newest.requirements if thing.field == "modules" else newest.runtimes
            source = f"{newest.source}: dependencies.{thing.field}[{entries.index(requirement)}]"
            if thing.field == "modules":
                return Dependency(span, requirement, source)
            return RuntimeNeed(span, requirement, problem.host.runtimes.get(thing.name), source)
        case str(interface):
            providers = tuple(other for other in problem.providers(interface) if other != span.module)
            source = f"{newest.source}: interfaces.consumes[{newest.consumes.index(interface)}]"
            return InterfaceNeed(span, interface, providers, source)
    raise AssertionError(f"nothing is known about {thing!r}")


def _limit(source: str, span: Span, objection: Objection) -> Statement:
    match objection:
        case LacksHardware(fact):
            return HardwareLimit(span, objection, f"{source}: {_HARDWARE_FIELDS[fact]}")
        case LacksMode():
            return ModeLimit(span, objection, f"{source}: runtime.modes")
        case Excluded(by):
            return Exclusion(span, by)


def completed(problem: Problem, statement: UnknownModule) -> UnknownModule:
    """`statement` with the names that may have been meant, and who provides an interface of that name."""
    name = statement.module
    return replace(statement, suggestions=_nearest(problem, name), providers=tuple(problem.providers(name)))


def _nearest(problem: Problem, name: str) -> tuple[str, ...]:
    """Up to three names that look most like `name`, the best first."""
    matcher = SequenceMatcher(None, b=name.lower())
    alike = []
    for other in problem.source.names():
        if abs(len(other) - len(name)) <= 4:
            matcher.set_seq1(other.lower())
            if matcher.quick_ratio() >= 0.6:  # an upper bound, and much quicker
                alike.append((matcher.ratio(), other))
    best = nlargest(
        3, ((ratio, other) for ratio, other in alike if ratio >= 0.6), key=lambda pair: (pair[0], _reversed(pair[1]))
    )
    return tuple(other for _, other in best)


def _reversed(text: str) -> tuple[int, ...]:
    """A key that orders texts backwards, so that of equally near names the first by name comes first."""
    return tuple(-ord(character) for character in text)
