"""Mending what is mechanical: the text of manifests, edited in place without touching anything else (docs/lint.md).

A manifest that carries a signature is left alone, and so is one with a mistake that nothing mechanical mends. One whose
checksum is of other content is changed only together with the checksum.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from las_registry.integrity import checksum_of
from las_registry.lint.finding import Finding, Fix, FixKind
from las_registry.load import read_bytes
from las_registry.manifest import Manifest, Pool, content_of, read_manifest
from las_registry.manifest_edit import field_change, integrity_field
from las_registry.output_file import write_output_file
from las_registry.problem import FieldPath
from las_registry.yaml_places import Place, find_places
from las_registry.yaml_reader import Document, read_documents
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput

__all__ = ["FixableFile", "FixedFile", "Replacement", "fixed_files", "write_fixed"]

_ENTRIES: Mapping[FieldPath, Callable[[str], Requirement]] = {
    ("dependencies", "modules"): Requirement.parse,
    ("dependencies", "runtime"): Requirement.parse_runtime,
}


@dataclass(frozen=True, slots=True)
class Replacement:
    """The characters from `start` to `end` of a text, to be replaced by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedFile:
    """A file before and after it was mended, and what was done."""

    path: Path
    before: bytes
    after: bytes
    done: tuple[Fix, ...]


def fixed_files(findings: Iterable[Finding], *, reseal: bool = False) -> tuple[FixedFile, ...]:
    """The files of `findings` that can be mended, in order; nothing is written.

    A checksum of other content is replaced only if `reseal`: it may be all that tells that somebody changed the
    manifest.
    """
    wanted: dict[str, set[Fix]] = defaultdict(set)
    for one in findings:
        if one.fix is not None and (reseal or one.fix.kind is not FixKind.RESEAL):
            wanted[one.file].add(one.fix)
    made = []
    for file in sorted(wanted):
        fixable = FixableFile.read(file)
        fixed = None if fixable is None else fixable.fixed(wanted[file])
        if fixed is not None:
            made.append(fixed)
    return tuple(made)


def write_fixed(fixed: FixedFile) -> None:
    """Puts the mended file in the place of the old one, as a whole.

    Raises :class:`InvalidInput` if it cannot be written, or has changed since it was read.
    """
    target = Path(os.path.realpath(fixed.path))
    try:
        has_changed = read_bytes(str(target)) != fixed.before
    except OSError as error:
        raise InvalidInput(f"{fixed.path} cannot be read: {error.strerror}") from None
    if has_changed:
        raise InvalidInput(f"{fixed.path} has changed while it was looked at", hint="run the command again")
    if not os.access(target, os.W_OK):  # a directory that can be written to would let it be replaced all the same
        raise InvalidInput(
            f"{fixed.path} cannot be written: it is read-only", hint="make it writable, e.g. by chmod u+w"
        )
    write_output_file(target, fixed.after)


class FixableFile:
    """A manifest file that is there and is YAML throughout, and where everything stands in it."""

    def __init__(self, path: Path, data: bytes, documents: Sequence[Document]) -> None:
        self.path = path
        self._data = data
        self._mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        self.text = data.removeprefix(self._mark).decode("utf-8")
        self._documents = {one.index: one for one in documents}
        self._places = dict(enumerate(find_places(self.text)))
        self._line_end = "\r\n" if "\r\n" in self.text else "\n"

    @classmethod
    def read(cls, file: str) -> FixableFile | None:
        """The file that a finding names; None where nothing can be mended in it."""
        path = Path(file)
        try:
            data = read_bytes(file)
            documents = list(read_documents(data, file))
            if not all(one.complete for one in documents):
                return None
            return cls(path, data, documents)
        except (OSError, ValueError):
            return None

    def edits(self, fixes: Iterable[Fix]) -> tuple[Replacement, ...]:
        """What to replace in the text to carry out these fixes together; those that do not fit the file any more, or
        that cannot be carried out without touching anything else, are left out."""
        return self._edits(fixes)[0]

    def fixed(self, fixes: Iterable[Fix]) -> FixedFile | None:
        """The file with these fixes; None if none of them can be carried out."""
        edits, done, contents = self._edits(fixes)
        if not edits:
            return None
        after = self._mark + _applied(self.text, edits).encode("utf-8")
        again = {one.index: one for one in read_documents(after, str(self.path))}
        expected = {index: contents.get(index, one.value) for index, one in self._documents.items()}
        if {index: content_of(one) for index, one in again.items()} != {
            index: content_of(replace(one, value=expected[index])) for index, one in self._documents.items()
        }:
            return None
        return FixedFile(path=self.path, before=self._data, after=after, done=done)

    def _edits(self, fixes: Iterable[Fix]) -> tuple[tuple[Replacement, ...], tuple[Fix, ...], dict[int, Any]]:
        """All edits, the fixes that they carry out, and the documents with their values afterwards."""
        grouped: dict[int, list[Fix]] = defaultdict(list)
        for fix in sorted(fixes, key=lambda one: (one.document, str(one.path), one.kind)):
            grouped[fix.document].append(fix)
        edits: list[Replacement] = []
        done: list[Fix] = []
        values: dict[int, Any] = {}
        for index, several in sorted(grouped.items()):
            document, places = self._documents.get(index), self._places.get(index)
            if document is None or places is None or document.problems or _is_signed(document):
                continue
            found, carried_out, value = _Mending(self.text, document, places, self._line_end).carry_out(several)
            if found:
                edits += found
                done += carried_out
                values[index] = value
        return tuple(sorted(edits, key=lambda one: (one.start, one.end))), tuple(done), values


