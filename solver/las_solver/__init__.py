"""What to choose: the newest valid set of module versions, or why there is none. Pure reasoning, no input or output."""

from typing import TYPE_CHECKING

from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.errors import InvalidConstraint, InvalidInput, LasSolveError, OutOfTime
from las_solver.model import Gpu, Hardware, Host, ModuleVersion, Request, Strategy
from las_solver.plan import Plan, Step
from las_solver.planner import Planner
from las_solver.source import MemorySource, Source

if TYPE_CHECKING:
    from las_solver.conflict import Conflict

__all__ = [
    "ANY",
    "Conflict",
    "Constraint",
    "Gpu",
    "Hardware",
    "Host",
    "InvalidConstraint",
    "InvalidInput",
    "LasSolveError",
    "MemorySource",
    "ModuleVersion",
    "OutOfTime",
    "Plan",
    "Planner",
    "Request",
    "Requirement",
    "Source",
    "Step",
    "Strategy",
]


def __getattr__(name: str) -> object:
    """Imports conflicts when they are asked for: most plans do without them."""
    if name == "Conflict":
        from las_solver.conflict import Conflict

        return Conflict
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
