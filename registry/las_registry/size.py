"""Sizes of memory: from text to bytes and back, exactly (contract, section 1)."""

from __future__ import annotations

import re

from las_solver.errors import InvalidInput

__all__ = ["SIZE_PATTERN", "format_size", "parse_size"]

SIZE_PATTERN = r"^ *[0-9]{1,30}([.][0-9]{1,30})?( *[kKmMgGtT][iI]?[bB])? *$"
"""What the JSON Schema says of a size; a test holds the two together."""

_SIZE = re.compile(r" *([0-9]{1,30})(?:[.]([0-9]{1,30}))?(?: *([kKmMgGtT])([iI]?)[bB])? *")
_AMBIGUOUS = re.compile(r" *([0-9.]{1,61}) *([kKmMgGtT]) *")
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}
_UNITS = tuple(
    (f"{letter}{infix}B", base**power)
    for power, letter in reversed(tuple(enumerate("KMGT", start=1)))
    for base, infix in ((1000, ""), (1024, "i"))
)
_EXAMPLES = "write it like 24GB (powers of 1000), 24564MiB (powers of 1024) or 25757220864 (bytes)"


def parse_size(text: str) -> int:
    """The number of bytes that `text` spells; a fraction of a byte counts as a whole one.

    Raises :class:`InvalidInput` where it spells none, or only a letter stands for the unit, which has two
    readings.
    """
    matched = _SIZE.fullmatch(text)
    if matched is not None:
        whole, fraction, letter, binary = matched.groups(default="")
        unit: int = (1024 if binary else 1000) ** _POWERS[letter.lower()] if letter else 1
        scale = 10 ** len(fraction)
        return -(-int(whole + fraction) * unit // int(scale))
    ambiguous = _AMBIGUOUS.fullmatch(text)
    if ambiguous is not None:
        number, letter = ambiguous.group(1), ambiguous.group(2).upper()
        decimal, binary = f"{number}{letter}B", f"{number}{letter}iB"
        if _SIZE.fullmatch(decimal):
            raise InvalidInput(
                f"{text.strip()!r} can be read in two ways: {decimal} is {parse_size(decimal)} bytes, "
                f"{binary} is {parse_size(binary)} bytes",
                hint=f"write {decimal} or {binary}",
            )
    raise InvalidInput(f"{_shown(text)} is not a size", hint=_EXAMPLES)


def format_size(size: int) -> str:
    """`size` bytes as the shortest text that :func:`parse_size` reads as exactly that, the larger unit in a
    tie, but none that is larger than `size`."""
    written = [_in_unit(size, name, unit) for name, unit in _UNITS if unit <= size]
    return min((one for one in (*written, str(size)) if one), key=len)


def _in_unit(size: int, name: str, unit: int) -> str:
    """`size` with at most two decimals of the unit `name`, or nothing where that is not exact."""
    hundredths, rest = divmod(size * 100, unit)
    if rest:
        return ""
    whole, decimals = divmod(hundredths, 100)
    return f"{whole}.{decimals:02}".rstrip("0").rstrip(".") + name


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
