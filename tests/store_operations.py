"""Operations on a store that follow from a seed alone, for processes that are killed meanwhile, and what they leave."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from las_registry.lifecycle import ALLOWED, Refused, State, Store
from las_solver.constraint import Requirement

__all__ = ["Content", "content", "kept_text", "perform", "run"]

NAMES = ("app", "lib", "tool")
VERSIONS = ("1.0", "2.0")
_MOMENTS = frozenset({"at", "since", "who"})
"""Columns that differ from one run to the next."""

Content: TypeAlias = dict[str, list[tuple[object, ...]]]


def kept_text(name: str, version: str, *needs: str) -> str:
    """The JSON of a manifest, as a store takes it."""
    return json.dumps(
        {
            "name": name,
            "category": "tool",
            "version": version,
            "description": "Something",
            "runtime": {"modes": ["native"]},
            "dependencies": {"modules": list(needs)},
        }
    )


def perform(store: Store, seed: int, at: int) -> None:
    """The operation number `at` of the history that `seed` makes; some are refused, and change nothing."""
    random = Random(f"{seed} {at}")
    name, version = random.choice(NAMES), random.choice(VERSIONS)
    with suppress(Refused):
        match random.choices(("move", "remove", "pin", "request", "snapshot", "rollback", "apply"), _WEIGHTS)[0]:
            case "move":
                _move(store, random, name, version, reason=f"operation {at}")
            case "remove":
                store.remove(name, reason=f"operation {at}")
            case "pin":
                known = {pin.requirement.name for pin in store.pins()}
                if name in known:
                    store.unpin(name)
                else:
                    store.pin(Requirement.parse(f"{name}@<{version}"))
            case "request":
                store.request(name, random.random() < 0.5)
            case "snapshot":
                store.snapshot(f"operation {at}")
            case "rollback":
                snapshots = store.snapshots()
                store.rollback(random.choice(snapshots).id if snapshots else 1)
            case "apply":
                _apply(store, random)


_WEIGHTS = (12, 2, 1, 1, 1, 1, 2)


def _move(store: Store, random: Random, name: str, version: str, *, reason: str) -> None:
    """A transition, of five mostly four that are allowed."""
    now = store.module(name, version).state
    following = sorted(ALLOWED[now]) if random.random() < 0.8 else list(State)
    if random.random() < 0.7:
        following = [to for to in following if to not in (State.FAILED, State.DEPRECATED)] or following
    text = kept_text(name, version, *(["lib"] if name == "app" else []))
    store.transition(name, version, random.choice(following), reason=reason, manifest=text, expected=now)


def _apply(store: Store, random: Random) -> None:
    """A plan for two modules, carried out or only recorded."""
    steps: list[dict[str, Any]] = []
    manifests: dict[tuple[str, str], str] = {}
    installed = {one.name: one.version for one in store.modules() if one.installed}
    for name in sorted(random.sample(NAMES, 2)):
        version, was = random.choice(VERSIONS), installed.get(name)
        action = "install" if was is None else "keep" if was == version else "upgrade" if was < version else "downgrade"
        steps.append({"module": name, "version": version, "action": action, "installed": was})
        manifests[name, version] = kept_text(name, version)
    plan = {"status": "resolved", "request": [steps[0]["module"]], "steps": steps, "invalid": []}
    store.apply(plan, manifests=manifests, installed=random.random() < 0.6)


def run(path: str, seed: int, first: int, number: int, journal: str | None = None) -> None:
    """Perform `number` operations from `first` on. After each its number is a line of `journal`: it is acknowledged."""
    with Store.open(Path(path)) as store:
        for at in range(first, first + number):
            perform(store, seed, at)
            if journal is not None:
                acknowledge(journal, at)


def acknowledge(journal: str, at: int) -> None:
    """Tell that an operation is done, in a way that outlives this process."""
    with Path(journal).open("ab", buffering=0) as file:
        file.write(b"%d\n" % at)


def content(path: Path) -> Content:
    """All rows of all tables but for their times and writers, read without the store's code."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        found: Content = {}
        for (table,) in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')  # names from the database itself
            kept = [at for at, column in enumerate(cursor.description) if column[0] not in _MOMENTS]
            found[table] = sorted((tuple(row[at] for at in kept) for row in cursor), key=repr)
        return found
