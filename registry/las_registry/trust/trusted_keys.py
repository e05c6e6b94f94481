"""The keys that the user trusts, and those that are revoked: ``keys.json`` in the directory for settings.

::

    {"format": 1,
     "keys": [{"id": "<64 digits>", "public": "<base64 of 32 bytes>", "comment": "<text>"}],
     "revoked": [{"id": "<64 digits>", "reason": "<text>"}]}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeVar

from las_registry.problem import printable
from las_registry.trust.keys import is_sound, key_id
from las_registry.trust.private_file import LARGEST_KEYS_FILE, read_private_file
from las_registry.trust.signature import exact_base64, is_key_id
from las_registry.user_directories import settings_directory
from las_solver.errors import InvalidInput
from las_solver.lazy_dataclass import dataclass

__all__ = [
    "KEYS_NAME",
    "NO_KEYS",
    "RevokedKey",
    "TrustedKey",
    "TrustedKeys",
    "change_trusted_keys",
    "keys_path",
    "load_trusted_keys",
    "read_trusted_keys",
]

KEYS_NAME: Final = "keys.json"
"""What the file is called."""

_FORMAT: Final = 1
_MAX_TEXT: Final = 1000
_SHORTEST: Final = 8

Key = TypeVar("Key", "TrustedKey", "RevokedKey")


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key that the user trusts; `public` are its 32 bytes."""

    id: str
    public: bytes
    comment: str = ""


@dataclass(frozen=True, slots=True)
class RevokedKey:
    """A key that counts no more, whatever it signs or signed."""

    id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The trusted and the revoked keys by their ids, in order of these; no key is both."""

    keys: Mapping[str, TrustedKey]
    revoked: Mapping[str, RevokedKey]

    def with_key(self, key: TrustedKey) -> TrustedKeys:
        """`key` trusted, too; raises :class:`InvalidInput` if it is revoked or proves nothing."""
        if key.id in self.revoked:
            raise InvalidInput(
                f"the key {key.id} is revoked{_because(self.revoked[key.id])}",
                hint=f"if that was a mistake, forget it first: las-solve registry trust remove {key.id[:_SHORTEST]}",
            )
        if key.id != key_id(key.public) or not is_sound(key.public):
            raise InvalidInput(f"{key.id} is not the id of a key that can be trusted")
        return _ordered([*_without(self.keys, key.id), key], self.revoked.values())

    def without(self, its_id: str) -> TrustedKeys:
        """All but one key, which is then neither trusted nor revoked."""
        return _ordered(_without(self.keys, its_id), _without(self.revoked, its_id))

    def with_revoked(self, key: RevokedKey) -> TrustedKeys:
        """`key` revoked, and trusted no more."""
        return _ordered(_without(self.keys, key.id), [*_without(self.revoked, key.id), key])

    def find(self, beginning: str) -> str:
        """The id of the one key, trusted or revoked, that begins with 8 digits or more.

        Raises :class:`InvalidInput` if there is none, or more than one.
        """
        shown = repr(beginning if len(beginning) <= 64 else beginning[:61] + "...")
        hint = "las-solve registry trust list shows all"
        if len(beginning) < _SHORTEST:
            raise InvalidInput(f"{shown} is too short for the id of a key: 8 digits or more are needed", hint=hint)
        found = sorted(one for one in {*self.keys, *self.revoked} if one.startswith(beginning))
        if not found:
            raise InvalidInput(f"there is no key whose id begins with {shown}", hint=hint)
        if len(found) > 1:
            raise InvalidInput(f"the ids of {len(found)} keys begin with {shown}", hint="give more of its digits")
        return found[0]


NO_KEYS: Final = TrustedKeys({}, {})
"""Those of a user who trusts none."""


def keys_path() -> Path | None:
    """Where the user's keys are, if anything says where settings belong."""
    directory = settings_directory()
    return None if directory is None else directory / KEYS_NAME


def load_trusted_keys(path: Path) -> TrustedKeys:
    """The keys in the file at `path`, none if there is no file.

    Raises :class:`InvalidInput` if the file cannot be relied on.
    """
    data = read_private_file(path, LARGEST_KEYS_FILE)
    return NO_KEYS if data is None else read_trusted_keys(data, path)


