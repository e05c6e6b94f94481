"""Short texts that several commands print alike."""

from __future__ import annotations

from collections.abc import Iterable

from las_cli.render.terminal import printable

__all__ = ["counted", "did_you_mean", "first_line"]


def counted(number: int, noun: str) -> str:
    """``1 module``, ``2 modules``, ``1,000 modules``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question with those of `known` that look like `name`; empty if none does."""
    from las_solver.nearest import nearest

    near = nearest(name, known)
    return f"did you mean {' or '.join(near)}?" if near else ""


def first_line(text: str | None) -> str:
    """The first line of a text from a manifest."""
    return printable((text or "").strip().partition("\n")[0])
