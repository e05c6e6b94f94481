"""A digest of all that planning depends on in a store: two stores with the same digest give the same plans."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

__all__ = ["content_digest"]


def content_digest(
    installed: Iterable[tuple[str, str, str]], deprecated: Iterable[tuple[str, str]], pins: Iterable[str]
) -> str:
    """``sha256:`` and 64 hex digits, over what is installed (name, version, digest of the manifest), what is
    deprecated (name, version) and the pins, each in order, a line each."""
    lines = [
        *(f"installed {' '.join(one)}" for one in sorted(installed)),
        *(f"deprecated {' '.join(one)}" for one in sorted(deprecated)),
        *(f"pinned {one}" for one in sorted(pins)),
    ]
    digest = sha256("\n".join(lines).encode()).hexdigest()
    return f"sha256:{digest}"
