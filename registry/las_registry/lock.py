"""Lock files: the modules of a plan at their versions, so that they are the same wherever the lock is obeyed.

docs/lock.md describes the format; :mod:`las_registry.lock_text` writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from las_registry.document_reading import MOST_PROBLEMS, DocumentReading, label, shown
from las_registry.lock_facts import facts_that_mattered, parse_fact
from las_registry.manifest import is_checksum
from las_registry.problem import FieldPath, InvalidFile, Problem
from las_registry.yaml_reader import Value, read_document
from las_solver.constraint import check_name, parse_version
from las_solver.errors import InvalidInput
from las_solver.model import Host, Request

if TYPE_CHECKING:
    from las_registry.registry import Registry
    from las_solver.plan import Plan

__all__ = ["FORMAT", "KEYS", "Lock", "LockedModule", "lock_of", "read_lock"]

FORMAT: Final = 1
"""The version of the format, which stands under the first of `KEYS`."""

KEYS: Final = ("las-solve-lock", "request", "options", "registry", "host", "modules")
_OPTIONS: Final = ("strategy", "prereleases", "modes", "forced_modes", "preferred", "excluded")
_MODULE: Final = ("version", "mode", "checksum")
_MERGED: Final = re.compile(rb"^(<<<<<<<|=======|>>>>>>>)(?=[ \r\n]|$)", re.MULTILINE)
"""What version control writes where it cannot merge two files."""

_REMEDY: Final = "las-solve lock MODULE... writes it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedModule:
    """A module of a lock; `checksum` is that of its manifest (contract, section 8)."""

    name: str
    version: Version
    mode: str
    checksum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The modules that a request led to, in order of name.

    `registry` is the digest of the registry that they are from. `facts` are those about the machine that mattered,
    as :mod:`las_registry.lock_facts` spells them.
    """

    request: Request
    registry: str
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    modules: tuple[LockedModule, ...]

    @property
    def versions(self) -> Mapping[str, Version]:
        """The versions by name, as :attr:`las_solver.model.Request.locked` takes them."""
        return MappingProxyType({one.name: one.version for one in self.modules})


def lock_of(plan: Plan, registry: Registry, host: Host) -> Lock:
    """The lock of `plan`, which was made for `host` with nothing installed, and from `registry`, which holds whole
    manifests."""
    manifests = {step.module: registry.manifest(step.module, step.version) for step in plan.steps}
    reasons = (reason for step in plan.steps for reason in step.held_back_by)
    modules = []
    for step in sorted(plan.steps, key=lambda step: step.module):
        manifest = manifests[step.module]
        assert manifest is not None and step.mode is not None
        modules.append(LockedModule(name=step.module, version=step.version, mode=step.mode, checksum=manifest.checksum))
    chosen = [manifest.module for manifest in manifests.values() if manifest is not None]
    return Lock(
        request=plan.request,
        registry=registry.digest,
        facts=MappingProxyType(dict(facts_that_mattered(host, chosen, reasons))),
        modules=tuple(modules),
    )


def read_lock(data: bytes, file: str) -> Lock:
    """The lock file with the content `data`; `file` is the name that problems carry.

    Raises :class:`InvalidFile` with everything that is wrong with it.
    """
    merged = _MERGED.search(data)
    if merged is not None:
        line = data.count(b"\n", 0, merged.start()) + 1
        hint = "keep one side, and let las-solve lock renew it"
        raise InvalidFile([Problem(file=file, line=line, message="a merge left its marks here", hint=hint)])
    try:
        return _Reading(read_document(data, file)).lock()
    except InvalidFile as error:
        helped = [problem if problem.hint else replace(problem, hint=_REMEDY) for problem in error.problems]
        raise InvalidFile(helped) from None


class _Reading(DocumentReading):
    """One pass over a lock file."""

    def lock(self) -> Lock:
        top = self.document.value
        if not isinstance(top, dict) or KEYS[0] not in top:
            self.refuse((), "this is not a lock file", f"a lock file begins with {KEYS[0]}: {FORMAT}; {_REMEDY}")
            raise InvalidFile(self.problems)
        self.version(top[KEYS[0]], KEYS[0], FORMAT)
        self.known_keys(top, (), KEYS)
        request = self.request(top, _OPTIONS)
        registry = self.required(top, (), "registry", _checksum)
        facts = self.facts(top.get("host"))
        modules = self.modules(top.get("modules"))
        if not self.problems:
            self.compare(request, modules)
        if self.problems:
            raise InvalidFile(sorted(self.problems, key=lambda problem: problem.line or 0))
        return Lock(request=request, registry=registry or "", facts=MappingProxyType(facts), modules=modules)

    def facts(self, value: Value) -> dict[str, str]:
        found: dict[str, str] = {}
        for fact, text in self.mapping(value, ("host",)).items():
            if text is None:
                self.refuse(("host", fact), "expected a value, found nothing", "leave the fact out")
            read = self.fact(text, ("host", fact), lambda spelled, fact=fact: parse_fact(fact, spelled))  # type: ignore[misc]
            if read is not None:
                found[fact] = read
            if len(self.problems) >= MOST_PROBLEMS:
                break
        return found

    def modules(self, value: Value) -> tuple[LockedModule, ...]:
        found = []
        for name, entry in self.mapping(value, ("modules",)).items():
            one = self.module(name, entry, ("modules", name))
            if one is not None:
                found.append(one)
            if len(self.problems) >= MOST_PROBLEMS:
                break
        return tuple(sorted(found, key=lambda one: one.name))

    def module(self, name: str, entry: Value, path: FieldPath) -> LockedModule | None:
        self.fact(name, path, check_name)
        if not isinstance(entry, dict):
            self.refuse(path, f"expected version, mode and checksum, found {shown(entry)}")
            return None
        self.known_keys(entry, path, _MODULE)
        version = self.required(entry, path, "version", parse_version)
        mode = self.required(entry, path, "mode", label)
        checksum = self.required(entry, path, "checksum", _checksum)
        if version is None or mode is None or checksum is None:
            return None
        return LockedModule(name=name, version=version, mode=mode, checksum=checksum)

    def compare(self, request: Request, modules: tuple[LockedModule, ...]) -> None:
        """Refuses a lock whose modules are not what it says was asked for."""
        versions = {one.name: one.version for one in modules}
        for at, requirement in enumerate(request.requirements):
            version = versions.get(requirement.name)
            if version is None:
                self.refuse(("request", at), f"the lock has no {requirement.name}", _REMEDY)
            elif not requirement.constraint.admits(version):
                self.refuse(("request", at), f"the lock has {requirement.name} at {version}", _REMEDY)


def _checksum(text: str) -> str:
    if not is_checksum(text):
        raise InvalidInput(f"{shown(text)} is not a checksum", hint=f"it is sha256: and 64 hex digits; {_REMEDY}")
    return text.lower()
