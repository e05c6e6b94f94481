"""The fenced blocks of a page of the documentation, with what hidden comments say about them.

A comment right before a block is ``<!-- docs-test: SETTINGS -->``; see :data:`SETTINGS`. One with further lines holds
commands that run before what follows, or with ``file=PATH`` the content of a file.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "SETTINGS", "Block", "Hidden", "blocks_of", "pages"]

ROOT: Final = Path(__file__).parents[1]
SETTINGS: Final = {
    "file": "the name under which the block, or what stands in the comment, is written",
    "fresh": "from here on, in an empty directory and with nothing installed",
    "machine": "from here on, the machine that is detected: a name of `doc_session.MACHINES` or an example host",
    "not-run": "why the block is only shown",
    "schema": "what the block is held against: a name of `doc_formats.SCHEMAS`",
    "status": "the exit status of the last command of the block",
}
"""What a comment may set; a name in capitals is an environment variable, from here on."""

_FENCE: Final = re.compile(r"(?P<indent> *)```(?P<language>[\w+-]*)(?P<attributes>[^`\n]*)")
_COMMENT: Final = re.compile(r"<!-- docs-test:(?P<settings>[^\n]*?)(?:-->|\n(?P<lines>.*?)-->)", re.DOTALL)
_TITLE: Final = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fence: where it stands, its language, its text without the indentation, and its settings."""

    page: Path
    line: int
    language: str
    text: str
    indent: str = ""
    title: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """What a comment with further lines says."""

    page: Path
    line: int
    text: str
    settings: Mapping[str, str]

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """The README and everything below docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


def blocks_of(page: Path, text: str) -> Iterator[Block | Hidden]:
    """All blocks and hidden comments of a page, in order."""
    lines = text.splitlines()
    at = 0
    settings: dict[str, str] = {}
    while at < len(lines):
        if lines[at].lstrip().startswith("<!-- docs-test"):
            end = next(i for i in range(at, len(lines)) if "-->" in lines[i])
            found = _COMMENT.match("\n".join(lines[at : end + 1]).strip())
            assert found is not None, f"{page.name}:{at + 1}: a comment that nobody understands"
            told = _settings(found["settings"], f"{page.name}:{at + 1}")
            if found["lines"] is None:
                settings |= told
            else:
                yield Hidden(page=page, line=at + 1, text=found["lines"], settings=settings | told)
                settings = {}
            at = end + 1
        elif fence := _FENCE.fullmatch(lines[at]):
            end = next(i for i in range(at + 1, len(lines)) if lines[i].strip() == "```")
            title = _TITLE.search(fence["attributes"])
            yield Block(
                page=page,
                line=at + 1,
                language=fence["language"],
                text="".join(f"{line.removeprefix(fence['indent'])}\n" for line in lines[at + 1 : end]),
                indent=fence["indent"],
                title=title and title[1],
                settings=settings,
            )
            settings = {}
            at = end + 1
        else:
            at += 1


def _settings(text: str, place: str) -> dict[str, str]:
    parts = [part.partition("=") for part in shlex.split(text)]
    unknown = [name for name, _, _ in parts if name not in SETTINGS and not name.isupper()]
    assert not unknown, f"{place}: {unknown[0]} is no setting"
    return {name: value for name, _, value in parts}
