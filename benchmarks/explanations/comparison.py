"""Markdown in which las-solve and its peers stand side by side.

A block is a comment that names a scenario and a subject, and below it what that subject printed::

    <!-- versions/diamond: libsolv -->
    ```
    ...
    ```
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["block", "blocks_of", "renewed", "shortened"]

_BLOCK = re.compile(r"<!-- (?P<scenario>\S+): (?P<subject>\S+) -->\n```\n(?P<text>.*?)\n```\n", re.DOTALL)
_MOST_LINES = 40
_LONGEST = 200


def block(scenario: str, subject: str, text: str) -> str:
    """`text` as what `subject` printed for `scenario`."""
    return f"<!-- {scenario}: {subject} -->\n```\n{text}\n```\n"


def blocks_of(document: str) -> list[tuple[str, str, str]]:
    """The scenario, the subject and the text of each block."""
    return [(found["scenario"], found["subject"], found["text"]) for found in _BLOCK.finditer(document)]


def renewed(document: str, printed: Callable[[str, str], str | None]) -> str:
    """`document` with what `printed` says for the scenario and subject of each block; where it says None, as it was."""

    def renew(found: re.Match[str]) -> str:
        text = printed(found["scenario"], found["subject"])
        return found[0] if text is None else block(found["scenario"], found["subject"], text)

    return _BLOCK.sub(renew, document)


def shortened(text: str) -> str:
    """`text` without the space around it; where it is long, its middle and the ends of its lines are only counted."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    if len(lines) > _MOST_LINES:
        half = _MOST_LINES // 2
        lines[half:-half] = [f"({len(lines) - 2 * half} more lines)"]
    cut = (line if len(line) <= _LONGEST else f"{line[:_LONGEST]} (and {len(line) - _LONGEST} more)" for line in lines)
    return "\n".join(cut)
