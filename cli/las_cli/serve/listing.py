"""All modules in short, and a search among them that takes little time for each request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from las_cli.commands.registry.search import plain, rank_of
from las_cli.serve.job import Result

__all__ = ["Listing"]


@dataclass(frozen=True, slots=True)
class _Module:
    """A module, and its texts as a search has them."""

    document: Mapping[str, Any]
    name: str
    labels: tuple[str, ...]
    description: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> _Module:
        labels = (document["category"], *document["provides"], *document["consumes"])
        return cls(document, plain(document["module"]), tuple(map(plain, labels)), plain(document["description"] or ""))

    def rank(self, words: tuple[str, ...]) -> int | None:
        """How well it matches, the least is best; None where a word does not occur."""
        total = 0
        for word in words:
            rank = rank_of(word, self.name, self.labels, lambda: self.description)
            if rank is None:
                return None
            total += rank
        return total


@dataclass(frozen=True, slots=True)
class Listing:
    """All modules of the registry with that `digest`, when it was in that `state`."""

    state: str
    digest: str
    modules: tuple[_Module, ...]

    @classmethod
    def of(cls, result: Result) -> Listing:
        """What a worker found."""
        documents = json.loads(result.body)["modules"]
        return cls(result.tag or "", result.digest, tuple(map(_Module.of, documents)))

    def ranked(self, search: str, category: str | None) -> list[tuple[int, str, Mapping[str, Any]]]:
        """How well modules match, with their names and themselves; in order."""
        words = tuple(dict.fromkeys(plain(search).split()))
        known = (one for one in self.modules if category in (None, one.document["category"]))
        found = ((one.rank(words), one.document["module"], one.document) for one in known)
        return sorted(((rank, *rest) for rank, *rest in found if rank is not None), key=lambda one: one[:2])
