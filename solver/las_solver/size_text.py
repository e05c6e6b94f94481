"""Sizes in bytes as people write them."""

from __future__ import annotations

__all__ = ["rounded_up", "size_beside", "size_text"]

_UNITS = (("TB", 10**12), ("GB", 10**9), ("GiB", 2**30), ("MB", 10**6), ("MiB", 2**20), ("KB", 10**3), ("KiB", 2**10))


def size_text(size: int, between: str = " ") -> str:
    """`size` bytes exactly, in the largest unit of section 1 that has no more than three digits after the point.

    `between` stands between number and unit; where it is empty, the text is a size as section 1 wants it.
    """
    unit, factor = _unit(size)
    if factor > 1:
        return f"{size * 1000 // factor / 1000:.3f}".rstrip("0").rstrip(".") + f"{between}{unit}"
    return f"{size}{between}{'bytes' if between else ''}"


def size_beside(size: int, other: int) -> str:
    """`size` bytes, in the unit in which `other` is shown, with as many digits as it takes to tell them apart."""
    unit, factor = _unit(other)
    shown = size_text(other)
    for digits in (1, 2, 3):
        text = f"{size / factor:.{digits}f}".rstrip("0").rstrip(".") + f" {unit}"
        if text != shown or size == other:
            return text
    return f"{size} bytes"


def rounded_up(size: int) -> int:
    """`size`, or the next tenth of a GB where :func:`size_text` of it would be long."""
    tenth = 10**8
    return size if size < 10**9 or _unit(size)[1] >= 2**20 else -(-size // tenth) * tenth


def _unit(size: int) -> tuple[str, int]:
    return next(
        ((unit, factor) for unit, factor in _UNITS if size >= factor and (size * 1000) % factor == 0), ("bytes", 1)
    )
