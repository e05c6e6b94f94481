"""What the store has recorded, as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from las_cli.render.table import Column, Painter, render_table
from las_cli.render.terminal import printable

if TYPE_CHECKING:
    from las_cli.render.text import Paper
    from las_registry.lifecycle.records import Module, Pin, Snapshot, Transition

__all__ = [
    "local_time",
    "module_document",
    "module_table",
    "pin_document",
    "pin_table",
    "snapshot_document",
    "snapshot_table",
    "transition_document",
    "transition_table",
]

_COLOURS: Final = {"running": "green", "failed": "red", "deprecated": "yellow"}
_CAUSES: Final = {"set": "", "apply": "plan", "replace": "replaced", "remove": "removed", "rollback": "rolled back"}
_NEVER: Final = "-"


def local_time(at: str) -> str:
    """A recorded time as the clock here shows it, to the second: ``2025-03-01 14:05:09``; ``-`` for none."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S") if at else _NEVER


def module_table(modules: Sequence[Module], paper: Paper) -> Iterator[str]:
    """The lines of a table of modules and their states."""
    states = [one.state.value for one in modules]
    columns = (
        Column(title="MODULE", cells=tuple(printable(one.name) for one in modules)),
        Column(title="VERSION", cells=tuple(one.version for one in modules)),
        Column(title="STATE", cells=tuple(states)),
        Column(title="INSTALLED", cells=tuple("yes" if one.installed else "no" for one in modules), rank=1),
        Column(title="REQUESTED", cells=tuple("yes" if one.requested else "no" for one in modules), rank=3),
        Column(title="SINCE", cells=tuple(local_time(one.since) for one in modules), rank=2, least=10),
    )
    return _render(columns, paper, STATE=_state_painter(states, paper))


def transition_table(transitions: Sequence[Transition], paper: Paper, *, timed: bool = True) -> Iterator[str]:
    """The lines of a table of transitions; what has just happened, or would, is not `timed`, and a line a version."""
    if not timed:
        transitions = _in_short(transitions)
    states = [one.to_state.value for one in transitions]
    columns = [
        Column(title="MODULE", cells=tuple(printable(one.module) for one in transitions)),
        Column(title="VERSION", cells=tuple(printable(one.version) for one in transitions)),
        Column(title="FROM", cells=tuple(one.from_state.value for one in transitions), rank=1),
        Column(title="TO", cells=tuple(states)),
        Column(title="BY", cells=tuple(map(_cause, transitions)), rank=2),
    ]
    if timed:
        columns.insert(0, Column(title="WHEN", cells=tuple(local_time(one.at) for one in transitions)))
        columns.append(Column(title="WHO", cells=tuple(_user(one.who) for one in transitions), rank=4))
    columns.append(Column(title="REASON", cells=tuple(printable(one.why) for one in transitions), rank=3, least=12))
    return _render([one for one in columns if any(one.cells)], paper, TO=_state_painter(states, paper))


def _in_short(transitions: Sequence[Transition]) -> Sequence[Transition]:
    """The last transition of each version, from where the first one began."""
    first: dict[tuple[str, str], Transition] = {}
    last: dict[tuple[str, str], Transition] = {}
    for one in transitions:
        key = (one.module, one.version)
        first.setdefault(key, one)
        last.pop(key, None)
        last[key] = one
    return [replace(one, from_state=first[key].from_state) for key, one in last.items()]


def snapshot_table(snapshots: Sequence[Snapshot], paper: Paper) -> Iterator[str]:
    """The lines of a table of snapshots."""
    columns = (
        Column(title="SNAPSHOT", cells=tuple(str(one.id) for one in snapshots)),
        Column(title="WHEN", cells=tuple(local_time(one.at) for one in snapshots), rank=1, least=10),
        Column(title="MODULES", cells=tuple(str(len(one.modules)) for one in snapshots), rank=2),
        Column(title="WHO", cells=tuple(_user(one.who) for one in snapshots), rank=3),
        Column(title="LABEL", cells=tuple(printable(one.label) for one in snapshots), rank=1, least=12),
    )
    return _render(columns, paper)


def pin_table(pins: Sequence[Pin], installed: Mapping[str, str], paper: Paper) -> Iterator[str]:
    """The lines of a table of pins; `installed` has the versions of what is installed."""
    names = [one.requirement.name for one in pins]
    columns = (
        Column(title="MODULE", cells=tuple(map(printable, names))),
        Column(title="PINNED TO", cells=tuple(one.requirement.constraint.text for one in pins)),
        Column(title="INSTALLED", cells=tuple(installed.get(name, _NEVER) for name in names), rank=1),
        Column(title="SINCE", cells=tuple(local_time(one.at) for one in pins), rank=2, least=10),
    )
    return _render(columns, paper)


def module_document(module: Module) -> dict[str, object]:
    """A module at a version as JSON."""
    return {
        "module": module.name,
        "version": module.version,
        "state": module.state.value,
        "installed": module.installed,
        "requested": module.requested,
        "since": module.since or None,
        "manifest_digest": module.manifest,
    }


def transition_document(transition: Transition) -> dict[str, object]:
    """A transition as JSON."""
    return {
        "id": transition.id,
        "at": transition.at,
        "who": transition.who,
        "reason": transition.why,
        "module": transition.module,
        "version": transition.version,
        "from": transition.from_state.value,
        "to": transition.to_state.value,
        "installed": transition.installed,
        "operation": transition.operation,
        "plan": transition.plan,
    }


def snapshot_document(snapshot: Snapshot) -> dict[str, object]:
    """A snapshot as JSON."""
    return {
        "id": snapshot.id,
        "at": snapshot.at,
        "who": snapshot.who,
        "label": snapshot.label,
        "modules": [module_document(one) for one in snapshot.modules],
    }


def pin_document(pin: Pin, installed: Mapping[str, str]) -> dict[str, object]:
    """A pin as JSON; `installed` has the versions of what is installed."""
    return {
        "module": pin.requirement.name,
        "requirement": str(pin.requirement),
        "installed": installed.get(pin.requirement.name),
        "at": pin.at,
    }


def _user(who: str) -> str:
    """Who wrote something, without the number of the process."""
    return printable(who.partition(", ")[0])


def _cause(transition: Transition) -> str:
    cause = _CAUSES.get(transition.operation, transition.operation)
    return f"{cause} {transition.plan}" if transition.operation == "apply" and transition.plan is not None else cause


def _state_painter(states: Sequence[str], paper: Paper) -> Painter:
    def paint(text: str, row: int) -> str:
        colour = _COLOURS.get(states[row])
        return text if colour is None else paper.style(text, fg=colour)

    return paint


def _render(columns: Iterable[Column], paper: Paper, **painters: Painter) -> Iterator[str]:
    """The lines of a table with dim titles."""

    def titled(painter: Painter | None) -> Painter:
        def paint(text: str, row: int) -> str:
            if row < 0:
                return paper.style(text, dim=True)
            return text if painter is None else painter(text, row)

        return paint

    columns = tuple(columns)
    paint = {column.title: titled(painters.get(column.title)) for column in columns}
    return render_table(columns, width=paper.width, paint=paint)
