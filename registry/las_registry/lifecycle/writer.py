"""What one transaction writes: each change of a module is guarded by what it was, and recorded in the history."""

from __future__ import annotations

import getpass
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any, Final

from packaging.version import Version
from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, select, union_all, update
from sqlalchemy.exc import IntegrityError

from las_registry.lifecycle.errors import Refused
from las_registry.lifecycle.kept_manifest import KeptManifest
from las_registry.lifecycle.records import Module, Transition
from las_registry.lifecycle.rows import module_of, version_key
from las_registry.lifecycle.schema import (
    MANIFESTS,
    MODULES,
    PINS,
    PLANS,
    SNAPSHOT_MODULES,
    SNAPSHOTS,
    TRANSITIONS,
)
from las_registry.lifecycle.states import ALWAYS_INSTALLED, State, is_allowed

__all__ = ["Cause", "Writer", "storable"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is written: the words of who asked for it, what was done, and the plan that it belongs to."""

    why: str
    operation: str
    plan: int | None = None


class Writer:
    """One transaction; `who` wrote it, and `at` is its time, never earlier than that of an earlier record."""

    def __init__(self, connection: Connection, token: str | None = None) -> None:
        self.connection = connection
        self.who = _who(token)

    @cached_property
    def at(self) -> str:
        """The time of all that this transaction records."""
        last = self.connection.execute(_LAST).scalar()
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return now if last is None or last < now else last

    def known(self, name: str) -> dict[str, Module]:
        """The versions of a module that the store knows, by their keys."""
        rows = self.connection.execute(_OF_NAME, {"of": name}).all()
        return {row.key: module_of(row) for row in rows}

    def move(
        self,
        name: str,
        version: Version,
        to: State,
        cause: Cause,
        *,
        kept: KeptManifest | None = None,
        requested: bool | None = None,
        expected: State | None = None,
    ) -> tuple[Transition, ...]:
        """Brings a module to the state `to`. Before this transition stands that of the version that it replaces; if it
        is in this state already, there is none.

        Raises :class:`Refused` where section 9 of the contract does not allow it.
        """
        known = self.known(name)
        key = version_key(version)
        was = known.get(key)
        now = State.AVAILABLE if was is None else was.state
        if expected is not None and now is not expected:
            raise Refused(f"{name} {version} is no longer {expected}: it is {now}", hint="look again, then decide anew")
        if now is to:
            return ()
        if not is_allowed(now, to):
            raise Refused(f"{name} {version} is {now}: it cannot become {to}", hint=_way(name, version, now, to))
        manifest = was.manifest if was is not None else None
        if kept is not None:
            if was is not None and was.installed and to is not State.INSTALLED and kept.digest != manifest:
                raise Refused(
                    f"{name} {version} is installed with another manifest",
                    hint="give the new one when it is installed again, or remove it first",
                )
            self.keep(kept)
            manifest = kept.digest
        replaced = next((one for one in known.values() if one.installed and one is not was), None)
        transitions: tuple[Transition, ...] = ()
        if to is State.INSTALLED:
            if manifest is None:
                raise Refused(
                    f"the store keeps no manifest of {name} {version}, and none was given",
                    hint="plan it, and apply the plan, before it is installed",
                )
            if replaced is not None:
                replacing = Cause(f"replaced by {version}", "replace", cause.plan)
                transitions = (self.forget(replaced, replacing),)
        if requested is None:
            requested = _was_requested(was, replaced, to)
        module = Module(
            name=name,
            version=str(version) if was is None else was.version,
            state=to,
            installed=to in ALWAYS_INSTALLED or (was is not None and was.installed),
            requested=requested,
            since=self.at,
            manifest=manifest,
        )
        self.put(module, was)
        return (*transitions, self.record(module, now, cause))

    def forget(self, module: Module, cause: Cause) -> Transition:
        """Forgets a module at a version; raises :class:`Refused` while it runs. Who needs it was asked before."""
        if module.state is State.RUNNING:
            raise Refused(
                f"{module.name} {module.version} is running",
                hint=f"stop it, then: las-solve state set {module.name} stopped",
            )
        key = version_key(Version(module.version))
        gone = self.connection.execute(_FORGET, {"of": module.name, "at_key": key, "expected": module.state.value})
        _check_won(gone.rowcount, module)
        self._sweep(module.manifest)
        left = Module(
            name=module.name, version=module.version, state=State.AVAILABLE, installed=False, requested=False, since=""
        )
        return self.record(left, module.state, cause)

    def put(self, module: Module, was: Module | None) -> None:
        """Writes what is known of a module at a version, if it still is as it was."""
        values = {
            "version": module.version,
            "state": module.state.value,
            "installed": module.installed,
            "requested": module.requested,
            "since": module.since,
            "manifest": module.manifest,
        }
        key = version_key(Version(module.version))
        if was is None:
            try:
                self.connection.execute(_NEW, {"name": module.name, "key": key, **values})
            except IntegrityError:
                raise _lost(module) from None
            return
        guard = {"of": module.name, "at_key": key, "expected": was.state.value}
        changed = self.connection.execute(_CHANGE, {**values, **guard})
        _check_won(changed.rowcount, module)
        if was.manifest != module.manifest:
            self._sweep(was.manifest)

    def record(self, module: Module, was: State, cause: Cause) -> Transition:
        """Adds to the history that `module` came from the state `was` to its own."""
        values: dict[str, Any] = {
            "at": self.at,
            "who": self.who,
            "why": storable(cause.why),
            "module": module.name,
            "version": module.version,
            "plan": cause.plan,
            "operation": cause.operation,
            "installed": module.installed,
        }
        states = {"from_state": was.value, "to_state": module.state.value}
        added = self.connection.execute(_RECORD, {**values, **states}).inserted_primary_key
        assert added is not None
        return Transition(id=added[0], from_state=was, to_state=module.state, **values)

    def keep(self, kept: KeptManifest) -> None:
        """Keeps a manifest; what refers to it is written next."""
        if self.connection.execute(_IS_KEPT, {"wanted": kept.digest}).first() is None:
            self.connection.execute(_KEEP, {"digest": kept.digest, "text": kept.text})

    def _sweep(self, manifest: str | None) -> None:
        """Drops a manifest that nothing refers to any more."""
        if manifest is not None:
            self.connection.execute(_SWEEP, {"unused": manifest})


def storable(text: str) -> str:
    """`text` as every database takes it: without NUL, and without halves of characters."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _way(name: str, version: Version, now: State, to: State) -> str:
    """What may follow the state `now`, where `to` may not."""
    if to is State.AVAILABLE:
        return f"las-solve state remove {name}@{version} forgets it"
    *others, last = (state for state in State if is_allowed(now, state))
    return f"{now} may become {', '.join(others)} or {last}"


def _was_requested(was: Module | None, replaced: Module | None, to: State) -> bool:
    """Whether a module counts as asked for if nobody says: as it did, or as the version did that it replaces.

    What is resolved by itself, not by a plan, was asked for by who did it.
    """
    if was is None:
        return to is State.RESOLVED
    return was.requested or (to is State.INSTALLED and replaced is not None and replaced.requested)


def _check_won(rows: int, module: Module) -> None:
    if rows != 1:
        raise _lost(module)


def _lost(module: Module) -> Refused:
    return Refused(
        f"{module.name} {module.version} was changed by somebody else in the meantime",
        hint="look again, then decide anew",
    )


def _who(token: str | None) -> str:
    """The user and the process, as far as the system says, and the name of the token that the service was given."""
    said = "" if token is None else f", token {token}"
    return storable(f"{_user()}, process {os.getpid()}{said}")


@cache
def _user() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"
    return f"{user}@{platform.node() or 'localhost'}"


def _last(table: Any) -> Any:
    return select(table.c.at).where(table.c.id == select(func.max(table.c.id)).scalar_subquery())


_TIMES = union_all(*(_last(table) for table in (TRANSITIONS, PLANS, SNAPSHOTS)), select(func.max(PINS.c.at))).subquery()
_LAST: Final = select(func.max(_TIMES.c.at))
_OF_NAME: Final = select(MODULES).where(MODULES.c.name == bindparam("of"))
_GUARD = and_(
    MODULES.c.name == bindparam("of"),
    MODULES.c.key == bindparam("at_key"),
    MODULES.c.state == bindparam("expected"),
)
_NEW: Final = insert(MODULES)
_CHANGE: Final = (
    update(MODULES)
    .where(_GUARD)
    .values({one: bindparam(one) for one in ("version", "state", "installed", "requested", "since", "manifest")})
)
_FORGET: Final = delete(MODULES).where(_GUARD)
_RECORD: Final = insert(TRANSITIONS)
_IS_KEPT: Final = select(MANIFESTS.c.digest).where(MANIFESTS.c.digest == bindparam("wanted"))
_KEEP: Final = insert(MANIFESTS)
_SWEEP: Final = delete(MANIFESTS).where(
    MANIFESTS.c.digest == bindparam("unused"),
    ~exists().where(MODULES.c.manifest == MANIFESTS.c.digest),
    ~exists().where(SNAPSHOT_MODULES.c.manifest == MANIFESTS.c.digest),
)
