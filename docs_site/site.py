"""The site as a whole: its pages, its files, and the order in which they are offered."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from docs_site.commands import command_navigation, command_pages
from docs_site.contents import Section, read_contents
from docs_site.documents import document_navigation, document_pages, schema_files
from docs_site.http_api import http_pages, openapi_files
from docs_site.links import link_targets
from docs_site.lint_codes import lint_code_pages
from docs_site.markdown import fenced, heading
from docs_site.python_names import python_pages

__all__ = ["Site", "make_site"]

_SPECIAL: Final = {"README.md": "index.md", "docs/README.md": "contents.md"}
_DECISIONS: Final = "decisions/index.md"
_REPOSITORY: Final = "repository/"
_IMAGE: Final = ".png"
_LANGUAGES: Final = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is added to the pages of docs/, by paths on the site.

    `pages` are Markdown, `files` other texts, and `images` files of the repository. `places` says where on the site
    files and directories of the repository are, so that links can be followed; `navigation` is for MkDocs.
    """

    pages: Mapping[str, str]
    files: Mapping[str, str]
    images: Mapping[str, Path]
    places: Mapping[str, str]
    navigation: list[Any]
    root: Path

    def place(self, path: str) -> str | None:
        """Where a file of the repository is on the site; None for a directory that is nowhere. For what is missing it
        is where that should be, so that MkDocs reports it."""
        if path in self.places:
            return self.places[path]
        return None if (self.root / path).is_dir() else path.removeprefix("docs/")


def make_site(root: Path) -> Site:
    """The site of the repository at `root`."""
    docs = root / "docs"
    places = _places(root)
    taken_over = {
        page: _text(root, origin)
        for origin, page in places.items()
        if page.endswith(".md") and origin != f"docs/{page}"
    }
    python, documents, http, codes = python_pages(), document_pages(), http_pages(), lint_code_pages()
    generated = {**command_pages(docs), **python, **documents, **http, **codes, _DECISIONS: _decisions(docs)}
    repository = [page for page in places.values() if page.startswith(_REPOSITORY) and page.endswith(".md")]
    return Site(
        pages=taken_over | generated,
        files=schema_files() | openapi_files(),
        images={page: root / origin for origin, page in places.items() if page.endswith(_IMAGE)},
        places={**places, "docs/decisions": _DECISIONS},
        root=root,
        navigation=[
            {"Home": list(_SPECIAL.values())},
            *({section.title: _entries(section)} for section in read_contents(docs)),
            {"Commands": command_navigation()},
            {"Reference": [{"Python": list(python)}, {"Documents": document_navigation()}, *http, *codes]},
            {"In the repository": sorted(repository)},
        ],
    )


def _entries(section: Section) -> list[Any]:
    """The pages of a section for MkDocs, those of a directory together."""
    found: list[Any] = []
    for directory, entries in groupby(section.entries, posixpath.dirname):
        pages = [*map(_page_of_entry, entries)]
        found += [{directory.replace("-", " ").capitalize(): pages}] if directory else pages
    return found


def _places(root: Path) -> dict[str, str]:
    """The files of the repository that are on the site, with their paths there: docs/, and whatever that links to."""
    docs = root / "docs"
    pages = sorted(page.relative_to(docs).as_posix() for page in docs.rglob("*.md"))
    listed = [entry for section in read_contents(docs) for entry in section.entries if not entry.endswith(".md")]
    found = {f"docs/{one}": _page_of_entry(one) for one in (*listed, *pages)} | _SPECIAL
    waiting = list(found)
    for origin in waiting:
        for target in link_targets(root, origin):
            if target not in found and (root / target).is_file():
                found[target] = _place_of(target)
                waiting.append(target)
    return found


def _page_of_entry(entry: str) -> str:
    """The page of what docs/README.md lists."""
    return entry if entry.endswith(".md") else f"{Path(entry).stem}.md"


def _place_of(origin: str) -> str:
    """Where a file is that is not in docs/."""
    return f"{_REPOSITORY}{origin}" if Path(origin).suffix in (".md", _IMAGE) else f"{_REPOSITORY}{origin}.md"


def _text(root: Path, origin: str) -> str:
    """The page of a file: its own text, or a listing of it."""
    text = (root / origin).read_text(encoding="utf-8")
    if origin.endswith(".md"):
        return text
    return f"# {origin.removeprefix('docs/')}\n\n{fenced(text, _LANGUAGES.get(Path(origin).suffix, 'text'))}"


def _decisions(docs: Path) -> str:
    lines = ["# Decisions\n", "Choices that a reader would question, a page each.\n"]
    lines += [f"- [{heading(page)}]({page.name})" for page in sorted((docs / "decisions").glob("*.md"))]
    return "\n".join(lines) + "\n"
