"""The page of all that `las-solve registry lint` finds."""

from __future__ import annotations

from typing import Final

from docs_site.markdown import code, escaped
from las_registry.lint.codes import CODES, GROUPS, Code, group_of

__all__ = ["lint_code_pages"]

_PAGE: Final = "lint-codes.md"


def lint_code_pages() -> dict[str, str]:
    """The page of all codes, by its path on the site."""
    parts = ["# Codes of registry lint\n", "What each code means, and how findings are used: [lint](lint.md).\n"]
    for group, title in GROUPS.items():
        parts.append(f"## {group}: {escaped(title)}\n")
        parts += [_entry(one) for one in CODES.values() if group_of(one.code) == title]
    return {_PAGE: "\n".join(parts)}


def _entry(found: Code) -> str:
    term = f"### {found.code} {found.name} {{ #{found.code} }}\n"
    text = f"{escaped(found.title)} (*{found.severity.name.lower()}*). {escaped(found.why)}\n"
    return f"{term}\n{text}\nExample: {code(found.example)}\n"
