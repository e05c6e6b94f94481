"""Breaking changes without a new major version (LAS101 to LAS108).

A final version is compared with the next lower final version of its module. Pre-releases promise nothing and are not
compared. What a major version is, is said in docs/lint.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Final, TypeAlias

from packaging.version import Version

from las_registry.lint.remark import Beside, Remark, items_of
from las_registry.lint.stock import Stock
from las_registry.manifest import Manifest
from las_registry.problem import FieldPath
from las_solver.constraint import Requirement, parse_version
from las_solver.model import Hardware
from las_solver.ranked import RankedModule
from las_solver.ranks import Intervals, intersect
from las_solver.size_text import size_text

__all__ = ["breaking_changes", "series_of"]

_FIRST_YEAR: Final = 1900
_NAME_END: Final = re.compile(r"[\s<>=!~^@|]")
_Text: TypeAlias = Callable[[int], str]


def series_of(version: Version) -> tuple[int, ...]:
    """What two versions have in common if the newer one promises to break nothing.

    As in cargo, that is all up to the first number that is not 0, of three: 1.4 and 1.5, 0.4.1 and 0.4.2. Where the
    first number is a year, it is the first two: 2024.4.1 and 2024.4.2.
    """
    release = (*version.release, 0, 0)
    if release[0] >= _FIRST_YEAR:
        return version.epoch, *release[:2]
    significant = next((at for at, number in enumerate(release[:3]) if number), 2)
    return version.epoch, *release[: significant + 1]


def breaking_changes(stock: Stock) -> Iterator[Remark]:
    """Every change that may break what works with the version before."""
    for manifest, before in stock.neighbours():
        if series_of(manifest.module.version) != series_of(before.module.version):
            continue
        change = _Change(manifest, before)
        yield from change.labels()
        yield from change.hardware()
        yield from change.requirements(stock)
        yield from change.runtimes(stock)


class _Change:
    """What is different between a manifest and the one before."""

    def __init__(self, manifest: Manifest, before: Manifest) -> None:
        self._manifest = manifest
        self._before = before
        self._new = manifest.module
        self._old = before.module

    def labels(self) -> Iterator[Remark]:
        """Interfaces that are no longer provided, or newly consumed, and modes that are no longer there."""
        for label in self._old.provides:
            if label not in self._new.provides:
                message = f"{label!r}, which {self._old} provides, is no longer provided"
                yield self._remark("LAS101", ("interfaces", "provides"), message)
        for label in self._old.modes:
            if label not in self._new.modes:
                message = f"the mode {label!r}, which {self._old} has, is no longer there"
                yield self._remark("LAS107", ("runtime", "modes"), message)
        for label in self._new.consumes:
            if label not in self._old.consumes:
                message = f"{label!r} is consumed, which {self._old} does not consume"
                yield self._remark("LAS108", ("interfaces", "consumes"), message)

    def hardware(self) -> Iterator[Remark]:
        """Minimums that are higher, or new."""
        new, old = self._new.hardware, self._old.hardware
        if new is old:
            return
        yield from self._raised(("hardware", "cpu", "cores_min"), new.cores_min, old.cores_min, str)
        yield from self._raised(("hardware", "memory", "ram_min"), new.ram_min, old.ram_min, size_text)
        if new.multi_gpu and not old.multi_gpu:
            message = f"two GPUs are needed; one is enough for {self._old}"
            yield self._remark("LAS102", ("hardware", "gpu", "multi_gpu"), message)
        if _needs_one_large_gpu(new, old):
            message = f"one GPU has to have {size_text(new.vram_min or 0)}; for {self._old} all GPUs count together"
            yield self._remark("LAS102", ("hardware", "gpu", "vram_min"), message)
        else:
            yield from self._raised(("hardware", "gpu", "vram_min"), new.vram_min, old.vram_min, size_text)

    def requirements(self, stock: Stock) -> Iterator[Remark]:
        """Modules that are newly required, and those of which fewer versions are admitted."""
        if self._new.requirements == self._old.requirements:
            return
        for name, entries in _by_name(self._new.requirements).items():
            path = ("dependencies", "modules")
            before = _by_name(self._old.requirements).get(name)
            if before is None:
                message = f"{entries[0]} is required, and {self._old} does not require {name}"
                yield self._remark("LAS104", path, message, name)
                continue
            lost = _newest_lost(stock.ranked(name), before, entries)
            if lost is not None:
                yield self._narrowed("LAS106", path, entries, before, lost)

    def runtimes(self, stock: Stock) -> Iterator[Remark]:
        """Runtimes that are newly required, and those of which fewer versions are admitted."""
        if self._new.runtimes == self._old.runtimes:
            return
        path = ("dependencies", "runtime")
        for name, entries in _by_name(self._new.runtimes).items():
            before, required = _by_name(self._old.runtimes).get(name), _by_name(self._old.requirements).get(name)
            if before is None and required is not None:  # a host that provides it is now enough
                lost = _newest_lost(stock.ranked(name), required, entries)
                if lost is not None:
                    yield self._narrowed("LAS103", path, entries, required, lost)
                continue
            if before is None:
                message = f"{_written(entries)} is required, and {self._old} does not require {name}"
                yield self._remark("LAS105", path, message, name)
                continue
            lost = _newest_lost(stock.ranked(name), before, entries)
            if lost is None:
                known = [host.runtimes[name] for host in stock.hosts if name in host.runtimes]
                points = (*known, *_points((*before, *entries)))
                lost = next((one for one in points if _admit(before, one) and not _admit(entries, one)), None)
            if lost is not None:
                yield self._narrowed("LAS103", path, entries, before, lost)

    def _raised(self, path: FieldPath, new: int | None, old: int | None, text: _Text) -> Iterator[Remark]:
        if new is not None and (old is None or new > old):
            least = "needs none" if old is None else f"needs {text(old)}"
            yield self._remark("LAS102", path, f"{path[-1]} is {text(new)}; {self._old} {least}")

    def _narrowed(
        self,
        code: str,
        path: FieldPath,
        new: Sequence[Requirement],
        old: Sequence[Requirement],
        lost: Version,
    ) -> Remark:
        name = new[0].name
        message = f"{_written(new)} does not admit {name} {lost}, which {self._old} admits: it requires {_written(old)}"
        return self._remark(code, path, message, name)

    def _remark(self, code: str, path: FieldPath, message: str, name: str | None = None) -> Remark:
        return Remark(
            code=code,
            manifest=self._manifest,
            path=_place_of(self._manifest, path, name),
            message=message,
            hint="give it a new major version, or x-lint: {ignore: [" + code + "]} if that is known and wanted",
            beside=(Beside(self._before, _place_of(self._before, path, name), f"{self._old} is described here"),),
        )


def _needs_one_large_gpu(new: Hardware, old: Hardware) -> bool:
    """Whether what all GPUs had together before, one of them has to have now."""
    return old.multi_gpu and not new.multi_gpu and new.vram_min is not None


def _by_name(entries: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for one in entries:
        found.setdefault(one.name, []).append(one)
    return found


def _admit(entries: Sequence[Requirement], version: Version) -> bool:
    return all(one.constraint.admits(version) for one in entries)


def _newest_lost(
    module: RankedModule | None, before: Sequence[Requirement], entries: Sequence[Requirement]
) -> Version | None:
    """The newest version that was admitted before and no longer is."""
    if module is None:
        return None
    lost = intersect(_admitted(module, before), _gaps(_admitted(module, entries), len(module)))
    return module.versions[lost[-1][1]] if lost else None


def _admitted(module: RankedModule, entries: Sequence[Requirement]) -> Intervals:
    return reduce(intersect, [module.admitted(one.constraint) for one in entries])


def _gaps(intervals: Intervals, count: int) -> Intervals:
    """The ranks below `count` that are in none of the intervals."""
    ends = [-1, *(high for _, high in intervals)]
    starts = [*(low for low, _ in intervals), count]
    return tuple((end + 1, start - 1) for end, start in zip(ends, starts, strict=True) if start - end > 1)


def _points(entries: Sequence[Requirement]) -> Iterator[Version]:
    """Versions at which entries may begin or end to admit something: those named, what is below and above all there is,
    one just above each of those named, and the first after those that share a prefix with it."""
    named = [(op, parse_version(text.removesuffix(".*"))) for entry in entries for op, text in entry.constraint.parts]
    yield from (version for _, version in named)
    yield from (parse_version("0"), parse_version("99999"))
    for operator, version in named:
        release = version.release
        yield Version(f"{version.epoch}!{'.'.join(map(str, release))}.0.1")
        prefix = release[:-1] if operator == "~=" else release
        yield Version(f"{version.epoch}!{'.'.join(map(str, (*prefix[:-1], prefix[-1] + 1)))}")


def _written(entries: Sequence[Requirement]) -> str:
    return f"{entries[0].name}{','.join(one.constraint.text for one in entries if one.constraint.text)}"


def _place_of(manifest: Manifest, path: FieldPath, name: str | None) -> FieldPath:
    """Where in the list at `path` the entry on `name` stands; `path` itself where it does not."""
    if name is None:
        return path
    at = next(
        (at for at, text in items_of(manifest, path) if _NAME_END.split(text.strip(), maxsplit=1)[0] == name), None
    )
    return path if at is None else (*path, at)
