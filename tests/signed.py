"""Signed manifests and users' trust for tests, made without the project's own signing."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@cache
def key(seed: str) -> Ed25519PrivateKey:
    """A private key, the same for the same seed."""
    return Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest())


def public(seed: str) -> bytes:
    """The 32 bytes of the public key."""
    return key(seed).public_key().public_bytes_raw()


def id_of(seed: str) -> str:
    """The id of the key."""
    return sha256(public(seed)).hexdigest()


def message(text: str) -> bytes:
    """What is signed of a manifest that has texts alone (contract, section 8)."""
    content: dict[str, Any] = yaml.load(text, yaml.BaseLoader)
    content.pop("integrity", None)
    return b"las-solve manifest v1\0" + sha256(rfc8785.dumps(content)).digest()


def signature(text: str, seed: str) -> str:
    """The signature of a manifest by a key."""
    return f"ed25519:{id_of(seed)}:{b64encode(key(seed).sign(message(text))).decode()}"


def signed(text: str, seed: str) -> str:
    """A manifest, which has no integrity field, with its signature."""
    return f"{text}integrity: {{signature: {signature(text, seed)}}}\n"


def write_keys(settings: Path, seeds: Iterable[str], revoked: Mapping[str, str] | None = None) -> None:
    """The keys that a user trusts, and those that are revoked, with the reasons."""
    document = {
        "format": 1,
        "keys": [
            {"id": id_of(one), "public": b64encode(public(one)).decode(), "comment": one} for one in sorted(seeds)
        ],
        "revoked": [{"id": id_of(one), "reason": why} for one, why in sorted((revoked or {}).items())],
    }
    _write(settings / "keys.json", json.dumps(document))


def write_policy(settings: Path, directory: Path, **policy: object) -> None:
    """What a user asks of one registry."""
    _write(settings / "registries.yaml", json.dumps({"registries": [{"path": str(directory), **policy}]}))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.chmod(path, 0o600)  # noqa: PTH101
