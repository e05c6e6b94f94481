"""A module of the store, as commands name it: ``MODULE`` or ``MODULE@VERSION``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from las_cli.options import ModuleType
from las_cli.render.phrases import did_you_mean
from las_cli.store_option import completed_from_store
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from packaging.version import Version

    from las_registry.lifecycle.records import Module
    from las_registry.lifecycle.store import Store
    from las_solver.errors import InvalidInput

__all__ = ["StoredModuleType", "Wanted", "name_a_version", "read_wanted", "recorded_version", "unknown_to_store"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A module as it was named; `version` is None where none was."""

    name: str
    version: Version | None

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name} {self.version}"

    def is_version(self, version: str) -> bool:
        """Whether `version` is meant."""
        from las_solver.constraint import parse_version

        return self.version is None or parse_version(version) == self.version


class StoredModuleType(ModuleType):
    """A module that a store knows; the shell completes its names, and if `is_any` those of the registry, too."""

    def __init__(self, *, is_any: bool = False) -> None:
        self._is_any = is_any

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        items = super().shell_complete(ctx, param, incomplete) if self._is_any else []
        names = completed_from_store(ctx, lambda store: {one.name for one in store.modules()})
        stored = (name for name in names if name.startswith(incomplete))
        return [CompletionItem(name) for name in sorted({*(str(one.value) for one in items), *stored})]


def read_wanted(text: str) -> Wanted:
    """The module that `text` names; raises :class:`InvalidInput` if what follows the ``@`` is not one version."""
    from las_solver.constraint import Requirement, parse_version
    from las_solver.errors import InvalidInput

    found = Requirement.parse(text)
    if not found.constraint.text:
        return Wanted(found.name, None)
    [(operator, version), *more] = found.constraint.parts
    if operator != "==" or more or version.endswith(".*"):
        raise InvalidInput(f"{found.constraint} is not one version", hint=f"write it like {found.name}@1.2")
    return Wanted(found.name, parse_version(version))


def recorded_version(wanted: Wanted, store: Store) -> Module:
    """The version that is `wanted`: where none was named, the installed one, else the only one that is recorded.

    Raises :class:`InvalidInput` where there is none, or it is not clear which.
    """
    known = [one for one in store.modules(wanted.name) if wanted.is_version(one.version)]
    if not known:
        raise unknown_to_store(wanted, store)
    found = [one for one in known if one.installed] or known
    if len(found) > 1:
        raise name_a_version(wanted, known)
    return found[0]


def name_a_version(wanted: Wanted, known: Sequence[Module]) -> InvalidInput:
    """The error about a module of which several versions are recorded, and none was named."""
    from las_solver.errors import InvalidInput

    versions = ", ".join(f"{one.version} ({one.state})" for one in known)
    return InvalidInput(
        f"{wanted.name} has more than one version: {versions}", hint=f"name one, as in {wanted.name}@{known[0].version}"
    )


def unknown_to_store(wanted: Wanted, store: Store) -> InvalidInput:
    """The error about a module, or a version of it, of which nothing is recorded."""
    from las_solver.errors import InvalidInput

    versions = [f"{one.version} ({one.state})" for one in store.modules(wanted.name)]
    if versions:
        return InvalidInput(f"nothing is recorded of {wanted}", hint=f"there is {', '.join(versions)}")
    near = did_you_mean(wanted.name, {one.name for one in store.modules()})
    return InvalidInput(f"nothing is recorded of {wanted}", hint=near or "las-solve state list shows what is recorded")
