"""What is installed, read from the tables."""

from __future__ import annotations

from packaging.version import Version
from sqlalchemy import Connection, bindparam, select

from las_registry.lifecycle.content_digest import content_digest
from las_registry.lifecycle.kept_manifest import digest_of_text, read_kept_manifest
from las_registry.lifecycle.quick_reader import QuickReader
from las_registry.lifecycle.schema import MANIFESTS, MODULES, PINS
from las_registry.lifecycle.states import State
from las_solver.errors import InvalidInput
from las_solver.model import ModuleVersion

__all__ = ["digest_of_installed", "installed_modules", "kept_text"]

_INSTALLED = select(MODULES.c.name, MODULES.c.version, MODULES.c.manifest).where(MODULES.c.installed)
_DEPRECATED = select(MODULES.c.name, MODULES.c.version).where(MODULES.c.state == State.DEPRECATED.value)
_WITH_TEXTS = (
    select(MODULES.c.name, MODULES.c.version, MANIFESTS.c.text, MANIFESTS.c.digest)
    .join(MANIFESTS, MODULES.c.manifest == MANIFESTS.c.digest)
    .where(MODULES.c.installed)
    .order_by(MODULES.c.name)
)
_TEXT = (
    select(MODULES.c.version, MANIFESTS.c.text, MANIFESTS.c.digest)
    .join(MODULES, MODULES.c.manifest == MANIFESTS.c.digest)
    .where(MODULES.c.name == bindparam("of"), MODULES.c.key == bindparam("at_key"))
)


def digest_of_installed(connection: Connection) -> str:
    """The digest of all that planning depends on."""
    installed = [(row.name, row.version, row.manifest) for row in connection.execute(_INSTALLED)]
    deprecated = [(row.name, row.version) for row in connection.execute(_DEPRECATED)]
    return content_digest(installed, deprecated, connection.execute(select(PINS.c.requirement)).scalars())


def installed_modules(connection: Connection) -> dict[str, ModuleVersion]:
    """What is installed, by name and in order of it; raises :class:`ValueError` if a manifest cannot be read."""
    kept = [(row.name, row.version, row.text, row.digest) for row in connection.execute(_WITH_TEXTS)]
    try:
        return {one.name: one for one in QuickReader().read_all(kept)}
    except InvalidInput as error:
        raise ValueError(error.message) from None


def kept_text(connection: Connection, name: str, key: str) -> str | None:
    """The manifest that is kept of a module at a version, None if there is none; raises :class:`ValueError` if it
    cannot be read."""
    row = connection.execute(_TEXT, {"of": name, "at_key": key}).first()
    if row is None:
        return None
    if digest_of_text(row.text) != row.digest:
        raise ValueError(f"the manifest of {name} {row.version} that is kept is not what its digest says")
    try:
        read_kept_manifest(row.text, name, Version(row.version))
    except InvalidInput as error:
        raise ValueError(error.message) from None
    return str(row.text)
