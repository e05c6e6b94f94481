"""Documents of YAML files, with the lines of their values, and how much of them is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from las_registry.problem import FieldPath, Problem, format_path
from las_registry.yaml_value import Value

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
    """A file's text, and what is found of it when it is first asked for: the lines of all its values, its digest."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def digest(self) -> str:
        """The SHA-256 digest of the file's bytes, in hex digits."""
        import hashlib  # late: a plan for people needs none

        return hashlib.sha256(self._data).hexdigest()

    @cached_property
    def lines(self) -> tuple[dict[FieldPath, int], ...]:
        """For each document, the line of each value by its path."""
        from las_registry.yaml_places import find_places

        return tuple({path: place.line for path, place in one.items()} for one in find_places(self._data))


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
        lines = self.stream.lines if self.stream is not None else ()
        if self.index < len(lines):
            for length in range(len(path), -1, -1):
                line = lines[self.index].get(path[:length])
                if line is not None:
                    return line
        return self.line

    def problem(self, path: FieldPath, message: str, hint: str | None = None) -> Problem:
        """A problem with the value at `path`."""
        return Problem(file=self.file, line=self.line_of(path), field=format_path(path), message=message, hint=hint)
