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
from pathlib import Path

from las_registry.replay import Replay, read_replay

__all__ = ["OURS", "SCENARIOS", "block", "read_scenario", "renewed", "shortened"]

OURS = "las-solve"
SCENARIOS = Path(__file__).parents[2] / "tests" / "scenarios"

_BLOCK = re.compile(r"<!-- (?P<scenario>\S+): (?P<subject>\S+) -->\n```\n.*?\n```\n", re.DOTALL)
_MOST_LINES = 30
_LONGEST = 200


def read_scenario(name: str) -> Replay:
    """The scenario called `name`, such as ``versions/diamond``."""
    path = SCENARIOS / f"{name}.yaml"
    return read_replay(path.read_bytes(), path.name)


def block(scenario: str, subject: str, text: str) -> str:
    """`text` as what `subject` printed for `scenario`."""
    return f"<!-- {scenario}: {subject} -->\n```\n{text}\n```\n"


def renewed(document: str, printed: Callable[[str, str], str | None]) -> str:
    """`document` with what `printed` says for the scenario and subject of each block; where it says None, as it was."""

    def renew(found: re.Match[str]) -> str:
        text = printed(found["scenario"], found["subject"])
        return found[0] if text is None else block(found["scenario"], found["subject"], text)

    return _BLOCK.sub(renew, document)


def shortened(text: str) -> str:
    """`text` without the space around it, and without the middle and the ends of lines where it is long, which is
    said."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    if len(lines) > _MOST_LINES:
        half = _MOST_LINES // 2
        lines[half:-half] = [f"({len(lines) - 2 * half} more lines)"]
    return "\n".join(
        line if len(line) <= 200 else f"{line[:200]} ({len(line) - 200} more characters)" for line in lines
    )
