"""What a YAML document consists of, once it is read."""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["NULLS", "Quoted", "Value"]

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"

NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
"""The plain scalars that are null."""


class Quoted(str):
    """A text that was marked as text in the source, by quotes, a block or a tag."""

    __slots__ = ()
