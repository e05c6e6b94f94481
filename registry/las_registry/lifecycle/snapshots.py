"""Snapshots of what is known of modules, and the way back to one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from packaging.version import Version
from sqlalchemy import Connection, Select, insert, literal, select

from las_registry.lifecycle.errors import Refused
from las_registry.lifecycle.records import Module, Snapshot, Transition
from las_registry.lifecycle.rows import module_of, time_of, version_key
from las_registry.lifecycle.schema import MODULES, SNAPSHOT_MODULES, SNAPSHOTS
from las_registry.lifecycle.states import State
from las_registry.lifecycle.writer import Cause, Writer, storable

__all__ = ["in_order", "read_snapshots", "return_to", "take_snapshot"]


def in_order(modules: list[Module]) -> tuple[Module, ...]:
    """Modules by name, the newest version of each first."""
    newest_first = sorted(modules, key=lambda one: Version(one.version), reverse=True)
    return tuple(sorted(newest_first, key=lambda one: one.name))


def take_snapshot(writer: Writer, label: str) -> Snapshot:
    """Writes down what is known of all modules."""
    values = {"at": writer.at, "who": writer.who, "label": storable(label)}
    added = writer.connection.execute(insert(SNAPSHOTS), values).inserted_primary_key
    assert added is not None
    columns = [column.name for column in MODULES.columns]
    all_modules = select(literal(added[0]), *MODULES.columns)
    writer.connection.execute(insert(SNAPSHOT_MODULES).from_select(["snapshot", *columns], all_modules))
    rows = writer.connection.execute(select(MODULES)).all()
    return Snapshot(id=added[0], modules=in_order([module_of(row) for row in rows]), **values)


def read_snapshots(connection: Connection) -> tuple[Snapshot, ...]:
    """All snapshots, the oldest first."""
    modules: dict[int, list[Module]] = {}
    for row in connection.execute(select(SNAPSHOT_MODULES)):
        modules.setdefault(row.snapshot, []).append(module_of(row))
    return tuple(
        Snapshot(id=row.id, at=time_of(row.at), who=row.who, label=row.label, modules=in_order(modules.get(row.id, [])))
        for row in connection.execute(select(SNAPSHOTS).order_by(SNAPSHOTS.c.id))
    )


def return_to(writer: Writer, number: int) -> tuple[Transition, ...]:
    """Makes what is known of all modules what it was in a snapshot, and the transitions that this took.

    What ran then and does not run now comes back as stopped. Raises :class:`Refused` if there is no such snapshot, or
    something runs that did not run then.
    """
    if writer.connection.execute(select(SNAPSHOTS.c.id).where(SNAPSHOTS.c.id == number)).first() is None:
        raise Refused(f"there is no snapshot {number}", hint="las-solve state snapshots lists them")
    wanted = _by_key(writer, select(SNAPSHOT_MODULES).where(SNAPSHOT_MODULES.c.snapshot == number))
    known = _by_key(writer, select(MODULES))
    cause = Cause(f"back to snapshot {number}", "rollback")
    for key, module in sorted(known.items()):
        if module.state is State.RUNNING and (key not in wanted or wanted[key].state is not State.RUNNING):
            raise Refused(f"{module.name} {module.version} is running, and did not then", hint="stop it first")
    transitions = [writer.forget(module, cause) for key, module in sorted(known.items()) if key not in wanted]
    # What is no longer to be installed goes first: of a module, one version at most is installed at any time.
    for key, module in sorted(wanted.items(), key=lambda item: (item[1].installed, item[0])):
        was = known.get(key)
        state = module.state
        if state is State.RUNNING and (was is None or was.state is not State.RUNNING):
            state = State.STOPPED
        now = State.AVAILABLE if was is None else was.state
        moves = state is not now or (was is not None and was.installed != module.installed)
        back = replace(module, state=state, since=writer.at if moves or was is None else was.since)
        if back != was:
            writer.put(back, was)
        if moves:
            transitions.append(writer.record(back, now, cause))
    return tuple(transitions)


def _by_key(writer: Writer, query: Select[Any]) -> dict[tuple[str, str], Module]:
    modules = [module_of(row) for row in writer.connection.execute(query)]
    return {(one.name, version_key(Version(one.version))): one for one in modules}
