"""Audits as JSON: docs/audit.md describes every key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from las_registry.audit.findings import Audit, Cause, Failure, Told, Undecided
from las_registry.problem import InvalidFile, Problem

__all__ = ["FORMAT", "audit_document", "read_audit"]

FORMAT: Final = 1
"""The version of the format; a document of another one is refused."""


def audit_document(audit: Audit) -> dict[str, object]:
    """`audit` as plain values; equal audits have the same JSON.

    Each statement stands in it once, under ``statements``; elsewhere stand their places in that list.
    """
    places: dict[Told, int] = {}
    causes = [_cause(one, places) for one in audit.causes]
    never = [_failure(one, places) for one in audit.never]
    return {
        "format": FORMAT,
        "release": audit.release,
        "registry": audit.registry,
        "hosts": dict(sorted(audit.hosts.items())),
        "versions": audit.size,
        "modules": {name: list(versions) for name, versions in sorted(audit.modules.items())},
        "causes": causes,
        "never": never,
        "undecided": [
            {"module": one.module, "versions": list(one.versions), "hosts": list(one.hosts)} for one in audit.undecided
        ],
        "statements": [one.document for one in places],
    }


def _cause(cause: Cause, places: dict[Told, int]) -> dict[str, object]:
    return {
        "key": list(cause.key),
        "barred": cause.size,
        "statements": _places(cause.statements, places),
        "failures": [_failure(one, places) for one in cause.failures],
    }


def _failure(failure: Failure, places: dict[Told, int]) -> dict[str, object]:
    return {
        "module": failure.module,
        "versions": list(failure.versions),
        "constraint": failure.constraint,
        "text": failure.text,
        "hosts": list(failure.hosts),
        "core": _places(failure.core, places),
        "minimal": failure.minimal,
    }


def _places(statements: Iterable[Told], places: dict[Told, int]) -> list[int]:
    return [places.setdefault(one, len(places)) for one in statements]


def read_audit(data: bytes, path: Path) -> Audit:
    """The inverse of :func:`audit_document`, of its JSON.

    Raises :class:`InvalidFile` if it is none, or of another version of the format.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):  # a text that is no UTF-8 is a ValueError, too
        raise _refused(path, "it is not JSON") from None
    if not isinstance(document, dict) or "format" not in document:
        raise _refused(path, "it is no audit: the key format is missing")
    if document["format"] != FORMAT or isinstance(document["format"], bool):
        raise _refused(path, f"expected version {FORMAT} of the format of audits", "format")
    try:
        return _read(document)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError):
        raise _refused(path, "it is no audit: keys are missing, or their values are of another kind") from None


def _refused(path: Path, message: str, field: str = "") -> InvalidFile:
    hint = "write one with las-solve registry audit --format json --output FILE"
    return InvalidFile([Problem(file=str(path), field=field, message=message, hint=hint)])


def _read(document: Mapping[str, Any]) -> Audit:
    statements = [Told.read(one) for one in document["statements"]]
    return Audit(
        release=_text(document["release"]),
        registry=_text(document["registry"]),
        hosts={_text(name): _text(digest) for name, digest in document["hosts"].items()},
        modules={_text(name): _texts(versions) for name, versions in document["modules"].items()},
        causes=tuple(_read_cause(one, statements) for one in document["causes"]),
        never=tuple(_read_failure(one, statements) for one in document["never"]),
        undecided=tuple(
            Undecided(module=_text(one["module"]), versions=_texts(one["versions"]), hosts=_texts(one["hosts"]))
            for one in document["undecided"]
        ),
    )


def _read_cause(document: Mapping[str, Any], statements: Sequence[Told]) -> Cause:
    return Cause(
        key=_texts(document["key"]),
        statements=_at(document["statements"], statements),
        failures=tuple(_read_failure(one, statements) for one in document["failures"]),
    )


def _read_failure(document: Mapping[str, Any], statements: Sequence[Told]) -> Failure:
    minimal = document["minimal"]
    if not isinstance(minimal, bool):
        raise TypeError
    return Failure(
        module=_text(document["module"]),
        versions=_texts(document["versions"]),
        constraint=_text(document["constraint"]),
        text=_text(document["text"]),
        hosts=_texts(document["hosts"]),
        core=_at(document["core"], statements),
        minimal=minimal,
    )


def _at(places: object, statements: Sequence[Told]) -> tuple[Told, ...]:
    if not isinstance(places, list) or any(type(one) is not int or one < 0 for one in places):
        raise TypeError
    return tuple(statements[place] for place in places)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_text, value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
