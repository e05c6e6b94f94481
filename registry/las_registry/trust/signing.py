"""Signing: the signature of each manifest of a file, written into it without touching anything else."""

from __future__ import annotations

from pathlib import Path

from las_registry.integrity import digest_of
from las_registry.manifest import content_of
from las_registry.manifest_edit import Edit, edit_file, edited_text
from las_registry.trust.keys import PrivateKey
from las_registry.trust.signature import Signature, message_of

__all__ = ["sign_file", "signed_text"]


def sign_file(path: Path, key: PrivateKey, within: Path | None = None) -> Edit:
    """Writes into a file the signature of each of its manifests by `key`, in place of another that is there.

    Where there is a directory `within`, the file has to be in it, wherever links lead.

    The file is replaced as a whole or not at all. Raises :class:`InvalidFile` if a manifest has any mistake, a checksum
    that does not match among them, and :class:`InvalidInput` if the signature cannot be written without changing what
    else is there.
    """
    return edit_file(path, lambda data, file: signed_text(data, file, key), within)


def signed_text(data: bytes, file: str, key: PrivateKey) -> tuple[bytes, Edit]:
    """The bytes of a manifest file with the signature of each manifest, and what was written."""
    its_id = key.id
    return edited_text(
        data,
        file,
        "signature",
        lambda document: Signature(its_id, key.sign(message_of(digest_of(content_of(document))))).text,
    )
