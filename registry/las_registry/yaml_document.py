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


class Stream:
    """A file's text, and what is found of it when it is first asked for: the lines of its values, its digest."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._places: Iterator[tuple[int, Mapping[FieldPath, Place]]] = iter(())
        self._found: tuple[int, Mapping[FieldPath, int]] | None = None

    @cached_property
    def digest(self) -> str:
        """The SHA-256 digest of the file's bytes, in hex digits."""
        import hashlib  # late: a plan for people needs none

        return hashlib.sha256(self._data).hexdigest()

    def lines_of(self, index: int) -> Mapping[FieldPath, int]:
        """The line of each value of a document, by its path.

        Those of one document are kept: documents are read in order, and what follows one that was read may have no end.
        """
        from las_registry.yaml_places import find_places

        if self._found is None or index < self._found[0]:
            self._places = enumerate(find_places(self._data))
            self._found = -1, {}
        while self._found[0] < index:
            at, places = next(self._places, (index, {}))
            self._found = at, {path: place.line for path, place in places.items()} if at == index else {}
        return self._found[1]


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
