"""The index of a registry, made anew or brought up to what the files say, and put in place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from las_registry.compiled.building import Built, build, encoded
from las_registry.compiled.freezing import check_stamp, stamp_text
from las_registry.compiled.kinds import REGISTRY
from las_registry.compiled.locking import locked
from las_registry.compiled.opening import (
    STAMP,
    Changes,
    Event,
    Look,
    Place,
    Progress,
    Stamp,
    Telling,
    look_at,
    stamp_of,
)
from las_registry.compiled.rejected import decode_rejections
from las_registry.compiled.state import state_of
from las_registry.compiled.table import Damaged, Table, TableWriter
from las_registry.compiled.tree import Walk, shown, walk
from las_registry.compiled.updating import TooMuch, Update
from las_registry.load import check_directory, no_manifests
from las_registry.output_file import make_directories, write_output_file
from las_registry.problem import InvalidFile, Problem, unreadable
from las_registry.trust.trust import NO_TRUST, Trust
from las_registry.trust.vouching import Vouching

__all__ = ["freeze", "rebuilt", "refreshed"]

_MOST_REGISTRIES: Final = 32
_WORTHWHILE: Final = 64 << 10
"""Bytes of manifests below which reading them takes no longer than looking for an index."""

Stamping: TypeAlias = Callable[[Built], Stamp | None]


def refreshed(
    place: Place, look: Look | None = None, on_progress: Progress | None = None, on_index: Telling | None = None
) -> Table:
    """The table of an index that is what the files say, made in memory where it cannot be kept; `look` is what somebody
    saw of the one that there is."""
    check_directory(place.directory)
    with _alone(place, on_index) as path:
        if path is not None:
            with suppress(Damaged, TooMuch):
                look = look_at(place, on_progress, look)
                if look is not None and look.changes is None:
                    return _told(place, look.table, "current", on_index)
                if look is not None and look.changes is not None and not look.changes.is_frozen:
                    table = _updated(place, path, look.table, look.changes, on_progress)
                    return _told(place, table, "current" if table is look.table else "refreshed", on_index)
        return _told(place, _built(place, path, on_progress), "compiled", on_index)


def rebuilt(place: Place, on_progress: Progress | None = None, on_index: Telling | None = None) -> Table:
    """The table of an index that is made anew, whatever there is."""
    check_directory(place.directory)
    with _alone(place, on_index) as path:
        return _told(place, _built(place, path, on_progress), "compiled", on_index)


def freeze(
    directory: Path,
    *,
    is_forced: bool = False,
    trust: Trust = NO_TRUST,
    vouching: Vouching | None = None,
    on_progress: Progress | None = None,
) -> Built:
    """Declares the registry in `directory` finished, as it is, after everything in it was read.

    Raises :class:`InvalidFile` if manifests are rejected, unless `is_forced`, :class:`RegistryUnusable` if the registry
    is not what the list says that is `vouching`, and what
    :func:`las_registry.output_file.write_output_file` does.
    """
    place = Place.of(directory, trust)
    found: list[Built] = []

    def stamp(built: Built) -> Stamp | None:
        if vouching is not None:
            vouching.check(f"{state_of(built.known.items()):x}", lambda: built.known, trust)
        if built.rejections is not None and not is_forced:
            typed = shown(str(directory))
            raise InvalidFile(decode_rejections(built.rejections, shown(os.path.join(directory, "")), typed)[0])  # noqa: PTH118
        if not found:
            write_output_file(directory / STAMP, stamp_text(built.known, built.versions).encode())
            found.append(built)
        return stamp_of(directory)

    check_directory(directory)
    with _alone(place) as path:
        _built(place, path, on_progress, stamp).close()
    return found[0]


def _told(place: Place, table: Table, event: Event, on_index: Telling | None) -> Table:
    """The `table`, after `on_index` was told of it."""
    if on_index is not None:
        on_index(event, place.directory, table.path)
    return table


def _built(place: Place, path: Path | None, on_progress: Progress | None, stamping: Stamping | None = None) -> Table:
    directory = str(place.directory)
    before = stamp_of(place.directory)
    walked = walk(directory, follows_links=place.trust.policy.links == "follow")
    if not any(one.names for one in walked.folders):
        raise no_manifests(shown(directory), _unreadable(place.directory, walked))
    if path is not None and stamping is None and not path.exists() and _is_small(walked):
        path = None

    def check(built: Built) -> Stamp | None:
        check_stamp(place.directory, before, built.known)
        return before

    def write(writer: TableWriter) -> str:
        built = build(directory, walked, writer, on_progress, trust=place.trust)
        writer.put(REGISTRY, "", encoded(built.summary._replace(stamp=(stamping or check)(built))))
        return f"{state_of(built.known.items()):x}"

    if path is not None:
        with suppress(OSError, Damaged):
            return _put_in_place(place, path, lambda fresh: TableWriter(fresh), write)
    writer = TableWriter(None)
    table = writer.finish(state=write(writer), identity=place.identity)
    assert table is not None
    return table


def _updated(place: Place, path: Path, table: Table, changes: Changes, on_progress: Progress | None) -> Table:
    update = Update(table, str(place.directory), changes, on_progress, trust=place.trust)
    if not update.records:
        return table

    def write(writer: TableWriter) -> str:
        for (kind, key), data in update.records.items():
            if data is None:
                writer.delete(kind, key)
            else:
                writer.put(kind, key, data)
        return update.state

    try:
        return _put_in_place(place, path, lambda fresh: TableWriter.copy_of(table, fresh), write)
    except OSError:
        return _built(place, None, on_progress)


def _put_in_place(
    place: Place, path: Path, begin: Callable[[Path], TableWriter], write: Callable[[TableWriter], str]
) -> Table:
    """Writes a table beside `path`, and gives it that name once it is whole."""
    fresh = path.with_name(f"{path.stem}-{os.urandom(4).hex()}.new")
    try:
        writer = begin(fresh)
        try:
            state = write(writer)
            writer.finish(identity=place.identity, state=state)
        except BaseException:
            writer.abandon()
            raise
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    return Table.open(path, place.identity)


@contextmanager
def _alone(place: Place, on_index: Telling | None = None) -> Iterator[Path | None]:
    """The path of the index, while nobody else writes it; None where it cannot be kept."""
    with ExitStack() as stack:
        path = place.path
        if path is not None:
            try:
                make_directories(path.parent)
                waiting = None if on_index is None else partial(on_index, "waiting", place.directory, path)
                stack.enter_context(locked(path.with_suffix(".lock"), waiting))
            except OSError:
                path = None
            else:
                with suppress(OSError):  # others tidy up, too
                    _tidy_up(path)
        yield path


def _tidy_up(path: Path) -> None:
    """Removes what is left over of refreshes of `path` that were killed, what earlier releases kept, and of many
    indexes those that were not used for longest."""
    kept: list[tuple[float, str]] = []
    with os.scandir(path.parent) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith("index-") and name.endswith(".sqlite3") and name != path.name:
                kept.append((entry.stat().st_mtime, entry.path))
            elif (name.startswith(f"{path.stem}-") and name.endswith(".new")) or (
                name.startswith("manifests-") and name.endswith(".json")
            ):
                Path(entry.path).unlink(missing_ok=True)
    for _, old in sorted(kept, reverse=True)[_MOST_REGISTRIES - 1 :]:
        for one in (Path(old), Path(old).with_suffix(".lock")):
            one.unlink(missing_ok=True)


def _is_small(walked: Walk) -> bool:
    """Whether reading all manifests takes no longer than looking for an index."""
    return sum(mark[0] if mark else 0 for one in walked.folders for mark in one.marks) < _WORTHWHILE


def _unreadable(directory: Path, walked: Walk) -> list[Problem]:
    """That folders cannot be read."""
    return [unreadable(shown(str(directory / path)), why) for path, why in walked.unreadable]
