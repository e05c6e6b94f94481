"""What other programs rely on stays as it is: every public name with what it takes. A change is for the CHANGELOG.

``python tests/solver/test_public_api.py`` renews what is kept of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import las_solver

KEPT = Path(__file__).with_name("public_api.txt")


def public_api() -> str:
    """Every public name with what it takes, and what can be asked of it."""
    return "".join(f"{line}\n" for name in sorted(las_solver.__all__) for line in _told(name))


def _told(name: str) -> Iterator[str]:
    found = getattr(las_solver, name)
    if not isinstance(found, type):
        yield f"{name}{_signature(found) if callable(found) else ''}"
    elif issubclass(found, Enum):
        yield f"{name}: {', '.join(str(one.value) for one in found)}"
    else:
        yield f"{name}{'' if _is_protocol(found) else _signature(found.__init__)}"
        yield from _members(found)


def _members(found: type) -> Iterator[str]:
    ours = [one for one in found.__mro__ if one.__module__.startswith("las_solver")]
    for name in sorted({name for one in ours for name in vars(one) if not name.startswith("_")}):
        value = inspect.getattr_static(found, name)
        if isinstance(value, property):
            yield f"  {name}"
        elif inspect.isroutine(getattr(found, name)):
            yield f"  {name}{_signature(getattr(found, name))}"


def _is_protocol(found: type) -> bool:
    return bool(getattr(found, "_is_protocol", False))


def _signature(called: Any) -> str:
    """The parameters, each with its type, and ``=`` where it may be left out."""
    told = []
    for one in inspect.signature(called).parameters.values():
        if one.kind is one.KEYWORD_ONLY and "*" not in told:
            told.append("*")
        stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        kind = "" if one.annotation is one.empty else f": {one.annotation}"
        told.append(f"{stars}{one.name}{kind}{'' if one.default is one.empty else ' = ...'}")
    return f"({', '.join(one for one in told if one != 'self')})"


def test_public_names_are_what_is_kept_of_them() -> None:
    assert public_api() == KEPT.read_text(encoding="utf-8")


if __name__ == "__main__":
    KEPT.write_text(public_api(), encoding="utf-8")
