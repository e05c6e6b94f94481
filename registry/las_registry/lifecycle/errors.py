"""The errors of the store.

::

    LasSolveError
    ├── InvalidInput
    │   └── Refused           what was asked of the store is not allowed; nothing was changed (exit status 2)
    └── StoreUnusable         the store cannot be opened, read or written (exit status 3)
"""

from __future__ import annotations

from las_solver.errors import InvalidInput, LasSolveError

__all__ = ["Refused", "StoreUnusable"]


class Refused(InvalidInput):
    """What was asked of the store is not allowed, or no longer; nothing was changed."""


class StoreUnusable(LasSolveError):
    """The store cannot be used as it stands; ``hint`` says what to do about it. Nothing was changed."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"
