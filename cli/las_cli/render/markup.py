"""HTML as text that is right by construction: whatever is not markup already is escaped."""

from __future__ import annotations

from html import escape
from typing import Final

from las_cli.render.terminal import printable

__all__ = ["Markup", "joined", "tag"]

_EMPTY: Final = frozenset({"br", "hr", "meta", "path", "rect"})


class Markup(str):
    """Text that is HTML; only this module makes it from text that is not."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | float | bool | None) -> Markup:
    """The element `name` with its `children`, escaped unless they are :class:`Markup`.

    An attribute's underscores stand for hyphens, and one at its end for nothing, as in ``class_``. One that is False,
    None or empty is left out, one that is True has no value, and a number is rounded to a tenth.
    """
    written = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    inner = joined(*children)
    if name in _EMPTY and not inner:
        return Markup(f"<{name}{written}>" if name not in ("path", "rect") else f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{inner}</{name}>")


def joined(*parts: str) -> Markup:
    """`parts` one after the other, escaped unless they are :class:`Markup`."""
    return Markup("".join(part if isinstance(part, Markup) else escape(printable(part)) for part in parts))


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False or value == "":
        return ""
    if value is True:
        return f" {name}"
    text = value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
    return f' {name}="{escape(printable(text))}"'
