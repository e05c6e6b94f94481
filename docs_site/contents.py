"""What docs/README.md lists: the sections of the site and their pages."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Section", "read_contents"]

_SECTION: Final = re.compile(r"## (?P<title>.+)")
_ENTRY: Final = re.compile(r"- \[[^\]]+\]\((?P<target>[^)#]+)\)")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of docs/README.md, and what is listed below it: paths relative to docs/."""

    title: str
    entries: tuple[str, ...]


def read_contents(docs: Path) -> tuple[Section, ...]:
    """The sections of docs/README.md, in its order; a directory stands for all pages in it."""
    found: list[tuple[str, list[str]]] = []
    for line in (docs / "README.md").read_text(encoding="utf-8").splitlines():
        if heading := _SECTION.fullmatch(line):
            found.append((heading["title"], []))
        elif entry := _ENTRY.match(line):
            found[-1][1].extend(_pages(docs, entry["target"]))
    return tuple(Section(title, tuple(entries)) for title, entries in found)


def _pages(docs: Path, target: str) -> list[str]:
    """The pages that an entry stands for; those of a directory in the order of its own README.md, if it has one."""
    if not (docs / target).is_dir():
        return [posixpath.normpath(target)]
    index = docs / target / "README.md"
    if not index.is_file():
        return [f"{target}index.md", *sorted(f"{target}{page.name}" for page in (docs / target).glob("*.md"))]
    entries = [_ENTRY.match(line) for line in index.read_text(encoding="utf-8").splitlines()]
    return [f"{target}README.md", *(posixpath.normpath(f"{target}{entry['target']}") for entry in entries if entry)]
