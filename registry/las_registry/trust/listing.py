"""Making the signed list of a registry's manifest files (docs/signed-list.md)."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from las_registry.compiled.tree import reason, shown, walk
from las_registry.load import (
    ManifestFile,
    check_directory,
    manifests_in,
    no_manifests,
    read_bytes,
    settle_duplicates,
)
from las_registry.manifest import Manifest, Pool
from las_registry.output_file import write_output_file
from las_registry.problem import InvalidFile, Problem, printable, unreadable
from las_registry.trust.envelope import signed_envelope
from las_registry.trust.signed_list import (
    FORMAT,
    LARGEST_NUMBER,
    LIST_NAME,
    PAYLOAD_TYPE,
    SignedList,
    list_bytes,
    read_list,
    time_text,
)
from las_registry.trust.trust import Trust
from las_registry.trust.trusted_keys import TrustedKey, TrustedKeys
from las_registry.yaml_reader import LIMITS
from las_solver.constraint import check_name
from las_solver.errors import InvalidInput
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_registry.trust.keys import PrivateKey

__all__ = ["LONGEST", "ListWritten", "make_list", "sign_list"]

LONGEST: Final = 3660
"""The most days after which a list may expire."""

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWritten:
    """A list that was written: to which file, its contents, and the problems of rejected manifests in it."""

    path: Path
    content: SignedList
    problems: tuple[Problem, ...]


def sign_list(
    directory: Path,
    key: PrivateKey,
    expires_days: int,
    number: int | None = None,
    *,
    registry: str | None = None,
    keys: TrustedKeys | None = None,
    force: bool = False,
    now: float | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ListWritten:
    """Writes the list of the manifest files of the registry in `directory`, signed by `key`, beside it.

    Its `number` is the one after that of the list that is there, or 1; it never goes down. `registry` is that of the
    list that is there, or a new one. The list expires `expires_days` after `now`, the time of the clock if None.

    Raises :class:`RegistryUnusable` if there is no registry, :class:`InvalidFile` if a file cannot be read or a
    manifest is rejected, the latter unless `force`, and :class:`InvalidInput` if the list that is there is not intact.
    Rejected is also what was changed after `key` or one of the trusted `keys` signed it, or is signed by a revoked one.
    """
    check_directory(directory)
    if not 1 <= expires_days <= LONGEST:
        raise InvalidInput(f"a list cannot expire after {expires_days} days", hint=f"give 1 to {LONGEST} days")
    expires = int(time.time() if now is None else now) + expires_days * _DAY
    number, registry = _identity(directory, key, number, registry)
    data, problems = make_list(
        directory,
        key,
        number=number,
        registry=registry,
        expires=expires,
        keys=keys,
        force=force,
        on_progress=on_progress,
    )
    path = directory / LIST_NAME
    content = read_list(data, str(path), _alone(key))  # nothing is written that would not be read
    write_output_file(path, data)
    return ListWritten(path=path, content=content, problems=problems)


def make_list(
    directory: Path,
    key: PrivateKey,
    *,
    number: int,
    registry: str,
    expires: int,
    keys: TrustedKeys | None = None,
    force: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[bytes, tuple[Problem, ...]]:
    """The bytes of the list of the registry in `directory`, and the problems of rejected manifests in it.

    Raises as :func:`sign_list` does.
    """
    contents = _Contents(directory, Trust(keys=_beside(key, keys)))
    contents.read(on_progress)
    if contents.unreadable or (contents.problems and not force):
        raise InvalidFile([*contents.unreadable, *contents.problems])
    payload = {
        "format": FORMAT,
        "registry": registry,
        "number": number,
        "expires": time_text(expires),
        "files": {path: contents.entries[path] for path in sorted(contents.entries)},
    }
    text = json.dumps(payload, separators=(",", ":")).encode()
    return signed_envelope(text, PAYLOAD_TYPE, key), tuple(contents.problems)


class _Contents:
    """The manifest files of a registry: their entries in a list, and what is wrong with them."""

    def __init__(self, directory: Path, trust: Trust) -> None:
        self.directory = directory
        self._trust = trust
        self.entries: dict[str, dict[str, object]] = {}
        self.unreadable: list[Problem] = []
        self.problems: list[Problem] = []

    def read(self, on_progress: Callable[[int, int], None] | None) -> None:
        walked = walk(str(self.directory))
        self.unreadable += [unreadable(self.shown(path), why) for path, why in walked.unreadable]
        files, pool = walked.files(), Pool()
        if not files:
            raise no_manifests(shown(str(self.directory)), self.unreadable)
        manifests: dict[str, list[Manifest]] = {}
        for at, path in enumerate(files):
            self.read_file(path, pool, manifests)
            if on_progress is not None:
                on_progress(at + 1, len(files))
        for name in sorted(manifests):
            _, clashes = settle_duplicates(manifests[name])
            self.problems += [problem for one in clashes for problem in one.problems]
        self.problems.sort(key=lambda one: (one.file, one.line or 0))

    def read_file(self, path: str, pool: Pool, manifests: dict[str, list[Manifest]]) -> None:
        file = ManifestFile(os.path.join(self.directory, path), shown(path), self.shown(path), str(self.directory))  # noqa: PTH118
        try:
            data = read_bytes(file.path, file.within)
        except OSError as error:
            self.unreadable.append(unreadable(file.shown, reason(error)))
            return
        if len(data) > LIMITS.size:
            self.unreadable.append(unreadable(file.shown, f"it is larger than {LIMITS.size >> 20} MiB"))
            return
        if shown(path) != path:
            self.unreadable.append(Problem(file=file.shown, message="its name is not UTF-8", hint="give it another"))
            return
        names = set()
        for one in manifests_in(file, data, pool, self._trust):
            if isinstance(one, Manifest):
                names.add(one.module.name)
                manifests.setdefault(one.module.name, []).append(one)
                continue
            self.problems += one.problems
            with suppress(InvalidInput):
                names.update([] if one.name is None else [check_name(one.name)])
        self.entries[path] = {"sha256": sha256(data).hexdigest(), "modules": sorted(names)}

    def shown(self, path: str) -> str:
        """A path in the registry as messages show it."""
        return shown(str(self.directory / path))


def _identity(directory: Path, key: PrivateKey, number: int | None, registry: str | None) -> tuple[int, str]:
    """The number of the next list, and what the registry is known by."""
    place = printable(str(directory / LIST_NAME))
    if number is not None and not 1 <= number <= LARGEST_NUMBER:
        raise InvalidInput(f"{number} is not the number of a list", hint=f"give one from 1 to {LARGEST_NUMBER}")
    data = list_bytes(directory)
    if data is None:
        return number or 1, registry or secrets.token_hex(16)
    try:
        old = read_list(data, place, _alone(key), whoever_signed=True)
    except InvalidInput as error:
        raise InvalidInput(
            f"the list that is there is not intact: {error.message}",
            hint="restore it, or delete it and give the number: --number N",
        ) from None
    if number is None and not old.key_ids:
        raise InvalidInput(
            f"{place}: the list that is there is signed by another key: whether its number is right is not known",
            hint=f"give the number: --number {old.number + 1}, if list {old.number} is the one that was signed last",
        )
    if number is not None and number <= old.number:
        raise InvalidInput(
            f"{number} cannot be the number of the next list: {place} is list {old.number}",
            hint=f"give {old.number + 1} or more: users refuse lists whose numbers go down",
        )
    if number is None and old.number == LARGEST_NUMBER:
        raise InvalidInput(f"{place}: there is no number after {old.number}", hint="make another registry of it")
    return number or old.number + 1, registry or old.registry


def _beside(key: PrivateKey, keys: TrustedKeys | None) -> TrustedKeys:
    """`keys`, and `key` unless it is revoked."""
    if keys is None:
        return _alone(key)
    return keys if key.id in keys.revoked else keys.with_key(TrustedKey(key.id, key.public))


def _alone(key: PrivateKey) -> TrustedKeys:
    return TrustedKeys({key.id: TrustedKey(key.id, key.public)}, {})
