"""Fields of ``integrity``, written into manifest files without touching anything else."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from las_registry.compiled.tree import is_inside
from las_registry.load import read_bytes
from las_registry.manifest import content_of
from las_registry.output_file import write_output_file
from las_registry.problem import LEADS_OUT, FieldPath, InvalidFile, Problem
from las_registry.validate import find_problems
from las_registry.yaml_places import Place, find_places
from las_registry.yaml_reader import Document, read_documents
from las_solver.errors import InvalidInput

__all__ = [
    "Edit",
    "IntegrityField",
    "edit_file",
    "edited_text",
    "field_change",
    "integrity_field",
    "manifests_of",
    "read_manifest_file",
]

IntegrityField: TypeAlias = Literal["checksum", "signature"]

_INTEGRITY: FieldPath = ("integrity",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What editing a file came to: how many manifests it has, and in how many of them the field was written."""

    manifests: int
    written: int


def edit_file(path: Path, edited: Callable[[bytes, str], tuple[bytes, Edit]], within: Path | None = None) -> Edit:
    """Puts what `edited` makes of a file's content, and of how it is called, in its place.

    The file is replaced as a whole or not at all. Raises :class:`InvalidInput` if it cannot be read or written, or is
    not in the directory `within`, wherever links lead, where there is one.
    """
    target = Path(os.path.realpath(path))  # unlike Path.resolve, it leaves it to reading to fail
    data = read_manifest_file(target, path, within)
    text, edit = edited(data, str(path))
    if edit.written:
        if not os.access(target, os.W_OK):  # a directory that can be written to would let it be replaced all the same
            raise InvalidInput(f"{path} cannot be written: it is read-only", hint="make it writable, e.g. by chmod u+w")
        write_output_file(target, text)
    return edit


def edited_text(
    data: bytes, file: str, field: IntegrityField, value_of: Callable[[Document], str]
) -> tuple[bytes, Edit]:
    """The bytes of a manifest file with the `field` that belongs to each manifest, and what was written.

    A value that is there already is replaced if it is another. Raises :class:`InvalidFile` if a manifest has a mistake
    in anything but this field, and :class:`InvalidInput` if the field cannot be written without changing what else is
    there.
    """
    documents = manifests_of(data, file)
    problems = [problem for one in documents for problem in find_problems(_without(one, field))]
    if problems:
        raise InvalidFile(problems)
    values = list(map(value_of, documents))
    changed = {
        document.index: value
        for document, value in zip(documents, values, strict=True)
        if integrity_field(document, field) != value
    }
    if not changed:
        return data, Edit(manifests=len(documents), written=0)
    edited = _edit(data, field, changed)
    expected = [_with(one, field, value) for one, value in zip(documents, values, strict=True)]
    if [content_of(one) for one in manifests_of(edited, file)] != expected:
        raise InvalidInput(
            f"{file}: the {field} cannot be written without changing what else is there",
            hint="write it by hand: " + ", ".join(changed.values()),
        )
    return edited, Edit(manifests=len(documents), written=len(changed))


def manifests_of(data: bytes, file: str) -> list[Document]:
    """The documents of a file, without empty ones."""
    documents = [one for one in read_documents(data, file) if one.value is not None or one.problems]
    if not documents:
        raise InvalidFile([Problem(file=file, message="the file is empty", hint="write a manifest first")])
    return documents


def integrity_field(document: Document, field: IntegrityField) -> str | None:
    """The text of a field of ``integrity``, if it is one."""
    integrity = document.value.get("integrity") if isinstance(document.value, dict) else None
    value = integrity.get(field) if isinstance(integrity, dict) else None
    return str(value) if isinstance(value, str) else None


def read_manifest_file(path: Path, shown: Path, within: Path | None = None) -> bytes:
    """The content of the file at `path`; raises :class:`InvalidFile`, in which it is `shown`, if it cannot be read, or
    is not in the directory `within`."""
    if within is not None and not is_inside(os.path.realpath(path), str(within)):
        raise InvalidFile([Problem(file=str(shown), message=f"it cannot be read: {LEADS_OUT}")])
    try:
        return read_bytes(str(path))
    except OSError as error:
        hint = f"name its files, e.g. {shown}/*/manifest.yaml" if os.path.isdir(path) else None  # noqa: PTH112
        message = f"it cannot be read: {error.strerror}"
        raise InvalidFile([Problem(file=str(shown), message=message, hint=hint)]) from None


def field_change(
    text: str, places: Mapping[FieldPath, Place], field: IntegrityField, value: str, line_end: str
) -> tuple[int, int, str]:
    """What to replace in the text of one document, whose values stand in `places`: from where, to where, by what."""
    root, integrity, old = places[()], places.get(_INTEGRITY), places.get((*_INTEGRITY, field))
    line = f"{field}: {value}"
    if old is not None:
        if old.start == old.end:
            return old.start, old.end, f" {value}"
        quote = old.style if old.style in ('"', "'") else ""
        return old.start, old.end, f"{quote}{value}{quote}"
    if integrity is None:
        if root.style == "flow":
            return root.start + 1, root.start + 1, f"integrity: {{{line}}}, "
        return _append(text, root, f"integrity:{line_end}{' ' * (root.column + 2)}{line}", line_end)
    if integrity.style == "block" and integrity.first is not None:
        indent = integrity.first - (text.rfind("\n", 0, integrity.first) + 1)
        return integrity.first, integrity.first, line + line_end + " " * indent
    if integrity.style == "flow":
        inside = integrity.start + 1
        return inside, inside, line if integrity.first is None else f"{line}, "
    space = " " if integrity.start == integrity.end else ""
    return integrity.start, integrity.end, f"{space}{{{line}}}"


def _without(document: Document, field: IntegrityField) -> Document:
    """The document as if it did not have the field, which is to be replaced whatever it says."""
    value = document.value
    integrity = value.get("integrity") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(integrity, dict):
        return document
    rest = {key: one for key, one in integrity.items() if key != field}
    return replace(document, value={**value, "integrity": rest})


def _with(document: Document, field: IntegrityField, text: str) -> object:
    content = content_of(document)
    integrity = content.get("integrity")
    return {**content, "integrity": {**(integrity if isinstance(integrity, dict) else {}), field: text}}


def _edit(data: bytes, field: IntegrityField, values: Mapping[int, str]) -> bytes:
    """The file with the values of a field of some documents, by their index, written into its text."""
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    text = data.removeprefix(mark).decode("utf-8")
    line_end = "\r\n" if "\r\n" in text else "\n"
    for index, places in reversed(list(enumerate(find_places(text)))):
        if index in values:
            start, end, new = field_change(text, places, field, values[index], line_end)
            text = text[:start] + new + text[end:]
    return mark + text.encode("utf-8")


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
