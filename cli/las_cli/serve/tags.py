"""What an answer is known by: its entity tag (RFC 9110, section 8.8.3)."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from typing import Final

__all__ = ["RELEASE", "tag_of"]

RELEASE: Final = version("las-solve")
"""What else an answer depends on: another release may say another thing."""


def tag_of(*parts: str | bytes) -> str:
    """A tag for what depends on `parts` alone."""
    digest = sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()[:32]
