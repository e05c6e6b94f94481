"""Statements as plain values: docs/documents.md describes every key."""

from __future__ import annotations

from typing import assert_never

from las_solver.sentence import sentence
from las_solver.source import RejectedManifest, ShadowedModule
from las_solver.statement import (
    CapacityLimit,
    Chosen,
    Cycle,
    Dependency,
    Deprecation,
    Exclusion,
    Fewest,
    HardwareLimit,
    InterfaceNeed,
    Kept,
    LockLimit,
    ModeLimit,
    NoVersion,
    Picked,
    PinLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Statement,
    Staying,
    Total,
    UnknownModule,
    module_of,
)

__all__ = ["statement_document"]

_REQUEST = "the request"
_REGISTRY = "the registry"
_PLAN = "the plan"
_LOCK = "the lock"
_MACHINE = "this machine"


def statement_document(statement: Statement) -> dict[str, object]:
    """`statement` with its kind, where it stands, and the keys of its kind."""
    kind, versions, source, more = _particulars(statement)
    return {
        "kind": kind,
        "module": module_of(statement),
        "versions": versions,
        "text": sentence(statement),
        "source": source,
        **more,
    }


def _particulars(statement: Statement) -> tuple[str, str | None, str, dict[str, object]]:
    """The kind of `statement`, its versions, where it stands, and the keys that only its kind has."""
    match statement:
        case Requested(requirement):
            return "requested", None, _REQUEST, {"requirement": str(requirement)}
        case Dependency(span, requirement, source):
            return "dependency", span.constraint, source, {"requirement": str(requirement)}
        case RuntimeNeed(span, requirement, have, source):
            known = None if have is None else str(have)
            return "runtime", span.constraint, source, {"requirement": str(requirement), "have": known}
        case HardwareLimit(span, lack, source):
            fact = "vram" if lack.fact == "total-vram" else lack.fact
            return "hardware", span.constraint, source, {"fact": fact, "need": lack.need, "have": lack.have}
        case ModeLimit(span, lack, source):
            return "mode", span.constraint, source, {"modes": list(lack.modes), "allowed": list(lack.allowed)}
        case InterfaceNeed(span, interface, _, source, suggestions, rejected):
            more = {"suggestions": list(suggestions), "rejected": list(map(_rejected, rejected))}
            return "interface", span.constraint, source, {"interface": interface, **more}
        case Cycle(modules):
            return "cycle", None, _REGISTRY, {"modules": list(modules)}
        case UnknownModule():
            return "unknown-module", None, _REGISTRY, _unknown(statement)
        case NoVersion():
            return "no-version", None, _REGISTRY, _no_version(statement)
        case PreRelease(span):
            return "pre-release", span.constraint, _REGISTRY, {}
        case Exclusion(span, requirement):
            return "excluded", span.constraint, _REQUEST, {"constraint": str(requirement.constraint)}
        case Chosen(span):
            return "chosen", span.constraint, _PLAN, {"interface": None, "consumer": None}
        case Picked(_, interface, consumer):
            return "chosen", None, _PLAN, {"interface": interface, "consumer": consumer}
        case Total():
            return "total", None, _PLAN if statement.version else _REQUEST, _total(statement)
        case CapacityLimit(fact):
            kind, source = ("limit", _REQUEST) if fact == "limit" else ("together", _MACHINE)
            return kind, None, source, _capacity(statement)
        case _:
            return _about_installed(statement)


def _about_installed(
    statement: Staying | PinLimit | LockLimit | Deprecation | Kept | Fewest,
) -> tuple[str, str | None, str, dict[str, object]]:
    match statement:
        case Staying(span, source) | Kept(span, source):
            return "installed", span.constraint, source, {"what": "stays" if isinstance(statement, Staying) else "kept"}
        case PinLimit(span, requirement):
            return "pinned", span.constraint, _MACHINE, {"requirement": str(requirement)}
        case LockLimit(span, locked):
            return "locked", span.constraint, _LOCK, {"locked": None if locked is None else str(locked)}
        case Deprecation(span):
            return "excluded", span.constraint, _MACHINE, {"deprecated": True}
        case Fewest(what, most):
            return "installed", None, _PLAN, {"what": what, "most": most}
        case _:
            assert_never(statement)


def _capacity(limit: CapacityLimit) -> dict[str, object]:
    counts: list[dict[str, object]] = [
        {"module": share.span.module, "versions": share.span.constraint, "weight": share.weight}
        for share in limit.shares
    ]
    if limit.fact == "limit":
        return {"limit": limit.name, "at_most": limit.cards[0], "counts": counts}
    spread = [{**count, "spread": share.spread} for count, share in zip(counts, limit.shares, strict=True)]
    cards = list(limit.cards) if limit.fact == "vram" else []
    return {"fact": limit.fact, "have": sum(limit.cards), "cards": cards, "counts": spread}


def _total(total: Total) -> dict[str, object]:
    return {
        "version": None if total.version is None else str(total.version),
        "falls": [{"module": module, "from": str(newer), "to": str(older)} for module, newer, older in total.falls],
        "total": total.total,
        "instead": total.instead,
    }


def _unknown(unknown: UnknownModule) -> dict[str, object]:
    return {
        "suggestions": list(unknown.suggestions),
        "interfaces": list(unknown.interfaces),
        "providers": list(unknown.providers),
        "rejected": list(map(_rejected, unknown.rejected)),
        "shadowed": list(map(_shadowed, unknown.shadowed)),
    }


def _no_version(unmet: NoVersion) -> dict[str, object]:
    return {
        "constraint": str(unmet.constraint),
        "nearest": [str(version) for version in (unmet.below, unmet.above) if version is not None],
        "prereleases": list(map(str, unmet.prereleases)),
        "rejected": list(map(_rejected, unmet.rejected)),
        "shadowed": list(map(_shadowed, unmet.shadowed)),
    }


def _rejected(manifest: RejectedManifest) -> dict[str, object]:
    return {
        "module": manifest.module,
        "version": None if manifest.version is None else str(manifest.version),
        "place": manifest.place,
        "reason": manifest.reason,
    }


def _shadowed(module: ShadowedModule) -> dict[str, object]:
    return {"registry": module.registry, "versions": list(map(str, module.versions)), "rule": module.rule}
