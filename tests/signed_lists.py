"""Builders of keys, registries and signed lists for tests."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from manifests import manifest_text, write_files

from las_registry.compiled.tree import walk
from las_registry.trust.envelope import signed_envelope
from las_registry.trust.keys import PrivateKey
from las_registry.trust.signed_list import LIST_NAME, PAYLOAD_TYPE, SignedList, read_list
from las_registry.trust.trusted_keys import RevokedKey, TrustedKey, TrustedKeys

NOW = 1_800_000_000  # 2027-01-15T08:00:00Z
REGISTRY = "0123456789abcdef" * 2


def private_key(number: int) -> PrivateKey:
    """The same key for the same number."""
    return PrivateKey(Ed25519PrivateKey.from_private_bytes(sha256(bytes([number])).digest()))


OURS, OTHER = private_key(1), private_key(2)


def trusting(*keys: PrivateKey, revoked: Iterable[PrivateKey] = ()) -> TrustedKeys:
    """The keys of a user who trusts `keys`."""
    return TrustedKeys(
        {one.id: TrustedKey(one.id, one.public) for one in keys},
        {one.id: RevokedKey(one.id, "it was stolen") for one in revoked},
    )


def write_registry(directory: Path, *names: str, version: str = "1.0") -> Path:
    """A registry with a manifest for each name."""
    return write_files(directory, {f"{name}/manifest.yaml": manifest_text(name, version) for name in names})


def digests(directory: Path) -> dict[str, str | None]:
    """The SHA-256 of each manifest file of a registry."""
    return {path: sha256((directory / path).read_bytes()).hexdigest() for path in walk(str(directory)).files()}


def read(directory: Path, keys: TrustedKeys) -> SignedList:
    """The list of a registry."""
    return read_list((directory / LIST_NAME).read_bytes(), LIST_NAME, keys)


def payload_of(data: bytes) -> dict[str, Any]:
    """What is signed in a list."""
    payload: dict[str, Any] = json.loads(b64decode(json.loads(data)["payload"]))
    return payload


def change_payload(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Changes what is signed in the list of a registry, as one does who cannot sign."""
    path = directory / LIST_NAME
    envelope, payload = json.loads(path.read_bytes()), payload_of(path.read_bytes())
    change(payload)
    envelope["payload"] = b64encode(json.dumps(payload).encode()).decode()
    path.write_text(json.dumps(envelope))


def add_signature(directory: Path, key_id: str, signature: bytes) -> None:
    """Adds a signature to the list of a registry."""
    path = directory / LIST_NAME
    envelope = json.loads(path.read_bytes())
    envelope["signatures"].append({"keyid": key_id, "sig": b64encode(signature).decode()})
    path.write_text(json.dumps(envelope))


def signature_by(directory: Path, key: PrivateKey) -> bytes:
    """The signature of `key` on what is signed in the list of a registry."""
    payload = b64decode(json.loads((directory / LIST_NAME).read_bytes())["payload"])
    (one,) = json.loads(signed_envelope(payload, PAYLOAD_TYPE, key))["signatures"]
    return b64decode(one["sig"])
