"""Which versions of a module the texts of constraints admit, without a library for versions where these are usual."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from las_registry.compiled.encoding import edition_of
from las_solver.constraint import Constraint, parse_version
from las_solver.ranks import Intervals, admitted_ranks, intersect

__all__ = ["Linker", "version_keys"]

_FINAL: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")

Key = tuple[int, ...]


class Linker:
    """The ranks that constraints admit of modules; `versions_of` says the texts of a module's versions, from old to
    new, None where there is no such module."""

    def __init__(self, versions_of: Callable[[str], Sequence[str] | None]) -> None:
        self._versions_of = versions_of
        self._targets: dict[str, _Target | None] = {}

    def ranks_of(self, name: str, constraint: str) -> tuple[str, Intervals] | None:
        """The edition of the module called `name`, and the ranks that `constraint` admits; None if there is none."""
        try:
            target = self._targets[name]
        except KeyError:
            versions = self._versions_of(name)
            target = self._targets[name] = None if versions is None else _Target(versions)
        return None if target is None else (target.edition, target.admitted(constraint))


class _Target:
    """A module that others need."""

    def __init__(self, versions: Sequence[str]) -> None:
        self.edition = edition_of(versions)
        self._versions = versions
        self._keys = _final_keys(versions)
        self._known: dict[str, Intervals] = {}

    def admitted(self, text: str) -> Intervals:
        """The ranks that the constraint `text` admits."""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._work_out(text)
        return found

    def _work_out(self, text: str) -> Intervals:
        constraint = Constraint.parse(text) if text else None
        if constraint is None:
            return ((0, len(self._versions) - 1),)
        admitted: Intervals = ((0, len(self._versions) - 1),)
        for operator, named in constraint.parts:
            key = _final_key(named.removesuffix(".*"))
            if self._keys is None or key is None:
                return admitted_ranks([parse_version(one) for one in self._versions], constraint)
            admitted = intersect(admitted, _admitted(self._keys, operator, named, key))
        return admitted


def version_keys(versions: Sequence[str]) -> Sequence[Any]:
    """Keys by which `versions`, texts of parsed versions, are in order, and equal where the versions are."""
    return _final_keys(versions) or [parse_version(one) for one in versions]


def _admitted(keys: Sequence[Key], operator: str, named: str, key: Key) -> Intervals:
    """The ranks of final versions that a specifier admits which names a final version, or a prefix of such, by its
    `key`."""
    last = len(keys) - 1
    low, high = 0, last
    release = named.removesuffix(".*")
    match operator:
        case ">=":
            low = bisect_left(keys, key)
        case ">":
            low = bisect_right(keys, key)
        case "<=":
            high = bisect_right(keys, key) - 1
        case "<":
            high = bisect_left(keys, key) - 1
        case _:
            low = bisect_left(keys, key)
            if operator == "~=":
                release = release.rpartition(".")[0]
            if operator == "~=" or named != release:
                high = bisect_left(keys, _after(release)) - 1
            else:
                high = bisect_right(keys, key) - 1
            if operator == "!=" and low > high:
                return ((0, last),)
            if operator == "!=":
                return tuple((start, end) for start, end in ((0, low - 1), (high + 1, last)) if start <= end)
    return ((low, high),) if low <= high else ()


def _final_keys(versions: Sequence[str]) -> list[Key] | None:
    keys = [key for key in map(_final_key, versions) if key is not None]
    return keys if len(keys) == len(versions) else None


@lru_cache(maxsize=65536)
def _final_key(version: str) -> Key | None:
    """What final versions are in order by, their release without zeros at its end; None for others."""
    if not _FINAL.fullmatch(version):
        return None
    release = [int(part) for part in version.split(".")]
    while release and not release[-1]:
        release.pop()
    return tuple(release)


def _after(prefix: str) -> Key:
    """The key of the first release after all that begin with `prefix`."""
    *parts, last = (int(part) for part in prefix.split("."))
    return (*parts, last + 1)
