"""How the description of the service has host profiles, and the texts in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["LONGER_VERSION", "NAME", "PROFILE", "SIZE", "VERSION"]

NAME: Final = "[A-Za-z0-9][A-Za-z0-9._+-]{0,99}"
_SUFFIXES: Final = r"((a|b|rc)[0-9]{1,9})?(\.post[0-9]{1,9})?(\.dev[0-9]{1,9})?"
VERSION: Final = rf"[0-9]{{1,9}}(\.[0-9]{{1,9}}){{0,3}}{_SUFFIXES}"
LONGER_VERSION: Final = rf"[0-9]{{1,9}}(\.[0-9]{{1,9}}){{1,3}}{_SUFFIXES}"
SIZE: Final = "[1-9][0-9]{0,4}(MB|GB|TB|MiB|GiB|TiB)"
"""The usual spellings: what is right beyond them is for the parsers to say, which give hints."""

_LARGEST: Final = (1 << 53) - 1
_OWN: Final = {"patternProperties": {"^x-": True}, "additionalProperties": False}


def _or_number(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A text, or a number in its place."""
    return {"minimum": -_LARGEST, "maximum": _LARGEST, **schema, "type": ["string", "integer"]}


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    kinds = schema["type"]
    return {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **_OWN}


_LABEL: Final = _or_number({"pattern": "^[!-~]([ -~]{0,98}[!-~])?$"})
_LABELS: Final = {"type": "array", "items": _LABEL}
_BYTES: Final = _or_number({"pattern": f"^{SIZE}$", "minimum": 1})
_CARD: Final = {**_object(name=_or_null(_LABEL), vendor=_or_null(_LABEL), vram=_BYTES), "required": ["vram"]}
_RUNTIMES: Final = {
    "type": "object",
    "propertyNames": {"pattern": f"^{NAME}$"},
    "additionalProperties": _or_null(_or_number({"pattern": f"^{VERSION}$", "minimum": 0})),
}
_CORES: Final = _or_number({"pattern": "^[1-9][0-9]{0,5}$", "minimum": 1, "maximum": 1_000_000})

PROFILE: Final[dict[str, Any]] = {
    **_object(
        cpu=_or_null(_object(cores=_or_null(_CORES))),
        memory=_or_null(_object(ram=_or_null(_BYTES))),
        gpus=_or_null({"type": "array", "items": _CARD}),
        runtimes=_or_null(_RUNTIMES),
        modes=_or_null({**_LABELS, "minItems": 1}),
        interfaces=_or_null(_LABELS),
        system_packages=_or_null(_LABELS),
    ),
    "description": "A host profile: what is known of a machine (docs/host.md). What is left out, or null, is unknown.",
    "examples": [{"cpu": {"cores": 16}, "memory": {"ram": "64GiB"}, "gpus": [{"vram": "24GB"}]}],
}
"""A profile as a request has it: as the published schema, where numbers may be integers or their text, too."""
