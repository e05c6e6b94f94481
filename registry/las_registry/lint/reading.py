"""Reading what is to be linted: as a registry is read, and what does not count is kept, too."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from las_registry.compiled.tree import is_inside, reason, shown, walk
from las_registry.lint.codes import CODES
from las_registry.lint.finding import Finding, Fix, FixKind, Place
from las_registry.lint.secrets import secrets_in
from las_registry.lint.stock import LintShelf, RejectedVersion, Repetition, Secret, Stock
from las_registry.load import check_directory, no_manifests, read_bytes
from las_registry.manifest import Manifest, Pool, is_checksum, read_manifest
from las_registry.problem import FieldPath, Problem
from las_registry.rejection import Rejection
from las_registry.yaml_reader import Document, read_documents

__all__ = ["read_stock"]

_MOST_PROBLEMS: Final = 1000
_CHECKSUM: FieldPath = ("integrity", "checksum")
Progress = Callable[[int, int], None]


def read_stock(
    directories: Sequence[Path], files: Sequence[Path], beside: Sequence[Path], on_progress: Progress | None
) -> Stock:
    """All that is in the directories and files; what is in `beside` is only linted where it is one of these.

    A directory inside another one is a part of that. Files in none of the directories are read as if they were in the
    first.
    """
    trees = {one: _files_of(one) for one in (*directories, *beside)}
    roots = _roots(tuple(trees))
    whole = [one for one in roots if one in directories]
    parts = [one for one in directories if one not in whole]
    real = {os.path.realpath(path): path for one in roots for path, _ in trees[one].files}
    linted = {shown(path) for one in whole for path, _ in trees[one].files}
    linted |= {problem.file for one in directories for problem in trees[one].problems}
    linted |= {shown(path) for one in parts for at, path in real.items() if is_inside(at, str(one))}
    linted |= {shown(real.get(os.path.realpath(one), str(one))) for one in files}
    loose = sorted({(str(one), shown(str(one))) for one in files if os.path.realpath(one) not in real})
    sources = [(trees[one], trees[one].files) for one in roots] or [(_Tree([], [], None), [])]
    sources[0] = sources[0][0], [*sources[0][1], *loose]
    pool, shelves, done = Pool(), list[LintShelf](), 0
    count = sum(len(paths) for _, paths in sources)
    for tree, paths in sources:
        reader = _Reader(pool, tree.problems)
        for path, source in paths:
            reader.read(path, source, None if (path, source) in loose else tree.within)
            done += 1
            if on_progress is not None:
                on_progress(done, count)
        shelves.append(reader.shelf())
    return Stock(shelves, frozenset(linted))


def _roots(directories: Sequence[Path]) -> list[Path]:
    """The directories that are not inside another one; of several paths to one of them, the first."""
    real = [os.path.realpath(one) for one in directories]
    return [
        one
        for at, one in enumerate(directories)
        if not any(
            is_inside(real[at], other) and (real[at] != other or place < at)
            for place, other in enumerate(real)
            if place != at
        )
    ]


class _Tree:
    """The files of one directory, each with the path that its manifests carry, and what cannot be read."""

    def __init__(self, files: list[tuple[str, str]], problems: list[Problem], within: str | None) -> None:
        self.files = files
        self.problems = problems
        self.within = within


def _files_of(directory: Path) -> _Tree:
    place = check_directory(directory)
    walked = walk(str(directory))
    files = [(os.path.join(directory, one), shown(one)) for one in walked.files()]  # noqa: PTH118
    problems = [
        Problem(file=shown(os.path.join(directory, path)), message=f"it cannot be read: {why}")  # noqa: PTH118
        for path, why in walked.unreadable
    ]
    if not files:
        raise no_manifests(place, problems)
    return _Tree(files, problems, str(directory))


class _Reader:
    """One pass over the files of a shelf."""

    def __init__(self, pool: Pool, problems: Sequence[Problem]) -> None:
        self._pool = pool
        self._read = dict[str, list[Manifest]]()
        self._rejected = dict[str, list[RejectedVersion]]()
        self._findings = [_finding("LAS004", one) for one in problems]
        self._secrets = list[Secret]()
        self._files = list[str]()

    def read(self, path: str, source: str, within: str | None) -> None:
        """Takes in one file."""
        file = shown(path)
        self._files.append(file)
        try:
            data = read_bytes(path, within)
        except OSError as error:
            self._findings.append(_finding("LAS004", Problem(file=file, message=f"it cannot be read: {reason(error)}")))
            return
        self._secrets += secrets_in(data, file)
        is_empty, left = True, _MOST_PROBLEMS
        for document in read_documents(data, file):
            if document.value is None and not document.problems:
                continue
            is_empty = False
            one = read_manifest(document, source, self._pool)
            if isinstance(one, Manifest):
                self._read.setdefault(one.module.name, []).append(one)
                continue
            self._reject(document, source, one)
            left -= len(one)
            if left < 0:
                message = f"there are more than {_MOST_PROBLEMS} mistakes: nothing after this was read"
                self._findings.append(_finding("LAS001", document.problem((), message)))
                return
        if is_empty:
            hint = "write a manifest, or delete it"
            self._findings.append(_finding("LAS001", Problem(file=file, message="the file is empty", hint=hint)))

    def shelf(self) -> LintShelf:
        """All that was taken in."""
        manifests, repetitions = dict[str, tuple[Manifest, ...]](), list[Repetition]()
        for name, several in self._read.items():
            counted = list[Manifest]()
            several.sort(key=lambda one: one.module.version, reverse=True)
            for _, group in groupby(several, key=lambda one: one.module.version):
                same = list(group)
                if len(same) > 1 and len({one.checksum for one in same}) > 1:
                    self._findings += map(_contradiction, same, [same] * len(same))
                    self._rejected.setdefault(name, []).append(RejectedVersion(name, same[0].module.version))
                    continue
                counted.append(same[0])
                repetitions += [Repetition(one, same[0]) for one in same[1:]]
            if counted:
                manifests[name] = tuple(counted)
        return LintShelf(
            manifests=manifests,
            repetitions=tuple(repetitions),
            rejected={name: tuple(several) for name, several in self._rejected.items()},
            findings=tuple(self._findings),
            secrets=tuple(self._secrets),
            files=tuple(self._files),
        )

    def _reject(self, document: Document, source: str, problems: tuple[Problem, ...]) -> None:
        rejection = Rejection.of(source, document.value, problems)
        if rejection.name is not None:
            self._rejected.setdefault(rejection.name, []).append(RejectedVersion(rejection.name, rejection.version))
        version = None if rejection.version is None else str(rejection.version)
        is_broken_seal = _is_broken_seal(document, problems)
        fix = Fix(kind=FixKind.RESEAL, document=document.index, path=_CHECKSUM) if is_broken_seal else None
        code = "LAS002" if is_broken_seal else "LAS001"
        self._findings += [_finding(code, one, rejection.name, version, fix) for one in problems]


def _is_broken_seal(document: Document, problems: Sequence[Problem]) -> bool:
    """Whether all that is wrong with a manifest is that its checksum is of other content."""
    integrity = document.value.get("integrity") if isinstance(document.value, dict) else None
    checksum = integrity.get("checksum") if isinstance(integrity, dict) else None
    return [one.field for one in problems] == ["integrity.checksum"] and (
        isinstance(checksum, str) and is_checksum(checksum)
    )


def _contradiction(manifest: Manifest, same: Sequence[Manifest]) -> Finding:
    document, module = manifest.document, manifest.module
    others = [one.document for one in same if one is not manifest]
    return Finding(
        code="LAS003",
        severity=CODES["LAS003"].severity,
        file=document.file,
        line=document.line_of(("version",)),
        field="version",
        module=module.name,
        version=str(module.version),
        message=f"{module} is described differently elsewhere, too: none of these manifests counts",
        hint="keep one of them, or give them different versions",
        related=tuple(_places(others)),
    )


def _places(documents: Sequence[Document]) -> Iterator[Place]:
    for one in documents[:10]:
        yield Place(file=one.file, line=one.line_of(("version",)), message="here")


def _finding(
    code: str, problem: Problem, module: str | None = None, version: str | None = None, fix: Fix | None = None
) -> Finding:
    return Finding(
        code=code,
        severity=CODES[code].severity,
        file=problem.file,
        line=problem.line,
        field=problem.field,
        module=module,
        version=version,
        message=problem.message,
        hint=problem.hint,
        fix=fix,
    )
