"""Small registries by hand, readable in a few lines, and the planner's answers to requests on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any

from brute_force import BruteForce, as_far_as

from las_solver.check import check
from las_solver.constraint import Requirement, parse_version
from las_solver.document import conflict_document, plan_document
from las_solver.model import Hardware, Host, ModuleVersion, Request
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

__all__ = ["ask", "asked", "chosen", "document", "kinds", "machine", "module", "version"]


def version(text: str, *needs: str, runtimes: Iterable[str] = (), **values: Any) -> ModuleVersion:
    """``version("app 2.0", "lib@>=1")``: one version of a module, what it needs, and anything else by its name."""
    name, number = text.split()
    hardware = {key: values.pop(key) for key in ("cores_min", "ram_min", "vram_min", "multi_gpu") if key in values}
    return ModuleVersion(
        name=name,
        version=parse_version(number),
        requirements=tuple(map(Requirement.parse, needs)),
        runtimes=tuple(map(Requirement.parse_runtime, runtimes)),
        hardware=Hardware(**hardware),
        source=f"{name}/{number}.manifest.yaml",
        **values,
    )


def module(name: str, *numbers: str) -> list[ModuleVersion]:
    """``module("lib", "1.0", "2.0")``: versions that need nothing."""
    return [version(f"{name} {number}") for number in numbers]


def machine(*installed: ModuleVersion, deprecated: Iterable[str] = (), **facts: Any) -> Host:
    """``machine(version("lib 1.0"), deprecated=["lib 2.0"])``: a host with modules, and its facts by their names."""
    marked = [(name, parse_version(number)) for name, number in map(str.split, deprecated)]
    kept = MappingProxyType({one.name: one for one in installed})
    return Host(installed=kept, deprecated=frozenset(marked), **facts)


def ask(
    *requirements: str,
    excluded: Iterable[str] = (),
    pinned: Iterable[str] = (),
    locked: Iterable[str] | None = None,
    **options: Any,
) -> Request:
    """``ask("app@>=2", prereleases=True, pinned=["lib@<2"], locked=["lib 1.0"])``: a request."""
    versions = None if locked is None else MappingProxyType({one.name: one.version for one in map(version, locked)})
    return Request(
        requirements=tuple(map(Requirement.parse, requirements)),
        excluded=tuple(map(Requirement.parse, excluded)),
        pinned=tuple(map(Requirement.parse, pinned)),
        locked=versions,
        **{key: MappingProxyType(value) if isinstance(value, dict) else value for key, value in options.items()},
    )


def document(versions: Sequence[ModuleVersion], request: Request, host: Host | None = None) -> dict[str, Any]:
    """The planner's answer as JSON; fails unless brute force gives the same and the checker agrees."""
    host = host or Host()
    source = MemorySource(versions)
    found = Planner(source, host).plan(request)
    decoded = json.loads(json.dumps(plan_document(found) if isinstance(found, Plan) else conflict_document(found)))
    assert isinstance(decoded, dict)
    wanted = BruteForce(versions, host, request).document() or {"status": "conflict"}
    assert as_far_as(wanted, decoded) == wanted
    assert check(decoded, source, host, limits=request.limits) == ()
    return decoded


def chosen(versions: Sequence[ModuleVersion], *requirements: str, host: Host | None = None, **options: Any) -> str:
    """The steps of the plan, as ``lib 1.0, app 2.0``; fails for a conflict."""
    answer = document(versions, ask(*requirements, **options), host)
    assert answer["status"] == "resolved", answer["explanation"]
    return ", ".join(f"{step['module']} {step['version']}" for step in answer["steps"])


def kinds(versions: Sequence[ModuleVersion], *requirements: str, host: Host | None = None, **options: Any) -> list[str]:
    """The kinds of the statements of a conflict, sorted; fails for a plan."""
    answer = document(versions, ask(*requirements, **options), host)
    assert answer["status"] == "conflict", answer["steps"]
    return sorted(statement["kind"] for statement in answer["core"])


def asked(request: Request) -> dict[str, Any]:
    """How an answer in JSON says what it is for."""
    limits = [{"name": limit.name, "at_most": limit.at_most} for limit in request.limits]
    return {
        "request": [str(requirement) for requirement in request.requirements],
        "options": {
            "strategy": str(request.strategy),
            "prereleases": request.prereleases,
            "modes": None if request.modes is None else sorted(request.modes),
            "forced_modes": dict(request.forced_modes),
            "preferred": list(request.preferred),
            "excluded": [str(excluded) for excluded in request.excluded],
            "pinned": [str(pin) for pin in request.pinned],
            "locked": None if request.locked is None else {name: str(it) for name, it in request.locked.items()},
            "unlocked": sorted(request.unlocked),
            "released": sorted(request.released),
            "allow_removal": request.allow_removal,
            **({"limits": limits} if limits else {}),
            **({"together": True} if request.together else {}),
        },
    }
