"""A registry's directory tree, read into manifests and problems (contract, section 8)."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from las_registry.compiled.tree import is_inside, is_manifest_file, reason, shown, walk
from las_registry.manifest import Manifest, Pool, read_manifest
from las_registry.problem import LEADS_OUT, Problem, RegistryUnusable, unreadable
from las_registry.rejection import Rejection
from las_registry.trust.trust import NO_TRUST, Trust
from las_registry.yaml_reader import LIMITS, read_documents

__all__ = [
    "ManifestFile",
    "Progress",
    "Shelf",
    "check_directory",
    "is_manifest_file",
    "load_directory",
    "load_files",
    "manifests_in",
    "no_manifests",
    "read_bytes",
    "settle_duplicates",
]

Progress = Callable[[int, int], None]
"""Called with the number of files that are read and the number of files that there are."""

_MAX_FILE_PROBLEMS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What one directory, or a choice of files, holds.

    `manifests` are the accepted ones by module name, newest first; `rejected` are the problems of those
    that were rejected, by module name as far as it can be read; `problems` are all problems, in order of
    files and lines; `files` counts the manifest files. `rejections` are all rejected manifests; `directory` is empty
    for a choice of files. Where a list vouches for the files, `contents` are the digests of their bytes by their
    paths, and empty texts for those that cannot be read.
    """

    manifests: Mapping[str, tuple[Manifest, ...]]
    rejected: Mapping[str, tuple[Problem, ...]]
    problems: tuple[Problem, ...]
    files: int
    rejections: tuple[Rejection, ...] = ()
    directory: str = ""
    contents: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The names of all modules that the shelf has, even if only in rejected manifests."""
        return frozenset(self.manifests) | frozenset(self.rejected)


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A manifest file: where it is, the path that manifests from it carry, and the one that problems
    carry. `within` is the directory that it may not lead out of, None where it may be anywhere."""

    path: str
    source: str
    shown: str
    within: str | None = None


def load_directory(
    directory: Path, pool: Pool, on_progress: Progress | None = None, *, trust: Trust = NO_TRUST
) -> Shelf:
    """Every manifest in a directory tree, and where links lead to, as far as that passes by `trust`
    wherever they lead.

    Raises :class:`RegistryUnusable` if there is no such directory, or no manifest file in it.
    """
    place = check_directory(directory)
    within = trust.within(str(directory))
    walked = walk(str(directory), follows_links=within is None)
    files = [_file(directory, one, within) for one in walked.files()]
    problems = [unreadable(_file(directory, path).shown, why) for path, why in walked.unreadable]
    if not files:
        raise no_manifests(place, problems)
    return replace(_load(files, problems, pool, on_progress, trust), directory=place)


def check_directory(directory: Path) -> str:
    """How the registry `directory` is shown; raises :class:`RegistryUnusable` if there is no such directory."""
    place = shown(str(directory))
    try:
        is_directory, exists = directory.is_dir(), directory.exists()
    except OSError as error:
        raise RegistryUnusable(f"the registry {place} cannot be read: {reason(error)}") from None
    if not is_directory:
        what = "is not a directory" if exists else "does not exist"
        raise RegistryUnusable(f"the registry {place} {what}", hint="name a directory that holds manifest.yaml files")
    return place


def no_manifests(place: str, problems: Sequence[Problem]) -> RegistryUnusable:
    """The error about a registry without manifest files, some folders of which may be unreadable."""
    if problems:
        return RegistryUnusable(f"the registry {place} cannot be read", problems=problems)
    return RegistryUnusable(
        f"the registry {place} is empty: no file in it is named manifest.yaml or ends in .manifest.yaml",
        hint="las-solve registry schema prints what a manifest may contain",
    )


def load_files(paths: Iterable[Path], pool: Pool, on_progress: Progress | None = None) -> Shelf:
    """Every manifest in the files named, whatever they are called."""
    places = {shown(str(path)) for path in paths}
    return _load([ManifestFile(path, path, path) for path in sorted(places)], [], pool, on_progress, NO_TRUST)


def _load(
    files: Sequence[ManifestFile],
    problems: list[Problem],
    pool: Pool,
    on_progress: Progress | None,
    trust: Trust,
) -> Shelf:
    candidates: dict[str, list[Manifest]] = {}
    rejections: list[Rejection] = []
    contents: dict[str, str] = {}
    for at, file in enumerate(files):
        for one in _read_file(file, pool, trust, contents):
            if isinstance(one, Manifest):
                candidates.setdefault(one.module.name, []).append(one)
            else:
                rejections.append(one)
        if on_progress is not None:
            on_progress(at + 1, len(files))
    manifests = {}
    for name, several in candidates.items():
        accepted, clashes = settle_duplicates(several)
        if accepted:
            manifests[name] = accepted
        rejections.extend(clashes)
    rejected: dict[str, list[Problem]] = {}
    for one in rejections:
        problems.extend(one.problems)
        if one.name is not None:
            rejected.setdefault(one.name, []).extend(one.problems)
    problems.sort(key=lambda one: (one.file, one.line or 0))
    return Shelf(
        manifests=manifests,
        rejected={name: tuple(several) for name, several in rejected.items()},
        problems=tuple(problems),
        files=len(files),
        rejections=tuple(rejections),
        contents=contents,
    )


