"""Profiles that were read before: the YAML library alone takes longer to import than a plan takes to be found.

A profile is known by all its bytes, so that no change goes unnoticed. What is kept are the plain values of its host,
which go through all that accepts a profile again.
"""

from __future__ import annotations

from typing import Final

from las_registry.kept import Kept

__all__ = ["keep_profile", "known_profile"]

_KEPT: Final = Kept("profiles.json", version=2)
_LONGEST: Final = 16 << 10
"""A longer profile is not kept, in bytes."""


def known_profile(data: bytes) -> object | None:
    """The plain values of the host that a profile with the content `data` describes; None if it is not known."""
    key = _key(data)
    return None if key is None else _KEPT.get(key)


def keep_profile(data: bytes, document: object) -> None:
    """From now on, `document` is known as what a profile with the content `data` describes."""
    key = _key(data)
    if key is not None:
        _KEPT.keep(key, document)


def _key(data: bytes) -> str | None:
    try:
        return data.decode() if len(data) <= _LONGEST else None
    except UnicodeDecodeError:
        return None
