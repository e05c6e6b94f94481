"""Sealing: the checksum of each manifest of a file, written into it without touching anything else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from las_registry.integrity import checksum_of
from las_registry.load import read_bytes
from las_registry.manifest import content_of
from las_registry.output_file import write_output_file
from las_registry.problem import FieldPath, InvalidFile, Problem
from las_registry.validate import find_problems
from las_registry.yaml_places import Place, find_places
from las_registry.yaml_reader import Document, read_documents
from las_solver.errors import InvalidInput

__all__ = ["Seal", "seal_file", "sealed_text", "unsealed"]

_INTEGRITY: FieldPath = ("integrity",)
_CHECKSUM: FieldPath = ("integrity", "checksum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What sealing a file came to: how many manifests it has, and how many checksums were written."""

    manifests: int
    written: int


def seal_file(path: Path) -> Seal:
    """Write into a file the checksum of each of its manifests; one that is there already is replaced if it
    is wrong.

    The file is replaced as a whole or not at all. Raises :class:`InvalidFile` if a manifest has another
    mistake than its checksum, and :class:`InvalidInput` if the checksum cannot be written without changing
    what else is there.
    """
    target = Path(os.path.realpath(path))  # unlike Path.resolve, it leaves it to reading to fail
    data = _read(target, path)
    text, seal = sealed_text(data, str(path))
    if seal.written:
        if not os.access(target, os.W_OK):  # a directory that can be written to would let it be replaced all the same
            raise InvalidInput(f"{path} cannot be written: it is read-only", hint="make it writable, e.g. by chmod u+w")
        write_output_file(target, text)
    return seal


def unsealed(path: Path) -> tuple[Problem, ...]:
    """A problem for each manifest of a file that has no checksum, or one that does not match, and all
    others."""
    problems: list[Problem] = []
    for document in _manifests(_read(path, path), str(path)):
        found = find_problems(document)
        if not found and _checksum_in(document) is None:
            hint = "las-solve registry seal FILE writes it"
            found = (document.problem(_CHECKSUM, "the manifest has no checksum", hint),)
        problems.extend(found)
    return tuple(problems)


def sealed_text(data: bytes, file: str) -> tuple[bytes, Seal]:
    """The bytes of a manifest file with the checksum of each manifest, and what was written."""
    documents = _manifests(data, file)
    problems = [problem for one in documents for problem in find_problems(_without_checksum(one))]
    if problems:
        raise InvalidFile(problems)
    checksums = [checksum_of(content_of(one)) for one in documents]
    changed = {
        document.index: checksum
        for document, checksum in zip(documents, checksums, strict=True)
        if _checksum_in(document) != checksum
    }
    if not changed:
        return data, Seal(manifests=len(documents), written=0)
    sealed = _edit(data, changed)
    if _contents(sealed, file) != list(map(_with_checksum, documents, checksums)):
        raise InvalidInput(
            f"{file}: the checksum cannot be written without changing what else is there",
            hint="write it by hand: " + ", ".join(changed.values()),
        )
    return sealed, Seal(manifests=len(documents), written=len(changed))


def _manifests(data: bytes, file: str) -> list[Document]:
    """The documents of a file, without empty ones."""
    documents = [one for one in read_documents(data, file) if one.value is not None or one.problems]
    if not documents:
        raise InvalidFile([Problem(file=file, message="the file is empty", hint="write a manifest first")])
    return documents


def _contents(data: bytes, file: str) -> list[object]:
    return [content_of(one) for one in _manifests(data, file)]


def _checksum_in(document: Document) -> str | None:
    integrity = document.value.get("integrity") if isinstance(document.value, dict) else None
    checksum = integrity.get("checksum") if isinstance(integrity, dict) else None
    return str(checksum) if isinstance(checksum, str) else None


def _without_checksum(document: Document) -> Document:
    """The document as if it had no checksum, which is to be replaced whatever it says."""
    value = document.value
    integrity = value.get("integrity") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(integrity, dict):
        return document
    rest = {key: one for key, one in integrity.items() if key != "checksum"}
    return replace(document, value={**value, "integrity": rest})


def _with_checksum(document: Document, checksum: str) -> object:
    content = content_of(document)
    integrity = content.get("integrity")
    return {**content, "integrity": {**(integrity if isinstance(integrity, dict) else {}), "checksum": checksum}}


def _edit(data: bytes, checksums: Mapping[int, str]) -> bytes:
    """The file with the checksums of some documents, by their index, written into its text."""
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    text = data.removeprefix(mark).decode("utf-8")
    line_end = "\r\n" if "\r\n" in text else "\n"
    for index, places in reversed(list(enumerate(find_places(text)))):
        if index in checksums:
            start, end, new = _change(text, places, checksums[index], line_end)
            text = text[:start] + new + text[end:]
    return mark + text.encode("utf-8")


def _change(text: str, places: Mapping[FieldPath, Place], checksum: str, line_end: str) -> tuple[int, int, str]:
    """What to replace in one document: from where, to where, by what."""
    root, integrity, old = places[()], places.get(_INTEGRITY), places.get(_CHECKSUM)
    field = f"checksum: {checksum}"
    if old is not None:
        if old.start == old.end:
            return old.start, old.end, f" {checksum}"
        quote = old.style if old.style in ('"', "'") else ""
        return old.start, old.end, f"{quote}{checksum}{quote}"
    if integrity is None:
        if root.style == "flow":
            return root.start + 1, root.start + 1, f"integrity: {{{field}}}, "
        return _append(text, root, f"integrity:{line_end}{' ' * (root.column + 2)}{field}", line_end)
    if integrity.style == "block" and integrity.first is not None:
        indent = integrity.first - (text.rfind("\n", 0, integrity.first) + 1)
        return integrity.first, integrity.first, field + line_end + " " * indent
    if integrity.style == "flow":
        inside = integrity.start + 1
        return inside, inside, field if integrity.first is None else f"{field}, "
    space = " " if integrity.start == integrity.end else ""
    return integrity.start, integrity.end, f"{space}{{{field}}}"


def _append(text: str, root: Place, lines: str, line_end: str) -> tuple[int, int, str]:
    """Put `lines` after the last value of a block mapping, below what else stands in its line."""
    at = root.last
    indented = " " * root.column + lines
    if at > 0 and text[at - 1] == "\n":
        return at, at, indented + line_end
    found = text.find("\n", at)
    if found < 0:
        return len(text), len(text), line_end + indented + line_end
    return found + 1, found + 1, indented + line_end


def _read(path: Path, shown: Path) -> bytes:
    try:
        return read_bytes(str(path))
    except OSError as error:
        hint = f"name its files, e.g. {shown}/*/manifest.yaml" if isinstance(error, IsADirectoryError) else None
        message = f"it cannot be read: {error.strerror}"
        raise InvalidFile([Problem(file=str(shown), message=message, hint=hint)]) from None