def read_trusted_keys(data: bytes, path: Path) -> TrustedKeys:
    """The keys in a file with the content `data`; raises :class:`InvalidInput` if there is anything wrong with it."""
    try:
        document = json.loads(data, object_pairs_hook=_unique)
        _check_fields(document, {"format": int, "keys": list, "revoked": list})
        if document["format"] != _FORMAT or document["format"] is True:
            raise ValueError(f"its format is {document['format']!r}, not {_FORMAT}")
        keys = [_trusted_key(one) for one in document["keys"]]
        revoked = [_revoked_key(one) for one in document["revoked"]]
        for one, other in pairwise(sorted([*(key.id for key in keys), *(key.id for key in revoked)])):
            if one == other:
                raise ValueError(f"the key {one} is there twice")
    except (ValueError, RecursionError) as error:  # of texts that are not UTF-8 or JSON, too
        raise _unusable(path, printable(str(error)[:200])) from None
    return _ordered(keys, revoked)


def change_trusted_keys(path: Path, change: Callable[[TrustedKeys], TrustedKeys]) -> TrustedKeys:
    """Puts what `change` makes of the keys in the file at `path` in their place, as if nobody else did at that time.

    Raises :class:`InvalidInput` if the file cannot be relied on, or not be written.
    """
    from las_registry.compiled.locking import locked
    from las_registry.output_file import make_directories, write_output_file

    try:
        make_directories(path.parent)
        with locked(path.with_name(".keys.lock")):
            before = load_trusted_keys(path)
            after = change(before)
            if after != before:
                write_output_file(path, _text(after), private=True)
    except OSError as error:
        hint = "who may write there? LAS_SOLVE_CONFIG names another directory"
        raise InvalidInput(f"{path} cannot be written: {error.strerror}", hint=hint) from None
    return after


def _ordered(keys: Iterable[TrustedKey], revoked: Iterable[RevokedKey]) -> TrustedKeys:
    return TrustedKeys(_by_id(keys), _by_id(revoked))


def _by_id(keys: Iterable[Key]) -> dict[str, Key]:
    known = {one.id: one for one in keys}
    return {its_id: known[its_id] for its_id in sorted(known)}


def _without(keys: Mapping[str, Key], its_id: str) -> list[Key]:
    return [one for one in keys.values() if one.id != its_id]


def _because(key: RevokedKey) -> str:
    return f": {key.reason}" if key.reason else ""


def _text(keys: TrustedKeys) -> bytes:
    from base64 import b64encode

    document = {
        "format": _FORMAT,
        "keys": [
            {"id": one.id, "public": b64encode(one.public).decode(), "comment": one.comment}
            for one in keys.keys.values()
        ],
        "revoked": [{"id": one.id, "reason": one.reason} for one in keys.revoked.values()],
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def _trusted_key(document: Any) -> TrustedKey:
    _check_fields(document, {"id": str, "public": str, "comment": str})
    its_id, public = _checked_id(document["id"]), exact_base64(document["public"], 32)
    if public is None:
        raise ValueError(f"the key {its_id} is not base64 of 32 bytes")
    if key_id(public) != its_id:
        raise ValueError(f"the key that is said to be {its_id} is {key_id(public)}")
    if not is_sound(public):
        raise ValueError(f"the key {its_id} is worthless: what it signs proves nothing")
    return TrustedKey(its_id, public, document["comment"])


def _revoked_key(document: Any) -> RevokedKey:
    _check_fields(document, {"id": str, "reason": str})
    return RevokedKey(_checked_id(document["id"]), document["reason"])


def _checked_id(text: str) -> str:
    if not is_key_id(text):
        raise ValueError(f"{text[:80]!r} is not the id of a key")
    return text


def _check_fields(document: Any, fields: Mapping[str, type]) -> None:
    """That a JSON object has these fields, of these types, and no others; no text in it is very long."""
    if not isinstance(document, dict):
        raise ValueError("something in it is not a JSON object, where there has to be one")
    if document.keys() != fields.keys():
        odd = sorted(document.keys() ^ fields.keys())[0]
        raise ValueError(f"the field {odd[:80]!r} is missing" if odd in fields else f"there is no field {odd[:80]!r}")
    for name, kind in fields.items():
        if not isinstance(document[name], kind):
            raise ValueError(f"the field {name!r} has a value of another kind")
        if kind is str and len(document[name]) > _MAX_TEXT:
            raise ValueError(f"the text of {name!r} is too long")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is there twice")
    return found


def _unusable(path: Path, why: str) -> InvalidInput:
    hint = "restore it, or move it away and trust the keys again: las-solve registry trust add FILE"
    return InvalidInput(f"{printable(str(path))} cannot be relied on: {why}", hint=hint)
