"""Documents of YAML files, with the lines of their values, and how much of them is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from las_registry.problem import FieldPath, Problem, format_path
from las_registry.yaml_value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from las_registry.yaml_places import Place

__all__ = ["LIMITS", "Document", "Limits", "Stream"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one file may hold: `size` bytes, and for each document `nodes`, `depth`, and `expansion`, the
    characters and nodes that all its aliases stand for."""

    size: int = 64 * 1024 * 1024
    nodes: int = 200_000
    depth: int = 64
    expansion: int = 1_000_000


LIMITS: Final = Limits()

_MOST_LINES: Final = 500_000
"""Values of a file of which the lines are kept."""


class Stream:
    """A file's text, and what is found of it when it is first asked for: the lines of its values, its digest."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._places: Iterator[Mapping[FieldPath, Place]] | None = None
        self._passed = -1
        self._lines: dict[int, Mapping[FieldPath, int]] = {}
        self._kept = 0

    @cached_property
    def digest(self) -> str:
        """The SHA-256 digest of the file's bytes, in hex digits."""
        import hashlib  # late: a plan for people needs none

        return hashlib.sha256(self._data).hexdigest()

    def lines_of(self, index: int) -> Mapping[FieldPath, int]:
        """The line of each value of a document, by its path.

        The text is read no further than the document, for what follows may have no end; what was found is kept, as far
        as it is not too much.
        """
        if index not in self._lines:
            from las_registry.yaml_places import find_places

            if self._places is None or index <= self._passed:
                self._places, self._passed = find_places(self._data), -1
            while self._passed < index:
                self._passed += 1
                self._keep(self._passed, next(self._places, {}))
        return self._lines[index]

    def _keep(self, index: int, places: Mapping[FieldPath, Place]) -> None:
        if self._kept + len(places) > _MOST_LINES:
            self._lines.clear()
            self._kept = 0
        self._lines[index] = {path: place.line for path, place in places.items()}
        self._kept += len(places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a YAML file.

    `value` is its tree. Where `problems` is not empty, something may be missing from the tree; where the
    document is not `complete`, what follows the first problem was not read.
    """

    file: str
    index: int
    line: int
    value: Value
    problems: tuple[Problem, ...] = ()
    complete: bool = True
    stream: Stream | None = field(default=None, compare=False, repr=False)

    def line_of(self, path: FieldPath) -> int:
        """The line, counted from 1, of the value at `path`, or of what is nearest to it on the way from the
        top."""
        if self.stream is not None and self.complete:
            lines = self.stream.lines_of(self.index)
            for length in range(len(path), -1, -1):
                line = lines.get(path[:length])
                if line is not None:
                    return line
        return self.line

    def problem(self, path: FieldPath, message: str, hint: str | None = None) -> Problem:
        """A problem with the value at `path`."""
        return Problem(file=self.file, line=self.line_of(path), field=format_path(path), message=message, hint=hint)
