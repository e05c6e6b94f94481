"""Plain values as the text of YAML, in which every scalar is its source text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from las_registry.problem import is_visible
from las_registry.yaml_value import NULLS

__all__ = ["flow_text", "scalar_text"]

_PLAIN: Final = re.compile(r"[A-Za-z0-9/][A-Za-z0-9._+@/<>=!~*-]*", re.ASCII)
"""Texts that need no quotes in any place."""

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def flow_text(value: object) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar_text(key)}: {flow_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    if isinstance(value, bool | int):
        return str(value).lower()
    return scalar_text(str(value))


def scalar_text(text: str) -> str:
    """A text, in quotes where a reader could take it for something else than its source text."""
    if _PLAIN.fullmatch(text) and text not in NULLS:
        return text
    return (
        '"'
        + "".join(
            _ESCAPES.get(one) or (one if one.isprintable() and is_visible(one) else _escaped(one)) for one in text
        )
        + '"'
    )


def _escaped(character: str) -> str:
    """A character as an escape of double-quoted YAML; half of a pair that stands alone has none."""
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
