"""The manifest files of a directory tree, and whether they may have changed since somebody looked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from stat import S_ISDIR
from typing import Final, NamedTuple

from las_registry.compiled.marks import Mark, folder_mark, mark_of
from las_registry.problem import LEADS_OUT

__all__ = [
    "Difference",
    "Folder",
    "Walk",
    "chunks",
    "differences",
    "file_mark",
    "is_inside",
    "is_manifest_file",
    "joined",
    "reason",
    "shown",
    "walk",
]

_NAMES: Final = ("manifest.yaml", "manifest.yml")
_ENDINGS: Final = (".manifest.yaml", ".manifest.yml")
_CHUNK: Final = 1000


class Folder(NamedTuple):
    """A folder that was walked: its `path` inside the tree, empty for the top, and what is in it.

    `folders`, `linked`, `others` and `names` are the names of real directories, of links to directories, of links that
    lead nowhere or to what is no directory, and of manifest files; `marks` are those of the files, None where there is
    none. `mark` is None where it proves nothing, ``[inode]`` of a folder that another path leads to, too, and which was
    read there, and empty where these are further files of the same folder.
    """

    path: str
    mark: Mark | None
    folders: list[str]
    linked: list[str]
    others: list[str]
    names: list[str]
    marks: list[Mark | None]

    def paths(self) -> list[str]:
        """The paths of the manifest files inside the tree."""
        return [f"{self.path}/{name}" for name in self.names] if self.path else self.names


class Walk(NamedTuple):
    """All folders of a tree, in the order in which they were met, and why some could not be read, by their paths."""

    folders: list[Folder]
    unreadable: list[tuple[str, str]]

    def files(self) -> list[str]:
        """The paths of all manifest files inside the tree, in order of how they are shown."""
        return sorted([path for one in self.folders for path in one.paths()], key=shown)


class Difference(NamedTuple):
    """That the mark of a folder is another than it was, or of the file at the place `file` in it.

    `mark` is the new one. `names` are those of the manifest files in the folder, where they are others than they were.
    """

    folder: int
    file: int | None
    mark: Mark | None
    names: list[str] | None = None


def is_manifest_file(name: str) -> bool:
    """Whether a file of this name holds manifests."""
    return name in _NAMES or name.endswith(_ENDINGS)


def shown(path: str) -> str:
    """A path as it is shown: with escapes for bytes that are not UTF-8."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def reason(error: OSError) -> str:
    """Why something cannot be read."""
    text = error.strerror or str(error)
    return f"{text[:1].lower()}{text[1:]}"


def is_inside(path: str, directory: str) -> bool:
    """Whether a `path` without links is that of the `directory`, or of something in it."""
    root = os.path.realpath(directory)
    return path == root or path.startswith(os.path.join(root, ""))  # noqa: PTH118


def walk(directory: str, known: Mapping[str, Folder] | None = None, *, follows_links: bool = False) -> Walk:
    """All folders of the tree below `directory`; one that several paths lead to is read once.

    Links to directories are followed after all real directories, so that a file is known by its real path if it can be;
    those that lead out of the tree only if it `follows_links`, else they are unreadable. (A file that leads out of it
    is refused by who reads it.) Of `known` folders, by path, nothing is listed again while their marks are the same.
    """
    known = known or {}
    prefix = os.path.join(directory, "")  # noqa: PTH118
    found, unreadable = list[Folder](), list[tuple[str, str]]()
    seen: set[tuple[int, int]] = set()
    waiting, linked = [""], list[str]()
    while waiting or linked:
        is_link = not waiting
        inside = waiting.pop() if waiting else linked.pop(0)
        base = f"{prefix}{inside}/" if inside else prefix
        try:
            status = os.stat(base if inside else directory)  # noqa: PTH116
            is_out = is_link and not follows_links and not is_inside(os.path.realpath(base), directory)
            if is_out:
                unreadable.append((inside, LEADS_OUT))
            if is_out or (status.st_dev, status.st_ino) in seen:
                found.append(Folder(inside, [status.st_ino], [], [], [], [], []))
                continue
            seen.add((status.st_dev, status.st_ino))
            mark = folder_mark(status)
            old = known.get(inside)
            entries = _listed(base) if old is None or mark is None or old.mark != mark else old[2:6]
        except OSError as error:
            unreadable.append((inside, reason(error)))
            found.append(Folder(inside, None, [], [], [], [], []))
            continue
        folders, links, others, names = entries
        found.append(Folder(inside, mark, folders, links, others, names, [file_mark(base + name) for name in names]))
        below = f"{inside}/" if inside else ""
        waiting.extend([below + name for name in reversed(folders)])
        linked.extend([below + name for name in links])
    return Walk(found, unreadable)


