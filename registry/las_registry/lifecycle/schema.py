"""The tables of a store (docs/lifecycle.md): the same for every database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
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


class Exact(TypeDecorator[str]):
    """Text that is read as text, or not at all: damaged files hold other things where texts belong."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: object, dialect: Dialect) -> str | None:
        """The text; raises :class:`ValueError` if it is something else."""
        if value is None or isinstance(value, str):
            return value
        raise ValueError("something else stands where a text belongs")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


_KNOWN = tuple(state.value for state in State if state is not State.AVAILABLE)
_ANY = tuple(state.value for state in State)
_IS_INSTALLED = tuple(sorted(state.value for state in ALWAYS_INSTALLED))


def _module_columns() -> list[Column[str] | Column[bool] | CheckConstraint]:
    """A module at a version. `key` is the version in a spelling that equal versions share."""
    return [
        Column("name", Exact, primary_key=True),
        Column("key", Exact, primary_key=True),
        Column("version", Exact, nullable=False),
        Column("state", Exact, nullable=False),
        Column("installed", Boolean(create_constraint=True), nullable=False),
        Column("requested", Boolean(create_constraint=True), nullable=False),
        Column("since", Exact, nullable=False),
        Column("manifest", Exact, ForeignKey("manifests.digest")),
        CheckConstraint(_one_of("state", _KNOWN)),
        CheckConstraint(f"installed OR NOT {_one_of('state', _IS_INSTALLED)}"),
        CheckConstraint("manifest IS NOT NULL OR NOT installed"),
    ]


SCHEMA: Final = Table("schema", METADATA, Column("version", Integer, nullable=False))

MANIFESTS: Final = Table(
    "manifests", METADATA, Column("digest", Exact, primary_key=True), Column("text", Exact, nullable=False)
)

PLANS: Final = Table(
    "plans",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Exact, nullable=False),
    Column("who", Exact, nullable=False),
    Column("request", Exact, nullable=False),
    Column("host", Exact),
    Column("registry", Exact),
    Column("installed", Exact),
    Column("document", Exact, nullable=False),
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
    Column("at", Exact, nullable=False),
    Column("who", Exact, nullable=False),
    Column("why", Exact, nullable=False),
    Column("module", Exact, nullable=False),
    Column("version", Exact, nullable=False),
    Column("from_state", Exact, nullable=False),
    Column("to_state", Exact, nullable=False),
    Column("installed", Boolean(create_constraint=True), nullable=False),
    Column("operation", Exact, nullable=False),
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
    Column("name", Exact, primary_key=True),
    Column("requirement", Exact, nullable=False),
    Column("at", Exact, nullable=False),
)

SNAPSHOTS: Final = Table(
    "snapshots",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Exact, nullable=False),
    Column("who", Exact, nullable=False),
    Column("label", Exact, nullable=False),
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
