"""One registry directory as its index has it: nothing is read before somebody asks for it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

from las_registry.compiled.kinds import CONTENTS, DIGESTS, INTERFACE, MODULE, NAMERS, REGISTRY, REJECTIONS
from las_registry.compiled.record import Record, Shared
from las_registry.compiled.rejected import decode_rejections
from las_registry.compiled.table import Damaged, Table
from las_registry.trust.standing import UNSIGNED, Standing
from las_registry.trust.trust import NO_TRUST, Trust

if TYPE_CHECKING:
    from packaging.version import Version

    from las_registry.compiled.recorded_manifest import ManifestFiles
    from las_registry.manifest import Manifest
    from las_registry.problem import Problem, RegistryUnusable
    from las_registry.rejection import Rejection
    from las_solver.model import ModuleVersion
    from las_solver.ranked import RankedModule

__all__ = ["CompiledShelf", "changed_meanwhile"]

_ATTEMPTS: Final = 3

Found = TypeVar("Found")


class CompiledShelf:
    """What one directory holds, a :class:`las_registry.registry_shelf.RegistryShelf` over the table of its index.

    `recover` compiles the directory again, where the table turns out to be damaged. `trust` is what its manifests were
    checked against.
    """

    def __init__(self, table: Table, directory: Path, recover: Callable[[], Table], trust: Trust = NO_TRUST) -> None:
        self.trust = trust
        self.warnings: Sequence[str] = ()
        self._table = table
        self._recover = recover
        self._path = directory
        self._prefix = _shown(os.path.join(directory, ""))  # noqa: PTH118
        self.directory = _shown(directory)
        self._shared = Shared()
        self._records: dict[str, Record | None] = {}
        self._names: dict[tuple[str, str], tuple[str, ...]] = {}
        self._recovering = Lock()

    @property
    def is_empty(self) -> bool:
        """Whether no manifest can be used."""
        return not self._table.count(MODULE)

    def has(self, name: str) -> bool:
        """Whether there is a module called `name`, even if only in rejected manifests."""
        return self._record(name) is not None or name in self._rejected

    def ranked(self, name: str) -> RankedModule | None:
        """All versions of the module called `name`, or None if there are none."""
        record = self._record(name)
        return None if record is None else record.ranked

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        """Every version of the module called `name`, newest first; empty if it is unknown."""
        record = self._record(name)
        return () if record is None else tuple(record.ranked.candidates)[::-1]

    def providers(self, interface: str) -> Collection[str]:
        """The names of all modules of which a version provides `interface`, in order."""
        return self._names_of(INTERFACE, interface)

    def prerelease_namers(self, name: str) -> Collection[str]:
        """The names of all modules of which a version has an entry on `name` that names a pre-release, in order."""
        return self._names_of(NAMERS, name)

    def names(self) -> Sequence[str]:
        """The names of all modules that have versions, in order."""
        return self._all_names

    def interfaces(self) -> Sequence[str]:
        """The names of all interfaces that a version provides, in order."""
        return self._all_interfaces

    def manifest(self, name: str, version: Version) -> Manifest | None:
        """The manifest of one version, None where there is none; its file is read once somebody asks for what is not
        in the index."""
        record = self._record(name)
        rank = None if record is None else record.ranked.rank(version)
        if record is None or rank is None:
            return None
        return self._manifest(record, rank)

    def standing(self, name: str, version: Version) -> Standing | None:
        """Who vouches for the manifest of one version, by its own signature; None where there is none."""
        record = self._record(name)
        rank = None if record is None else record.ranked.rank(version)
        return None if record is None or rank is None else record.standing(rank)

    @property
    def identity(self) -> str:
        """What the index was made for."""
        return self._table.identity

    def keep(self, path: Path) -> None:
        """Gives the index a file at `path` that stays as it is; see :meth:`las_registry.compiled.table.Table.keep`."""
        self._table.keep(path)

    @property
    def state(self) -> str:
        """What the files are known by as a whole; see :mod:`las_registry.compiled.state`."""
        return self._table.state

    def contents(self) -> dict[str, str]:
        """What each manifest file is known by, by its path: the digest of its bytes, or why it cannot be read."""
        records = self._read(lambda: [json.loads(data) for _, data in self._table.scan(CONTENTS)])
        return {path: known for one in records for path, (known, _) in one.items()}

    @property
    def digest(self) -> str | None:
        """The digest of all manifests that can be used, None if nobody has worked it out."""
        data = self._get(REGISTRY, "")
        if data is None:
            return None
        _, _, digest, *_ = json.loads(data)
        return None if digest is None else str(digest)

    @property
    def problems(self) -> Sequence[Problem]:
        """All problems, in order of files and lines."""
        return self._problems[0]

    @property
    def rejections(self) -> Sequence[Rejection]:
        """All rejected manifests."""
        return self._problems[1]

    def rejected(self, name: str) -> Sequence[Problem]:
        """What is wrong with the rejected manifests of the module called `name`."""
        return self._rejected.get(name, ())

    def digest_lines(self) -> Iterable[str]:
        """The lines of the registry's digest, in no order."""
        groups = self._read(lambda: [data for _, data in self._table.scan(DIGESTS)])
        return b"\n".join([one for one in groups if one]).decode().split("\n") if any(groups) else []

    def signed(self) -> Iterator[Manifest]:
        """The manifests that carry a signature, in order of name, newest first."""
        for name in self.names():
            record = self._record(name)
            assert record is not None
            for rank in range(len(record.ranked) - 1, -1, -1):
                if record.standing(rank) != UNSIGNED:
                    yield self._manifest(record, rank)

    def _manifest(self, record: Record, rank: int) -> Manifest:
        from las_registry.compiled.recorded_manifest import RecordedManifest  # late: it needs all that reads YAML

        return RecordedManifest(record, rank, self._files)

    @cached_property
    def _files(self) -> ManifestFiles:
        from las_registry.compiled.recorded_manifest import ManifestFiles

        return ManifestFiles(self._path, self._prefix, self.trust)

    @cached_property
    def _all_names(self) -> tuple[str, ...]:
        return self._keys(MODULE)

    @cached_property
    def _all_interfaces(self) -> tuple[str, ...]:
        return self._keys(INTERFACE)

    @cached_property
    def _problems(self) -> tuple[tuple[Problem, ...], tuple[Rejection, ...]]:
        data = self._get(REJECTIONS, "")
        return ((), ()) if data is None else decode_rejections(data, self._prefix, self.directory)

    @cached_property
    def _rejected(self) -> dict[str, tuple[Problem, ...]]:
        found: dict[str, tuple[Problem, ...]] = {}
        for one in self.rejections:
            if one.name is not None:
                found[one.name] = (*found.get(one.name, ()), *one.problems)
        return found

    def _record(self, name: str) -> Record | None:
        if name in self._records:
            return self._records[name]
        data = self._get(MODULE, name)
        return self._records.setdefault(name, None if data is None else Record(name, data, self._shared))

    def _names_of(self, kind: str, key: str) -> tuple[str, ...]:
        found = self._names.get((kind, key))
        if found is None:
            data = self._get(kind, key)
            found = self._names[kind, key] = () if data is None else tuple(json.loads(data))
        return found

    def _keys(self, kind: str) -> tuple[str, ...]:
        return self._read(lambda: tuple(sorted(key for key, _ in self._table.scan(kind))))

    def _get(self, kind: str, key: str) -> bytes | None:
        return self._read(lambda: self._table.get(kind, key))

    def _read(self, read: Callable[[], Found]) -> Found:
        """What `read` finds in the table; where that is damaged, in another of the same files.

        Raises :class:`RegistryUnusable` if these have changed.
        """
        for _ in range(_ATTEMPTS):
            table = self._table
            try:
                return read()
            except Damaged:
                with self._recovering:
                    if self._table is table:  # else another thread has seen to it
                        table.close()
                        self._table = self._recover()
                if self._table.state != table.state:
                    raise changed_meanwhile(self.directory) from None
        return read()


def changed_meanwhile(directory: str) -> RegistryUnusable:
    """The error about a registry whose files are not what was planned with any more."""
    from las_registry.problem import RegistryUnusable

    return RegistryUnusable(f"the registry {directory} changed while it was read", hint="run it again")


def _shown(path: str | Path) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
