"""Pieces of Markdown that the generated pages are made of."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Final

__all__ = ["code", "definition", "escaped", "fenced", "heading", "link"]

_SPECIAL: Final = re.compile(r"(?P<code>`[^`]+`)|[\\*_<>\[\]|#~]")


def escaped(text: str) -> str:
    """Plain text as Markdown, in which only pieces between backticks mean something."""
    return _SPECIAL.sub(lambda found: found[0] if found["code"] else f"\\{found[0]}", text)


def code(text: str) -> str:
    """`text` as a piece of code within a line."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def fenced(text: str, language: str = "text") -> str:
    """`text` as a block of code."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def definition(term: str, *paragraphs: str) -> str:
    """An entry of a list of definitions; empty `paragraphs` are left out."""
    return f"{term}\n:   " + "\n\n    ".join(filter(None, paragraphs)) + "\n"


def link(text: str, target: str, page: str) -> str:
    """A link from the page `page` to `target`, both as paths on the site."""
    return f"[{text}]({posixpath.relpath(target, posixpath.dirname(page) or '.')})"


def heading(page: Path) -> str:
    """The first heading of a file."""
    first, _, _ = page.read_text(encoding="utf-8").partition("\n")
    return first.removeprefix("# ")
