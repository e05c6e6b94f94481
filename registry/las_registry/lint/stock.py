"""What is linted: manifests with all that stands around them, read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise

from packaging.version import Version

from las_registry.host.examples import example_host, example_names
from las_registry.lint.finding import Finding
from las_registry.manifest import Manifest
from las_solver.model import Host
from las_solver.ranked import RankedModule

__all__ = ["LintShelf", "RejectedVersion", "Repetition", "Secret", "Stock"]


@dataclass(frozen=True, slots=True)
class RejectedVersion:
    """A manifest that does not count, as far as it can be read."""

    name: str | None
    version: Version | None


@dataclass(frozen=True, slots=True)
class Repetition:
    """A manifest that says what another one, which counts, says already."""

    manifest: Manifest
    counted: Manifest


@dataclass(frozen=True, slots=True)
class Secret:
    """Something in a file that looks like a secret: its code, the line, what it is and how it begins."""

    code: str
    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LintShelf:
    """What one directory holds: `manifests` are those that count, by module name, newest first; `findings` are of those
    that do not count, and of files that cannot be read."""

    manifests: Mapping[str, tuple[Manifest, ...]]
    repetitions: tuple[Repetition, ...]
    rejected: Mapping[str, tuple[RejectedVersion, ...]]
    findings: tuple[Finding, ...]
    secrets: tuple[Secret, ...]
    files: tuple[str, ...]


class Stock:
    """All shelves, the first of them first; something is only said about the manifests in the files `linted`."""

    def __init__(self, shelves: Sequence[LintShelf], linted: frozenset[str]) -> None:
        self.shelves = tuple(shelves)
        self.linted = linted
        self._ranked: dict[str, RankedModule | None] = {}

    def is_linted(self, manifest: Manifest) -> bool:
        """Whether something may be said about `manifest`."""
        return manifest.document.file in self.linted

    @cached_property
    def manifests(self) -> tuple[Manifest, ...]:
        """The manifests that are linted, in order of shelf and name, newest first."""
        return tuple(
            one
            for shelf in self.shelves
            for name in sorted(shelf.manifests)
            for one in shelf.manifests[name]
            if self.is_linted(one)
        )

    @cached_property
    def modules(self) -> Mapping[str, tuple[Manifest, ...]]:
        """The manifests that count, newest first, by the name of their module, in order."""
        found: dict[str, tuple[Manifest, ...]] = {}
        for name in sorted({name for shelf in self.shelves for name in shelf.manifests}):
            counted = self._counted(name)
            if counted is not None and name in counted.manifests:
                found[name] = counted.manifests[name]
        return found

    def ranked(self, name: str) -> RankedModule | None:
        """The versions of a module that count, by rank; None if there are none."""
        if name not in self._ranked:
            several = self.modules.get(name)
            found = None if several is None else RankedModule.of(name, [one.module for one in several])
            self._ranked[name] = found
        return self._ranked[name]

    def rejected(self, name: str) -> tuple[RejectedVersion, ...]:
        """The manifests of a module that would count if they were right."""
        shelf = self._counted(name)
        return () if shelf is None else shelf.rejected.get(name, ())

    def hidden(self, name: str) -> Iterator[Manifest]:
        """The manifests of a module that do not count because an earlier shelf has the name."""
        counted = self._counted(name)
        for shelf in self.shelves:
            if shelf is not counted:
                yield from shelf.manifests.get(name, ())

    @cached_property
    def providers(self) -> Mapping[str, frozenset[str]]:
        """The names of the modules that provide an interface, by the interface."""
        found: dict[str, set[str]] = {}
        for name, several in self.modules.items():
            for one in several:
                for interface in one.module.provides:
                    found.setdefault(interface, set()).add(name)
        return {interface: frozenset(names) for interface, names in found.items()}

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """The example hosts."""
        return tuple(map(example_host, example_names()))

    def neighbours(self) -> Iterator[tuple[Manifest, Manifest]]:
        """Each linted manifest of a final version with that of the next lower final version of its module."""
        for shelf in self.shelves:
            for name in sorted(shelf.manifests):
                finals = [one for one in shelf.manifests[name] if not one.module.is_prerelease]
                for one, before in pairwise(finals):
                    if self.is_linted(one):
                        yield one, before

    def by_file(self) -> Mapping[str, tuple[Manifest, ...]]:
        """The manifests that are linted, by file, in the order in which they stand there."""
        ordered = sorted(self.manifests, key=lambda one: (one.document.file, one.document.index))
        return {file: tuple(several) for file, several in groupby(ordered, key=lambda one: one.document.file)}

    def _counted(self, name: str) -> LintShelf | None:
        """The first shelf that has a name, even if only in rejected manifests."""
        return next((one for one in self.shelves if name in one.manifests or name in one.rejected), None)
