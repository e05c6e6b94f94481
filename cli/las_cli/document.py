"""The document of an answer, with the host that it was made for: it can be checked on any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from las_registry.host.profile import profile_document
from las_solver.document import conflict_document, plan_document
from las_solver.model import Host
from las_solver.plan import Plan

if TYPE_CHECKING:
    from las_solver.conflict import Conflict
    from las_solver.diagnosis import Diagnosis

__all__ = ["answer_document"]


def answer_document(answer: Plan | Conflict, host: Host, diagnosis: Diagnosis | None = None) -> dict[str, object]:
    """The JSON document of `answer` (see ``docs/documents.md``), for a conflict with what `diagnosis` adds to it."""
    made = plan_document(answer) if isinstance(answer, Plan) else conflict_document(answer, diagnosis)
    return {**made, "host": profile_document(host)}