def chunks(folders: Iterable[Folder]) -> Iterator[list[Folder]]:
    """The `folders` in parts of about a thousand files."""
    part, size = list[Folder](), 0
    for folder in folders:
        for start in range(0, len(folder.names) or 1, _CHUNK):
            names, marks = folder.names[start : start + _CHUNK], folder.marks[start : start + _CHUNK]
            head = folder[:5] if start == 0 else (folder.path, list[int](), list[str](), list[str](), list[str]())
            part.append(Folder(*head, names, marks))
            size += len(names) + 1
            if size >= _CHUNK:
                yield part
                part, size = [], 0
    if part:
        yield part


def joined(folders: Iterable[Folder]) -> list[Folder]:
    """The `folders` of :func:`chunks`, each whole again."""
    found = list[Folder]()
    for one in folders:
        folder = Folder(*one)
        if folder.mark == []:
            found[-1] = found[-1]._replace(names=found[-1].names + folder.names, marks=found[-1].marks + folder.marks)
        else:
            found.append(folder)
    return found


def differences(directory: str, folders: Iterable[Folder]) -> list[Difference] | None:
    """What is no longer as it was; None if that can only be said by walking the tree again."""
    prefix = os.path.join(directory, "")  # noqa: PTH118
    stat, found = os.stat, list[Difference]()
    for place, (path, mark, real, linked, others, names, marks) in enumerate(folders):
        base = f"{prefix}{path}/" if path else prefix
        try:
            if mark != []:
                status = stat(base)
                if [status.st_ino, status.st_mtime_ns, status.st_ctime_ns] != mark and [status.st_ino] != mark:
                    is_another = mark is not None and mark[0] != status.st_ino
                    if is_another or len(names) == _CHUNK:
                        return None
                    *rest, present = _listed(base)
                    if rest != [real, linked, others] or len(present) > _CHUNK:
                        return None
                    found.append(Difference(place, None, folder_mark(status), None if present == names else present))
        except OSError:
            return None
        if others and any(os.path.isdir(base + name) for name in others):  # noqa: PTH112
            return None
        for name, old in zip(names, marks, strict=True):
            try:
                status = stat(base + name)
            except OSError:
                found.append(Difference(place, names.index(name), None))  # no matter if it is not in the folder now
                continue
            if [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino] != old:
                if S_ISDIR(status.st_mode):
                    return None
                found.append(Difference(place, names.index(name), mark_of(status)))
    return found


def _listed(base: str) -> tuple[list[str], list[str], list[str], list[str]]:
    """The names of what is in a folder, in order: see :class:`Folder`."""
    folders, linked, others, names = list[str](), list[str](), list[str](), list[str]()
    with os.scandir(base) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if _is_directory(entry):
                (linked if entry.is_symlink() else folders).append(entry.name)
            elif is_manifest_file(entry.name):
                names.append(entry.name)
            elif entry.is_symlink():
                others.append(entry.name)
    return folders, linked, others, names


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def file_mark(path: str) -> Mark | None:
    """The mark of the file at `path`, None where there is none."""
    try:
        return mark_of(os.stat(path))  # noqa: PTH116
    except OSError:
        return None
