"""What modules that run at the same time hold of the memory and of each graphics card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from las_cli.render.changes import NOTHING
from las_cli.render.host import decimal_size
from las_registry.size import parse_size
from las_solver.lazy_dataclass import dataclass

__all__ = ["TITLES", "Held", "held", "held_cells", "held_words", "placement_words", "without_repeats"]

TITLES: Final = ("On", "Has", "Used", "Free", "By")
"""The titles of :func:`held_cells`."""

_MOST_NAMES: Final = 6
_NAMELESS: Final = "GPU"
"""The name of a card of which no other is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The memory, or a card, which is a `device`: its `size` in bytes (None: not known), and the bytes that modules
    hold of it, the most first. `count`: it stands for so many that are the same."""

    name: str
    device: str
    size: int | None
    parts: tuple[tuple[str, int], ...]
    count: int = 1

    @property
    def used(self) -> int:
        return sum(size for _, size in self.parts)


def held(steps: Sequence[Mapping[str, Any]], host: Mapping[str, Any]) -> tuple[Held, ...]:
    """What the `steps` of a plan (docs/documents.md) hold on `host`, a profile: of the memory, then of each card."""
    memory = [(step["module"], step["ram"]) for step in steps if step.get("ram")]
    on_cards: dict[int, list[tuple[str, int]]] = {}
    for step in steps:
        for part in step.get("placement", ()):
            on_cards.setdefault(part["card"], []).append((step["module"], part["vram"]))
    size = parse_size(host["memory"]["ram"]) if "memory" in host else None
    cards = (
        Held(
            name=f"card {at}",
            device="" if gpu["name"] == _NAMELESS else gpu["name"],
            size=parse_size(gpu["vram"]),
            parts=_most_first(on_cards.get(at, ())),
        )
        for at, gpu in enumerate(host["gpus"])
    )
    return (Held(name="memory", device="", size=size, parts=_most_first(memory)), *cards)


def _most_first(parts: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(parts, key=lambda part: (-part[1], part[0])))


def held_cells(one: Held) -> tuple[str, ...]:
    """A row of a table with the columns of :data:`TITLES`."""
    name = f"{one.name}: {one.device}" if one.device else one.name
    has = "unknown" if one.size is None else decimal_size(one.size)
    used = decimal_size(one.used) if one.used else NOTHING
    free = NOTHING if one.size is None else _free(one.size - one.used)
    return name, has, used, free, ", ".join(_users(one)) or NOTHING


def held_words(one: Held) -> str:
    """What is held, in words that follow the name of what it is held of."""
    if one.size is None:
        return "not known, and nothing needs any"
    size = decimal_size(one.size) + (" each" if one.count > 1 else "") + (f" ({one.device})" if one.device else "")
    if not one.used:
        return f"{size}, all of it free"
    return f"{decimal_size(one.used)} of {size}: {', '.join(_users(one))}; {_free(one.size - one.used)} free"


def _free(size: int) -> str:
    return decimal_size(size) if size else "nothing"


def _users(one: Held) -> Iterator[str]:
    most = _MOST_NAMES if len(one.parts) > _MOST_NAMES + 1 else len(one.parts)
    yield from (f"{module} {decimal_size(size)}" for module, size in one.parts[:most])
    if rest := one.parts[most:]:
        yield f"{len(rest)} more {decimal_size(sum(size for _, size in rest))}"


def without_repeats(rows: Sequence[Held]) -> Iterator[Held]:
    """`rows`, in which neighbours of which all is free and that are the same are one: ``cards 2 to 7``."""
    for (_, size, used), several in groupby(rows, key=lambda one: (one.device, one.size, one.used)):
        same = list(several)
        if len(same) == 1 or used or size is None:
            yield from same
        else:
            numbers = [one.name.removeprefix("card ") for one in same]
            yield replace(same[0], name=f"cards {numbers[0]} to {numbers[-1]}", count=len(same))


def placement_words(placement: Sequence[tuple[int, int]]) -> str:
    """Where a module is, in few words: ``card 0: 8 GB``."""
    return ", ".join(f"card {card}: {decimal_size(size)}" for card, size in placement)
