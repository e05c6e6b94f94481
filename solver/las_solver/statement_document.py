"""Statements as plain values: docs/documents.md describes every key."""

from __future__ import annotations

from typing import assert_never

from las_solver.sentence import sentence
from las_solver.statement import (
    Cycle,
    Dependency,
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    ModeLimit,
    NoVersion,
    PreRelease,
    Requested,
    RuntimeNeed,
    Statement,
    UnknownModule,
    module_of,
)

__all__ = ["statement_document"]

_REQUEST = "the request"
_REGISTRY = "the registry"


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
        case InterfaceNeed(span, interface, _, source):
            return "interface", span.constraint, source, {"interface": interface}
        case Cycle(modules):
            return "cycle", None, _REGISTRY, {"modules": list(modules)}
        case UnknownModule(_, suggestions):
            return "unknown-module", None, _REGISTRY, {"suggestions": list(suggestions)}
        case NoVersion(_, constraint):
            return "no-version", None, _REGISTRY, {"constraint": str(constraint)}
        case PreRelease(span):
            return "pre-release", span.constraint, _REGISTRY, {}
        case Exclusion(span, requirement):
            return "excluded", span.constraint, _REQUEST, {"constraint": str(requirement.constraint)}
        case _:
            assert_never(statement)
