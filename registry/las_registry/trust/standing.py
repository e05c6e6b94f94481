"""Who vouches for a manifest (contract, section 8; decision 0021)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from las_solver.lazy_dataclass import dataclass

__all__ = ["UNSIGNED", "Kind", "Standing", "short_key"]

_DIGITS: Final = 16

Kind: TypeAlias = Literal["valid", "listed", "other-names", "unknown-key", "unsigned"]
"""``valid``: signed by a trusted key that counts for the module. ``listed``: covered by a signed list by such a key.
``other-names``: signed by a trusted key that does not count for this module or this registry. ``unknown-key``: signed
by a key that the user does not trust, so that nothing could be checked."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who vouches for a manifest; `key_id` is the key that is concerned, None where none is."""

    kind: Kind
    key_id: str | None = None

    @property
    def is_vouched_for(self) -> bool:
        """Whether a key vouches for it that the user trusts to."""
        return self.kind in ("valid", "listed")

    @property
    def text(self) -> str:
        """The standing as one word, or two where there is a key."""
        return self.kind if self.key_id is None else f"{self.kind} {self.key_id}"

    @classmethod
    def of_text(cls, text: str) -> Standing:
        """The standing that :attr:`text` spells."""
        kind, _, key_id = text.partition(" ")
        return cls(kind, key_id or None)  # type: ignore[arg-type]  # what an index has was written by `text`


UNSIGNED: Final = Standing("unsigned")


def short_key(key_id: str | None) -> str:
    """The beginning of a key's id, by which messages name it; empty if there is no key."""
    return (key_id or "")[:_DIGITS]
