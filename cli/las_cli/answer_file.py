"""Files with an answer, as ``las-solve plan --format json`` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["read_answer"]


def read_answer(path: Path, *, hint: str) -> Mapping[str, object]:
    """The plan or the conflict in the file at `path`, or in standard input where that is ``-``.

    Of its values only ``status`` has been looked at. Raises :class:`InvalidInput` with `hint` unless it is one.
    """
    import json

    from las_cli.inputs import read_input
    from las_solver.errors import InvalidInput

    shown = "standard input" if str(path) == "-" else str(path)
    data = read_input(path)
    if not data.strip():
        raise InvalidInput(f"{shown} is empty", hint=hint)
    try:
        document = json.loads(data)
    except RecursionError:
        raise InvalidInput(f"{shown} is nested too deeply", hint=hint) from None
    except ValueError as error:
        raise InvalidInput(f"{shown} is not JSON: {error}", hint=hint) from None
    if not isinstance(document, dict) or document.get("status") not in ("resolved", "conflict"):
        raise InvalidInput(f"{shown} is neither a plan nor a conflict", hint=hint)
    return document
