"""What is wrong with a file: where, what was expected, and what to do about it.

::

    LasSolveError
    ├── InvalidInput
    │   └── InvalidFile           a file that is read as a whole, and what is wrong with it (exit status 2)
    └── RegistryUnusable          no registry, or nothing in it (exit status 3)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from las_solver.errors import InvalidInput, LasSolveError
from las_solver.lazy_dataclass import dataclass

__all__ = [
    "LEADS_OUT",
    "FieldPath",
    "InvalidFile",
    "Problem",
    "RegistryUnusable",
    "format_path",
    "is_visible",
    "printable",
    "render_problems",
    "unreadable",
]

FieldPath = tuple[str | int, ...]
"""The keys and list positions that lead from the top of a document to a value."""

LEADS_OUT: Final = "it leads out of the registry"
"""Why a link is not followed."""

_SHOWN = 20
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Letters, marks and symbols that leave nothing to be seen, so that texts that differ look alike."""


def format_path(path: Iterable[str | int]) -> str:
    """`path` as people write it, e.g. ``dependencies.modules[2]``."""
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
        else:
            shown = part if len(part) <= 80 else part[:77] + "..."
            written += f".{shown}" if written else shown
    return written


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a file.

    `line` counts from 1, None where the problem has no line; `field` is a path like
    ``dependencies.modules[2]``, empty where the problem is about the whole document or file.
    """

    file: str
    line: int | None = None
    field: str = ""
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        field = f"{self.field}: " if self.field else ""
        hint = "" if self.hint is None else f"\n  hint: {printable(self.hint)}"
        return printable(f"{place}: {field}{self.message}") + hint


def unreadable(file: str, why: str) -> Problem:
    """That a file or folder, as it is shown, cannot be read, and why."""
    hint = "links: follow, for this registry in registries.yaml, allows it" if why == LEADS_OUT else None
    return Problem(file=file, message=f"it cannot be read: {why}", hint=hint)


class InvalidFile(InvalidInput):
    """A file that cannot be used as it stands; `problems` says why, and its text shows the first of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(render_problems(self.problems))


class RegistryUnusable(LasSolveError):
    """There is no registry where one was named, or nothing in it that can be used.

    ``hint`` says what to do, ``problems`` what is wrong with its files.
    """

    def __init__(self, message: str, *, hint: str | None = None, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(problems)

    def __str__(self) -> str:
        text = "\n".join([self.message, *([render_problems(self.problems)] if self.problems else [])])
        return text if self.hint is None else f"{text}\nhint: {self.hint}"


def render_problems(problems: tuple[Problem, ...]) -> str:
    """The first problems, one a line with its hint below it, and how many there are beyond those."""
    lines = [str(problem) for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"... and {len(problems) - _SHOWN} more")
    return "\n".join(lines)


def printable(text: str) -> str:
    """`text` with escapes for all that could steer a terminal, or cannot be seen, so that a hostile file cannot draw on
    one."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        one if one.isprintable() and is_visible(one) else one.encode("unicode_escape").decode() for one in text
    )


def is_visible(text: str) -> bool:
    """Whether there is no letter, mark or symbol in `text` that leaves nothing to be seen."""
    return text.isascii() or _INVISIBLE.search(text) is None
