"""The tables of a store (docs/lifecycle.md): the same for every database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    true,
)

from las_registry.lifecycle.states import ALWAYS_INSTALLED, State

__all__ = [
    "MANIFESTS",
    "METADATA",
    "MODULES",
    "OPERATIONS",
    "PINS",
    "PLANS",
    "SCHEMA",
    "SNAPSHOTS",
    "SNAPSHOT_MODULES",
    "TABLES",
    "TRANSITIONS",
]

OPERATIONS: Final = ("set", "apply", "replace", "remove", "rollback")
"""What causes a record of the history."""

METADATA: Final = MetaData()


def _one_of(column: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


_KNOWN = tuple(state.value for state in State if state is not State.AVAILABLE)
_ANY = tuple(state.value for state in State)
_IS_INSTALLED = tuple(sorted(state.value for state in ALWAYS_INSTALLED))


def _module_columns() -> list[Column[str] | Column[bool] | CheckConstraint]:
    """A module at a version. `key` is the version in a spelling that equal versions share."""
    return [
        Column("name", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("version", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("installed", Boolean(create_constraint=True), nullable=False),
        Column("requested", Boolean(create_constraint=True), nullable=False),
        Column("since", Text, nullable=False),
        Column("manifest", Text, ForeignKey("manifests.digest")),
        CheckConstraint(_one_of("state", _KNOWN)),
        CheckConstraint(f"installed OR NOT {_one_of('state', _IS_INSTALLED)}"),
        CheckConstraint("manifest IS NOT NULL OR NOT installed"),
    ]


SCHEMA: Final = Table("schema", METADATA, Column("version", Integer, nullable=False))

MANIFESTS: Final = Table(
    "manifests", METADATA, Column("digest", Text, primary_key=True), Column("text", Text, nullable=False)
)

PLANS: Final = Table(
    "plans",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("host", Text),
    Column("registry", Text),
    Column("installed", Text),
    Column("document", Text, nullable=False),
    sqlite_autoincrement=True,
)

MODULES: Final = Table("modules", METADATA, *_module_columns())
Index(
    "one_installed_version",
    MODULES.c.name,
    unique=True,
    sqlite_where=MODULES.c.installed == true(),
    postgresql_where=MODULES.c.installed == true(),
)
Index("manifests_of_modules", MODULES.c.manifest)

TRANSITIONS: Final = Table(
    "transitions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("module", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("installed", Boolean(create_constraint=True), nullable=False),
    Column("operation", Text, nullable=False),
    Column("plan", Integer, ForeignKey("plans.id")),
    CheckConstraint(_one_of("from_state", _ANY)),
    CheckConstraint(_one_of("to_state", _ANY)),
    CheckConstraint(_one_of("operation", OPERATIONS)),
    sqlite_autoincrement=True,
)
Index("transitions_of_modules", TRANSITIONS.c.module, TRANSITIONS.c.id)

PINS: Final = Table(
    "pins",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("requirement", Text, nullable=False),
    Column("at", Text, nullable=False),
)

SNAPSHOTS: Final = Table(
    "snapshots",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("label", Text, nullable=False),
    sqlite_autoincrement=True,
)

SNAPSHOT_MODULES: Final = Table(
    "snapshot_modules",
    METADATA,
    Column("snapshot", Integer, ForeignKey("snapshots.id"), primary_key=True),
    *_module_columns(),
)
Index("manifests_of_snapshots", SNAPSHOT_MODULES.c.manifest)

TABLES: Final = (MANIFESTS, PLANS, MODULES, TRANSITIONS, PINS, SNAPSHOTS, SNAPSHOT_MODULES)
"""All tables with content, each after those that it refers to."""
