"""Statements: everything that can make an answer impossible, each with its typed reason and where it stands.

docs/documents.md says what each kind means, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

from packaging.version import Version

from las_solver.constraint import Constraint, Requirement
from las_solver.feasibility import LacksHardware, LacksMode
from las_solver.lazy_dataclass import dataclass
from las_solver.ranks import admitted_ranks, intervals_of
from las_solver.source import RejectedManifest, ShadowedModule

__all__ = [
    "CapacityLimit",
    "Chosen",
    "Cycle",
    "Dependency",
    "Deprecation",
    "Exclusion",
    "Fewest",
    "HardwareLimit",
    "InterfaceNeed",
    "Kept",
    "LockLimit",
    "ModeLimit",
    "NoVersion",
    "Picked",
    "PinLimit",
    "PreRelease",
    "Requested",
    "RuntimeNeed",
    "Share",
    "Span",
    "Statement",
    "Staying",
    "Total",
    "UnknownModule",
]


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring versions of a module: those ranked `low` to `high` among all its `versions`, from old to new."""

    module: str
    low: int
    high: int
    versions: Sequence[Version] = field(compare=False, repr=False)

    @property
    def constraint(self) -> str:
        """A PEP 440 specifier set that admits exactly these of the module's versions, pre-releases counted in."""
        versions, low, high = self.versions, self.low, self.high
        oldest, newest = versions[low], versions[high]
        if low == high:
            spellings = [f"=={oldest}"]
        elif high == len(versions) - 1:
            spellings = [f">={oldest.public}"]
        else:
            upper = [f"<{versions[high + 1].public}", f"<={newest.public}"]
            spellings = upper if low == 0 else [f">={oldest.public},{bound}" for bound in upper]
        for spelling in spellings:
            if admitted_ranks(versions, Constraint.parse(spelling)) == ((low, high),):
                return spelling
        return self._with_exceptions(spellings[-1])

    def _with_exceptions(self, spelling: str) -> str:
        """`spelling`, less the local versions that it admits beside those of the span."""
        admitted = admitted_ranks(self.versions, Constraint.parse(spelling))
        beyond = [
            f"!={self.versions[rank]}"
            for low, high in admitted
            for rank in range(low, high + 1)
            if not self.low <= rank <= self.high
        ]
        return ",".join((spelling, *beyond))

    def __str__(self) -> str:
        """In words: ``torch 2.3``, ``every version of torch``, ``torch 2.0 to 2.3``, ``torch 2.0 and newer``."""
        oldest, newest = self.versions[self.low], self.versions[self.high]
        last = len(self.versions) - 1
        if self.low == self.high:
            return f"{self.module} {oldest}"
        if self.low == 0 and self.high == last:
            return f"every version of {self.module}"
        if self.high == last:
            return f"{self.module} {oldest} and newer"
        if self.low == 0:
            return f"{self.module} {newest} and older"
        return f"{self.module} {oldest} to {newest}"


def _to_dict(self: Statement) -> dict[str, Any]:
    """The statement as plain values, ready for JSON (docs/documents.md)."""
    from las_solver.statement_document import statement_document  # late, as it comes after this

    return statement_document(self)


