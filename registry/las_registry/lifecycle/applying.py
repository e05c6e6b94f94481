"""What applying a plan writes: its record, its modules as resolved, and, if it was carried out, what that changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from packaging.version import Version
from sqlalchemy import insert

from las_registry.lifecycle.errors import Refused
from las_registry.lifecycle.installed import digest_of_installed, installed_modules
from las_registry.lifecycle.kept_manifest import KeptManifest, keep_manifest
from las_registry.lifecycle.needs import needs_of
from las_registry.lifecycle.plan_document import PlanContent, PlannedStep, read_plan
from las_registry.lifecycle.records import Applied, Module, Transition
from las_registry.lifecycle.rows import version_key
from las_registry.lifecycle.schema import PLANS
from las_registry.lifecycle.states import State
from las_registry.lifecycle.writer import Cause, Writer
from las_solver.errors import InvalidInput
from las_solver.model import Host

__all__ = ["Application"]

_AGAIN = "plan again"


class Application:
    """A plan that is to be applied, checked as far as that needs no store.

    Raises :class:`InvalidInput` if `document` is no plan, or a manifest is missing or wrong.
    """

    def __init__(self, document: Mapping[str, Any], manifests: Mapping[tuple[str, str], str]) -> None:
        self._document = document
        self._content = read_plan(document)
        given = {(name, _key(version)): text for (name, version), text in manifests.items()}
        self._kept = {step.module: _manifest(step, given) for step in self._content.steps if step.brings}

    def write(self, writer: Writer, *, installed: bool, host: Host | None) -> Applied:
        """Records the plan; if `installed`, as carried out. Raises :class:`Refused` if the store has changed since."""
        content = self._content
        known = {step.module: writer.known(step.module) for step in content.steps}
        _check_unchanged(content, writer, known)
        plan = self._record(writer)
        cause = Cause("", "apply", plan)
        transitions: list[Transition] = []
        for step in content.steps:
            requested = _is_requested(step, content, known[step.module])
            if step.brings:
                transitions += self._resolve(step, known[step.module], requested, writer, cause)
            elif step.action == "keep" and requested:
                _mark(known[step.module][version_key(step.version)], writer)
        if installed:
            removed = [step.module for step in content.steps if step.action == "remove"]
            before = installed_modules(writer.connection) if removed else {}
            for step in content.steps:
                transitions += _carry_out(step, known[step.module], writer, cause)
            after = installed_modules(writer.connection) if removed else {}
            left = [one for name, one in after.items() if name not in content.invalid]
            for name in removed:
                for need in needs_of(before[name], left, host):
                    raise Refused(f"{name} cannot be removed: {need}", hint=_AGAIN)
        return Applied(plan, tuple(transitions))

    def _record(self, writer: Writer) -> int:
        document = self._document
        registry = document.get("registry")
        digest = registry.get("digest") if isinstance(registry, dict) else None
        host = document.get("host")
        values = {
            "at": writer.at,
            "who": writer.who,
            "request": _json(document["request"]),
            "host": _json(host) if isinstance(host, dict) else None,
            "registry": digest if isinstance(digest, str) else None,
            "installed": self._content.installed,
            "document": _json(document),
        }
        added = writer.connection.execute(insert(PLANS), values).inserted_primary_key
        assert added is not None
        return int(added[0])

    def _resolve(
        self, step: PlannedStep, known: Mapping[str, Module], requested: bool, writer: Writer, cause: Cause
    ) -> tuple[Transition, ...]:
        kept = self._kept[step.module]
        was = known.get(version_key(step.version))
        if was is None or was.state is not State.RESOLVED:
            return writer.move(step.module, step.version, State.RESOLVED, cause, kept=kept, requested=requested)
        writer.keep(kept)
        now = replace(was, manifest=kept.digest, requested=requested)
        if now != was:
            writer.put(now, was)
        return ()


def _carry_out(step: PlannedStep, known: Mapping[str, Module], writer: Writer, cause: Cause) -> tuple[Transition, ...]:
    if step.brings:
        return writer.move(step.module, step.version, State.INSTALLED, cause)
    if step.action == "remove":
        return (writer.forget(known[version_key(step.version)], replace(cause, operation="remove")),)
    return ()


def _check_unchanged(content: PlanContent, writer: Writer, known: Mapping[str, Mapping[str, Module]]) -> None:
    """Refuses a plan that was made for something else than what is installed now."""
    for step in content.steps:
        now = next((one.version for one in known[step.module].values() if one.installed), None)
        if (None if now is None else Version(now)) != step.installed:
            raise Refused(
                f"the plan was made with {step.module} {_shown(step.installed)}, and it is {_shown(now)} now",
                hint=_AGAIN,
            )
    if content.installed is not None and content.installed != digest_of_installed(writer.connection):
        raise Refused("what is installed, deprecated or pinned has changed since the plan was made", hint=_AGAIN)


def _is_requested(step: PlannedStep, content: PlanContent, known: Mapping[str, Module]) -> bool:
    """Whether the module counts as asked for: by this plan, or before."""
    was = known.get(version_key(step.version))
    earlier = (was is not None and was.requested) or any(one.requested for one in known.values() if one.installed)
    return earlier or (step.module in content.asked and not (content.is_upgrade and step.installed is not None))


def _mark(module: Module, writer: Writer) -> None:
    if not module.requested:
        writer.put(replace(module, requested=True), module)


def _manifest(step: PlannedStep, given: Mapping[tuple[str, str], str]) -> KeptManifest:
    text = given.get((step.module, version_key(step.version)))
    if text is None:
        raise InvalidInput(f"there is no manifest of {step.module} {step.version}", hint=_AGAIN)
    return keep_manifest(text, step.module, step.version)


def _key(version: str | Version) -> str:
    return version_key(version if isinstance(version, Version) else Version(version))


def _shown(version: object) -> str:
    return "not installed" if version is None else f"installed at {version}"


def _json(value: object) -> str:
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise InvalidInput("this is not a plan: it cannot be written as JSON") from None
