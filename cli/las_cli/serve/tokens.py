"""The tokens that the service accepts: of each only a digest is kept, in a file that nobody else may write."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final, Literal, get_args

from las_registry.problem import printable
from las_registry.trust.private_file import read_private_file
from las_solver.errors import InvalidInput

__all__ = ["FILE_NAME", "SCOPES", "KnownTokens", "Scope", "Token", "change_tokens", "make_token", "read_tokens"]

Scope = Literal["read", "write"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""What a token may do; `write` may do what `read` may."""

FILE_NAME: Final = "tokens.json"
"""The file in the user's directory for settings, unless another is named."""

_FORMAT: Final = 1
_PREFIX: Final = "las_"
_BYTES: Final = 32
_LARGEST: Final = 1 << 20
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_LOOK_AGAIN: Final = 1.0
"""Seconds after which the file is looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is kept of a token: the SHA-256 of its text, and until when it counts, None for ever. Times are UTC."""

    name: str
    scope: Scope
    digest: str
    created: str
    expires: str | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and datetime.fromisoformat(self.expires) <= now

    def allows(self, scope: Scope) -> bool:
        """Whether it may do what needs `scope`."""
        return self.scope == "write" or scope == "read"


def make_token(name: str, scope: Scope, *, expires: datetime | None = None) -> tuple[str, Token]:
    """A new token: its text of 256 random bits, which is kept nowhere, and what is kept of it.

    Raises :class:`InvalidInput` for a name that is none.
    """
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(
            f"{printable(name[:80])!r} is not the name of a token",
            hint="write up to 64 letters, digits and . _ -, beginning with a letter or digit",
        )
    text = _PREFIX + secrets.token_urlsafe(_BYTES)
    until = None if expires is None else _written(expires)
    return text, Token(name=name, scope=scope, digest=_digest(text), created=_written(datetime.now(UTC)), expires=until)


def read_tokens(path: Path) -> tuple[Token, ...]:
    """The tokens in the file at `path`, in order of name; none if there is no file.

    Raises :class:`InvalidInput` if the file cannot be relied on: others may write it, or it is damaged.
    """
    data = read_private_file(path, _LARGEST)
    if data is None:
        return ()
    try:
        document = json.loads(data)
        if not isinstance(document, dict) or document.get("format") != _FORMAT:
            raise ValueError("its format is not known")
        tokens = sorted(map(_token, document["tokens"]), key=lambda one: one.name)
        if len({one.name for one in tokens}) < len(tokens):
            raise ValueError("two tokens have one name")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "restore it, or move it away and make new tokens: las-solve serve token add NAME"
        message = f"{printable(str(path))} cannot be relied on: {printable(str(error)[:200])}"
        raise InvalidInput(message, hint=hint) from None
    return tuple(tokens)


def change_tokens(path: Path, change: Callable[[tuple[Token, ...]], Iterable[Token]]) -> tuple[Token, ...]:
    """Puts what `change` makes of the tokens in the file at `path` in their place, as if nobody else did at that time.

    The file is the user's alone. Raises :class:`InvalidInput` if it cannot be relied on, or not be written.
    """
    from las_registry.compiled.locking import locked
    from las_registry.output_file import make_directories, write_output_file

    try:
        make_directories(path.parent)
        with locked(path.with_name(f".{path.name}.lock")):
            before = read_tokens(path)
            after = tuple(sorted(change(before), key=lambda one: one.name))
            if after != before:
                write_output_file(path, _text(after), private=True)
    except OSError as error:
        hint = "who may write there? --file FILE names another file"
        raise InvalidInput(f"{printable(str(path))} cannot be written: {error.strerror}", hint=hint) from None
    return after


class KnownTokens:
    """The tokens of a file that may change while the service runs; each change counts after a second at most.

    A file that cannot be relied on any more counts as one without tokens: nobody is let in by it. `on_fault` is told
    why, once.
    """

    def __init__(self, path: Path, on_fault: Callable[[InvalidInput], None] | None = None) -> None:
        self._path = path
        self._on_fault = on_fault
        self._fault: str | None = None
        self._looked = float("-inf")
        self._stamp: tuple[int, ...] | None = None
        self._tokens: tuple[Token, ...] = ()

    def find(self, text: str) -> Token | None:
        """The token of which `text` is the text, None if there is none, or its time is over."""
        digest, found = _digest(text), None
        for token in self._current():  # all of them, so that the time taken tells nothing
            if compare_digest(token.digest, digest):
                found = token
        return None if found is None or found.is_expired(datetime.now(UTC)) else found

    def _current(self) -> tuple[Token, ...]:
        now = time.monotonic()
        if now - self._looked >= _LOOK_AGAIN:
            self._looked = now
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                try:
                    self._tokens, self._stamp, self._fault = read_tokens(self._path), stamp, None
                except InvalidInput as error:
                    self._tokens, self._stamp = (), None
                    self._tell(error)
        return self._tokens

    def _tell(self, error: InvalidInput) -> None:
        if self._on_fault is not None and error.message != self._fault:
            self._on_fault(error)
        self._fault = error.message


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes with the file, and with who may write it."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _text(tokens: Iterable[Token]) -> bytes:
    known = [
        {
            "name": one.name,
            "scope": one.scope,
            "sha256": one.digest,
            "created": one.created,
            "expires": one.expires,
        }
        for one in tokens
    ]
    return json.dumps({"format": _FORMAT, "tokens": known}, indent=2).encode() + b"\n"


def _token(document: Any) -> Token:
    if not isinstance(document, dict):
        raise ValueError("a token is not a JSON object")
    name, scope, digest = document["name"], document["scope"], document["sha256"]
    created, expires = document["created"], document["expires"]
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ValueError("a token has no name")
    if scope not in SCOPES:
        raise ValueError(f"the scope of {name} is neither read nor write")
    if not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
        raise ValueError(f"the digest of {name} is none")
    for one in (created, expires):
        if one is not None and datetime.fromisoformat(one).tzinfo is None:
            raise ValueError(f"a time of {name} has no zone")
    return Token(name=name, scope=scope, digest=digest, created=created, expires=expires)
