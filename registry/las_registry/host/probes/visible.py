"""Which devices CUDA may use, by the variable ``CUDA_VISIBLE_DEVICES`` (CUDA programming guide, environment variables).

The variable lists indices, or UUIDs of cards, or UUIDs of MIG slices, but not two kinds. A UUID may be cut short as
long as it is unique. What cannot be understood, is out of range or ambiguous ends the list: what comes before
counts. The same device twice is an error, and none counts. An empty list is no device.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

__all__ = ["CardNames", "Key", "Selection", "select"]

Key: TypeAlias = tuple[int, int | None]
"""The position of a card, and of one of its slices; None is the card, whether whole or split."""

_INDEX: Final = re.compile(r"[+-]?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class CardNames:
    """What a card may be called: its UUID, and the names of each of its MIG slices.

    A slice is called ``MIG-`` and its own UUID, or ``MIG-``, the UUID of the card, and two numbers after slashes.
    """

    uuid: str
    slices: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """The devices that the list names, in its order. `by_index` says whether they were named by their indices.

    `fault` is a sentence on the part that ended the list early, or None.
    """

    keys: tuple[Key, ...]
    by_index: bool
    fault: str | None


def select(listed: str, cards: Sequence[CardNames]) -> Selection:
    """The devices among `cards`, which are in CUDA's order, that the value `listed` of the variable names."""
    keys: list[Key] = []
    by_index = False
    kind = None
    for item in listed.split(",") if listed.strip() else ():
        name = item.strip()
        kind = _kind(name) if kind is None else kind
        by_index = kind == "index"
        matches = tuple(_matches(name, cards)) if _kind(name) == kind else ()
        if len(matches) != 1:
            return Selection(tuple(keys), by_index, _fault(name, len(matches)))
        if matches[0] in keys:
            return Selection((), by_index, f"it names {name[:80]!r} twice, which CUDA refuses")
        keys += matches
    return Selection(tuple(keys), by_index, None)


def _kind(name: str) -> str:
    return name[:4] if name.startswith(("GPU-", "MIG-")) else "index"


def _matches(name: str, cards: Sequence[CardNames]) -> Iterator[Key]:
    """The devices that `name` may mean."""
    match _kind(name):
        case "index":
            # As CUDA reads a number: what follows the digits does not matter.
            number = _INDEX.match(name)
            if number is not None and 0 <= int(number[0]) < len(cards):
                yield int(number[0]), None
        case "GPU-":
            yield from ((card, None) for card, names in enumerate(cards) if _abbreviates(name, names.uuid))
        case _:
            for card, names in enumerate(cards):
                for part, called in enumerate(names.slices):
                    if any(_abbreviates(name, one) for one in called):
                        yield card, part


def _abbreviates(name: str, whole: str) -> bool:
    """Whether `name` is `whole`, with its UUID perhaps cut short; the numbers after a slash must be the same."""
    uuid, slash, numbers = name.partition("/")
    whole_uuid, whole_slash, whole_numbers = whole.partition("/")
    return whole_uuid.startswith(uuid) and (slash, numbers) == (whole_slash, whole_numbers)


def _fault(name: str, matches: int) -> str | None:
    if name.startswith("-") and _INDEX.match(name):
        return None  # how a list is ended on purpose
    return f"{name[:80]!r} is {'ambiguous' if matches else 'no device here'}, so it and what follows do not count"
