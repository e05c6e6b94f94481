"""A registry as it was at one moment, for other processes that go on with it whatever becomes of its files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from las_registry.compiled.shelf import CompiledShelf, changed_meanwhile
from las_registry.compiled.table import Damaged, Table
from las_registry.registry import Progress, Registry
from las_registry.trust.user_trust import UserTrust
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_registry.compiled.opening import Telling
    from las_registry.trust.configuration import Configuration
    from las_registry.trust.trust import Trust

__all__ = ["KeptShelf", "Snapshot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptShelf:
    """One directory: the file at `index` is its index, made for `identity` out of files that are known by `state`."""

    directory: Path
    index: Path
    identity: str
    state: str
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A registry whose indexes are kept in files of their own; its `digest` is that of :class:`Registry`.

    It can be pickled, and opened as long as these files are there, in any process of this user.
    """

    shelves: tuple[KeptShelf, ...]
    rules: Configuration | None
    digest: str

    @classmethod
    def take(
        cls,
        directories: Sequence[Path],
        folder: Path,
        *,
        known: Snapshot | None = None,
        on_progress: Progress | None = None,
        on_index: Telling | None = None,
    ) -> Snapshot:
        """The registry in `directories` as it is now, with its indexes in the empty `folder`; `known` itself, and
        nothing in the folder, where that says the same.

        Raises what :meth:`Registry.open` does, and :class:`OSError` where the folder cannot be written.
        """
        user = UserTrust.read()
        registry = Registry.open(directories, user=user, on_progress=on_progress, on_index=on_index)
        shelves = [one for one in registry.shelves if isinstance(one, CompiledShelf)]
        assert len(shelves) == len(registry.shelves)
        kept = tuple(
            KeptShelf(
                directory=directory,
                index=folder / f"{place}.sqlite3",
                identity=shelf.identity,
                state=shelf.state,
                trust=shelf.trust,
            )
            for place, (directory, shelf) in enumerate(zip(directories, shelves, strict=True))
        )
        if known is not None and known._says(kept, user.configuration):
            return known
        for shelf, one in zip(shelves, kept, strict=True):
            try:
                shelf.keep(one.index)
            except Damaged:
                raise changed_meanwhile(shelf.directory) from None
        return cls(shelves=kept, rules=user.configuration, digest=registry.digest)

    def open(self) -> Registry:
        """The registry as it was; raises :class:`RegistryUnusable` where its files are gone or damaged."""
        shelves = [_opened(one) for one in self.shelves]
        registry = Registry(shelves, self.rules, [one.directory for one in self.shelves])
        registry.digest = self.digest
        return registry

    def _says(self, shelves: Sequence[KeptShelf], rules: Configuration | None) -> bool:
        """Whether nothing can be read from `shelves`, under these `rules`, that is not in here."""
        return rules == self.rules and [(one.identity, one.state) for one in shelves] == [
            (one.identity, one.state) for one in self.shelves
        ]


def _opened(one: KeptShelf) -> CompiledShelf:
    def refuse() -> NoReturn:
        raise changed_meanwhile(str(one.directory))

    try:
        table = Table.open(one.index, one.identity)
    except Damaged:
        refuse()
    return CompiledShelf(table, one.directory, refuse, one.trust)
