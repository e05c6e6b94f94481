"""The errors that the solver raises.

::

    LasSolveError                 base of every error of the project
    ├── InvalidInput              what was asked for, or read, is wrong (exit status 2)
    │   └── InvalidConstraint     a constraint, requirement or name that section 2 does not allow
    └── OutOfTime                 the deadline passed before any plan was found (exit status 4)

That no plan exists is not an error: it is a :class:`las_solver.conflict.Conflict`.
"""

from __future__ import annotations

__all__ = ["InvalidConstraint", "InvalidInput", "LasSolveError", "OutOfTime"]


class LasSolveError(Exception):
    """Base of every error of the project."""


class InvalidInput(LasSolveError):
    """Something that was asked for or read is wrong; ``hint`` says what to do about it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"


class InvalidConstraint(InvalidInput):
    """A constraint, requirement or module name that the grammar refuses."""


class OutOfTime(LasSolveError):
    """The deadline passed, or the caller cancelled, before any valid answer was found."""

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        limit = "" if self.seconds is None else f" within {self.seconds:g} s"
        return f"no plan was found{limit}"
