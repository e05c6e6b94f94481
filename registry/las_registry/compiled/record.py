"""What an index says of one module: a record, and how it is read, as little of it as is asked for.

A record is three lines of JSON: what solving needs, what messages and digests need, and what people read of versions::

    [edition, versions, prereleases, newest, runs, shape of each run, shapes, footprints, needs,
     paths, path of each version, checksums]
    [documents, lines, marks, mark of each version, standings, standing of each version]
    [descriptions, description of each version, licences, licence of each version]

What a plan reads hundreds of is text, taken apart when it is asked for. Versions stand from old to new, joined by
spaces, as checksums are. What is said "of each" is a place in the list before it, or 0 for all. *Needs* are an object::

    target: "edition constraint ranks constraint ranks ..."

with the ranks that each constraint admits of that edition of the target, ``low,high`` for each interval, joined by
commas; all of that is empty where there is no such module. *Shapes* and *footprints* are lists of texts::

    category  requirements  runtimes  footprint  preferred mode  provides  consumes  system packages
    cores ram vram 1-if-several-GPUs modes  ranks

with two spaces between fields and one between the parts of a field; requirements and runtimes are the places of needs,
a footprint that in the list, and `ranks`, as above, are those that have it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, overload

from packaging.version import Version

from las_registry.compiled.extract import Need, source_of
from las_registry.trust.standing import Standing
from las_solver.constraint import Constraint, Requirement, parse_version
from las_solver.model import Hardware, ModuleVersion
from las_solver.ranked import Footprint, RankedModule
from las_solver.ranks import Intervals

__all__ = ["Record", "Shared"]

Item = TypeVar("Item")

_Places: TypeAlias = "int | list[int]"
_Requirements: TypeAlias = tuple[Requirement, ...]
_Labels: TypeAlias = tuple[str, ...]
_Shape: TypeAlias = tuple[str, _Requirements, _Requirements, Footprint, str | None, _Labels, _Labels, _Labels]

_raw_decode = json.JSONDecoder().raw_decode


class Shared:
    """Values that many records share, each kept once, and the ranks that records know of the modules that they need."""

    def __init__(self) -> None:
        self._requirements: dict[Need, Requirement] = {}
        self._constraints: dict[str, Constraint] = {}
        self._footprints: dict[str, tuple[Footprint, Intervals]] = {}
        self._alike: dict[str, Footprint] = {}
        self._labels: dict[str, _Labels] = {"": ()}
        self.needs: defaultdict[str, list[str]] = defaultdict(list)
        """Needs by their targets, as they stand in records."""

    def requirement(self, need: Need) -> Requirement:
        """The requirement that `need` spells."""
        found = self._requirements.get(need)
        if found is None:
            name, text = need
            constraint = self._constraints.get(text)
            if constraint is None:
                constraint = self._constraints[text] = Constraint.of_text(text)
            found = self._requirements[need] = Requirement(name, constraint)
        return found

    def footprint(self, text: str) -> tuple[Footprint, Intervals]:
        """The footprint that `text` spells, and the ranks that have it."""
        found = self._footprints.get(text)
        if found is None:
            spelled, _, ranks = text.rpartition("  ")
            footprint = self._alike.get(spelled)
            if footprint is None:
                cores, ram, vram, several, *modes = spelled.split(" ")
                cores_min, ram_min, vram_min = (int(one) if one else None for one in (cores, ram, vram))
                hardware = Hardware(cores_min=cores_min, ram_min=ram_min, vram_min=vram_min, multi_gpu=bool(several))
                footprint = self._alike[spelled] = hardware, tuple(modes)
            found = self._footprints[text] = footprint, _intervals(ranks)
        return found

    def labels(self, text: str) -> _Labels:
        """The labels in a text."""
        found = self._labels.get(text)
        if found is None:
            found = self._labels[text] = tuple(text.split(" "))
        return found


class Record:
    """What an index says of the module `name`: `ranked`, and facts of single versions by their ranks."""

    __slots__ = (
        *(
            "_data",
            "_end",
            "_entries",
            "_facts",
            "_files",
            "_needs",
            "_requirements",
            "_shape_of",
            "_shapes",
            "_shared",
        ),
        *("_split", "_texts", "_versions", "name", "ranked"),
    )

    def __init__(self, name: str, data: bytes, shared: Shared) -> None:
        solving, self._end = _raw_decode(data.decode())
        edition, versions, prereleases, newest, runs, shape_of, shapes, footprints, needs, *files = solving
        self.name = name
        self._data, self._shared = data, shared
        self._versions: str = versions
        self._split: list[str] | None = None
        self._shape_of: _Places = shape_of
        self._shapes: list[Any] = shapes
        self._needs: dict[str, str] = needs
        self._entries: list[Need] | None = None
        self._files: list[Any] = files
        self._requirements: dict[str, _Requirements] = {"": ()}
        self._facts: list[Any] | None = None
        self._texts: list[Any] | None = None
        for target, known in needs.items():
            shared.needs[target].append(known)
        count = versions.count(" ") + 1
        self.ranked = RankedModule(
            name,
            _Lazy(count, self._candidate),
            _Lazy(count, self._version),
            prereleases=frozenset(prereleases),
            newest=newest,
            runs=runs,
            footprints=[shared.footprint(one) for one in footprints],
            known=_Known(edition, shared.needs[name]),
        )

    def path(self, rank: int) -> str:
        """The path of a version's file inside the registry's directory, as the system spells it."""
        paths, path_of, _ = self._files
        return str(_value(paths, path_of, rank))

    def place(self, rank: int) -> tuple[int, int]:
        """Which document of its file a version is, from 0, and in which line that begins."""
        documents, lines, *_ = self._read_facts()
        return documents[rank], lines[rank]

    def checksum(self, rank: int) -> str | None:
        """The checksum that the manifest of a version carries."""
        checksums: str = self._files[2]
        return checksums.split(" ")[rank] or None if checksums else None

    def mark(self, rank: int) -> str:
        """What the manifest of a version is known by in the digest of a registry."""
        documents, _, marks, mark_of, *_ = self._read_facts()
        return _mark(str(_value(marks, mark_of, rank)), documents[rank], self.checksum(rank) or "")

    def standing(self, rank: int) -> Standing:
        """Who vouches for the manifest of a version, by its own signature."""
        *_, standings, standing_of = self._read_facts()
        return Standing.of_text(str(_value(standings, standing_of, rank)))

    def description(self, rank: int) -> str:
        """The description of a version."""
        descriptions, places, *_ = self._read_texts()
        return str(_value(descriptions, places, rank))

    def license(self, rank: int) -> str | None:
        """The licence of a version."""
        *_, licences, places = self._read_texts()
        licence = _value(licences, places, rank)
        return None if licence is None else str(licence)

    def _read_facts(self) -> list[Any]:
        if self._facts is None:
            self._facts = json.loads(self._data[self._end + 1 :].partition(b"\n")[0])
        return self._facts

    def _read_texts(self) -> list[Any]:
        if self._texts is None:
            self._texts = json.loads(self._data.rpartition(b"\n")[2])
        return self._texts

    def _version(self, rank: int) -> Version:
        if self._split is None:
            self._split = self._versions.split(" ")
        return parse_version(self._split[rank])

    def _candidate(self, rank: int) -> ModuleVersion:
        places = self._shape_of
        at = places if isinstance(places, int) else places[bisect_right(self.ranked.runs, rank) - 1]
        shape = self._shapes[at]
        if isinstance(shape, str):
            shape = self._shapes[at] = self._shape(shape)
        category, requirements, runtimes, (hardware, modes), preferred, provides, consumes, system = shape
        return ModuleVersion(
            name=self.name,
            version=self.ranked.versions[rank],
            category=category,
            requirements=requirements,
            runtimes=runtimes,
            hardware=hardware,
            modes=modes,
            preferred_mode=preferred,
            provides=provides,
            consumes=consumes,
            system_packages=system,
            source=source_of(self.path(rank)),
            checksum=self.checksum(rank),
        )

    def _shape(self, shape: str) -> _Shape:
        category, requirements, runtimes, footprint, preferred, *labels = shape.split("  ")
        provides, consumes, system = map(self._shared.labels, labels)
        asked, _ = self.ranked.footprints[int(footprint)]
        needs = self._requirements_at(requirements), self._requirements_at(runtimes)
        return (category, *needs, asked, preferred or None, provides, consumes, system)

    def _requirements_at(self, places: str) -> _Requirements:
        found = self._requirements.get(places)
        if found is None:
            if self._entries is None:
                self._entries = [
                    (target, text) for target, known in self._needs.items() for text in known.split(" ")[1::2]
                ]
            entries, requirement = self._entries, self._shared.requirement
            found = tuple([requirement(entries[int(place)]) for place in places.split(" ")])
            self._requirements[places] = found
        return found


class _Known(Mapping[str, Intervals]):
    """The ranks of an edition of a module that needs in records admit, by the texts of their constraints."""

    __slots__ = ("_edition", "_needs", "_ranks")

    def __init__(self, edition: str, needs: list[str]) -> None:
        self._edition = edition
        self._needs = needs
        self._ranks: dict[str, str] = {}

    def get(self, text: str, default: Any = None) -> Any:
        if self._needs:
            self._take()
        ranks = self._ranks.get(text)
        return default if ranks is None else _intervals(ranks)

    def __getitem__(self, text: str) -> Intervals:
        self._take()
        return _intervals(self._ranks[text])

    def __iter__(self) -> Iterator[str]:
        self._take()
        return iter(self._ranks)

    def __len__(self) -> int:
        self._take()
        return len(self._ranks)

    def _take(self) -> None:
        """Takes the needs of this edition apart that have been read since."""
        edition, known = self._edition, self._ranks
        for one in self._needs:
            if one.startswith(edition):
                parts = one.split(" ")
                known.update(zip(parts[1::2], parts[2::2], strict=True))
        self._needs.clear()


class _Lazy(Sequence[Item]):
    """A sequence whose items are made when they are first asked for."""

    __slots__ = ("_items", "_make")

    def __init__(self, count: int, make: Callable[[int], Item]) -> None:
        self._items: list[Item | None] = [None] * count
        self._make = make

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | Sequence[Item]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self._items)))]
        item = self._items[at]
        if item is None:
            item = self._items[at] = self._make(at if at >= 0 else at + len(self._items))
        return item


def _mark(mark: str, document: int, checksum: str) -> str:
    return f"{mark}{document}" if mark.endswith(":") else mark or checksum


def _value(values: Sequence[object], places: _Places, rank: int) -> object:
    return values[places if isinstance(places, int) else places[rank]]


def _intervals(ranks: str) -> Intervals:
    numbers = list(map(int, ranks.split(","))) if ranks else []
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))
