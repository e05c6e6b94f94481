"""Plans and conflicts as plain values, ready for JSON: docs/documents.md describes every key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from las_solver.model import Request
from las_solver.plan import Plan, Step

if TYPE_CHECKING:
    from las_solver.conflict import Conflict
    from las_solver.derivation import Line
    from las_solver.diagnosis import Diagnosis
    from las_solver.statement import Statement

__all__ = ["asked", "conflict_document", "plan_document", "step_document"]


def plan_document(plan: Plan) -> dict[str, object]:
    """`plan` as in the contract, section 6."""
    return {
        "status": "resolved",
        "optimal": plan.optimal,
        "explained": plan.explained,
        **asked(plan.request),
        "steps": [step_document(step) for step in plan.steps],
        "invalid": [one.to_dict() for one in plan.invalid],
        "system_packages": list(plan.system_packages),
    }


def conflict_document(conflict: Conflict, diagnosis: Diagnosis | None = None) -> dict[str, object]:
    """`conflict` as in the contract, section 7, with what `diagnosis`, if there is one, adds to it."""
    conflicts = (conflict,) if diagnosis is None else diagnosis.conflicts
    return {
        "status": "conflict",
        **asked(conflict.request),
        **_reasons(conflicts[0]),
        "more": [_reasons(other) for other in conflicts[1:]],
        "repairs": [] if diagnosis is None else _repairs(diagnosis),
        "complete": diagnosis is not None and diagnosis.complete,
    }


def _reasons(conflict: Conflict) -> dict[str, object]:
    """The core of `conflict`, and why its statements contradict each other."""
    from las_solver.derivation import derive  # late, as a plan needs none of this
    from las_solver.explain import explanation
    from las_solver.statement_document import statement_document

    reasons: dict[str, object] = {
        "core": [statement_document(statement) for statement in conflict.core],
        "minimal": conflict.minimal,
        "smallest": conflict.smallest,
        "derivation": [_line(line) for line in derive(conflict.problem, conflict.core)],
    }
    request = conflict.request
    return {**reasons, "explanation": explanation(reasons, list(map(str, request.requirements)), request.removed)}


def _line(line: Line) -> dict[str, object]:
    terms = [{"module": module, "versions": versions, "present": there} for module, versions, there in line.claim]
    return {
        "text": line.text,
        "sources": list(line.sources),
        "statements": list(line.statements),
        "lines": list(line.lines),
        "claim": terms,
    }


def _repairs(diagnosis: Diagnosis) -> list[dict[str, object]]:
    from las_solver.repair_document import repair_document

    return [repair_document(repair) for repair in diagnosis.repairs]


def asked(request: Request) -> dict[str, object]:
    """What is asked for by `request`, and how."""
    return {
        "request": [str(requirement) for requirement in request.requirements],
        "options": {
            "strategy": str(request.strategy),
            "prereleases": request.prereleases,
            "modes": None if request.modes is None else sorted(request.modes),
            "forced_modes": dict(sorted(request.forced_modes.items())),
            "preferred": list(request.preferred),
            "excluded": [str(requirement) for requirement in request.excluded],
            "pinned": [str(requirement) for requirement in request.pinned],
            "locked": None
            if request.locked is None
            else {name: str(version) for name, version in sorted(request.locked.items())},
            "unlocked": sorted(request.unlocked),
            "released": sorted(request.released),
            "allow_removal": request.allow_removal,
            **_all_together(request),
        },
    }


def _all_together(request: Request) -> dict[str, object]:
    """What `request` says of all modules at once; only what it says."""
    said: dict[str, object] = {"together": True} if request.together else {}
    if request.limits:
        said["limits"] = [{"name": limit.name, "at_most": limit.at_most} for limit in request.limits]
    return said


def step_document(step: Step) -> dict[str, object]:
    """One step of a plan."""
    held: dict[str, object] = {}
    if step.ram is not None:
        held = {"ram": step.ram, "placement": [{"card": card, "vram": size} for card, size in step.placement]}
    return {
        "module": step.module,
        "version": str(step.version),
        "category": step.category,
        "action": step.action,
        "installed": None if step.installed is None else str(step.installed),
        "mode": step.mode,
        "requires": list(step.requires),
        "required_by": list(step.required_by),
        "after": list(step.after),
        "newest": str(step.newest),
        "versions_behind": step.versions_behind,
        "held_back_by": _statements(step.held_back_by),
        "admitted_by": None if step.admitted_by is None else step.admitted_by.to_dict(),
        "system_packages": list(step.system_packages),
        "source": step.source,
        "checksum": step.checksum,
        **held,
    }


def _statements(statements: Sequence[Statement]) -> list[dict[str, object]]:
    if not statements:
        return []
    from las_solver.statement_document import statement_document  # late, as most steps need none of this

    return [statement_document(statement) for statement in statements]
