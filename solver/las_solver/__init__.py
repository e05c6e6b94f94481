"""What to choose: the newest valid set of module versions, or why there is none. Pure reasoning, no input or output."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from las_solver.conflict import Conflict
    from las_solver.constraint import ANY, Constraint, Requirement
    from las_solver.diagnosis import Diagnosis
    from las_solver.errors import InvalidConstraint, InvalidInput, LasSolveError, OutOfTime
    from las_solver.limit import Limit
    from las_solver.model import Gpu, Hardware, Host, ModuleVersion, Request, Strategy
    from las_solver.needs import Needs, NoHost
    from las_solver.plan import Plan, Step
    from las_solver.planner import Planner
    from las_solver.progress import Phase, Progress
    from las_solver.repair import Repair
    from las_solver.schemas import DOCUMENTS, document_schema
    from las_solver.source import MemorySource, Source
    from las_solver.stopping import Cancellation, Deadline, either
    from las_solver.survey import Verdict
    from las_solver.why import Impossible, Possible, Present

__all__ = [
    "ANY",
    "DOCUMENTS",
    "Cancellation",
    "Conflict",
    "Constraint",
    "Deadline",
    "Diagnosis",
    "Gpu",
    "Hardware",
    "Host",
    "Impossible",
    "InvalidConstraint",
    "InvalidInput",
    "LasSolveError",
    "Limit",
    "MemorySource",
    "ModuleVersion",
    "Needs",
    "NoHost",
    "OutOfTime",
    "Phase",
    "Plan",
    "Planner",
    "Possible",
    "Present",
    "Progress",
    "Repair",
    "Request",
    "Requirement",
    "Source",
    "Step",
    "Strategy",
    "Verdict",
    "document_schema",
    "either",
]


_FILES = {
    "conflict": ("Conflict",),
    "constraint": ("ANY", "Constraint", "Requirement"),
    "diagnosis": ("Diagnosis",),
    "errors": ("InvalidConstraint", "InvalidInput", "LasSolveError", "OutOfTime"),
    "limit": ("Limit",),
    "model": ("Gpu", "Hardware", "Host", "ModuleVersion", "Request", "Strategy"),
    "needs": ("Needs", "NoHost"),
    "plan": ("Plan", "Step"),
    "planner": ("Planner",),
    "progress": ("Phase", "Progress"),
    "repair": ("Repair",),
    "schemas": ("DOCUMENTS", "document_schema"),
    "source": ("MemorySource", "Source"),
    "stopping": ("Cancellation", "Deadline", "either"),
    "survey": ("Verdict",),
    "why": ("Impossible", "Possible", "Present"),
}


def __getattr__(name: str) -> object:
    """Imports what is asked for, and only then: reading a manifest needs no engine, and most plans no conflict."""
    for file, names in _FILES.items():
        if name in names:
            found: object = getattr(import_module(f"{__name__}.{file}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
