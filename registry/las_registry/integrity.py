"""The checksum that a manifest carries of itself (contract, section 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeAlias

__all__ = ["Content", "checksum_of", "digest_of"]

Content: TypeAlias = "str | int | list[Content] | dict[str, Content]"
"""What a manifest says: texts, integers and booleans (which Python counts as integers), without nulls."""


def digest_of(content: Mapping[str, Content]) -> bytes:
    """The SHA-256 digest of a manifest's content without its ``integrity``, as RFC 8785 canonical JSON."""
    import hashlib  # late: few manifests carry a checksum, and all of a cold start's imports count

    return hashlib.sha256(_canonical({key: one for key, one in content.items() if key != "integrity"})).digest()


def checksum_of(content: Mapping[str, Content]) -> str:
    """The digest as ``integrity.checksum`` carries it: ``sha256:`` and 64 hex digits."""
    return "sha256:" + digest_of(content).hex()


def _canonical(content: dict[str, Content]) -> bytes:
    """The content as RFC 8785 has it.

    For texts, integers and booleans that is what the json module writes, except in the order of keys beyond
    the basic plane: RFC 8785 sorts by UTF-16 code units. The library for it is much slower, and is asked
    for those only.
    """
    text = _encoder()(content)
    if text.isascii() or max(text) < "\ud800":
        return text.encode()
    import rfc8785

    return rfc8785.dumps(content)


@cache
def _encoder() -> Callable[[object], str]:
    import json

    return json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
