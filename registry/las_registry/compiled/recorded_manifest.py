"""Manifests of an index: what it does not have of them is read from their files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Final

from las_registry.compiled.extract import source_of
from las_registry.compiled.record import Record
from las_registry.compiled.shelf import changed_meanwhile
from las_registry.integrity import checksum_of
from las_registry.load import read_bytes
from las_registry.manifest import Manifest, Pool, read_manifest
from las_registry.trust.standing import UNSIGNED, Standing
from las_registry.trust.trust import Trust
from las_registry.yaml_document import Document
from las_registry.yaml_reader import read_documents

__all__ = ["ManifestFiles", "RecordedManifest"]

_DESCRIPTION: Final = "description"
_LICENSE: Final = "license"


class ManifestFiles:
    """The files of the registry in `directory`; `prefix` is how that is shown before the name of a file.

    What was read of a file is kept until another is asked for.
    """

    def __init__(self, directory: Path, prefix: str, trust: Trust) -> None:
        self._directory = directory
        self._within = trust.within(str(directory))
        self._prefix = prefix
        self._pool = Pool()
        self._path: str | None = None
        self._documents: list[Document] = []
        self._rest: Iterator[Document] = iter(())
        self._reading = Lock()

    def read(self, path: str, place: int, mark: str) -> Manifest:
        """The manifest that is known by `mark`: a document, by its place, of the file at `path` in the directory.

        Raises :class:`RegistryUnusable` if that is not there any more.
        """
        source = source_of(path)
        with self._reading:
            document = self._document(path, place)
            found = None if document is None else read_manifest(document, source, self._pool)
        if not isinstance(found, Manifest) or found.mark != mark:
            raise changed_meanwhile(os.fsencode(self._directory).decode("utf-8", "backslashreplace"))
        return found

    def _document(self, path: str, place: int) -> Document | None:
        if path != self._path:
            try:
                data = read_bytes(os.path.join(self._directory, path), self._within)  # noqa: PTH118
            except OSError:
                return None
            self._path, self._documents = path, []
            self._rest = iter(read_documents(data, self._prefix + source_of(path)))
        while len(self._documents) <= place:
            document = next(self._rest, None)
            if document is None:
                return None
            self._documents.append(document)
        return self._documents[place]


class RecordedManifest(Manifest):
    """The manifest of the version at `rank` of a module's record."""

    def __init__(self, record: Record, rank: int, files: ManifestFiles) -> None:
        object.__setattr__(self, "module", record.ranked.candidates[rank])
        object.__setattr__(self, "_record", record)
        object.__setattr__(self, "_rank", rank)
        object.__setattr__(self, "_files", files)

    _record: Record
    _rank: int
    _files: ManifestFiles

    @cached_property
    def document(self) -> Document:
        """The document that the manifest was read from."""
        return self._read.document

    @cached_property
    def signature(self) -> str | None:
        """The signature that the manifest carries."""
        return None if self.standing == UNSIGNED else self._read.signature

    @cached_property
    def standing(self) -> Standing:
        """Who vouches for the manifest, by its own signature."""
        return self._record.standing(self._rank)

    @cached_property
    def checksum(self) -> str:
        """The checksum of the content, whether or not the manifest carries it."""
        return self.module.checksum or checksum_of(self.content)

    @property
    def mark(self) -> str:
        """What the manifest is known by in the digest of a registry."""
        return self._record.mark(self._rank)

    def text(self, field: str) -> str | None:
        """The text of a field at the top, e.g. ``description``; None where it is absent."""
        if field == _DESCRIPTION:
            return self._record.description(self._rank)
        return self._record.license(self._rank) if field == _LICENSE else super().text(field)

    @cached_property
    def _read(self) -> Manifest:
        place, _ = self._record.place(self._rank)
        return self._files.read(self._record.path(self._rank), place, self.mark)
