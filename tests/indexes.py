"""Registries by their indexes, compared with registries that are read as a whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from las_registry.registry import Registry
from las_solver.errors import LasSolveError


def said(registry: Registry) -> list[object]:
    """All that a registry tells of its manifests, with the lines of their fields."""
    told: list[object] = [*registry.problems, registry.digest, list(registry.interfaces())]
    told += [(one, tuple(registry.providers(one))) for one in registry.interfaces()]
    names = sorted({*registry.names(), "app", "lib", "a", "b", "c", "nobody", "chat"})
    for name in names:
        told += [name, registry.rejected(name), tuple(registry.notes(name)), tuple(registry.prerelease_namers(name))]
        for one in registry.versions(name):
            manifest = registry.manifest(name, one.version)
            assert manifest is not None, (one, registry.versions(name))
            document = manifest.document
            lines = [document.line_of(path) for path in ((), ("version",), ("hardware", "gpu", "vram_min"))]
            told += [one, str(one), manifest.content, manifest.checksum, manifest.signature, manifest.standing]
            told.append(registry.standing(name, one.version))
            told += [document.file, document.index, document.line, lines]
    return [*told, list(registry.names()), registry.unchecked_signatures]


def by_index(*directories: Path) -> list[object] | str:
    """What the registry tells by its indexes, or why it is none."""
    return _told(Registry.open, directories)


def as_a_whole(*directories: Path) -> list[object] | str:
    """What the registry tells that is read as a whole, or why it is none."""
    return _told(Registry.load, directories)


def kept(cache: Path) -> list[Path]:
    """The indexes that are kept."""
    return sorted(cache.glob("index-*.sqlite3"))


def state(path: Path) -> tuple[int, int, int]:
    """What changes whenever a file is written."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def wait_for_the_clock(directory: Path) -> None:
    """Goes on once the file system's clock shows another time than it did."""
    path = directory.parent / f"{directory.name}-clock"
    path.write_text("")
    before = path.stat().st_mtime_ns
    while path.stat().st_mtime_ns == before:
        os.utime(path)


def _told(make: object, directories: Sequence[Path]) -> list[object] | str:
    try:
        return said(make(directories))  # type: ignore[operator]
    except LasSolveError as error:
        return str(error)
