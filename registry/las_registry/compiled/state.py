"""What the files of a registry are known by as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

__all__ = ["state_of"]

_STATES: Final = 1 << 256


def state_of(known: Iterable[tuple[str, str]], before: int = 0, sign: int = 1) -> int:
    """What the files are known by as a whole, however they are ordered: `known` are their paths and contents, which are
    added to what was there `before`, or taken away from it where `sign` is -1."""
    for path, content in known:
        text = f"{path}\0{content}".encode("utf-8", "surrogateescape")
        before += sign * int.from_bytes(sha256(text).digest(), "big")
    return before % _STATES
