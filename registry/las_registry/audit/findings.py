"""What an audit of a registry finds out: which versions have no plan on which hosts, and why (docs/audit.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from las_solver.statement import Statement
from las_solver.statement_document import statement_document

__all__ = ["Audit", "Cause", "Failure", "Told", "Undecided"]


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """A statement as docs/documents.md has it: `more` is the JSON object of the keys that only its kind has."""

    kind: str
    module: str
    versions: str
    """The constraint that admits the versions it is about; empty where it is about none."""
    text: str
    source: str
    more: str

    @classmethod
    def of(cls, statement: Statement) -> Told:
        """What `statement` says."""
        return cls.read(statement_document(statement))

    @classmethod
    def read(cls, document: Mapping[str, object]) -> Told:
        """The inverse of :attr:`document`. Raises :class:`KeyError` or :class:`TypeError` for other values."""
        kind, module, versions, text, source = (
            document[key] for key in ("kind", "module", "versions", "text", "source")
        )
        more = {key: value for key, value in document.items() if key not in _COMMON}
        if not all(isinstance(one, str) for one in (kind, module, versions or "", text, source)):
            raise TypeError("a statement's kind, module, versions, text and source are texts")
        written = json.dumps(more, ensure_ascii=False, separators=(",", ":"))
        return cls(str(kind), str(module), str(versions or ""), str(text), str(source), written)

    @property
    def document(self) -> dict[str, object]:
        """The statement as plain values."""
        versions = self.versions or None
        common = {"kind": self.kind, "module": self.module, "versions": versions, "text": self.text}
        return {**common, "source": self.source, **json.loads(self.more)}


_COMMON = ("kind", "module", "versions", "text", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """None of `versions`, which are neighbours, of a module can be planned on any of `hosts`, each for the same reason.

    `constraint` admits exactly these versions, and `text` names them: ``torch 2.0 to 2.3``. `versions` stand from old
    to new and `hosts` in order of name; without hosts, there is none on which they could be. `core` is the minimal core
    without what was requested, the version itself. `minimal` is False where time ran out before it was that.
    """

    module: str
    versions: tuple[str, ...]
    constraint: str
    text: str
    hosts: tuple[str, ...]
    core: tuple[Told, ...]
    minimal: bool = True

    @property
    def size(self) -> int:
        """How many versions it bars, counted on each host."""
        return len(self.versions) * max(len(self.hosts), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What failures have in common: `key` says what, e.g. ``hardware torch vram``.

    `statements` are those of the first failure's core that are more than a way from the version to the cause.
    `failures` stand in order of module, newest versions first.
    """

    key: tuple[str, ...]
    statements: tuple[Told, ...]
    failures: tuple[Failure, ...]

    @property
    def size(self) -> int:
        """How many versions it bars, counted on each host."""
        return sum(failure.size for failure in self.failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """Time ran out before it was known whether these versions of a module can be planned on `hosts`.

    Without hosts, before it was known whether they could on any.
    """

    module: str
    versions: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What became of every version in question on every host.

    `registry` is the digest of the registry and `hosts` those of the hosts by name; `modules` has the audited versions
    of each module by name, from old to new. `causes` stand in order of their size, the largest first; `never` are
    versions that no host and no request can ever choose.
    """

    release: str
    registry: str
    hosts: Mapping[str, str]
    modules: Mapping[str, tuple[str, ...]]
    causes: tuple[Cause, ...]
    never: tuple[Failure, ...]
    undecided: tuple[Undecided, ...]

    @property
    def size(self) -> int:
        """The number of versions that were audited."""
        return sum(map(len, self.modules.values()))
