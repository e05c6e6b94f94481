"""Manifests as the store keeps them: JSON texts in one spelling, known by their SHA-256."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from packaging.version import Version

from las_registry.manifest import Manifest, Pool, read_manifest
from las_registry.problem import render_problems
from las_registry.yaml_document import Document
from las_solver.errors import InvalidInput
from las_solver.model import ModuleVersion

__all__ = [
    "KeptManifest",
    "digest_of_text",
    "keep_manifest",
    "manifest_text",
    "read_kept_manifest",
]

_TYPED: Final = (("cpu", "cores_min"), ("gpu", "multi_gpu"))
"""The fields of ``hardware`` whose values are integers and booleans in JSON; all others are texts."""


@dataclass(frozen=True, slots=True)
class KeptManifest:
    """A manifest to be kept: its text, the digest that it is known by, and what it describes."""

    text: str
    digest: str
    module: ModuleVersion


def manifest_text(manifest: Manifest) -> str:
    """The text that the store keeps of an accepted manifest: JSON, keys in order, as short as can be."""
    return json.dumps(manifest.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of_text(text: str) -> str:
    """The digest that a kept manifest is known by: ``sha256:`` and 64 hex digits."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def keep_manifest(text: str, name: str, version: Version) -> KeptManifest:
    """The manifest in a JSON text, in the spelling of the store.

    Raises :class:`InvalidInput` if it is none, or not that of this module at this version.
    """
    source = f"the manifest of {name} {version}"
    try:
        content = json.loads(text)
        text.encode()
    except (ValueError, RecursionError):
        raise InvalidInput(f"{source} is not JSON") from None
    manifest = _read(content, source, Pool())
    found = manifest.module
    if (found.name, found.version) != (name, version):
        raise InvalidInput(f"{source} is one of {found}")
    try:
        kept = manifest_text(manifest)
        return KeptManifest(kept, digest_of_text(kept), found)
    except (UnicodeEncodeError, RecursionError):
        raise InvalidInput(f"{source} is not text that can be kept") from None


def read_kept_manifest(text: str, name: str, version: Version, pool: Pool | None = None) -> ModuleVersion:
    """What a kept manifest describes; its `source` is ``installed <name> <version>``.

    Raises :class:`InvalidInput` if it cannot be read, or is another's.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(f"the manifest of {name} {version} that is kept is not JSON") from None
    found = _read(content, f"installed {name} {version}", Pool() if pool is None else pool).module
    if found.name != name or found.version != version:
        raise InvalidInput(f"the manifest of {name} {version} that is kept is one of {found}")
    return found


def _read(content: Any, source: str, pool: Pool) -> Manifest:
    """The manifest with this content; it was accepted before, so its checksum is not compared again."""
    if isinstance(content, dict):
        _spell_typed_fields(content)
    read = read_manifest(Document(file=source, index=0, line=1, value=content), source, pool, was_accepted=True)
    if isinstance(read, Manifest):
        return read
    raise InvalidInput(
        f"the manifest of {source.removeprefix('the manifest of ')} is not accepted\n{render_problems(read)}"
    )


def _spell_typed_fields(content: dict[str, Any]) -> None:
    """Turns integers and booleans into the text that a reader of YAML makes of them."""
    hardware = content.get("hardware")
    if isinstance(hardware, dict):
        for section, field in _TYPED:
            fields = hardware.get(section)
            if isinstance(fields, dict) and isinstance(fields.get(field), int):
                fields[field] = str(fields[field]).lower()
