"""The cheapest change that would admit a newer version of a module that a plan holds back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from packaging.version import Version

from las_solver.change import (
    ANY_RUNTIME,
    AdmitPrereleases,
    AllowMode,
    Change,
    FreeMode,
    LiftExclusion,
    LiftPin,
    ProvideInterface,
    ProvideRuntime,
    RaiseHardware,
    RelaxConstraint,
    Unlock,
    apply_changes,
    barred_by,
    cost,
)
from las_solver.change_text import change_text
from las_solver.constraint import Constraint, Requirement
from las_solver.model import Host, Request
from las_solver.plan import Plan, Step
from las_solver.runtime_versions import versions_named
from las_solver.sentence import spelled
from las_solver.statement import (
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    LockLimit,
    ModeLimit,
    PinLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Statement,
)

__all__ = ["Admission", "AskFor", "find_admission"]


@dataclass(frozen=True, slots=True)
class AskFor:
    """Ask for `requirement` as well."""

    requirement: Requirement

    def to_dict(self) -> dict[str, Any]:
        """The change as plain values, ready for JSON (docs/documents.md)."""
        return {"kind": "requested", "requirement": None, "to": str(self.requirement)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """With `change`, the module is at `version` in the plan; those of `falls` are older then, at the versions given."""

    change: AskFor | Change
    version: Version
    falls: tuple[tuple[str, Version], ...]

    def to_dict(self) -> dict[str, Any]:
        """The change, and what becomes of the module, as plain values, ready for JSON (docs/documents.md)."""
        change = self.change
        text = f"ask for {spelled(change.requirement)} as well" if isinstance(change, AskFor) else change_text(change)
        if self.falls:
            text += f"; {_falling(self.falls)}"
        return {"changes": [change.to_dict()], "text": text, "version": str(self.version)}


def find_admission(
    step: Step, plan: Plan, host: Host, find_plan: Callable[[Host, Request], Plan | None]
) -> Admission | None:
    """The cheapest single change with which the plan has a newer version of the module of `step`; None if none has."""
    newer = Requirement(step.module, Constraint.parse(f">{step.version.public}"))
    candidates: list[AskFor | Change] = [AskFor(newer), *sorted(set(_lifting(step, host, plan.request)), key=_order)]
    for change in candidates:
        if isinstance(change, AskFor):
            changed = host, replace(plan.request, requirements=(*plan.request.requirements, newer))
        else:
            changed = apply_changes((change,), host, plan.request)
        found = find_plan(*changed)
        steps = () if found is None else found.steps
        versions = {one.module: one.version for one in steps if one.action != "remove"}
        if step.module in versions and versions[step.module] > step.version:
            return Admission(change=change, version=versions[step.module], falls=_falls(plan, versions))
    return None


def _falls(plan: Plan, versions: Mapping[str, Version]) -> tuple[tuple[str, Version], ...]:
    """What is older in `versions` than in `plan`, what was requested first."""
    falls = [one.module for one in plan.steps if one.module in versions and versions[one.module] < one.version]
    requested = [one.name for one in plan.request.requirements if one.name in falls]
    return tuple((module, versions[module]) for module in dict.fromkeys((*requested, *falls)))


def _falling(falls: Sequence[tuple[str, Version]]) -> str:
    (module, version), *others = falls
    more = ", and 1 other falls" if len(others) == 1 else f", and {len(others)} others fall"
    return f"then {module} falls back to {version}" + (f"{more} back" if others else "")


def _order(change: Change) -> tuple[int, int, Version, str]:
    """The cheapest first; of more hardware, the smallest amount, and of runtimes the oldest version."""
    amount = change.to if isinstance(change, RaiseHardware) else 0
    version = change.to if isinstance(change, ProvideRuntime) else ANY_RUNTIME
    return cost(change), amount, version, change_text(change)


def _lifting(step: Step, host: Host, request: Request) -> Iterator[Change]:
    """The changes that make one of the statements untrue that hold back the module.

    What has to stay is not offered for removal: it would stay all the same, as there is a plan with it.
    """
    for statement in step.held_back_by:
        yield from _lifting_one(statement, host, request)


def _lifting_one(statement: Statement, host: Host, request: Request) -> Iterator[Change]:
    match statement:
        case Requested(requirement) if requirement.constraint.text:
            yield RelaxConstraint(requirement)
        case Exclusion(_, requirement, removes):
            yield LiftExclusion(requirement, removes)
        case PinLimit(_, requirement):
            yield LiftPin(requirement)
        case LockLimit(span):
            yield Unlock(span.module)
        case PreRelease():
            yield AdmitPrereleases()
        case ModeLimit(span, lack) if span.module in request.forced_modes:
            yield FreeMode(span.module, request.forced_modes[span.module])
        case ModeLimit(_, lack):
            barred = {mode: barred_by(mode, host, request) for mode in lack.modes if mode not in lack.allowed}
            yield from (AllowMode(mode, places) for mode, places in barred.items())
        case RuntimeNeed(_, requirement, have):
            newer = [one for one in versions_named([requirement.constraint]) if have is None or one > have]
            yield from (ProvideRuntime(requirement.name, one, have) for one in newer[:1])
        case HardwareLimit(_, lack):
            yield RaiseHardware(lack.fact, lack.need, lack.have)
        case InterfaceNeed(_, interface):
            yield ProvideInterface(interface)
        case _:
            pass
