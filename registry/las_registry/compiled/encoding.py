"""How the versions of a module become a record; :mod:`las_registry.compiled.record` says what stands in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final, TypeAlias

from las_registry.compiled.extract import Extract, Need, Shape
from las_solver.constraint import parse_version
from las_solver.ranks import Intervals, merged

__all__ = ["RanksOf", "edition_of", "encode_module"]

RanksOf: TypeAlias = Callable[[str, str], "tuple[str, Intervals] | None"]
"""The edition of a module and the ranks that the text of a constraint admits of it, None if there is no such module."""

_FINAL: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def edition_of(versions: Iterable[str]) -> str:
    """What the list of a module's versions, from old to new, is known by."""
    from hashlib import sha256

    return sha256(" ".join(versions).encode()).hexdigest()[:12]


def encode_module(ranked: Sequence[Extract], ranks_of: RanksOf) -> bytes:
    """The record of all versions of a module, which stand from old to new."""
    versions = [one.version for one in ranked]
    runs = [rank for rank, one in enumerate(ranked) if not rank or one.shape != ranked[rank - 1].shape]
    shapes, shape_of = _gathered([ranked[rank].shape for rank in runs])
    needs = _Needs((need for one in shapes for need in (*one.requirements, *one.runtimes)), ranks_of)
    footprints: dict[str, list[tuple[int, int]]] = {}
    for low, after in zip(runs, [*runs[1:], len(ranked)], strict=True):
        footprints.setdefault(_footprint(ranked[low].shape), []).append((low, after - 1))
    places = {one: at for at, one in enumerate(footprints)}
    prereleases, newest = _prereleases(versions)
    has_checksums = any(one.checksum for one in ranked)
    solving = [
        *(edition_of(versions), " ".join(versions), prereleases, newest, runs, shape_of),
        [_encode_shape(one, needs, places[_footprint(one)]) for one in shapes],
        [f"{one}  {_spelled(merged(ranks))}" for one, ranks in footprints.items()],
        *(needs.by_target, *_gathered([one.path for one in ranked])),
        " ".join([one.checksum or "" for one in ranked]) if has_checksums else "",
    ]
    marks = [one.mark.removesuffix(str(one.document)) if _is_numbered(one) else one.mark for one in ranked]
    facts = [
        [one.document for one in ranked],
        [one.line for one in ranked],
        *_gathered(["" if one.mark == one.checksum else mark for one, mark in zip(ranked, marks, strict=True)]),
        *_gathered([one.standing for one in ranked]),
    ]
    texts = [*_gathered([one.description for one in ranked]), *_gathered([one.license for one in ranked])]
    return b"\n".join([json.dumps(line, separators=(",", ":")).encode() for line in (solving, facts, texts)])


def _prereleases(versions: Sequence[str]) -> tuple[list[int], int]:
    """The ranks of pre-releases, and of the newest final version, or of the newest at all."""
    last = len(versions) - 1
    if all(map(_FINAL.fullmatch, versions)):
        return [], last
    found = [rank for rank, one in enumerate(versions) if parse_version(one).is_prerelease]
    return found, max(set(range(last + 1)).difference(found), default=last)


def _is_numbered(one: Extract) -> bool:
    """Whether the mark of a manifest ends with its place in its file."""
    return one.mark.endswith(f":{one.document}")


def _gathered(values: Sequence[Hashable]) -> tuple[list[Any], int | list[int]]:
    """Each value once, and for all of them their places among these."""
    places: dict[Hashable, int] = {}
    found = [places.setdefault(one, len(places)) for one in values]
    return list(places), found if len(places) > 1 else 0


class _Needs:
    """The needs that stand in a record, each once: as they stand there, by their targets, and their places."""

    def __init__(self, needs: Iterable[Need], ranks_of: RanksOf) -> None:
        self.by_target: dict[str, str] = {}
        self._places: dict[Need, int] = {}
        constraints: dict[str, list[str]] = {}
        for name, text in dict.fromkeys(needs):
            constraints.setdefault(name, []).append(text)
        for name, texts in constraints.items():
            edition, parts = "", []
            for text in texts:
                known = ranks_of(name, text)
                if known is not None:
                    edition = known[0]
                parts += [text, "" if known is None else _spelled(known[1])]
                self._places[name, text] = len(self._places)
            self.by_target[name] = " ".join([edition, *parts])

    def places(self, needs: Iterable[Need]) -> str:
        """The places of `needs`."""
        return " ".join([str(self._places[one]) for one in needs])


def _encode_shape(shape: Shape, needs: _Needs, footprint: int) -> str:
    places = needs.places(shape.requirements), needs.places(shape.runtimes)
    labels = map(" ".join, (shape.provides, shape.consumes, shape.system_packages))
    return "  ".join([shape.category, *places, str(footprint), shape.preferred or "", *labels])


def _footprint(shape: Shape) -> str:
    cores, ram, vram, is_several = shape.hardware
    least = ["" if one is None else str(one) for one in (cores, ram, vram, 1 if is_several else None)]
    return " ".join([*least, *shape.modes])


def _spelled(ranks: Intervals) -> str:
    return ",".join([str(end) for interval in ranks for end in interval])
