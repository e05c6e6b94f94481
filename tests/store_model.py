"""A store as simple as can be: dictionaries, and the rules of section 9 written down once more."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from stores import kept

from las_registry.lifecycle import ALLOWED, State
from las_solver.constraint import Requirement, parse_version

__all__ = ["MANIFESTS", "NAMES", "VERSIONS", "StoreModel", "Wrong", "same_version"]

NAMES = ("app", "lib", "other")
VERSIONS = ("1.0", "1.0.0", "2.0")
"""The first two are the same."""

_FIELDS: dict[tuple[str, str], dict[str, list[str]]] = {
    ("app", "1.0"): {"needs": ["lib"]},
    ("app", "2.0"): {"needs": ["lib@>=2"], "consumes": ["api"]},
    ("lib", "1.0"): {"provides": ["api"]},
    ("lib", "2.0"): {},
    ("other", "1.0"): {"provides": ["api", "other"]},
    ("other", "2.0"): {"needs": ["lib@<2"]},
}


def same_version(version: str) -> str:
    """One spelling of each version."""
    return "1.0" if version == "1.0.0" else version


MANIFESTS = {
    (name, version): kept(name, version, **_FIELDS[name, same_version(version)])
    for name in NAMES
    for version in VERSIONS
}


class Wrong(Exception):
    """The store has to refuse this."""


@dataclass
class _Known:
    """A version that is known; `manifest` is how the version is spelled in the manifest that is kept, if one is."""

    spelled: str
    state: State
    installed: bool
    requested: bool
    manifest: str | None


@dataclass
class StoreModel:
    """What is known, by name and version; the pins; the snapshots; and the history without times."""

    known: dict[tuple[str, str], _Known] = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)
    snapshots: list[dict[tuple[str, str], _Known]] = field(default_factory=list)
    history: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def installed_of(self, name: str) -> str | None:
        """The version of a module that is installed."""
        return next((key[1] for key, one in self.known.items() if key[0] == name and one.installed), None)

    def transition(
        self,
        name: str,
        version: str,
        to: State,
        *,
        has_manifest: bool,
        requested: bool | None,
        expected: State | None = None,
        operation: str = "set",
    ) -> None:
        """Brings a version to a state."""
        key = name, same_version(version)
        was = self.known.get(key)
        now = was.state if was else State.AVAILABLE
        if expected is not None and expected is not now:
            raise Wrong
        if to is now:
            return
        if to not in ALLOWED[now]:
            raise Wrong
        if was and was.installed and to is not State.INSTALLED and has_manifest and was.manifest != version:
            raise Wrong
        other = self.installed_of(name)
        replaced = self.known[name, other] if to is State.INSTALLED and other not in (None, key[1]) else None
        if to is State.INSTALLED and not (has_manifest or (was and was.manifest)):
            raise Wrong
        if replaced is not None:
            self._forget(name, str(other), "replace")
        if requested is None:
            requested = (was.requested if was else to is State.RESOLVED) or bool(replaced and replaced.requested)
        spelled = was.spelled if was else version
        self.known[key] = _Known(
            spelled,
            to,
            to in (State.INSTALLED, State.RUNNING, State.STOPPED) or bool(was and was.installed),
            requested,
            version if has_manifest else was.manifest if was else None,
        )
        self.history.append((name, spelled, now, to, operation))

    def remove(self, name: str, version: str | None) -> None:
        """Forgets a version."""
        versions = [key[1] for key in self.known if key[0] == name]
        if version is None:
            installed = self.installed_of(name)
            versions = versions if installed is None else [installed]
        else:
            versions = [one for one in versions if one == same_version(version)]
        if len(versions) != 1:
            raise Wrong
        (meant,) = versions
        was = self.known[name, meant]
        if was.installed and self._is_needed(name, meant):
            raise Wrong
        self._forget(name, meant, "remove")

    def apply(self, document: Mapping[str, Any], *, is_stale: bool, installed: bool) -> None:
        """Applies a plan; `is_stale`: the digest in it is not that of what is installed."""
        steps = document["steps"]
        for step in steps:
            stated = step["installed"]
            if (None if stated is None else same_version(stated)) != self.installed_of(step["module"]):
                raise Wrong
        if is_stale:
            raise Wrong
        before = deepcopy(self.known)
        for step in steps:
            name, version = step["module"], same_version(step["version"])
            asked = any(one.requested for (other, _), one in before.items() if other == name and one.installed)
            asked |= (name, version) in before and before[name, version].requested
            asked |= name in document["request"]
            if step["action"] in ("install", "upgrade", "downgrade"):
                self.transition(
                    name, step["version"], State.RESOLVED, has_manifest=True, requested=asked, operation="apply"
                )
                self.known[name, version].requested = asked
                self.known[name, version].manifest = step["version"]
            elif step["action"] == "keep":
                self.known[name, version].requested |= asked
        if installed:
            self._carry_out(steps)

    def _carry_out(self, steps: list[dict[str, Any]]) -> None:
        removed = []
        for step in steps:
            name, version = step["module"], same_version(step["version"])
            if step["action"] == "remove":
                self._forget(name, version, "remove")
                removed.append((name, version))
            elif step["action"] != "keep":
                self.transition(
                    name, step["version"], State.INSTALLED, has_manifest=True, requested=None, operation="apply"
                )
        if any(self._is_needed(*one) for one in removed):
            raise Wrong

    def request(self, name: str, requested: bool) -> None:
        """Marks all versions of a module."""
        versions = [one for (other, _), one in self.known.items() if other == name]
        if not versions:
            raise Wrong
        for one in versions:
            one.requested = requested

    def rollback(self, number: int) -> None:
        """Comes back to a snapshot."""
        if not 1 <= number <= len(self.snapshots):
            raise Wrong
        wanted = deepcopy(self.snapshots[number - 1])
        for key, one in self.known.items():
            if one.state is State.RUNNING and (key not in wanted or wanted[key].state is not State.RUNNING):
                raise Wrong
        gone = [key for key in sorted(self.known) if key not in wanted]
        for name, version in gone:
            self._forget(name, version, "rollback")
        for key in sorted(wanted, key=lambda one: (wanted[one].installed, one)):
            back, was = wanted[key], self.known.get(key)
            if back.state is State.RUNNING and not (was and was.state is State.RUNNING):
                back.state = State.STOPPED
            now = was.state if was else State.AVAILABLE
            if now is not back.state or (was and was.installed is not back.installed):
                self.history.append((key[0], back.spelled, now, back.state, "rollback"))
            self.known[key] = back

    def _forget(self, name: str, version: str, operation: str) -> None:
        was = self.known[name, version]
        if was.state is State.RUNNING:
            raise Wrong
        del self.known[name, version]
        self.history.append((name, was.spelled, was.state, State.AVAILABLE, operation))

    def _is_needed(self, name: str, version: str) -> bool:
        left = {key for key, one in self.known.items() if one.installed and key[0] != name}
        for other in left:
            for entry in map(Requirement.parse, _FIELDS[other].get("needs", [])):
                if entry.name == name and entry.constraint.admits(parse_version(version)):
                    return True
            for interface in _FIELDS[other].get("consumes", []):
                providers = [one for one in left - {other} if interface in _FIELDS[one].get("provides", [])]
                if interface in _FIELDS[name, version].get("provides", []) and not providers:
                    return True
        return False
