"""Docstrings as Markdown: roles such as ``:class:`Plan` `` become links to public names, or code."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import Any, Final

import griffe

from docs_site.python_names import canonical_names

__all__ = ["Roles", "as_markdown"]

_DOCUMENT: Final = re.compile(r"(?<!\[)docs/(?P<page>[a-z/-]+)\.md")
_ROLE: Final = re.compile(r":(?:attr|class|data|exc|func|meth|mod):`(?P<short>~?)(?P<target>[\w.]+)`")


class Roles(griffe.Extension):
    """What griffe calls for what it reads."""

    def on_alias_instance(self, *, alias: griffe.Alias, **kwargs: Any) -> None:
        """Takes our dataclasses for those of the standard library, of which griffe knows what they have."""
        if alias.target_path == "las_solver.lazy_dataclass.dataclass":
            alias.target_path = "dataclasses.dataclass"

    def on_instance(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Rewrites the docstring of `obj`."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value, of=obj.path)

    def on_class_members(self, *, cls: griffe.Class, **kwargs: Any) -> None:
        """Lists the members of enumerations, which have no docstrings of their own."""
        if cls.docstring is not None and any(str(base).endswith("Enum") for base in cls.bases):
            members = [f"`{name} = {one.value}`" for name, one in cls.attributes.items() if one.docstring is None]
            cls.docstring.value += f"\n\nMembers: {', '.join(members)}." if members else ""


def as_markdown(text: str, *, of: str) -> str:
    """The docstring of the object `of` as Markdown, for a page in a directory of the site."""

    def reference(role: re.Match[str]) -> str:
        target = role["target"]
        shown = target.rpartition(".")[2]
        public = _public(target, of)
        return f"`{shown}`" if public is None else f"[`{shown}`][{public}]"

    return _DOCUMENT.sub(r"[\g<0>](../\g<page>.md)", _ROLE.sub(reference, text))


@cache
def _public_names() -> dict[str, str]:
    """What public names are called, by where they are defined, by that itself, and by their last words."""
    defined = canonical_names()
    short = {name.rpartition(".")[2]: name for name in reversed(defined.values())}
    return {**short, **{name: name for name in defined.values()}, **defined}


def _public(target: str, of: str) -> str | None:
    """What `target`, as the docstring of `of` writes it, is called on the site, if it is public: a public name, or an
    attribute of one, which may be that of `of`."""
    names = _public_names()
    if target in names:
        return names[target]
    owner, _, attribute = target.rpartition(".")
    for class_ in (owner, of, of.rpartition(".")[0]):
        if class_ in names and hasattr(_object(names[class_]), attribute):
            return f"{names[class_]}.{attribute}"
    return None


def _object(name: str) -> object:
    package, _, attribute = name.rpartition(".")
    return getattr(import_module(package), attribute)
