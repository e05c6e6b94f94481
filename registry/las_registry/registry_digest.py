"""The digest of a registry: over a line for each of its modules, so that who keeps these lines needs no manifests.

It is documented in ``docs/manifests.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

__all__ = ["digest_of", "module_line"]


def module_line(name: str, marks: Iterable[str]) -> str:
    """The line of the module called `name`, whose manifests are known by `marks`."""
    return f"{name} {_digest(marks)}"


def digest_of(lines: Iterable[str]) -> str:
    """The digest of the registry that has the modules of these `lines`."""
    return "sha256:" + _digest(lines)


def _digest(lines: Iterable[str]) -> str:
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()
