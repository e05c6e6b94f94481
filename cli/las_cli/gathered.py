"""What went wrong with several files, as one error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from las_registry.problem import Problem
    from las_solver.errors import InvalidInput

__all__ = ["gathered"]


def gathered(problems: Sequence[Problem], failures: Sequence[InvalidInput]) -> InvalidInput:
    """One error for what went wrong with several files."""
    from las_registry.problem import InvalidFile
    from las_solver.errors import InvalidInput

    all_problems = list(problems)
    others = [one for one in failures if not isinstance(one, InvalidFile)]
    for one in failures:
        if isinstance(one, InvalidFile):
            all_problems += one.problems
    if not others:
        return InvalidFile(all_problems)
    if len(failures) == 1 and not problems:
        return failures[0]
    return InvalidInput("\n".join([*map(str, all_problems), *map(str, others)]))
