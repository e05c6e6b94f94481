"""Manifest files, read into plain values, by as many processes as it pays to start."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from las_registry.compiled.extract import Extract, extract
from las_registry.compiled.rejected import PLACEHOLDER, Rejected, pack
from las_registry.compiled.tree import reason, shown
from las_registry.load import ManifestFile, manifests_in, read_bytes
from las_registry.manifest import Manifest, Pool
from las_registry.problem import unreadable
from las_registry.processes import can_start, executor, processors, uninterrupted
from las_registry.rejection import Rejection
from las_registry.trust.trust import Trust

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["UNREADABLE", "FileContent", "known_by", "manifest_file", "read_contents", "read_file"]

UNREADABLE: Final = "unreadable: "
"""What a file that cannot be read is known by begins with this."""

_BATCH: Final = 1 << 18
"""Bytes that a process reads at a time."""

_MOST_FILES: Final = 200
_WORTHWHILE: Final = 1 << 20
"""Bytes below which no other processes are started: reading them takes about a second."""

_POOLED: Final = 50_000
"""Manifests after which what they share is forgotten, so that it does not grow without end."""


class FileContent(NamedTuple):
    """What is in the manifest file at `path`; `known` is the digest of its bytes, or why it cannot be read."""

    path: str
    known: str
    extracts: list[Extract]
    rejected: list[Rejected]

    @property
    def modules(self) -> list[str]:
        """The names of the modules that have manifests in the file, in order."""
        return sorted({one.name for one in self.extracts})


_Read: TypeAlias = Callable[[Sequence[str]], list[FileContent]]


def manifest_file(directory: str, path: str, trust: Trust) -> ManifestFile:
    """The file at `path` in a registry, as it is read for an index."""
    source = shown(path)
    within = trust.within(directory)
    return ManifestFile(os.path.join(directory, path), source, PLACEHOLDER + source, within)  # noqa: PTH118


def read_file(directory: str, path: str, pool: Pool, trust: Trust) -> FileContent:
    """What is in the file at `path` of the registry in `directory`, as far as that passes by `trust`."""
    file = manifest_file(directory, path, trust)
    extracts, rejected = list[Extract](), list[Rejected]()

    def reject(one: Rejection) -> None:
        rejected.append(Rejected((0, file.source, len(rejected), 0), path, pack(one)))

    try:
        data = read_bytes(file.path, file.within)
    except OSError as error:
        reject(Rejection(source=file.source, problems=(unreadable(file.shown, reason(error)),)))
        return FileContent(path, UNREADABLE + reason(error), extracts, rejected)
    for one in manifests_in(file, data, pool, trust):
        if isinstance(one, Manifest):
            extracts.append(extract(one, path))
        else:
            reject(one)
    return FileContent(path, sha256(data).hexdigest(), extracts, rejected)


def known_by(directory: str, path: str, trust: Trust) -> str:
    """What the file at `path` is known by now."""
    try:
        return sha256(read_bytes(os.path.join(directory, path), trust.within(directory))).hexdigest()  # noqa: PTH118
    except OSError as error:
        return UNREADABLE + reason(error)


def read_contents(
    directory: str, paths: Sequence[str], sizes: Sequence[int], on_file: Callable[[int], None], trust: Trust
) -> Iterator[FileContent]:
    """What is in the files at `paths`, in that order; `sizes` are theirs, as far as they are known.

    `on_file` is told of the number of files that are read. Where it pays, other processes read them; what those do not
    manage is read here.
    """
    batches = _batches(paths, sizes)
    is_worthwhile = sum(sizes) >= _WORTHWHILE and can_start()
    processes = min(processors(), len(batches)) if is_worthwhile else 1
    done = 0
    read = partial(_read_batch, directory, trust)
    results = _in_processes(read, batches, processes) if processes > 1 else _here(read, batches)
    for several in results:
        yield from several
        done += len(several)
        on_file(done)


def _batches(paths: Sequence[str], sizes: Sequence[int]) -> deque[list[str]]:
    batches, left = deque[list[str]](), 0
    for path, size in zip(paths, sizes, strict=True):
        if left <= 0 or len(batches[-1]) == _MOST_FILES:
            batches.append([])
            left = _BATCH
        batches[-1].append(path)
        left -= size
    return batches


def _here(read: _Read, batches: deque[list[str]]) -> Iterator[list[FileContent]]:
    while batches:
        yield read(batches.popleft())


def _in_processes(read: _Read, batches: deque[list[str]], processes: int) -> Iterator[list[FileContent]]:
    from concurrent.futures.process import BrokenProcessPool

    with executor(processes) as pool:
        waiting: deque[tuple[list[str], Future[list[FileContent]]]] = deque()
        try:
            while batches or waiting:
                while batches and len(waiting) < 2 * processes:
                    with uninterrupted():
                        waiting.append((batches[0], pool.submit(read, batches[0])))
                    batches.popleft()
                yield waiting[0][1].result()
                waiting.popleft()
        except (BrokenProcessPool, OSError):  # somebody ended one of them, or no further one can be started
            batches.extendleft(batch for batch, _ in reversed(waiting))
    yield from _here(read, batches)


_pool: Pool | None = None
_pooled = 0


def _read_batch(directory: str, trust: Trust, paths: Sequence[str]) -> list[FileContent]:
    global _pool, _pooled
    if _pool is None or _pooled >= _POOLED:
        _pool, _pooled = Pool(), 0
    found = [read_file(directory, path, _pool, trust) for path in paths]
    _pooled += sum(len(one.extracts) for one in found)
    return found