@dataclass(frozen=True, slots=True)
class Requested:
    """The caller asked for `requirement`."""

    requirement: Requirement

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Dependency:
    """The versions of `span` need `requirement`, by an entry of ``dependencies.modules``."""

    span: Span
    requirement: Requirement
    source: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class RuntimeNeed:
    """The versions of `span` need `requirement` as a runtime; the host has it at version `have`, or not at all.

    Where they need it at different versions, `requirement` names none, and `oldest` is the constraint of the oldest.
    """

    span: Span
    requirement: Requirement
    have: Version | None
    source: str
    oldest: Constraint | None = None

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class HardwareLimit:
    """The versions of `span` need more of a hardware fact than the host has; `at_least`: some more than `lack` says."""

    span: Span
    lack: LacksHardware
    source: str
    at_least: bool = False

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class ModeLimit:
    """The versions of `span` have no mode that is allowed."""

    span: Span
    lack: LacksMode
    source: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class InterfaceNeed:
    """The versions of `span` consume `interface`; `providers` are the other modules that provide it at some version.

    Where there are none, `suggestions` are the nearest interfaces, and `rejected` would provide it.
    """

    span: Span
    interface: str
    providers: tuple[str, ...]
    source: str
    suggestions: tuple[str, ...] = field(default=(), compare=False)
    rejected: tuple[RejectedManifest, ...] = field(default=(), compare=False)

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Cycle:
    """`modules` must not need one another in a circle; `edges` are the needs that the other statements name."""

    modules: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class UnknownModule:
    """There is no module `module`; `suggestions` are the nearest names, `interfaces` those of interfaces.

    `providers` provide an interface of that name. `is_runtime`: the other statements need it as a runtime. Versions of
    it that do not count are `rejected` and `shadowed`.
    """

    module: str
    suggestions: tuple[str, ...] = field(default=(), compare=False)
    providers: tuple[str, ...] = field(default=(), compare=False)
    is_runtime: bool = field(default=False, compare=False)
    interfaces: tuple[str, ...] = field(default=(), compare=False)
    rejected: tuple[RejectedManifest, ...] = field(default=(), compare=False)
    shadowed: tuple[ShadowedModule, ...] = field(default=(), compare=False)

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class NoVersion:
    """No version of `module` meets `constraint`.

    `below` and `above` are the nearest of its `versions` on either side. `prereleases` are those of releases that would
    meet it. Versions that may meet it, but do not count, are `rejected` and `shadowed`.
    """

    module: str
    constraint: Constraint
    versions: Sequence[Version] = field(compare=False, repr=False)
    below: Version | None = field(default=None, compare=False)
    above: Version | None = field(default=None, compare=False)
    prereleases: tuple[Version, ...] = field(default=(), compare=False)
    rejected: tuple[RejectedManifest, ...] = field(default=(), compare=False)
    shadowed: tuple[ShadowedModule, ...] = field(default=(), compare=False)

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class PreRelease:
    """The versions of `span` are pre-releases, which only an entry of a chosen module could admit."""

    span: Span

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The caller excluded the versions of `span`, by `requirement`; if `removes`, to have the module removed."""

    span: Span
    requirement: Requirement
    removes: bool = field(default=False, compare=False)

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Chosen:
    """What `span` holds, one version, was chosen before the module in question."""

    span: Span

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Picked:
    """`module` was chosen because it provides `interface` for `consumer`."""

    module: str
    interface: str
    consumer: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Total:
    """`module` could be at `version`, but the wanted versions of its layer would not be the newest any more.

    `layer` are the modules that come after it in its layer, at the versions that are wanted. With `version`, those of
    `falls` would be older, each a module with the version that is wanted and the one in place of it; and the layer
    would be `instead` versions behind in place of `total`. Without a `version`, the lowest versions are wanted.
    """

    module: str
    version: Version | None = None
    layer: tuple[Span, ...] = ()
    falls: tuple[tuple[str, Version, Version], ...] = ()
    total: int = 0
    instead: int = 0

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Staying:
    """The version of `span` is installed, so that the module has to be present, at whatever version."""

    span: Span
    source: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class PinLimit:
    """A pin of the module, `requirement`, does not admit the versions of `span`."""

    span: Span
    requirement: Requirement

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class LockLimit:
    """The lock has the module at another version than those of `span`: `locked`, or none."""

    span: Span
    locked: Version | None

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The versions of `span` are deprecated on this host, and not installed."""

    span: Span

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Kept:
    """What `span` holds is installed, and what is installed changes only where that is needed."""

    span: Span
    source: str

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Fewest:
    """Of the installed modules, no more than `most` change, or are removed: `what` is ``changes`` or ``removals``.

    `about` are those that the other statements speak of, as they are installed.
    """

    what: str
    most: int
    about: tuple[Span, ...] = field(default=(), compare=False)

    to_dict = _to_dict


@dataclass(frozen=True, slots=True)
class Share:
    """The versions of `span` hold `weight` of a capacity, or more; `spread`: over all its cards, not on one of them."""

    span: Span
    weight: int
    spread: bool = False


@dataclass(frozen=True, slots=True)
class CapacityLimit:
    """What the versions of `shares`, all that there are at once, hold of a capacity must fit.

    `fact` is ``limit``, and `name` that of a limit of the request, with `cards` its bound alone; or it is ``ram`` or
    ``vram`` (bytes) of modules that run at the same time: `cards` is then the memory of the host, or of each card.
    """

    fact: str
    name: str
    cards: tuple[int, ...]
    shares: tuple[Share, ...]

    to_dict = _to_dict

    @property
    def key(self) -> tuple[str, str]:
        """What tells the capacity from others of one request."""
        return self.fact, self.name


Statement = (
    Requested
    | Dependency
    | RuntimeNeed
    | HardwareLimit
    | ModeLimit
    | InterfaceNeed
    | Cycle
    | UnknownModule
    | NoVersion
    | PreRelease
    | Exclusion
    | Chosen
    | Picked
    | Total
    | Staying
    | PinLimit
    | LockLimit
    | Deprecation
    | Kept
    | Fewest
    | CapacityLimit
)


def module_of(statement: Statement) -> str:
    """The module that `statement` is about; the first by name, for a cycle."""
    match statement:
        case Requested(requirement):
            return requirement.name
        case UnknownModule(module) | NoVersion(module) | Picked(module) | Total(module):
            return module
        case Cycle(modules):
            return modules[0]
        case Fewest() | CapacityLimit():
            return ""
        case _:
            return statement.span.module


def target_of(statement: Statement) -> Requirement | None:
    """The requirement that `statement` makes on a module, if it makes one."""
    match statement:
        case Requested(requirement) | Dependency(_, requirement) | RuntimeNeed(_, requirement):
            return requirement
        case _:
            return None


def spans_of(name: str, versions: Sequence[Version], ranks: Sequence[int]) -> list[Span]:
    """The spans of neighbours that hold exactly `ranks`, which are sorted; the newest first.

    PEP 440 has no range that begins at a local version (``>=2.0`` admits ``2.0`` and ``2.0+local``), so such a version
    is a span of its own.
    """
    if len(ranks) == 1:
        return [Span(name, ranks[0], ranks[0], versions)]
    spans: list[Span] = []
    for low, high in reversed(intervals_of(ranks)):
        first = low
        while first < high and versions[first].local is not None:
            first += 1
        spans.append(Span(name, first, high, versions))
        spans.extend(Span(name, rank, rank, versions) for rank in reversed(range(low, first)))
    return spans
