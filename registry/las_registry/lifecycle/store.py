"""The store: which modules are planned, installed or running on a machine, and how that came about.

Contract, section 9; docs/lifecycle.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from packaging.version import Version
from sqlalchemy import bindparam, delete, insert, select, update

from las_registry.lifecycle.applying import Application
from las_registry.lifecycle.check import find_mistakes
from las_registry.lifecycle.errors import Refused
from las_registry.lifecycle.export import export_lines, import_all, read_lines
from las_registry.lifecycle.installed import digest_of_installed, installed_modules, kept_text
from las_registry.lifecycle.kept_manifest import keep_manifest
from las_registry.lifecycle.needs import needs_of
from las_registry.lifecycle.records import Applied, Module, Pin, PlanRecord, Snapshot, Transition
from las_registry.lifecycle.rows import module_of, pin_of, plan_of, transition_of, version_key
from las_registry.lifecycle.schema import MODULES, PINS, PLANS, TRANSITIONS
from las_registry.lifecycle.session import Session
from las_registry.lifecycle.snapshots import in_order, read_snapshots, return_to, take_snapshot
from las_registry.lifecycle.states import State
from las_registry.lifecycle.writer import Cause, Writer
from las_solver.constraint import Requirement, check_name, parse_version
from las_solver.model import Host, ModuleVersion

__all__ = ["Store"]

_TIMEOUT: Final = 10.0


class Store:
    """A store, opened by :meth:`open`, for one thread; a context manager that closes it.

    Each method that writes is one durable transaction; with `dry_run` it does, and raises, all the same, and then
    undoes it. All raise :class:`StoreUnusable` if the store cannot be read or written, and those that write
    :class:`Refused` for what is not allowed. Then nothing has changed.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def open(
        cls, place: Path | str, *, create: bool = True, timeout: float = _TIMEOUT, token: str | None = None
    ) -> Store:
        """The store in a file, by its path or its URL (``sqlite:///FILE``); made where there is none, if `create`.

        Where another process writes, it is waited for, `timeout` seconds at most. What is written stands there with the
        name of the `token` that allowed it, where one was needed.
        """
        return cls(Session(place, create=create, timeout=timeout, token=token))

    def close(self) -> None:
        """Lets go of the store."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def modules(self, name: str | None = None) -> tuple[Module, ...]:
        """What is known of all modules, or of one, by name, the newest version first."""
        query = select(MODULES) if name is None else select(MODULES).where(MODULES.c.name == name)
        with self._session.reading() as connection:
            return in_order([module_of(row) for row in connection.execute(query)])

    def module(self, name: str, version: Version | str) -> Module:
        """What is known of a module at a version; if nothing is, it is available."""
        key = version_key(_version(version))
        query = select(MODULES).where(MODULES.c.name == name, MODULES.c.key == key)
        with self._session.reading() as connection:
            row = connection.execute(query).first()
            if row is not None:
                return module_of(row)
        return Module(
            name=name, version=str(version), state=State.AVAILABLE, installed=False, requested=False, since=""
        )

    def manifest(self, name: str, version: Version | str) -> str | None:
        """The manifest that is kept of a module at a version, as JSON; None if there is none."""
        with self._session.reading() as connection:
            return kept_text(connection, name, version_key(_version(version)))

    def installed(self) -> Mapping[str, ModuleVersion]:
        """What is installed, as the manifests that are kept of it describe it, by name and in order of it."""
        with self._session.reading() as connection:
            return installed_modules(connection)

    def digest(self) -> str:
        """The digest of all that planning depends on, as a plan names it."""
        with self._session.reading() as connection:
            return digest_of_installed(connection)

    def needed_by(self, name: str, *, host: Host | None = None) -> tuple[str, ...]:
        """Why an installed module cannot be removed: a sentence for each need of what else is installed."""
        installed = self.installed()
        module = installed.get(name)
        return () if module is None else tuple(needs_of(module, _others(installed, name), host))

    def transition(
        self,
        name: str,
        version: Version | str,
        to: State,
        *,
        reason: str = "",
        manifest: str | None = None,
        requested: bool | None = None,
        plan: int | None = None,
        expected: State | None = None,
        dry_run: bool = False,
    ) -> Transition | None:
        """Brings a module at a version to the state `to`; None if it is in this state already, and nothing changes.

        `manifest`: the JSON of its manifest, to be kept; needed for ``installed`` unless one is kept. `requested`:
        whether somebody asked for it; None: as it was, or as the version that it replaces; what is resolved of which
        nothing was known, was asked for. `expected`: the state that it has to be in. To install a version replaces the
        version that is installed. Raises :class:`Refused` for what is not allowed, or not what was `expected`, and
        :class:`InvalidInput` for a manifest that is none, or another's.
        """
        number, to = _version(version), State(to)
        kept = None if manifest is None else keep_manifest(manifest, name, number)
        cause = Cause(reason, "set", plan)
        check_name(name)
        with self._session.writing(dry_run=dry_run) as writer:
            _check_plan(plan, writer)
            made = writer.move(name, number, to, cause, kept=kept, requested=requested, expected=expected)
        return made[-1] if made else None

    def remove(
        self,
        name: str,
        version: Version | str | None = None,
        *,
        reason: str = "",
        plan: int | None = None,
        host: Host | None = None,
        dry_run: bool = False,
    ) -> Transition:
        """Forgets a module at a version, without one the installed version, or else the only one that is known.

        Raises :class:`Refused` if it is not known, runs, or is needed by what else is installed; `host` says which
        runtime entries and interfaces the machine itself meets (:func:`las_registry.lifecycle.needs.needs_of`).
        """
        number = None if version is None else _version(version)
        with self._session.writing(dry_run=dry_run) as writer:
            _check_plan(plan, writer)
            module = _only(name, writer.known(name), number)
            if module.installed and module.state is not State.RUNNING:
                installed = installed_modules(writer.connection)
                for need in needs_of(installed[name], _others(installed, name), host):
                    raise Refused(
                        f"{name} {module.version} cannot be removed: {need}",
                        hint=f"remove that first; las-solve remove {name} plans it",
                    )
            return writer.forget(module, Cause(reason, "remove", plan))

    def history(self, name: str | None = None, *, limit: int | None = None) -> tuple[Transition, ...]:
        """The records of all modules, or of one, the oldest first; at most the last `limit`."""
        query = select(TRANSITIONS).order_by(TRANSITIONS.c.id.desc()).limit(limit)
        if name is not None:
            query = query.where(TRANSITIONS.c.module == name)
        with self._session.reading() as connection:
            return tuple(transition_of(row) for row in reversed(connection.execute(query).all()))

    def apply(
        self,
        document: Mapping[str, Any],
        *,
        manifests: Mapping[tuple[str, str], str],
        installed: bool = False,
        host: Host | None = None,
        dry_run: bool = False,
    ) -> Applied:
        """Records a plan, given as its JSON, and the versions that it brings as resolved.

        With `installed` also that it was carried out: these versions as installed, in the order of the plan, and what
        it removes as gone. `manifests` are the JSON of the manifests of these versions, by name and version. Raises
        :class:`Refused` if what is installed is not what the plan was made for, and :class:`InvalidInput` for what is
        no plan. `host` counts as in :meth:`remove`.
        """
        application = Application(document, manifests)
        with self._session.writing(dry_run=dry_run) as writer:
            return application.write(writer, installed=installed, host=host)

    def pins(self) -> tuple[Pin, ...]:
        """The pins, in order of name."""
        with self._session.reading() as connection:
            return tuple(pin_of(row) for row in connection.execute(select(PINS).order_by(PINS.c.name)))

    def pin(self, requirement: Requirement, *, dry_run: bool = False) -> Pin:
        """Pins a module, in place of an earlier pin of it; raises :class:`Refused` for a pin without a constraint."""
        if not requirement.constraint.text:
            raise Refused(f"a pin of {requirement.name} needs a constraint", hint=f"for instance {requirement.name}@<2")
        with self._session.writing(dry_run=dry_run) as writer:
            row = writer.connection.execute(_PIN, {"of": requirement.name}).first()
            if row is not None and row.requirement == str(requirement):
                return pin_of(row)
            pin = Pin(requirement, writer.at)
            if row is not None:
                writer.connection.execute(_UNPIN, {"of": requirement.name})
            values = {"name": requirement.name, "requirement": str(requirement), "at": pin.at}
            writer.connection.execute(insert(PINS), values)
            return pin

    def unpin(self, name: str, *, dry_run: bool = False) -> Pin:
        """Removes a pin, which is returned; raises :class:`Refused` if there is none."""
        with self._session.writing(dry_run=dry_run) as writer:
            row = writer.connection.execute(_PIN, {"of": name}).first()
            if row is None:
                raise Refused(f"{name} is not pinned", hint="las-solve pin lists the pins")
            writer.connection.execute(_UNPIN, {"of": name})
            return pin_of(row)

    def request(self, name: str, requested: bool, *, dry_run: bool = False) -> bool:
        """Marks a module as asked for, or as only needed, in all its versions; whether that is a change.

        Raises :class:`Refused` if the store does not know it.
        """
        with self._session.writing(dry_run=dry_run) as writer:
            known = writer.known(name)
            if not known:
                raise Refused(f"the store knows no {name}", hint="las-solve state list says what it knows")
            if all(one.requested is requested for one in known.values()):
                return False
            writer.connection.execute(_REQUEST, {"of": name, "wanted": requested})
            return True

    def snapshot(self, label: str = "", *, dry_run: bool = False) -> Snapshot:
        """Writes down what is known of all modules, to come back to it."""
        with self._session.writing(dry_run=dry_run) as writer:
            return take_snapshot(writer, label)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """All snapshots, the oldest first."""
        with self._session.reading() as connection:
            return read_snapshots(connection)

    def rollback(self, number: int, *, dry_run: bool = False) -> tuple[Transition, ...]:
        """Comes back to a snapshot, and the transitions that this took, in order.

        What ran then comes back as stopped, unless it still runs. Raises :class:`Refused` if there is no such snapshot,
        or something runs that did not then.
        """
        with self._session.writing(dry_run=dry_run) as writer:
            return return_to(writer, number)

    def plans(self) -> tuple[PlanRecord, ...]:
        """The plans that were applied, the oldest first."""
        with self._session.reading() as connection:
            return tuple(plan_of(row) for row in connection.execute(select(PLANS).order_by(PLANS.c.id)))

    def plan(self, number: int) -> PlanRecord | None:
        """A plan that was applied, None if there is none of this number."""
        with self._session.reading() as connection:
            row = connection.execute(_PLAN, {"number": number}).first()
            return None if row is None else plan_of(row)

    def check(self) -> tuple[str, ...]:
        """What is wrong with the store, each as a sentence; nothing, if all is well."""
        with self._session.reading() as connection:
            return tuple(find_mistakes(connection))

    def export(self) -> Iterator[str]:
        """All that the store holds, as it is when the first line is asked for: lines of JSON, without line ends."""
        with self._session.reading_apart() as connection:
            yield from export_lines(connection)

    def import_lines(self, lines: Iterable[str], *, dry_run: bool = False) -> int:
        """Takes in what :meth:`export` gave, and how many lines that were.

        Raises :class:`Refused` if this store is not empty, or what the lines hold is not right as a whole, and
        :class:`InvalidInput`, with the number of the line, for lines that are no export.
        """
        with self._session.writing(dry_run=dry_run) as writer:
            return import_all(writer.connection, read_lines(lines))


def _version(version: Version | str) -> Version:
    return version if isinstance(version, Version) else parse_version(version)


def _check_plan(number: int | None, writer: Writer) -> None:
    """Raises :class:`Refused` for the number of a plan that was never applied."""
    if number is not None and writer.connection.execute(_PLAN, {"number": number}).first() is None:
        raise Refused(f"there is no plan {number}")


def _others(installed: Mapping[str, ModuleVersion], name: str) -> list[ModuleVersion]:
    return [one for one in installed.values() if one.name != name]


def _only(name: str, known: Mapping[str, Module], version: Version | None) -> Module:
    """The version that is meant: `version`, else the installed one, else the only one."""
    if version is not None:
        key = version_key(version)
        meant = [known[key]] if key in known else []
    else:
        meant = [one for one in known.values() if one.installed] or list(known.values())
    if not meant:
        versions = ", ".join(one.version for one in in_order(list(known.values())))
        what = name if version is None else f"{name} {version}"
        hint = f"it knows {name} {versions}" if known else "las-solve state list says what it knows"
        raise Refused(f"the store knows no {what}", hint=hint)
    if len(meant) > 1:
        versions = ", ".join(one.version for one in in_order(meant))
        raise Refused(f"the store knows several versions of {name}: {versions}", hint="say which")
    return meant[0]


_PLAN: Final = select(PLANS).where(PLANS.c.id == bindparam("number"))
_PIN: Final = select(PINS).where(PINS.c.name == bindparam("of"))
_UNPIN: Final = delete(PINS).where(PINS.c.name == bindparam("of"))
_REQUEST: Final = update(MODULES).where(MODULES.c.name == bindparam("of")).values(requested=bindparam("wanted"))
