"""What the files of a registry are known by as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import shake_128
from typing import Final

__all__ = ["state_of"]

_LANES: Final = 1024
_BYTES: Final = 2 * _LANES
_EVEN: Final = int.from_bytes(b"\xff\xff\0\0" * (_LANES // 2), "little")
_CARRIES: Final = _EVEN + int.from_bytes(b"\1\0\0\0" * (_LANES // 2), "little")  # 2^16 in every second lane
_BATCH: Final = 1 << 15
"""As many lanes of 16 bits can be added up in 32 bits."""


def state_of(known: Iterable[tuple[str, str]], before: int = 0, sign: int = 1) -> int:
    """What the files are known by as a whole, however they are ordered: `known` are their paths and contents, which are
    added to what was there `before`, or taken away from it where `sign` is -1.

    LtHash (Bellare and Micciancio, 1997; Lewi and others, 2019): a sum of 1024 numbers modulo 2^16 each, for which
    nobody finds other files of the same sum. A sum of plain digests would not do: among some hundred files that
    somebody may choose freely, such sums are found (Wagner, 2002), and a signed list is compared by this.
    """
    even, odd, count = 0, 0, 0
    for path, content in known:
        text = f"{path}\0{content}".encode("utf-8", "surrogateescape")
        lanes = int.from_bytes(shake_128(text).digest(_BYTES), "little")
        even += lanes & _EVEN
        odd += lanes >> 16 & _EVEN
        count += 1
        if count == _BATCH:
            even, odd, count = even & _EVEN, odd & _EVEN, 1
    even, odd = even & _EVEN, odd & _EVEN
    if sign < 0:
        even, odd = _CARRIES - even, _CARRIES - odd
    even += before & _EVEN
    odd += before >> 16 & _EVEN
    return even & _EVEN | (odd & _EVEN) << 16