def _file(directory: Path, relative: str, within: str | None = None) -> ManifestFile:
    path = os.path.join(directory, relative) if relative else str(directory)  # noqa: PTH118
    return ManifestFile(path, shown(relative), shown(path), within)


def _read_file(
    file: ManifestFile, pool: Pool, trust: Trust, contents: dict[str, str]
) -> Iterator[Manifest | Rejection]:
    """Each manifest of a file, or that it was rejected; the digest of its bytes is put into `contents`."""
    try:
        data = read_bytes(file.path, file.within)
    except OSError as error:
        contents[file.source] = ""
        yield Rejection(source=file.source, problems=(unreadable(file.shown, reason(error)),))
        return
    if trust.vouching:
        contents[file.source] = sha256(data).hexdigest()
    yield from manifests_in(file, data, pool, trust)


def manifests_in(
    file: ManifestFile, data: bytes, pool: Pool, trust: Trust = NO_TRUST
) -> Iterator[Manifest | Rejection]:
    """Each manifest of a file with the content `data`, or that it was rejected: for mistakes, or by `trust`."""
    is_empty, left = True, _MAX_FILE_PROBLEMS
    for document in read_documents(data, file.shown):
        if document.value is None and not document.problems:
            continue
        is_empty = False
        one = read_manifest(document, file.source, pool)
        if isinstance(one, Manifest):
            one = _judged(one, trust)
        if isinstance(one, Manifest):
            yield one
            continue
        yield Rejection.of(file.source, document.value, one)
        left -= len(one)
        if left < 0:
            message = f"there are more than {_MAX_FILE_PROBLEMS} mistakes: nothing after this was read"
            yield Rejection(source=file.source, problems=(document.problem((), message),))
            return
    if is_empty:
        problem = Problem(file=file.shown, message="the file is empty", hint="write a manifest, or delete it")
        yield Rejection(source=file.source, problems=(problem,))


def _judged(manifest: Manifest, trust: Trust) -> Manifest | tuple[Problem, ...]:
    """The manifest with its standing, or why it is refused."""
    found = trust.judge(manifest)
    if isinstance(found, Problem):
        return (found,)
    return manifest if found == manifest.standing else replace(manifest, standing=found)


def read_bytes(path: str, within: str | None = None) -> bytes:
    """The content of a regular file, at most one byte more than is allowed; never opens a pipe or device.

    It has to be in the directory `within` if there is one, wherever links on its path lead. That is asked of the file
    that was opened, so that it does not matter what its path leads to later.
    """
    _check_regular(os.stat(path))  # noqa: PTH116
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as opened:
        status = os.fstat(descriptor)
        _check_regular(status)
        if within is not None:
            real = _real_path(descriptor, path)
            if real != path and not is_inside(real, within):
                raise OSError(0, LEADS_OUT)
        # Asked for more than there is, Python makes room for all of that first.
        data = opened.read(min(status.st_size, LIMITS.size) + 1)
        if status.st_size < len(data) <= LIMITS.size:  # it has grown, or does not say its size
            data += opened.read(LIMITS.size + 1 - len(data))
        return data


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")


def _real_path(descriptor: int, path: str) -> str:
    """The path without links of an open file, which `path` led to."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
    except OSError:  # another system
        return os.path.realpath(path)


def settle_duplicates(manifests: list[Manifest]) -> tuple[tuple[Manifest, ...], list[Rejection]]:
    """The manifests of one module, newest first, each version once, and those that contradict one another."""
    manifests.sort(key=lambda one: one.module.version, reverse=True)
    if all(one.module.version != two.module.version for one, two in pairwise(manifests)):
        return tuple(manifests), []
    accepted, clashes = [], []
    by_version: dict[object, list[Manifest]] = {}
    for manifest in manifests:
        by_version.setdefault(manifest.module.version, []).append(manifest)
    for same in by_version.values():
        if len({one.checksum for one in same}) == 1:
            accepted.append(same[0])
            continue
        clashes += [_clash(one, [other for other in same if other is not one]) for one in same]
    return tuple(accepted), clashes


def _clash(manifest: Manifest, others: list[Manifest]) -> Rejection:
    places = ", ".join(f"{one.document.file}:{one.document.line}" for one in others[:3])
    more = f" and {len(others) - 3} more places" if len(others) > 3 else ""
    problem = manifest.document.problem(
        ("version",),
        f"{manifest.module} is also described, differently, in {places}{more}: none of them counts",
        "keep one of them, or give them different versions",
    )
    module = manifest.module
    return Rejection(
        source=module.source, name=module.name, version=module.version, provides=module.provides, problems=(problem,)
    )
