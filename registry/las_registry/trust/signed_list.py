"""The signed list of a registry's manifest files: its format and its checks (docs/signed-list.md)."""

from __future__ import annotations

import os
import re
import stat
from calendar import timegm
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from time import gmtime, strftime, strptime
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

from las_registry.compiled.tree import is_inside, is_manifest_file
from las_registry.problem import LEADS_OUT, printable
from las_registry.trust.envelope import open_envelope
from las_registry.trust.strict_json import StrictJson, shown
from las_solver.constraint import check_name
from las_solver.errors import InvalidInput
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_registry.trust.policy import Links
    from las_registry.trust.trusted_keys import TrustedKeys

__all__ = [
    "FORMAT",
    "LARGEST_LIST",
    "LARGEST_NUMBER",
    "LIST_NAME",
    "NOBODYS_LIST",
    "PAYLOAD_TYPE",
    "ListHead",
    "SignedList",
    "check_expiry",
    "check_files",
    "list_bytes",
    "parse_time",
    "read_list",
    "time_text",
]

LIST_NAME: Final = "las-solve.list.json"
"""The name of the list in the directory of its registry."""

PAYLOAD_TYPE: Final = "application/vnd.las-solve.list+json"
FORMAT: Final = 1
LARGEST_LIST: Final = 512 << 20
"""In bytes."""

LARGEST_NUMBER: Final = 2**53 - 1

_EARLIEST: Final = 1_735_689_600
"""2025-01-01: there were no such lists before, so that a clock which says so is wrong."""

_SHOWN: Final = 5
_KEYS: Final = frozenset({"format", "registry", "number", "expires", "files"})
_ENTRY_KEYS: Final = frozenset({"sha256", "modules"})
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_REGISTRY: Final = re.compile(r"[0-9a-f]{32}")
_TIME: Final = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z")
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_PARTS: Final = frozenset({"", ".", ".."})


