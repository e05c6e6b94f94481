"""The JSON Schemas of what ``to_dict`` makes of answers."""

from __future__ import annotations

from importlib.resources import files
from json import loads
from typing import Any, Final

from las_solver.errors import InvalidInput

__all__ = ["DOCUMENTS", "document_schema"]

DOCUMENTS: Final = ("plan", "why", "needs")
"""The names of documents: ``plan`` is of plans and conflicts."""


def document_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one of :data:`DOCUMENTS`, complete in itself, as plain values that are the caller's.

    Raises :class:`las_solver.errors.InvalidInput` for another name.
    """
    if name not in DOCUMENTS:
        raise InvalidInput(f"there is no schema of {name!r}", hint=f"there are {', '.join(DOCUMENTS)}")
    found = _read(name)
    if name != "plan":
        found["$defs"]["plan"] = _read("plan")  # the others refer to its definitions
    return found


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = loads((files("las_solver") / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return read
