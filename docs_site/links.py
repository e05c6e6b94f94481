"""Links as they are in the repository, and where they lead on the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from docs_site.markdown import link

__all__ = ["link_targets", "with_links", "without_comments"]

_FENCED: Final = re.compile(r"^(?P<indent> *)(?P<fence>```+).*?^(?P=indent)(?P=fence) *$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)\)",
    re.DOTALL,
)
"""A link, or a piece of code, in which nothing is one; the text of a link may hold code."""
_COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)


def link_targets(root: Path, origin: str) -> Iterator[str]:
    """Where the Markdown file `origin` links to in the repository at `root`, as paths from there."""
    if not origin.endswith(".md"):
        return
    for part, is_code in _parts((root / origin).read_text(encoding="utf-8")):
        for found in () if is_code else _LINK.finditer(part):
            path = (found["target"] or "").partition("#")[0]
            if path:
                yield _from_root(path, origin)


def with_links(markdown: str, origin: str, page: str, place: Callable[[str], str | None]) -> str:
    """The text of the file `origin` as that of the page `page` of the site.

    `place` says which file of the site a file of the repository is, or None if it is none; of a link to that, its text
    remains.
    """

    def moved(found: re.Match[str]) -> str:
        path, hash_sign, anchor = (found["target"] or "").partition("#")
        if not path:
            return found[0]
        target = place(_from_root(path, origin))
        if target is None:
            return found["text"]
        return link(found["text"], f"{target}{hash_sign}{anchor}", page)

    return "".join(part if is_code else _LINK.sub(moved, part) for part, is_code in _parts(markdown))


def without_comments(markdown: str) -> str:
    """`markdown` without comments, which are there for tests and tools."""
    return "".join(part if is_code else _COMMENT.sub("", part) for part, is_code in _parts(markdown))


def _from_root(path: str, origin: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))


def _parts(markdown: str) -> Iterator[tuple[str, bool]]:
    """`markdown` in pieces, each with whether it is a block of code."""
    end = 0
    for block in _FENCED.finditer(markdown):
        yield markdown[end : block.start()], False
        yield block[0], True
        end = block.end()
    yield markdown[end:], False
