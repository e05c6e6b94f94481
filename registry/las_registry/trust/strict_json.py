"""JSON from elsewhere, in which nothing is left to the reader, and where it is wrong in one error."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any, NoReturn

from las_registry.problem import printable
from las_solver.errors import InvalidInput

__all__ = ["StrictJson", "shown"]

_LONGEST = 80


class StrictJson:
    """A file of JSON, which ends in an error at the first thing that is wrong with it; `file` is how that calls it."""

    def __init__(self, file: str) -> None:
        self.file = file

    def parsed(self, data: bytes, what: str) -> Any:
        """The value of a text in UTF-8 in which no object has a key twice, and every number is one of JSON's."""
        try:
            return json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
        except _Repeated as error:
            self.refuse(f"{what} has the key {shown(error.key)} twice in one object")
        except RecursionError:
            self.refuse(f"{what} is not JSON that is read here: it is nested too deeply")
        except ValueError as error:
            self.refuse(f"{what} is not JSON: {error}")

    def exactly(self, value: object, keys: frozenset[str], place: str) -> dict[str, Any]:
        """`value`; refuses all but an object with just these `keys`."""
        if not isinstance(value, dict):
            self.refuse(f"{place}: expected an object, found {shown(value)}")
        wrong = sorted(value.keys() ^ keys)
        if wrong:
            self.refuse(f"{place}: {shown(wrong[0])} {'is not a key of it' if wrong[0] in value else 'is missing'}")
        return value

    def base64(self, value: object, place: str) -> bytes:
        """The bytes that a text spells in the one right way of standard base64."""
        try:
            found = b64decode(value, validate=True) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or b64encode(found).decode() != value:
            self.refuse(f"{place}: expected standard base64 (RFC 4648, section 4)")
        return found

    def refuse(self, message: str, hint: str | None = None) -> NoReturn:
        """Raises the error."""
        raise InvalidInput(printable(f"{self.file}: {message}"), hint=hint) from None


def shown(value: object) -> str:
    """A value of JSON in a few words."""
    match value:
        case str():
            return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 3] + "...")
        case None:
            return "nothing"
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return json.dumps(value)[:_LONGEST]


class _Repeated(Exception):
    def __init__(self, key: str) -> None:
        self.key = key


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        before: set[str] = set()
        for key, _ in pairs:
            if key in before:
                raise _Repeated(key)
            before.add(key)
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
