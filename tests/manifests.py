"""A builder of manifest texts and registries for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from las_registry.manifest import Manifest, Pool, read_manifest
from las_registry.problem import Problem
from las_registry.registry import Registry
from las_registry.yaml_reader import read_documents

UNKNOWN_SIGNATURE = f"ed25519:{'0' * 64}:{'A' * 86}=="
"""A signature by a key that nobody has."""


def manifest_text(name: str = "app", version: str = "1.0", rest: str = "", *, modes: str = "[native]") -> str:
    """A manifest that is right, with `rest` as further lines."""
    head = f"name: {name}\ncategory: tool\nversion: {version}\ndescription: Something\n"
    return f"{head}runtime:\n  modes: {modes}\n{rest}"


def read_one(text: str | bytes) -> Manifest | tuple[Problem, ...]:
    """The manifest of a text with one document, or what is wrong with it."""
    data = text.encode() if isinstance(text, str) else text
    (document,) = read_documents(data, "app/manifest.yaml")
    return read_manifest(document, "app/manifest.yaml", Pool())


def accepted(text: str | bytes) -> Manifest:
    """The manifest of a text; fails if anything is wrong with it."""
    found = read_one(text)
    assert isinstance(found, Manifest), "\n".join(map(str, found))
    return found


def problems_of(text: str | bytes) -> list[str]:
    """What is wrong with a text, rendered; fails if nothing is."""
    found = read_one(text)
    assert not isinstance(found, Manifest), "nothing is wrong with it"
    return [str(one) for one in found]


def write_files(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files by their paths below `directory`, which is returned."""
    for path, content in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return directory


def load(directory: Path, files: Mapping[str, str | bytes]) -> Registry:
    """The registry of the files."""
    return Registry.load([write_files(directory, files)])


def listed(registry: Registry) -> list[str]:
    """Every module version of a registry, as text."""
    return [str(one) for name in registry.names() for one in registry.versions(name)]
