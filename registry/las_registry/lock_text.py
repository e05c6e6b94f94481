"""Lock files as text: docs/lock.md describes the format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from las_registry.lock import FORMAT, KEYS, Lock
from las_registry.yaml_text import scalar_text
from las_solver.model import Request, Strategy

__all__ = ["lock_text"]

_ABOUT: Final = "# Written by las-solve lock; las-solve plan --locked obeys it. Keep it with what needs these modules."
_NO_TEXT: Final = re.compile(r"[0-9].*|y|yes|n|no|true|false|on|off", re.IGNORECASE)
"""Texts that some readers of YAML take for numbers, dates or booleans unless they are quoted."""


def lock_text(lock: Lock) -> str:
    """`lock` as a file that :func:`las_registry.lock.read_lock` reads as the same, and whose lines are about one thing
    each; options that were not used are left out."""
    return "".join(f"{line}\n" for line in _lines(lock))


def _lines(lock: Lock) -> Iterator[str]:
    yield _ABOUT
    yield f"{KEYS[0]}: {FORMAT}"
    yield "request:"
    yield from (f"  - {_text(str(requirement))}" for requirement in lock.request.requirements)
    if options := list(_options(lock.request)):
        yield "options:"
        yield from options
    yield f"registry: {_text(lock.registry)}"
    yield "host:" if lock.facts else "host: {}"
    yield from (f"  {_text(fact)}: {_text(value)}" for fact, value in lock.facts.items())
    yield "modules:"
    for module in lock.modules:
        yield f"  {_text(module.name)}:"
        yield f"    version: {_text(str(module.version))}"
        yield f"    mode: {_text(module.mode)}"
        yield f"    checksum: {_text(module.checksum)}"


def _options(request: Request) -> Iterator[str]:
    if request.strategy is not Strategy.NEWEST:
        yield f"  strategy: {request.strategy}"
    if request.prereleases:
        yield "  prereleases: true"
    if request.modes is not None:
        yield f"  modes: {_list(sorted(request.modes))}"
    if request.forced_modes:
        yield "  forced_modes:"
        yield from (f"    {_text(name)}: {_text(mode)}" for name, mode in sorted(request.forced_modes.items()))
    if request.preferred:
        yield f"  preferred: {_list(request.preferred)}"
    if request.excluded:
        yield f"  excluded: {_list(map(str, request.excluded))}"


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    """A text that every reader of YAML takes for one."""
    return f'"{text}"' if _NO_TEXT.fullmatch(text) and scalar_text(text) == text else scalar_text(text)
