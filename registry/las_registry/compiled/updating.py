"""What of an index is no longer what the files say, and what has to be written instead."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from las_registry.compiled.building import Traits, encoded, ranked, settled, traits_of, write_folders
from las_registry.compiled.digests import group_of, renewed
from las_registry.compiled.encoding import encode_module
from las_registry.compiled.extract import Extract
from las_registry.compiled.kinds import (
    CONTENTS,
    DIGESTS,
    FOLDERS,
    INTERFACE,
    MODULE,
    NAMERS,
    ORIGIN,
    REGISTRY,
    REJECTIONS,
)
from las_registry.compiled.linking import Linker
from las_registry.compiled.marks import is_proof
from las_registry.compiled.opening import Changes, Progress, folders_of, summary_of
from las_registry.compiled.reading import UNREADABLE, FileContent, known_by, read_contents
from las_registry.compiled.record import Record, Shared
from las_registry.compiled.rejected import Rejected, encode_rejections
from las_registry.compiled.state import state_of
from las_registry.compiled.table import Damaged, Table
from las_registry.compiled.tree import file_mark, joined, shown, walk
from las_registry.trust.trust import Trust

__all__ = ["TooMuch", "Update"]

_FEW: Final = 100
_SHARE: Final = 4
"""If more than a few files changed, and more than one in so many, everything is compiled again."""

Known = tuple[str, list[str]]


class TooMuch(Exception):
    """So much has changed that it is less work to compile everything again."""


class Update:
    """What has to be written into a copy of the `table` of the registry in `directory`, so that it is what the files
    say: `records`, None for those that have to go; empty if nothing has to.

    Raises :class:`TooMuch`, and :class:`Damaged`.
    """

    def __init__(
        self, table: Table, directory: str, changes: Changes, on_progress: Progress | None = None, *, trust: Trust
    ) -> None:
        self.records: dict[tuple[str, str], bytes | None] = {}
        self.state = table.state
        self._table, self._directory, self._on_progress = table, directory, on_progress
        self._trust = trust
        self._contents: dict[int, dict[str, Known]] = {}
        self._summary = summary_of(table)._replace(stamp=None)
        self._unreadable: list[Any]
        self._rejected: list[Any]
        self._unreadable, self._rejected = json.loads(self._get(REJECTIONS, ""))
        if changes.chunks is None:
            self._take_walk()
        else:
            self._take_marks(changes)
        if self._summary != summary_of(table):
            self.put(REGISTRY, "", encoded(self._summary))

    def put(self, kind: str, key: str, data: bytes) -> None:
        """From now on, `data` is the record of a kind with a key."""
        self.records[kind, key] = data

    def _take_marks(self, changes: Changes) -> None:
        """Folders are where they were; some, or files in them, have other marks, or folders have other files."""
        assert changes.chunks is not None
        fresh: dict[str, str] = {}
        place: dict[str, int] = {}
        removed: list[str] = []
        for number, (folders, several) in sorted(changes.chunks.items()):
            is_new = False
            for folder, file, mark, names in sorted(several, key=lambda one: one.file is None):
                marks: list[Any] = folders[folder]  # type: ignore[assignment]  # a list, as JSON has it
                at = 1
                if file is not None:
                    path = _inside(folders[folder][0], folders[folder][5][file])
                    fresh[path], place[path] = known_by(self._directory, path, self._trust), number
                    mark = None if fresh[path].startswith(UNREADABLE) else mark
                    marks, at = folders[folder][6], file
                elif names is not None:
                    gone = self._relist(marks, names, fresh, place, number)
                    removed += gone
                is_new = is_new or marks[at] != mark or names is not None
                marks[at] = mark
            if is_new:
                self.put(FOLDERS, str(number), encoded(folders))
        self._take_files(fresh, place, removed)

    def _relist(
        self, folder: list[Any], names: list[str], fresh: dict[str, str], place: dict[str, int], number: int
    ) -> list[str]:
        """Takes the `names` for those of the files in a folder; the paths of those that are not there any more."""
        before = dict(zip(folder[5], folder[6], strict=True))
        for name in sorted(set(names) - before.keys()):
            path = _inside(folder[0], name)
            before[name] = file_mark(os.path.join(self._directory, path))  # noqa: PTH118
            fresh[path], place[path] = known_by(self._directory, path, self._trust), number
            if fresh[path].startswith(UNREADABLE):
                before[name] = None
        gone = [_inside(folder[0], name) for name in folder[5] if name not in set(names)]
        for path in gone:
            fresh.pop(path, None)
            place[path] = number
        folder[5], folder[6] = names, [before[name] for name in names]
        return gone

    def _take_files(self, fresh: dict[str, str], place: dict[str, int], removed: list[str]) -> None:
        """Files have other contents, or are new: by path, what they are known by now, and the `place` of that; others
        were removed."""
        old = {path: known for path, number in place.items() if (known := self._known(number).get(path)) is not None}
        changed = [path for path, known in fresh.items() if path not in old or known != old[path][0]]
        if not changed and not removed:
            return
        files = self._summary.files + len(fresh.keys() - old.keys()) - len(removed)
        if not files:
            raise TooMuch
        self._summary = self._summary._replace(files=files)
        before = {path: old[path] for path in (*changed, *removed) if path in old}
        contents = self._compile(changed, before, removed)
        for path in changed:
            self._known(place[path])[path] = contents[path]
        for path in removed:
            del self._known(place[path])[path]
        for number in sorted({place[path] for path in (*changed, *removed)}):
            self.put(CONTENTS, str(number), encoded(self._known(number)))

    def _take_walk(self) -> None:
        """Folders or files were added, removed or renamed."""
        numbers = range(self._summary.chunks)
        before = joined(chain.from_iterable(folders_of(self._table, number) for number in numbers))
        known: dict[str, Known] = {}
        for number in numbers:
            known.update(self._known(number))
        follows_links = self._trust.policy.links == "follow"
        walked = walk(self._directory, {one.path: one for one in before}, follows_links=follows_links)
        marks = {path: mark for one in before for path, mark in zip(one.paths(), one.marks, strict=True)}
        paths = walked.files()
        if not paths:
            raise TooMuch
        present = {path: mark for one in walked.folders for path, mark in zip(one.paths(), one.marks, strict=True)}
        changed = []
        for path in paths:
            if path not in known or (
                (not is_proof(present[path]) or present[path] != marks[path])
                and known_by(self._directory, path, self._trust) != known[path][0]
            ):
                changed.append(path)
        removed = [path for path in known if path not in present]
        unreadable = [[shown(path), why] for path, why in walked.unreadable]
        if changed or removed or unreadable != self._unreadable:
            self._unreadable = unreadable
            old = {path: known.pop(path) for path in (*changed, *removed) if path in known}
            known.update(self._compile(changed, old, removed))
        chunks = write_folders(walked.folders, known, self)
        self._summary = self._summary._replace(files=len(paths), chunks=chunks)
        if self._is_as_before(chunks):
            self.records.clear()
            return
        for number in numbers[chunks:]:
            self.records[FOLDERS, str(number)] = self.records[CONTENTS, str(number)] = None

    def _is_as_before(self, chunks: int) -> bool:
        """Whether nothing but records of folders would be written, and these as they are."""
        return (
            chunks == summary_of(self._table).chunks
            and all(kind in (FOLDERS, CONTENTS) for kind, _ in self.records)
            and all(data == self._table.get(*key) for key, data in self.records.items())
        )

    def _compile(self, changed: Sequence[str], old: dict[str, Known], removed: Sequence[str]) -> dict[str, Known]:
        """Compiles the modules that the `changed` files are about, and were, as those that are `removed` were; what is
        in the changed files."""
        if len(changed) + len(removed) > max(_FEW, self._summary.files // _SHARE):
            raise TooMuch
        read = {one.path: one for one in self._read(changed)}
        names = {name for _, modules in old.values() for name in modules}
        names.update(name for one in read.values() for name in one.modules)
        gone = {*changed, *removed}
        origins = {name: self._origin(name) for name in sorted(names)}
        kept = {name: [path for path in origins[name][0] if path not in gone] for name in origins}
        further = {one.path: one for one in self._read(sorted({path for paths in kept.values() for path in paths}))}
        if self._trust.vouching:
            self._check_again(further)
        modules: dict[str, list[Extract]] = {}
        clashes: list[Rejected] = []
        for name in origins:
            files = sorted({*kept[name], *(one.path for one in read.values() if name in one.modules)}, key=shown)
            kept[name] = files
            several = [one for path in files for one in (read.get(path) or further[path]).extracts if one.name == name]
            accepted, more = settled(
                self._directory, several, self._trust, lambda path: (read.get(path) or further[path]).known
            )
            modules[name] = ranked(accepted)
            clashes += more
        self._reject(gone, names, [*clashes, *(one for content in read.values() for one in content.rejected)])
        self._write_modules(modules, kept, origins)
        self._write_digests(modules)
        state = state_of(((path, known) for path, (known, _) in old.items()), int(self.state, 16), -1)
        state = state_of(((path, one.known) for path, one in read.items()), state)
        self.state = f"{state:x}"
        self._summary = self._summary._replace(digest=None)
        return {path: (one.known, one.modules) for path, one in read.items()}

    def _read(self, paths: Sequence[str]) -> Iterable[FileContent]:
        def tell(done: int) -> None:
            if self._on_progress is not None:
                self._on_progress(done, len(paths))

        return read_contents(self._directory, paths, [1000] * len(paths), tell, self._trust)

    def _check_again(self, further: dict[str, FileContent]) -> None:
        """That files which were read though their marks are as they were are what they are known by: else a list would
        vouch for what nobody compared with it."""
        for number in range(summary_of(self._table).chunks if further else 0):
            known = self._known(number)
            if any(one.known != known[path][0] for path, one in further.items() if path in known):
                raise TooMuch

    def _reject(self, gone: set[str], names: set[str], rejected: Iterable[Rejected]) -> None:
        """Puts what is `rejected` now in the place of what was, of the files that are `gone`, and of what contradicted
        itself in the modules called `names`."""
        kept = [
            Rejected((key[0], key[1], key[2], key[3]), path, packed)
            for key, path, packed in self._rejected
            if (path not in gone if key[0] == 0 else packed[1] not in names)
        ]
        data = encode_rejections(((path, why) for path, why in self._unreadable), [*kept, *rejected])
        if data != self._get(REJECTIONS, ""):
            self.put(REJECTIONS, "", data)

    def _write_modules(
        self,
        modules: dict[str, list[Extract]],
        files: dict[str, list[str]],
        origins: dict[str, tuple[list[str], Traits]],
    ) -> None:
        changed: dict[tuple[str, str], dict[str, bool]] = {}
        linker = Linker(lambda name: self._versions(name, modules))
        for name, several in modules.items():
            traits = traits_of(several)
            self.records[MODULE, name] = encode_module(several, linker.ranks_of) if several else None
            self.records[ORIGIN, name] = encoded([files[name], *traits]) if files[name] else None
            for kind, before, after in zip((INTERFACE, NAMERS), origins[name][1], traits, strict=True):
                for key in sorted(set(before) ^ set(after)):
                    changed.setdefault((kind, key), {})[name] = key in after
        for (kind, key), by_name in changed.items():
            data = self._table.get(kind, key)
            found = {*(() if data is None else json.loads(data)), *(name for name, is_in in by_name.items() if is_in)}
            found -= {name for name, is_in in by_name.items() if not is_in}
            self.records[kind, key] = encoded(sorted(found)) if found else None

    def _write_digests(self, modules: dict[str, list[Extract]]) -> None:
        number = self._table.count(DIGESTS)
        groups: dict[int, list[tuple[str, list[Extract]]]] = {}
        for name, several in modules.items():
            groups.setdefault(group_of(name, number), []).append((name, several))
        for place, changed in groups.items():
            self.put(DIGESTS, str(place), renewed(self._get(DIGESTS, str(place)), changed))

    def _versions(self, name: str, modules: dict[str, list[Extract]]) -> Sequence[str] | None:
        """The texts of a module's versions, from old to new."""
        if name in modules:
            return [one.version for one in modules[name]] or None
        data = self._table.get(MODULE, name)
        return None if data is None else [str(one) for one in Record(name, data, Shared()).ranked.versions]

    def _origin(self, name: str) -> tuple[list[str], Traits]:
        data = self._table.get(ORIGIN, name)
        if data is None:
            return [], Traits([], [])
        paths, provided, prereleases = json.loads(data)
        return paths, Traits(provided, prereleases)

    def _known(self, number: int) -> dict[str, Known]:
        """What the files of a list of folders are known by."""
        found = self._contents.get(number)
        if found is None:
            found = self._contents[number] = json.loads(self._get(CONTENTS, str(number)))
        return found

    def _get(self, kind: str, key: str) -> bytes:
        data = self._table.get(kind, key)
        if data is None:
            raise Damaged(f"a record of {kind} is missing")
        return data


def _inside(folder: str, name: str) -> str:
    """The path of a file in a folder."""
    return f"{folder}/{name}" if folder else name
