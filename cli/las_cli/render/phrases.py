"""Short texts that several commands print alike."""

from __future__ import annotations

from las_cli.render.terminal import printable

__all__ = ["counted", "first_line"]


def counted(number: int, noun: str) -> str:
    """``1 module``, ``2 modules``, ``1,000 modules``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def first_line(text: str | None) -> str:
    """The first line of a text from a manifest."""
    return printable((text or "").strip().partition("\n")[0])
