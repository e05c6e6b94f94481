"""Short texts that several commands print alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from las_cli.render.terminal import printable

__all__ = ["counted", "did_you_mean", "first_line", "in_short", "no_change"]


def counted(number: int, noun: str) -> str:
    """``1 module``, ``2 modules``, ``1,000 modules``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question with those of `known` that look like `name`; empty if none does."""
    from las_solver.nearest import nearest

    near = nearest(name, known)
    return f"did you mean {' or '.join(near)}?" if near else ""


def in_short(names: Sequence[str], most: int = 12) -> str:
    """`names` in a list, of which the end is left out if there are more than `most`."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def first_line(text: str | None) -> str:
    """The first line of a text from a manifest."""
    return printable((text or "").strip().partition("\n")[0])


def no_change(conflicts: Iterable[Mapping[str, Any]]) -> str:
    """What no change of which would help the `conflicts`; an older runtime may help, but is not looked for."""
    statements = (one for conflict in conflicts for one in conflict["core"])
    if any(one["kind"] == "runtime" and one["have"] is not None for one in statements):
        return "No change of the request, and nothing more or newer on this machine,"
    return "No change of the request or of this machine"