class ListHead(Protocol):
    """What a list says of its registry as a whole, as in :class:`SignedList`."""

    @property
    def registry(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def expires(self) -> int: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedList:
    """A list that was read.

    `registry` tells the registry from others that are signed by the same keys, in 32 hexadecimal digits; `expires` is
    in seconds since 1970 (UTC). `key_ids` are those of the trusted keys whose signatures were verified, in order: where
    there is none, nothing here is to be believed. `digest` is the SHA-256 of what is signed, in hexadecimal digits,
    which a further signature does not change. `files` are the SHA-256 of the bytes of the manifest files by their
    paths, `modules` the names of the modules in each of them.
    """

    registry: str
    number: int
    expires: int
    key_ids: tuple[str, ...]
    digest: str
    files: Mapping[str, str]
    modules: Mapping[str, tuple[str, ...]]


def list_bytes(directory: Path, links: Links = "inside") -> bytes | None:
    """What stands in the list beside the registry in `directory`; None if it has none.

    Raises :class:`InvalidInput` if there is one that cannot be read.
    """
    path = directory / LIST_NAME
    try:
        if not os.path.lexists(path):
            return None
        if links == "inside" and not is_inside(os.path.realpath(path), str(directory)):
            raise InvalidInput(printable(f"{path} cannot be read: {LEADS_OUT}"))
        _check_regular(path, os.stat(path))  # noqa: PTH116
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as opened:
            status = os.fstat(descriptor)
            _check_regular(path, status)
            # Asked for more than there is, Python makes room for all of that first.
            return opened.read(min(status.st_size, LARGEST_LIST) + 1)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        raise InvalidInput(printable(f"{path} cannot be read: {why}")) from None


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InvalidInput(printable(f"{path} is not a regular file"))


def read_list(data: bytes, file: str, keys: TrustedKeys, *, whoever_signed: bool = False) -> SignedList:
    """The list with the content `data`, and which of the trusted `keys` signed it; `file` is how messages call it.

    Where none of them did, it is :data:`NOBODYS_LIST`, unless it is to be read `whoever_signed` it.

    Raises :class:`InvalidInput` if it is not of the format, if a signature that says it is by a trusted key is not of
    this list, and if it is signed by keys that are revoked and by none that is trusted.
    """
    reading = _ListReading(file)
    if len(data) > LARGEST_LIST:
        reading.refuse(f"it is larger than {LARGEST_LIST >> 20} MiB")
    payload, key_ids = open_envelope(data, PAYLOAD_TYPE, reading, keys)
    return reading.content(payload, key_ids) if key_ids or whoever_signed else NOBODYS_LIST


NOBODYS_LIST: Final = SignedList(registry="", number=0, expires=0, key_ids=(), digest="", files={}, modules={})
"""A list that no trusted key signed: nothing of it is read, whatever format it has."""


def check_expiry(found: ListHead, now: float, file: str) -> None:
    """Raises :class:`InvalidInput` if the list has expired at `now`, in seconds since 1970 (UTC), or that is no time at
    which there were lists."""
    if now < _EARLIEST:
        raise InvalidInput(
            printable(f"{file}: whether the list has expired cannot be known: the clock says {time_text(int(now))}"),
            hint="set the clock",
        )
    if now >= found.expires:
        raise InvalidInput(
            printable(
                f"{file}: the list expired at {time_text(found.expires)}: whether there is a newer one is not known"
            ),
            hint="fetch the registry anew, or ask its maintainers for a new list; see, too, whether the clock is right",
        )


def check_files(found: SignedList, digests: Mapping[str, str | None], file: str) -> None:
    """Raises :class:`InvalidInput` unless the manifest files of the registry are those of the list.

    `digests` are the SHA-256 of their bytes, by path, None for a file that cannot be read.
    """
    if digests == found.files:
        return
    changed = sorted(path for path, digest in found.files.items() if digests.get(path, digest) != digest)
    missing, added = sorted(found.files.keys() - digests.keys()), sorted(digests.keys() - found.files.keys())
    parts = [("changed", changed), ("missing", missing), ("not in the list", added)]
    texts = [f"{what}: {_some(paths)}" for what, paths in parts if paths]
    raise InvalidInput(
        printable(f"{file}: the registry is not as its signed list says; {'; '.join(texts)}"),
        hint="fetch the registry anew, all of it; its maintainers write the list by las-solve registry sign --list DIR",
    )


def time_text(seconds: int) -> str:
    """A time in seconds since 1970 as it stands in a list."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(seconds))


def parse_time(text: str) -> int:
    """The time that `text` spells, in seconds since 1970; raises :class:`InvalidInput` if it spells none."""
    try:
        seconds = timegm(strptime(text, "%Y-%m-%dT%H:%M:%SZ")) if _TIME.fullmatch(text) else None
    except ValueError:
        seconds = None
    if seconds is None or time_text(seconds) != text:  # strptime takes leap seconds, which have no number
        raise InvalidInput(f"{shown(text)} is not a time like 2027-01-01T00:00:00Z")
    return seconds


class _ListReading(StrictJson):
    """One pass over what is signed."""

    def refuse(self, message: str, hint: str | None = None) -> NoReturn:
        super().refuse(message, hint or "fetch the registry anew, or ask its maintainers")

    def content(self, payload: bytes, key_ids: tuple[str, ...]) -> SignedList:
        top = self.parsed(payload, "the payload")
        version = top.get("format") if isinstance(top, dict) else None
        if type(version) is not int or version != FORMAT:
            newer = "a newer las-solve reads it" if type(version) is int and version > FORMAT else None
            self.refuse(f"format: expected {FORMAT}, found {shown(version)}", newer)
        self.exactly(top, _KEYS, "payload")
        number, registry, files = top["number"], top["registry"], top["files"]
        if type(number) is not int or not 1 <= number <= LARGEST_NUMBER:
            self.refuse(f"number: expected an integer from 1 to {LARGEST_NUMBER}, found {shown(number)}")
        if not isinstance(registry, str) or not _REGISTRY.fullmatch(registry):
            self.refuse(f"registry: expected 32 digits 0-9 and a-f, found {shown(registry)}")
        if not isinstance(files, dict):
            self.refuse(f"files: expected an object, found {shown(files)}")
        names: dict[tuple[str, ...], tuple[str, ...]] = {}
        return SignedList(
            registry=registry,
            number=number,
            expires=self.time(top["expires"]),
            key_ids=key_ids,
            digest=sha256(payload).hexdigest(),
            modules={path: self.entry(path, entry, names) for path, entry in files.items()},
            files={path: entry["sha256"] for path, entry in files.items()},
        )

    def time(self, value: object) -> int:
        try:
            return parse_time(value if isinstance(value, str) else "")
        except InvalidInput:
            self.refuse(f"expires: expected a time like 2027-01-01T00:00:00Z, found {shown(value)}")

    def entry(self, path: str, entry: object, known: dict[tuple[str, ...], tuple[str, ...]]) -> tuple[str, ...]:
        """The names of the modules in a file of the list, which is checked; those that are `known` are right."""
        if _FORBIDDEN.search(path) or not _NO_PARTS.isdisjoint(path.split("/")):
            self.refuse(f"{_place(path)}: expected a path inside of the registry, without control characters")
        if not is_manifest_file(path.rpartition("/")[2]):
            self.refuse(f"{_place(path)}: a file of this name holds no manifests")
        is_whole = isinstance(entry, dict) and entry.keys() == _ENTRY_KEYS
        fields: Any = entry if is_whole else self.exactly(entry, _ENTRY_KEYS, _place(path))
        digest, modules = fields["sha256"], fields["modules"]
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            self.refuse(f"{_place(path)}.sha256: expected 64 digits 0-9 and a-f, found {shown(digest)}")
        if not isinstance(modules, list) or not {str}.issuperset(map(type, modules)):
            self.refuse(f"{_place(path)}.modules: expected a list of names")
        names = tuple(modules)
        if names not in known:
            self.check_names(names, f"{_place(path)}.modules")
            known[names] = names
        return known[names]

    def check_names(self, names: tuple[str, ...], place: str) -> None:
        try:
            for one in names:
                check_name(one)
        except InvalidInput as error:
            self.refuse(f"{place}: {error.message}")
        if list(names) != sorted(set(names)):
            self.refuse(f"{place}: expected each name once, and in order")


def _place(path: str) -> str:
    return f"files[{shown(path)}]"


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more
