"""All statements about one module: what the request, the host and its manifests say that can rule a version out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from packaging.version import Version

from las_solver.constraint import Constraint, Requirement, parse_version
from las_solver.feasibility import (
    Deprecated,
    Excluded,
    LacksHardware,
    LacksMode,
    Objection,
    OutsideLock,
    OutsidePin,
    names_versions,
    objections,
)
from las_solver.model import ModuleVersion
from las_solver.nearest import nearest
from las_solver.problem import Domain, Need, Problem
from las_solver.ranks import Intervals, admitted_ranks, contains
from las_solver.source import InformedSource, RejectedManifest, ShadowedModule
from las_solver.statement import (
    CapacityLimit,
    Dependency,
    Deprecation,
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    LockLimit,
    ModeLimit,
    NoVersion,
    PinLimit,
    PreRelease,
    RuntimeNeed,
    Share,
    Span,
    Statement,
    Staying,
    UnknownModule,
    spans_of,
)

if TYPE_CHECKING:
    from las_solver.capacity import Capacity
    from las_solver.placement import Load

__all__ = ["completed", "limits_of", "missing", "misspelt", "shares_of", "statements_about", "staying_of"]

T = TypeVar("T")

_MOST_NOTES = 5
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
    return _statements(problem, name, with_needs=True)


def limits_of(problem: Problem, name: str) -> Iterator[Statement]:
    """Those of :func:`statements_about` that are not about what other modules the versions need."""
    return _statements(problem, name, with_needs=False)


def _statements(problem: Problem, name: str, *, with_needs: bool) -> Iterator[Statement]:
    domain = problem.domain(name)
    against = _Objections(problem, name)
    said: dict[Hashable, list[int]] = {}
    for rank in reversed(range(len(domain))):
        needs = domain.needs(rank) if with_needs else ()
        things = (*against(domain.candidates[rank]), *needs, *domain.consumes(rank))
        for one in dict.fromkeys(things) if len(things) > 1 else things:
            said.setdefault(one, []).append(rank)
    spans: dict[tuple[int, ...], list[Span]] = {}
    for thing, ranks in said.items():
        alike = tuple(ranks)
        found = spans.get(alike)
        if found is None:
            found = spans[alike] = spans_of(name, domain.versions, ranks[::-1])
        for span in found:
            yield _statement(problem, domain, span, thing)
    for span in spans_of(name, domain.versions, sorted(domain.conditional)):
        yield PreRelease(span)
    for capacity in problem.capacities:
        yield from shares_of(capacity, domain, is_alone=capacity.limit is None)


def shares_of(capacity: Capacity, domain: Domain, *, is_alone: bool = False) -> Iterator[CapacityLimit]:
    """What versions of one module hold of `capacity`, a statement for neighbours that hold the same.

    With `is_alone`, something else is said of versions that do not even fit alone.
    """
    held: dict[Load, list[int]] = {}
    for rank, candidate in enumerate(domain.candidates):
        load = capacity.load(candidate)
        if load.amount and not (is_alone and not load.fits(capacity.cards)):
            held.setdefault(load, []).append(rank)
    shares = [
        Share(span, load.amount, load.spread)
        for load, ranks in held.items()
        for span in spans_of(domain.name, domain.versions, ranks)
    ]
    for share in sorted(shares, key=lambda one: -one.span.high):
        yield CapacityLimit(capacity.fact, capacity.name, capacity.cards, (share,))


def staying_of(problem: Problem, name: str) -> Staying:
    """The statement that the module `name`, which is installed, has to stay; `problem` is not pruned."""
    installed = problem.installed.modules[name]
    rank = problem.installed_rank(name)
    assert rank is not None, "what is installed is among all versions"
    return Staying(Span(name, rank, rank, problem.domain(name).versions), installed.source)


def stays(problem: Problem, name: str) -> Staying | None:
    """:func:`staying_of` the module `name`, if it is installed and has to stay."""
    is_free = name not in problem.installed.is_staying or problem.may_go(name)
    return None if is_free else staying_of(problem, name)


class _Objections:
    """What speaks against versions of one module by themselves, asked once for those that are alike."""

    def __init__(self, problem: Problem, name: str) -> None:
        self._host = problem.host
        self._request = problem.request
        self._names_versions = names_versions(name, problem.host, problem.request)
        self._known: dict[tuple[int, int], tuple[Objection, ...]] = {}

    def __call__(self, candidate: ModuleVersion) -> tuple[Objection, ...]:
        if self._names_versions:
            return objections(candidate, self._host, self._request)
        alike = id(candidate.hardware), id(candidate.modes)
        found = self._known.get(alike)
        if found is None:
            found = self._known[alike] = objections(candidate, self._host, self._request)
        return found


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
        case LacksHardware() | LacksMode() | Excluded() | OutsidePin() | OutsideLock() | Deprecated():
            return _limit(problem, newest.source, span, thing)
        case Need(name=name, constraint=constraint):
            entries = newest.requirements if thing.field == "modules" else newest.runtimes
            place, requirement = next(
                (place, entry)
                for place, entry in enumerate(entries)
                if entry.name == name and entry.constraint.text == constraint.text
            )
            source = f"{newest.source}: dependencies.{thing.field}[{place}]"
            if thing.field == "modules":
                return Dependency(span, requirement, source)
            return RuntimeNeed(span, requirement, problem.host.runtimes.get(thing.name), source)
        case str(interface):
            providers = tuple(other for other in problem.providers(interface) if other != span.module)
            source = f"{newest.source}: interfaces.consumes[{newest.consumes.index(interface)}]"
            return InterfaceNeed(span, interface, providers, source)
    raise AssertionError(f"nothing is known about {thing!r}")


def _limit(problem: Problem, source: str, span: Span, objection: Objection) -> Statement:
    match objection:
        case LacksHardware(fact):
            return HardwareLimit(span, objection, f"{source}: {_HARDWARE_FIELDS[fact]}")
        case LacksMode():
            return ModeLimit(span, objection, f"{source}: runtime.modes")
        case Excluded(by):
            is_removal = by.name in problem.request.removed and by.name in problem.host.installed
            return Exclusion(span, by, removes=is_removal and not by.constraint.text)
        case OutsidePin(by):
            return PinLimit(span, by)
        case OutsideLock(locked):
            return LockLimit(span, locked)
        case Deprecated():
            return Deprecation(span)


def completed(problem: Problem, statement: Statement, *, is_runtime: bool = False) -> Statement:
    """`statement`, with what may have been meant by a name or constraint that nothing meets, and what does not count.

    `is_runtime`: the other statements need the module as a runtime.
    """
    match statement:
        case UnknownModule(name):
            rejected, shadowed = _notes(problem, name)
            known = (*problem.source.names(), *(problem.host.runtimes if is_runtime else ()))
            return replace(
                statement,
                suggestions=nearest(name, known),
                providers=tuple(problem.providers(name)),
                is_runtime=is_runtime,
                interfaces=nearest(name, _interfaces(problem)),
                rejected=_first(one for one in rejected if one.module == name),
                shadowed=_first(shadowed),
            )
        case InterfaceNeed(span, interface, ()):
            rejected, _ = _notes(problem, interface)
            others = (one for one in rejected if one.module != span.module and interface in one.provides)
            return replace(statement, suggestions=nearest(interface, _interfaces(problem)), rejected=_first(others))
        case NoVersion():
            return _completed_constraint(problem, statement)
        case _:
            return statement


def _completed_constraint(problem: Problem, unmet: NoVersion) -> NoVersion:
    admits = unmet.constraint.admits
    below, above = _around(unmet.constraint, unmet.versions)
    rejected, shadowed = _notes(problem, unmet.module)
    meeting = (replace(one, versions=_first(filter(admits, one.versions))) for one in shadowed)
    prereleases = [one for one in unmet.versions if one.is_prerelease and admits(Version(one.base_version))]
    newest = prereleases[-1].base_version if prereleases else ""
    return replace(
        unmet,
        below=below,
        above=above,
        prereleases=tuple([one for one in prereleases if one.base_version == newest][-_MOST_NOTES:]),
        rejected=_first(
            one for one in rejected if one.module == unmet.module and (one.version is None or admits(one.version))
        ),
        shadowed=_first(one for one in meeting if one.versions),
    )


def _around(constraint: Constraint, versions: Sequence[Version]) -> tuple[Version | None, Version | None]:
    """The nearest of `versions`, which are sorted and which `constraint` does not admit, below and above of it."""
    parts = [_sides(operator, named, versions) for operator, named in constraint.parts if operator != "!="]

    def is_below(rank: int) -> set[bool]:
        return {rank < above for admitted, above in parts if not contains(admitted, rank)}

    ranks = range(len(versions))
    return (
        next((versions[rank] for rank in reversed(ranks) if is_below(rank) == {True}), None),
        next((versions[rank] for rank in ranks if is_below(rank) == {False}), None),
    )


def _sides(operator: str, named: str, versions: Sequence[Version]) -> tuple[Intervals, int]:
    """The ranks that a specifier admits, and the lowest rank that lies above it unless it is one of these."""
    admitted = admitted_ranks(versions, Constraint.parse(operator + named))
    if operator in (">=", ">"):
        return admitted, len(versions)
    if operator in ("<=", "<"):
        return admitted, 0
    return admitted, bisect_left(versions, parse_version(named.removesuffix(".*")))


def _notes(problem: Problem, name: str) -> tuple[list[RejectedManifest], list[ShadowedModule]]:
    """What the source knows of `name` that does not count: manifests in order of their places, those with a version
    first; modules in order of their registries."""
    source = problem.source
    notes = list(source.notes(name)) if isinstance(source, InformedSource) else []
    rejected = [note for note in notes if isinstance(note, RejectedManifest)]
    rejected.sort(key=lambda one: (one.version is None, one.place, one.reason))
    return rejected, [note for note in notes if isinstance(note, ShadowedModule) and note.module == name]


def _interfaces(problem: Problem) -> Iterable[str]:
    return problem.source.interfaces() if isinstance(problem.source, InformedSource) else ()


def misspelt(problem: Problem, interface: str) -> bool:
    """Whether `interface`, which nothing provides, looks like one that something does."""
    known = set(_interfaces(problem))
    return interface not in known and bool(nearest(interface, sorted(known)))


def _first(several: Iterable[T]) -> tuple[T, ...]:
    """The first few of a list that may be long."""
    return tuple(islice(several, _MOST_NOTES))
