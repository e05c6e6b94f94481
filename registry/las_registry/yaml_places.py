"""Where the values of a YAML text stand: asked when a mistake is reported, or a file is edited in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml._yaml import CParser

from las_registry.problem import FieldPath

__all__ = ["Place", "find_places"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value stands: character positions from `start` to `end`, and the column that it begins in.

    `line`, from 1, is that of its key where it has one. `style` is ``block`` or ``flow`` for a list or
    mapping; of a scalar it is the quote or indicator that it begins with, empty for a plain one, and ``*``
    for an alias. `first` is where the first key or item of a list or mapping begins (None: it is empty),
    `last` where the last one ends.
    """

    line: int
    start: int
    end: int
    column: int
    style: str
    first: int | None
    last: int


_COMPLEX = "\0 complex"
"""Stands in paths for a key that is no scalar."""


class _Open:
    """A list or mapping that the walk is inside of; `key` is None while a mapping waits for one."""

    __slots__ = ("event", "first", "key", "line")

    def __init__(self, event: Any) -> None:
        self.event = event
        self.first: int | None = None
        self.key: str | int | None = 0 if isinstance(event, yaml.SequenceStartEvent) else None
        self.line = event.start_mark.line + 1

    def advance(self) -> None:
        """Step to the next item, or wait for the next key."""
        self.key = self.key + 1 if isinstance(self.key, int) else None


def find_places(data: bytes | str) -> Iterator[dict[FieldPath, Place]]:
    """For each document of a stream, the place of each value by its path, as far as the text is YAML.

    Of a key that is there twice, the first value counts.
    """
    places: dict[FieldPath, Place] = {}
    try:
        parser = CParser(data)
        walk = _Walk(places)
        while (event := parser.get_event()) is not None:
            if isinstance(event, yaml.DocumentEndEvent):
                yield places
                places = {}
                walk = _Walk(places)
            elif isinstance(event, yaml.NodeEvent):
                walk.enter(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                walk.leave(event)
    except yaml.YAMLError:
        yield places


class _Walk:
    """Follows the events of one document."""

    def __init__(self, places: dict[FieldPath, Place]) -> None:
        self._places = places
        self._open: list[_Open] = []
        self._last = 0

    def enter(self, event: Any) -> None:
        """A scalar or alias, or the start of a list or mapping."""
        around = self._open[-1] if self._open else None
        if around is not None and around.first is None:
            around.first = event.start_mark.index
        is_collection = isinstance(event, yaml.CollectionStartEvent)
        if not is_collection:
            self._last = event.end_mark.index
        if around is not None and around.key is None:
            around.key = event.value if isinstance(event, yaml.ScalarEvent) else _COMPLEX
            around.line = event.start_mark.line + 1
            if not is_collection:
                return
        if is_collection:
            self._open.append(_Open(event))
        else:
            self._put(event, self._last, "*" if isinstance(event, yaml.AliasEvent) else event.style or "", None)

    def leave(self, event: Any) -> None:
        """The end of a list or mapping."""
        left = self._open.pop()
        if left.event.flow_style:
            self._last = event.end_mark.index
        self._put(left.event, event.end_mark.index, "flow" if left.event.flow_style else "block", left.first)

    def _put(self, event: Any, end: int, style: str, first: int | None) -> None:
        start = event.start_mark
        around = self._open[-1] if self._open else None
        line = around.line if around is not None and isinstance(around.key, str) else start.line + 1
        path = tuple(_COMPLEX if one.key is None else one.key for one in self._open)
        place = Place(
            line=line, start=start.index, end=end, column=start.column, style=style, first=first, last=self._last
        )
        self._places.setdefault(path, place)
        if around is not None:
            around.advance()
