"""The part of SARIF 2.1.0 that las-solve writes, as a JSON Schema that allows nothing else.

Names, required properties and ranges are those of the standard, sections 3.13 to 3.57.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["SARIF"]


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


_TEXT: Final[dict[str, Any]] = {"type": "string", "not": {"pattern": r"\]\(|(^|[^{])\{[0-9]+\}([^}]|$)"}}
_POSITION: Final = {"type": "integer", "minimum": 1}
_LEVEL: Final = {"enum": ["none", "note", "warning", "error"]}
_MESSAGE: Final = _object({"text": _TEXT})
_URI: Final = r"([A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-F]{2})+"
_ARTIFACT_LOCATION: Final = {
    "oneOf": [
        _object({"uri": {"type": "string", "pattern": f"^(?!/){_URI}$"}, "uriBaseId": {"const": "%SRCROOT%"}}),
        _object({"uri": {"type": "string", "pattern": f"^file:///{_URI}$"}}),
    ]
}
_LINE: Final = _object({"startLine": _POSITION})
_REGION: Final = _object(dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), _POSITION))
_PHYSICAL: Final = _object({"artifactLocation": _ARTIFACT_LOCATION}, {"region": _LINE})
_LOGICAL: Final = _object({"name": {"type": "string"}, "fullyQualifiedName": {"type": "string"}})
_LOCATION: Final = _object(
    {"physicalLocation": _PHYSICAL}, {"logicalLocations": _list(_LOGICAL, minItems=1, uniqueItems=True)}
)
_RELATED: Final = _object({"id": {"type": "integer", "minimum": 0}, "physicalLocation": _PHYSICAL, "message": _MESSAGE})
_REPLACEMENT: Final = _object({"deletedRegion": _REGION, "insertedContent": _object({"text": {"type": "string"}})})
_CHANGE: Final = _object({"artifactLocation": _ARTIFACT_LOCATION, "replacements": _list(_REPLACEMENT, minItems=1)})
_FIX: Final = _object({"description": _MESSAGE, "artifactChanges": _list(_CHANGE, minItems=1, uniqueItems=True)})
_RESULT: Final = _object(
    {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": _LEVEL,
        "message": _MESSAGE,
        "locations": _list(_LOCATION, minItems=1, maxItems=1),
        "partialFingerprints": {
            "type": "object",
            "patternProperties": {r"^[A-Za-z]+/v[0-9]+$": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
            "additionalProperties": False,
            "minProperties": 1,
        },
    },
    {"relatedLocations": _list(_RELATED, minItems=1, uniqueItems=True), "fixes": _list(_FIX, minItems=1)},
)
_RULE: Final = _object(
    {
        "id": {"type": "string"},
        "name": {"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
        "shortDescription": _MESSAGE,
        "fullDescription": _MESSAGE,
        "help": _MESSAGE,
        "defaultConfiguration": _object({"level": _LEVEL}),
        "properties": _object(
            {
                "tags": _list({"type": "string"}, uniqueItems=True),
                "problem.severity": {"enum": ["error", "warning", "recommendation"]},
            }
        ),
    }
)
_DRIVER: Final = _object(
    {"name": {"type": "string"}, "version": {"type": "string"}, "rules": _list(_RULE, uniqueItems=True)}
)
_RUN: Final = _object(
    {
        "tool": _object({"driver": _DRIVER}),
        "invocations": _list(_object({"executionSuccessful": {"type": "boolean"}})),
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "newlineSequences": _list({"type": "string"}, minItems=1, uniqueItems=True),
        "defaultEncoding": {"const": "UTF-8"},
        "results": _list(_RESULT),
    }
)
SARIF: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object({"version": {"const": "2.1.0"}, "runs": _list(_RUN, minItems=1, maxItems=1)}),
}
