"""What planning needs of a store, read in one go by the standard library alone: a plan has no time for SQLAlchemy, and
writes nothing."""

from __future__ import annotations

import gc
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from packaging.version import Version

from las_registry.lifecycle.content_digest import content_digest
from las_registry.lifecycle.errors import StoreUnusable
from las_registry.lifecycle.quick_reader import QuickReader
from las_registry.lifecycle.states import State
from las_registry.problem import printable
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput
from las_solver.model import ModuleVersion

__all__ = ["StoreContent", "read_store"]

_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreContent:
    """What a store says of the machine: what is installed, which versions are deprecated, the pins in order of name,
    and which modules somebody asked for. `digest` is over all that a plan depends on, as the plan names it."""

    installed: Mapping[str, ModuleVersion]
    deprecated: frozenset[tuple[str, Version]]
    pins: tuple[Requirement, ...]
    requested: frozenset[str]
    digest: str


def read_store(path: Path, *, timeout: float = _TIMEOUT) -> StoreContent | None:
    """What the store in the file at `path` holds; None if there is none yet.

    Raises :class:`StoreUnusable` if it cannot be read, or a manifest that it keeps is not accepted.
    """
    place = printable(str(path))
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        from las_registry.lifecycle.sqlite_file import unusable

        raise unusable(error, place) from error
    if not stat.S_ISREG(mode):
        raise StoreUnusable(f"the store {place} is not a regular file", hint="name a file: --store FILE")
    from las_registry.lifecycle.sqlite_reading import read_rows  # late: most machines have no store

    rows = read_rows(path, place, timeout)
    if rows is None:
        return None
    kept = [(one[0], one[1], one[5], one[6]) for one in rows.modules if one[3]]
    deprecated = [(one[0], one[1]) for one in rows.modules if one[2] == State.DEPRECATED.value]
    try:
        return StoreContent(
            installed=MappingProxyType(_installed(kept, place)),
            deprecated=frozenset((name, Version(version)) for name, version in deprecated),
            pins=tuple(map(_pin, rows.pins)),
            requested=frozenset(one[0] for one in rows.modules if one[3] and one[4]),
            digest=content_digest(
                [(name, version, digest) for name, version, _, digest in kept], deprecated, rows.pins
            ),
        )
    except (ValueError, TypeError) as error:
        from las_registry.lifecycle.sqlite_file import damaged

        raise damaged(place, str(error)) from error


def _installed(kept: list[tuple[str, str, str, str]], place: str) -> dict[str, ModuleVersion]:
    """What is installed: of each module the name, the version, and the manifest that is kept, with its digest."""
    was_enabled = gc.isenabled()
    gc.disable()  # it would find nothing, and look through all of them often
    try:
        return {one.name: one for one in QuickReader().read_all(kept)}
    except InvalidInput as error:
        raise StoreUnusable(
            f"the store {place} keeps a manifest that cannot be read: {printable(' '.join(error.message.split()))}",
            hint="las-solve state check says what is wrong; to plan without the store: --no-store",
        ) from error
    finally:
        if was_enabled:
            gc.enable()


def _pin(text: str) -> Requirement:
    try:
        return Requirement.parse(text)
    except InvalidInput as error:
        raise ValueError(f"a pin cannot be read: {error.message}") from None
