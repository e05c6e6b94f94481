"""Conflicts in words."""

from __future__ import annotations

from las_solver.conflict import Conflict
from las_solver.sentence import listed, sentence, spelled

__all__ = ["explain"]

_MOST_LINES = 40
_OUT_OF_TIME = "The time to explain was up: some of these may not be needed for the contradiction."
_OUT_OF_TIME_EARLY = "The time to explain was up before it was known what contradicts that."


def explain(conflict: Conflict) -> str:
    """Why there is no plan, a sentence a line; at most about forty lines, however large the core is."""
    wanted = listed(list(dict.fromkeys(map(spelled, conflict.request.requirements))), "and")
    lines = [f"There is no plan for {wanted}, because"]
    shown = conflict.core[:_MOST_LINES]
    lines.extend(f"  - {sentence(statement)}" for statement in shown)
    if len(shown) < len(conflict.core):
        lines.append(f"  - and {len(conflict.core) - len(shown)} statements more")
    if not conflict.minimal:
        lines.append(_OUT_OF_TIME if conflict.is_explained else _OUT_OF_TIME_EARLY)
    return "\n".join(lines)
