"""Text on a terminal: colour, width, and what must never be written to one."""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import Final, TextIO

from las_registry.problem import is_visible

__all__ = ["display_width", "printable", "shorten", "terminal_width", "wants_colour"]

_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_DEFAULT_WIDTH: Final = 80
_UNLIMITED_WIDTH: Final = 100_000
_ELLIPSIS: Final = "…"


def printable(text: str) -> str:
    """`text` with every character escaped that could steer a terminal or hide text."""
    if text.isprintable() and is_visible(text):
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if is_visible(character) and unicodedata.category(character) not in _UNSAFE_CATEGORIES:
        return character
    return character.encode("unicode_escape").decode("ascii")


def display_width(text: str) -> int:
    """The number of terminal columns that `text` takes: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def shorten(text: str, width: int) -> str:
    """`text` in at most `width` columns; what is cut off is marked by an ellipsis."""
    if display_width(text) <= width:
        return text
    kept, taken = "", 0
    for character in text:
        taken += _character_width(character)
        if taken > width - 1:
            break
        kept += character
    return kept + _ELLIPSIS if width > 0 else ""


def terminal_width(stream: TextIO) -> int:
    """The columns that a line on `stream` may take: ``COLUMNS``, else the terminal's; a file has no limit."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isascii() and stated.isdigit() and int(stated) > 0:
        return int(stated)
    if not _is_terminal(stream):
        return _UNLIMITED_WIDTH
    try:
        return os.get_terminal_size(stream.fileno()).columns or _DEFAULT_WIDTH
    except (OSError, ValueError):
        return _DEFAULT_WIDTH


def wants_colour(stream: TextIO | None = None) -> bool:
    """Whether colour may be written to `stream` (standard output): a terminal, and no ``NO_COLOR``."""
    stream = sys.stdout if stream is None else stream
    return _is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False
