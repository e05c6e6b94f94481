"""A builder of stores and of what goes into them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from las_registry.lifecycle import Module, State, Store
from las_solver.constraint import parse_version

__all__ = ["PATHS", "action_of", "kept", "known", "plan_of", "put", "step_of"]

PATHS: dict[State, tuple[State, ...]] = {
    State.AVAILABLE: (),
    State.RESOLVED: (State.RESOLVED,),
    State.INSTALLED: (State.RESOLVED, State.INSTALLED),
    State.RUNNING: (State.RESOLVED, State.INSTALLED, State.RUNNING),
    State.STOPPED: (State.RESOLVED, State.INSTALLED, State.STOPPED),
    State.FAILED: (State.FAILED,),
    State.DEPRECATED: (State.DEPRECATED,),
}
"""The shortest way from nothing to each state."""


def kept(
    name: str,
    version: str,
    *,
    needs: Sequence[str] = (),
    runtimes: Sequence[str] = (),
    provides: Sequence[str] = (),
    consumes: Sequence[str] = (),
) -> str:
    """The JSON of a manifest, as a store takes it."""
    document = {
        "name": name,
        "category": "tool",
        "version": version,
        "description": "Something",
        "runtime": {"modes": ["native"]},
        "dependencies": {"modules": list(needs), "runtime": list(runtimes)},
        "interfaces": {"provides": list(provides), "consumes": list(consumes)},
    }
    return json.dumps(document)


def put(store: Store, name: str, version: str = "1.0", state: State = State.INSTALLED, **manifest: Any) -> Module:
    """Brings a module of which nothing is known to a state; `manifest` as for :func:`kept`."""
    for to in PATHS[state]:
        assert store.transition(name, version, to, manifest=kept(name, version, **manifest)) is not None
    return store.module(name, version)


def known(store: Store) -> dict[str, str]:
    """What is known of all modules: ``state``, with a ``*`` if it is installed though its state does not say so."""
    return {
        f"{one.name} {one.version}": f"{one.state}{'*' if one.installed and one.state not in _SAYS_SO else ''}"
        for one in store.modules()
    }


_SAYS_SO = (State.INSTALLED, State.RUNNING, State.STOPPED)


def action_of(version: str, installed: str | None) -> str:
    """What a step to a version does where another, or none, is installed."""
    if installed is None:
        return "install"
    new, old = parse_version(version), parse_version(installed)
    return "keep" if new == old else "upgrade" if new > old else "downgrade"


def step_of(name: str, version: str, installed: str | None = None, action: str | None = None) -> dict[str, Any]:
    """A step of a plan's JSON, as far as it matters to a store."""
    chosen = action_of(version, installed) if action is None else action
    return {"module": name, "version": version, "action": chosen, "installed": installed}


def plan_of(*steps: dict[str, Any], request: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """A plan's JSON."""
    return {"status": "resolved", "request": list(request), "steps": list(steps), "invalid": [], **more}
