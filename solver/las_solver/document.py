"""Plans and conflicts as plain values, ready for JSON: docs/documents.md describes every key."""

from __future__ import annotations

from typing import assert_never

from las_solver.conflict import Conflict
from las_solver.explain import explain, sentence
from las_solver.model import Request
from las_solver.plan import Plan, Step
from las_solver.statement import (
    Cycle,
    Dependency,
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    ModeLimit,
    NoVersion,
    PreRelease,
    Requested,
    RuntimeNeed,
    Statement,
    UnknownModule,
    module_of,
)

__all__ = ["conflict_document", "plan_document"]

_REQUEST = "the request"
_REGISTRY = "the registry"


def plan_document(plan: Plan) -> dict[str, object]:
    """`plan` as in the contract, section 6."""
    return {
        "status": "resolved",
        "optimal": plan.optimal,
        **_asked(plan.request),
        "steps": [_step(step) for step in plan.steps],
        "system_packages": list(plan.system_packages),
    }


def conflict_document(conflict: Conflict) -> dict[str, object]:
    """`conflict` as in the contract, section 7."""
    return {
        "status": "conflict",
        **_asked(conflict.request),
        "core": [_statement(statement) for statement in conflict.core],
        "minimal": conflict.minimal,
        "explanation": explain(conflict),
    }


def _asked(request: Request) -> dict[str, object]:
    return {
        "request": [str(requirement) for requirement in request.requirements],
        "options": {
            "strategy": str(request.strategy),
            "prereleases": request.prereleases,
            "modes": None if request.modes is None else sorted(request.modes),
            "forced_modes": dict(sorted(request.forced_modes.items())),
            "preferred": list(request.preferred),
            "excluded": [str(requirement) for requirement in request.excluded],
        },
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "module": step.module,
        "version": str(step.version),
        "category": step.category,
        "action": step.action,
        "mode": step.mode,
        "requires": list(step.requires),
        "required_by": list(step.required_by),
        "newest": str(step.newest),
        "versions_behind": step.versions_behind,
        "system_packages": list(step.system_packages),
        "source": step.source,
        "checksum": step.checksum,
    }


def _statement(statement: Statement) -> dict[str, object]:
    kind, versions, source, more = _particulars(statement)
    return {
        "kind": kind,
        "module": module_of(statement),
        "versions": versions,
        "text": sentence(statement),
        "source": source,
        **more,
    }


def _particulars(statement: Statement) -> tuple[str, str | None, str, dict[str, object]]:
    """The kind of `statement`, its versions, where it stands, and the keys that only its kind has."""
    match statement:
        case Requested(requirement):
            return "requested", None, _REQUEST, {"requirement": str(requirement)}
        case Dependency(span, requirement, source):
            return "dependency", span.constraint, source, {"requirement": str(requirement)}
        case RuntimeNeed(span, requirement, have, source):
            known = None if have is None else str(have)
            return "runtime", span.constraint, source, {"requirement": str(requirement), "have": known}
        case HardwareLimit(span, lack, source):
            fact = "vram" if lack.fact == "total-vram" else lack.fact
            return "hardware", span.constraint, source, {"fact": fact, "need": lack.need, "have": lack.have}
        case ModeLimit(span, lack, source):
            return "mode", span.constraint, source, {"modes": list(lack.modes), "allowed": list(lack.allowed)}
        case InterfaceNeed(span, interface, _, source):
            return "interface", span.constraint, source, {"interface": interface}
        case Cycle(modules):
            return "cycle", None, _REGISTRY, {"modules": list(modules)}
        case UnknownModule(_, suggestions):
            return "unknown-module", None, _REGISTRY, {"suggestions": list(suggestions)}
        case NoVersion(_, constraint):
            return "no-version", None, _REGISTRY, {"constraint": str(constraint)}
        case PreRelease(span):
            return "pre-release", span.constraint, _REGISTRY, {}
        case Exclusion(span, requirement):
            return "excluded", span.constraint, _REQUEST, {"constraint": str(requirement.constraint)}
        case _:
            assert_never(statement)
