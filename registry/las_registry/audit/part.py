"""Parts of an audit, each some modules on one host: what a process does, and what it hands back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from time import monotonic
from typing import Any, Final, NamedTuple

from las_registry.audit.findings import Told
from las_registry.registry import Registry
from las_solver.audit import Auditor, Fate
from las_solver.audit_cause import cause_of, key_of
from las_solver.audit_ideal import IDEAL_HOST, IDEAL_OPTIONS, IdealSource
from las_solver.model import Host
from las_solver.ranks import intervals_of
from las_solver.sat import never
from las_solver.statement import Statement, UnknownModule

__all__ = ["IDEAL", "Found", "Part", "Question", "Row", "Work"]

IDEAL: Final = None
"""In place of the name of a host: one that has everything."""


class Question(NamedTuple):
    """The versions of a module in question, by ranks from 0 (oldest), both ends included."""

    module: str
    ranks: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """The number of versions."""
        return sum(high - low + 1 for low, high in self.ranks)


@dataclass(frozen=True, slots=True)
class Part:
    """The `questions` about one host."""

    host: str | None
    questions: tuple[Question, ...]

    @property
    def size(self) -> int:
        """The number of versions."""
        return sum(question.size for question in self.questions)

    @property
    def name(self) -> str:
        """A name that no other part has."""
        return sha256(json.dumps([self.host, self.questions]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Row:
    """Neighbouring versions of a module, ranked `low` to `high`, that fail for the same reason.

    `cause` are the statements of `core` that are its cause, and `key` says what that is about.
    """

    module: str
    low: int
    high: int
    key: tuple[str, ...]
    cause: tuple[Told, ...]
    core: tuple[Told, ...]
    minimal: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a part: its failures, and the ranks of each module that are `undecided`."""

    rows: tuple[Row, ...]
    undecided: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def is_final(self) -> bool:
        """Whether more time would change no verdict and shorten no core; it might name another core of that size."""
        return not self.undecided and all(row.minimal for row in self.rows)

    @property
    def document(self) -> object:
        """The same as JSON can hold it; each statement stands there once."""
        places: dict[Told, int] = {}

        def at(statements: Sequence[Told]) -> list[int]:
            return [places.setdefault(one, len(places)) for one in statements]

        rows = [[row.module, row.low, row.high, row.key, at(row.cause), at(row.core), row.minimal] for row in self.rows]
        return {"rows": rows, "undecided": self.undecided, "statements": [one.document for one in places]}

    @classmethod
    def read(cls, document: Any) -> Found:
        """The inverse of :attr:`document`."""
        statements = [Told.read(one) for one in document["statements"]]

        def told(places: Sequence[int]) -> tuple[Told, ...]:
            return tuple(statements[place] for place in places)

        rows = tuple(
            Row(module, low, high, tuple(key), told(cause), told(core), minimal)
            for module, low, high, key, cause, core, minimal in document["rows"]
        )
        return cls(rows, tuple((module, tuple(ranks)) for module, ranks in document["undecided"]))


class Work:
    """One process's share of an audit. `seconds` is what a version may take, None for any time."""

    def __init__(self, registry: Registry, hosts: Mapping[str, Host], seconds: float | None) -> None:
        self._registry = registry
        self._hosts = hosts
        self._seconds = seconds
        self._told: dict[Statement, Told] = {}
        self._auditor: tuple[str | None, Auditor] | None = None

    def do(self, part: Part) -> Found:
        """What becomes of `part`."""
        auditor = self._on(part.host)
        rows: list[Row] = []
        undecided: list[tuple[str, tuple[int, ...]]] = []
        for module, ranks in part.questions:
            asked = [rank for low, high in ranks for rank in range(low, high + 1)]
            fates = auditor.fates(module, asked, limit=self._limit)
            rows.extend(self._rows(module, fates))
            if left := tuple(rank for rank, fate in fates.items() if fate.fits is None):
                undecided.append((module, left))
        return Found(tuple(rows), tuple(undecided))

    def _on(self, host: str | None) -> Auditor:
        """The auditor for a host; only the last one is kept, since parts come in order of hosts."""
        if self._auditor is None or self._auditor[0] != host:
            self._auditor = None  # it holds as much as the next one will
            self._auditor = host, self._make_auditor(host)
        return self._auditor[1]

    def _make_auditor(self, host: str | None) -> Auditor:
        if host is IDEAL:
            return Auditor(IdealSource(self._registry), IDEAL_HOST, IDEAL_OPTIONS)
        return Auditor(self._registry, self._hosts[host])

    def _limit(self) -> Callable[[], bool]:
        if self._seconds is None:
            return never
        end = monotonic() + self._seconds
        return lambda: monotonic() >= end

    def _rows(self, module: str, fates: Mapping[int, Fate]) -> list[Row]:
        failing = [(rank, fate) for rank, fate in fates.items() if fate.fits is False]
        rows: list[Row] = []
        for fate, several in groupby(failing, key=lambda one: one[1]):
            cause = cause_of(module, fate.core)
            key, told, core = key_of(cause), self._tell(cause), self._tell(fate.core)
            for low, high in intervals_of([rank for rank, _ in several]):
                rows.append(Row(module, low, high, key, told, core, fate.minimal))
        return rows

    def _tell(self, statements: Sequence[Statement]) -> tuple[Told, ...]:
        return tuple(map(self._tell_one, statements))

    def _tell_one(self, statement: Statement) -> Told:
        if isinstance(statement, UnknownModule):  # equal ones may be told otherwise, as modules or as runtimes
            return Told.of(statement)
        told = self._told.get(statement)
        if told is None:
            told = self._told[statement] = Told.of(statement)
        return told
