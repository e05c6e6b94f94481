"""Sealing: the checksum of each manifest of a file, written into it without touching anything else."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from las_registry.integrity import checksum_of
from las_registry.manifest import content_of
from las_registry.manifest_edit import (
    Edit,
    edit_file,
    edited_text,
    integrity_field,
    manifests_of,
    read_manifest_file,
)
from las_registry.problem import Problem
from las_registry.validate import find_problems

__all__ = ["Seal", "seal_file", "sealed_text", "unsealed"]

Seal: TypeAlias = Edit
"""What sealing a file came to: how many manifests it has, and how many checksums were written."""


def seal_file(path: Path, within: Path | None = None) -> Seal:
    """Write into a file the checksum of each of its manifests; one that is there already is replaced if it
    is wrong.

    Where there is a directory `within`, the file has to be in it, wherever links lead.

    The file is replaced as a whole or not at all. Raises :class:`InvalidFile` if a manifest has another
    mistake than its checksum, and :class:`InvalidInput` if the checksum cannot be written without changing
    what else is there.
    """
    return edit_file(path, sealed_text, within)


def unsealed(path: Path, within: Path | None = None) -> tuple[Problem, ...]:
    """A problem for each manifest of a file that has no checksum, or one that does not match, and all
    others."""
    problems: list[Problem] = []
    for document in manifests_of(read_manifest_file(path, path, within), str(path)):
        found = find_problems(document)
        if not found and integrity_field(document, "checksum") is None:
            hint = "las-solve registry seal FILE writes it"
            found = (document.problem(("integrity", "checksum"), "the manifest has no checksum", hint),)
        problems.extend(found)
    return tuple(problems)


def sealed_text(data: bytes, file: str) -> tuple[bytes, Seal]:
    """The bytes of a manifest file with the checksum of each manifest, and what was written."""
    return edited_text(data, file, "checksum", lambda document: checksum_of(content_of(document)))