class _Mending:
    """The edits of one document."""

    def __init__(self, text: str, document: Document, places: Mapping[FieldPath, Place], line_end: str) -> None:
        self._text = text
        self._document = document
        self._places = places
        self._line_end = line_end
        self._old = integrity_field(document, "checksum")
        self._is_intact = self._old is None or self._old.lower() == checksum_of(content_of(document))

    def carry_out(self, fixes: Sequence[Fix]) -> tuple[list[Replacement], list[Fix], Any]:
        edits: list[Replacement] = []
        done: list[Fix] = []
        dropped: list[FieldPath] = []
        reseals = any(one.kind is FixKind.RESEAL for one in fixes)
        for fix in fixes:
            if fix.kind is not FixKind.DROP_ITEM or not (self._is_intact or reseals) or not self._is_repeated(fix.path):
                continue
            edit = _drop(self._text, self._places, fix.path)
            if edit is not None:
                edits.append(edit)
                done.append(fix)
                dropped.append(fix.path)
        value = _without(self._document.value, dropped)
        checksum = self._checksum(fixes, done, value)
        if checksum is not None:
            edits.append(Replacement(*field_change(self._text, self._places, "checksum", checksum, self._line_end)))
            integrity = value.get("integrity")
            value["integrity"] = {**(integrity if isinstance(integrity, dict) else {}), "checksum": checksum}
        mended = read_manifest(replace(self._document, value=value), self._document.file, Pool())
        return (edits, done, value) if isinstance(mended, Manifest) else ([], [], value)

    def _checksum(self, fixes: Sequence[Fix], done: list[Fix], value: Any) -> str | None:
        """The checksum to be written, if one is; what fixes that carries out is added to `done`."""
        new = checksum_of(content_of(replace(self._document, value=value)))
        if new == self._old:
            return None
        possible = {
            FixKind.SEAL: self._old is None,
            FixKind.RESEAL: not self._is_intact,
            FixKind.LOWER_CASE: self._is_intact and self._old is not None and self._old.lower() != self._old,
        }
        carried_out = [one for one in fixes if possible.get(one.kind, False)]
        done.extend(carried_out)
        is_stale = self._old is not None and any(one.kind is FixKind.DROP_ITEM for one in done)
        return new if carried_out or is_stale else None

    def _is_repeated(self, path: FieldPath) -> bool:
        """Whether an item of a list says no more than one before it."""
        at = path[-1] if path else None
        items = _value_at(self._document.value, path[:-1])
        if not isinstance(at, int) or not isinstance(items, list) or not 0 < at < len(items):
            return False
        if not all(isinstance(one, str) for one in (items[at], *items[:at]) if one is not None):
            return False
        meaning = [_meaning(path[:-1], one) for one in items[: at + 1] if one is not None]
        return items[at] is not None and meaning[-1] in meaning[:-1]


def _meaning(path: FieldPath, item: str) -> object:
    parse = _ENTRIES.get(path)
    try:
        return str(item) if parse is None else parse(str(item))
    except InvalidInput:
        return str(item)


def _drop(text: str, places: Mapping[FieldPath, Place], path: FieldPath) -> Replacement | None:
    """How an item of a list, not its first, is dropped; None where something else would go with it."""
    around, place = places.get(path[:-1]), places.get(path)
    before = places.get((*path[:-1], int(path[-1]) - 1))
    if around is None or place is None or before is None or place.style not in ("", "'", '"'):
        return None
    if around.style == "flow":
        between = text[before.end : place.start]
        return Replacement(before.end, place.end, "") if "#" not in between and between.count(",") == 1 else None
    start = text.rfind("\n", 0, place.start) + 1
    end = text.find("\n", place.end)
    end = len(text) if end < 0 else end + 1
    rest = text[place.end : end].strip()
    if text[start : place.start].strip() != "-" or (rest and not rest.startswith("#")):
        return None
    return Replacement(start, end, "")


def _without(value: Any, paths: Iterable[FieldPath]) -> Any:
    """A copy of the tree without the items of lists at `paths`."""
    gone = frozenset(paths)

    def copied(one: Any, path: FieldPath) -> Any:
        if isinstance(one, list):
            return [copied(item, (*path, at)) for at, item in enumerate(one) if (*path, at) not in gone]
        if isinstance(one, dict):
            return {key: copied(item, (*path, key)) for key, item in one.items()}
        return one

    return copied(value, ())


def _applied(text: str, edits: Sequence[Replacement]) -> str:
    parts, at = [], 0
    for one in edits:
        parts += [text[at : one.start], one.text]
        at = one.end
    return "".join([*parts, text[at:]])


def _value_at(value: Any, path: FieldPath) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _is_signed(document: Document) -> bool:
    return _value_at(document.value, ("integrity", "signature")) is not None
