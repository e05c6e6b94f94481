"""The index of a registry: where it is, and whether it still is what the files say.

This is on the way of every plan, and imports what that needs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from stat import S_ISREG
from time import time
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias
from zlib import crc32

from las_registry.compiled.kinds import FOLDERS, REGISTRY
from las_registry.compiled.marks import Mark, is_proof, mark_of
from las_registry.compiled.shelf import CompiledShelf
from las_registry.compiled.table import Damaged, Table
from las_registry.trust.trust import NO_TRUST, Trust
from las_registry.user_directories import cache_directory

if TYPE_CHECKING:
    from las_registry.compiled.tree import Difference, Folder

__all__ = [
    "RELEASE",
    "STAMP",
    "Changes",
    "Event",
    "Look",
    "Place",
    "Progress",
    "Summary",
    "Telling",
    "changes_of",
    "look_at",
    "open_shelf",
    "stamp_of",
    "summary_of",
]

RELEASE: Final = "0.1.0"
"""The release of las-solve: another one may read manifests otherwise."""

STAMP: Final = ".las-solve-frozen"
"""The file in a registry that says that it is frozen."""

_DAY: Final = 86_400
_LONGEST_STAMP: Final = 1 << 16

Progress = Callable[[int, int], None]
Event: TypeAlias = Literal["current", "frozen", "waiting", "refreshed", "compiled"]
Telling: TypeAlias = Callable[[Event, Path, Path | None], None]
"""Is told what became of the index of the registry in a directory, and which file that is, None if it is in memory."""

Stamp = tuple[Mark | None, str]


class Summary(NamedTuple):
    """What stands in the record of the registry as a whole.

    `files` and `chunks` are the numbers of manifest files and of lists of folders; `digest` is that of all manifests
    that count, None where it was not worked out; `stamp` the mark and the content of the file that says that the
    registry is frozen, None where there is none.
    """

    files: int
    chunks: int
    digest: str | None = None
    stamp: Stamp | None = None


class Place(NamedTuple):
    """A registry's directory, as it was named, and the file of its index, None where none can be kept.

    `identity` is what its index is made for, `trust` what its manifests are checked against.
    """

    directory: Path
    path: Path | None
    identity: str
    trust: Trust

    @classmethod
    def of(cls, directory: Path, trust: Trust) -> Place:
        """The place of the registry in `directory`."""
        try:
            real = os.path.realpath(directory)
            folder = cache_directory()
            name = os.fsencode(real)
        except (OSError, ValueError):  # the working directory is gone, or nothing can have such a name
            return cls(directory, None, "", trust)
        identity = f"las-solve {RELEASE}: {real}" + (f"\0{trust.token}" if trust.token else "")
        # Two that share a name take turns; no import of a cryptographic digest is worth that.
        path = None if folder is None else folder / f"index-{crc32(name):08x}{crc32(name[::-1]):08x}.sqlite3"
        return cls(directory, path, identity, trust)

    def file(self) -> tuple[int, int] | None:
        """The inode and the time of modification of the index, None if there is none."""
        try:
            status = None if self.path is None else self.path.stat()
        except OSError:
            return None
        return None if status is None else (status.st_ino, status.st_mtime_ns)

    def table(self) -> Table | None:
        """The table of the index, if there is one that can be trusted."""
        if self.path is None:
            return None
        try:
            return Table.open(self.path, self.identity)
        except Damaged:
            return None


class Changes(NamedTuple):
    """What may have changed since an index was made: `chunks` are the lists of folders by number, with what differs in
    them; None where the whole tree has to be walked. `is_frozen` says that there is a stamp that the index does not
    know."""

    chunks: dict[int, tuple[list[Folder], list[Difference]]] | None
    is_frozen: bool = False


class Look(NamedTuple):
    """The table of an index, the file that it was in, and what may have changed since it was made, None if nothing."""

    table: Table
    file: tuple[int, int] | None
    changes: Changes | None


def open_shelf(
    directory: Path,
    *,
    trust: Trust = NO_TRUST,
    on_progress: Progress | None = None,
    on_index: Telling | None = None,
) -> CompiledShelf:
    """What the registry in `directory` holds that passes by `trust`, by its index, which is made or refreshed first
    where that is needed.

    Raises :class:`las_registry.problem.RegistryUnusable` if there is no such directory, or no manifest file in it.
    """
    place = Place.of(directory, trust)

    def recover() -> Table:
        from las_registry.compiled.refreshing import rebuilt

        return rebuilt(place, on_progress, on_index)

    look = None
    try:
        look = look_at(place, on_progress)
        if look is not None and look.changes is None:
            _keep_young(place)
            if on_index is not None:
                on_index("current" if summary_of(look.table).stamp is None else "frozen", directory, look.table.path)
            return CompiledShelf(look.table, directory, recover, trust)
    except Damaged:
        pass
    from las_registry.compiled.refreshing import refreshed

    return CompiledShelf(refreshed(place, look, on_progress, on_index), directory, recover, trust)


def look_at(place: Place, on_progress: Progress | None = None, last: Look | None = None) -> Look | None:
    """The index as it is, None if there is none that can be trusted; raises :class:`Damaged`.

    It is the `last` look where the file is still the same.
    """
    file = place.file()
    if last is not None and file is not None and last.file == file:
        return last
    table = None if file is None else place.table()
    return None if table is None else Look(table, file, changes_of(table, place.directory, on_progress))


def changes_of(table: Table, directory: Path, on_progress: Progress | None = None) -> Changes | None:
    """What may have changed since the index in `table` was made, None if nothing; raises :class:`Damaged`."""
    summary = summary_of(table)
    stamp = stamp_of(directory, summary.stamp)
    if stamp is not None:
        is_same = summary.stamp is not None and stamp[1] == summary.stamp[1]
        return None if is_same else Changes(None, is_frozen=True)
    from las_registry.compiled.tree import differences  # late: a frozen registry needs none of it

    found: dict[int, tuple[list[Folder], list[Difference]]] = {}
    place = str(directory)
    done = 0
    for number in range(summary.chunks):
        folders = folders_of(table, number)
        several = differences(place, folders)
        if several is None:
            return Changes(None)
        if several:
            found[number] = folders, several
        if on_progress is not None:
            done += sum([len(one[5]) for one in folders])
            on_progress(done, summary.files)
    return Changes(found) if found or summary.stamp is not None else None


def summary_of(table: Table) -> Summary:
    """The record of the registry as a whole; raises :class:`Damaged`."""
    data = table.get(REGISTRY, "")
    if data is None:
        raise Damaged("there is no record of the registry")
    files, chunks, digest, stamp = json.loads(data)
    return Summary(files, chunks, digest, stamp and (stamp[0], stamp[1]))


def folders_of(table: Table, number: int) -> list[Folder]:
    """A list of folders; raises :class:`Damaged`."""
    data = table.get(FOLDERS, str(number))
    if data is None:
        raise Damaged("a record of folders is missing")
    found: list[Folder] = json.loads(data)  # lists, which do as well, and cost less
    return found


def stamp_of(directory: Path, known: Stamp | None = None) -> Stamp | None:
    """The stamp of a frozen registry, None if it is none; it is not opened where its mark is the `known` one."""
    path = os.path.join(directory, STAMP)  # noqa: PTH118
    try:
        status = os.stat(path)  # noqa: PTH116
        if not S_ISREG(status.st_mode):
            return None, ""
        mark = mark_of(status)
        if known is not None and is_proof(mark) and mark == known[0]:
            return known
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as opened:
            return mark, opened.read(_LONGEST_STAMP).decode("utf-8", "backslashreplace")
    except FileNotFoundError:
        return None
    except OSError:
        return None, ""


def _keep_young(place: Place) -> None:
    """Notes, once a day, that the index was used: those that were not are forgotten first."""
    if place.path is None:
        return
    try:
        if time() - place.path.stat().st_mtime > _DAY:
            os.utime(place.path)
    except OSError:
        pass
