"""The signature that a manifest carries, and what it is of (contract, section 8)."""

from __future__ import annotations

import re
from typing import Final, Self

from las_solver.errors import InvalidInput
from las_solver.lazy_dataclass import dataclass

__all__ = ["Signature", "exact_base64", "is_key_id", "message_of"]

_KEY_ID: Final = re.compile(r"[0-9a-f]{64}")
_BYTES: Final = 64
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature: the id of the key that is said to have made it, and its 64 bytes."""

    key_id: str
    value: bytes

    @property
    def text(self) -> str:
        """The signature as ``integrity.signature`` carries it."""
        from base64 import b64encode

        return f"ed25519:{self.key_id}:{b64encode(self.value).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The signature that `text` spells; raises :class:`InvalidInput` unless it is the one way to spell it."""
        algorithm, _, rest = text.partition(":")
        key_id, _, encoded = rest.partition(":")
        if algorithm != "ed25519":
            raise _not_a_signature(
                text, f"{_shown(algorithm)} is not an algorithm that is known here, which is ed25519"
            )
        if not is_key_id(key_id):
            raise _not_a_signature(text, f"{_shown(key_id)} is not the id of a key, which has 64 digits 0-9 and a-f")
        value = exact_base64(encoded, _BYTES)
        if value is None:
            raise _not_a_signature(text, f"{_shown(encoded)} is not base64 of {_BYTES} bytes")
        return cls(key_id, value)


def message_of(digest: bytes) -> bytes:
    """What is signed for a manifest with this digest of 32 bytes."""
    if len(digest) != 32:
        raise ValueError(f"a SHA-256 digest has 32 bytes, not {len(digest)}")
    return b"las-solve manifest v1\0" + digest


def is_key_id(text: str) -> bool:
    """Whether `text` has the form of a key's id."""
    return _KEY_ID.fullmatch(text) is not None


def exact_base64(text: str, length: int) -> bytes | None:
    """The bytes that `text` spells in standard base64; None unless these are `length`, spelled in the one right way."""
    from base64 import b64decode, b64encode

    if len(text) != (length + 2) // 3 * 4:
        return None
    try:
        value = b64decode(text, validate=True)
    except ValueError:
        return None
    return value if len(value) == length and b64encode(value).decode() == text else None


def _not_a_signature(text: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{_shown(text)} is not a signature: {why}",
        hint="las-solve registry sign --key KEY FILE writes it",
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "...")
