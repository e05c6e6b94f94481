"""Repairs as plain values: docs/documents.md describes every key."""

from __future__ import annotations

from las_solver.change_text import change_document, changes_text
from las_solver.repair import Repair

__all__ = ["repair_document"]


def repair_document(repair: Repair) -> dict[str, object]:
    """`repair` with the plan that it leads to: the requested modules first, then all others that will be there."""
    requested = list(dict.fromkeys(one.name for one in repair.plan.request.requirements))
    steps = {step.module: step for step in repair.plan.steps if step.action != "remove"}
    ordered = [*requested, *(name for name in steps if name not in requested)]
    return {
        "changes": [change_document(change) for change in repair.changes],
        "text": changes_text(repair.changes),
        "then": [
            {"module": name, "version": str(steps[name].version), "action": steps[name].action} for name in ordered
        ],
    }
