"""Verifying: every manifest read anew, with what vouches for it; no index and nothing that was kept is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from las_registry.compiled.tree import reason, shown, walk
from las_registry.load import (
    ManifestFile,
    Progress,
    check_directory,
    manifests_in,
    no_manifests,
    read_bytes,
    settle_duplicates,
)
from las_registry.manifest import Manifest, Pool
from las_registry.problem import Problem, RegistryUnusable, unreadable
from las_registry.trust.signed_list import LIST_NAME, SignedList, check_files, list_bytes, read_list
from las_registry.trust.standing import Standing
from las_registry.trust.trust import NO_TRUST, Trust
from las_registry.trust.user_trust import UserTrust
from las_solver.errors import InvalidInput

if TYPE_CHECKING:
    from las_registry.trust.vouching import Vouching

__all__ = ["Verification", "VerifiedManifest", "verify_directory", "verify_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedManifest:
    """An accepted manifest, where it is, and who vouches for it."""

    file: str
    line: int
    module: str
    version: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What verifying a registry, or a file of one, came to.

    `problems` say why manifests are refused, or cannot be read, `refused` how many these are. `list_number` is that of
    the signed list that vouches for the registry, None where there is none.
    """

    place: str
    files: int
    manifests: tuple[VerifiedManifest, ...]
    refused: int
    problems: tuple[Problem, ...]
    list_number: int | None = None

    @property
    def is_complete(self) -> bool:
        """Whether there are manifests, and every one is vouched for."""
        return (
            bool(self.manifests)
            and not self.problems
            and not self.refused
            and all(one.standing.is_vouched_for for one in self.manifests)
        )


def verify_directory(directory: Path, user: UserTrust, on_progress: Progress | None = None) -> Verification:
    """What vouches for the manifests of the registry in `directory`.

    Raises :class:`RegistryUnusable` if there is no registry, or it is not as its signed list has to say.
    """
    place = check_directory(directory)
    trust, vouching = user.of(directory)
    within = trust.within(str(directory))
    walked = walk(str(directory), follows_links=within is None)
    problems = [unreadable(shown(str(directory / path)), why) for path, why in walked.unreadable]
    paths = walked.files()
    if not paths:
        raise no_manifests(place, problems)
    reading = _Reading(trust, problems)
    for at, path in enumerate(paths):
        full = str(directory / path)
        reading.read(ManifestFile(full, shown(path), shown(full), within))
        if on_progress is not None:
            on_progress(at + 1, len(paths))
    if vouching is None:
        return reading.verification(place, trust)
    _check_list(directory, trust, vouching, reading.contents)
    return reading.verification(place, trust, list_number=vouching.number)


def verify_file(path: Path, user: UserTrust) -> Verification:
    """What vouches for the manifests of one file: their own signatures, since a list speaks of a whole registry.

    The policy is that of the registry that the file is in, of several the innermost.
    """
    text = str(path)
    reading = _Reading(_trust_around(path, user), [])
    reading.read(ManifestFile(text, shown(text), shown(text)))
    return reading.verification(shown(text), NO_TRUST)


class _Reading:
    """The manifests of files that are read one after the other."""

    def __init__(self, trust: Trust, problems: list[Problem]) -> None:
        self.contents: dict[str, str] = {}
        self._trust = trust
        self._problems = problems
        self._pool = Pool()
        self._manifests: list[Manifest] = []
        self._refused = 0

    def read(self, file: ManifestFile) -> None:
        try:
            data = read_bytes(file.path, file.within)
        except (OSError, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else str(error)
            self.contents[file.source] = ""
            self._refused += 1
            self._problems.append(unreadable(file.shown, why))
            return
        self.contents[file.source] = sha256(data).hexdigest()
        for one in manifests_in(file, data, self._pool, self._trust):
            if isinstance(one, Manifest):
                self._manifests.append(one)
            else:
                self._refused += 1
                self._problems += one.problems

    def verification(self, place: str, listing: Trust, list_number: int | None = None) -> Verification:
        """What was found; `listing` says which manifests a list vouches for."""
        clashes = [clash for same in _by_name(self._manifests) for clash in settle_duplicates(same)[1]]
        problems = [*self._problems, *(problem for one in clashes for problem in one.problems)]
        clashing = {(one.name, one.version) for one in clashes}
        verified = []
        for one in self._manifests:
            if (one.module.name, one.module.version) in clashing:
                continue
            standing = one.standing
            if not standing.is_vouched_for:
                standing = listing.listed(one.module.name) or standing
            verified.append(
                VerifiedManifest(
                    file=one.document.file,
                    line=one.document.line,
                    module=one.module.name,
                    version=str(one.module.version),
                    standing=standing,
                )
            )
        return Verification(
            place=place,
            files=len(self.contents),
            manifests=tuple(verified),
            refused=self._refused + len(clashes),
            problems=tuple(sorted(problems, key=lambda one: (one.file, one.line or 0))),
            list_number=list_number,
        )


def _by_name(manifests: Iterable[Manifest]) -> Iterable[list[Manifest]]:
    found: dict[str, list[Manifest]] = {}
    for one in manifests:
        found.setdefault(one.module.name, []).append(one)
    return found.values()


def _check_list(directory: Path, trust: Trust, vouching: Vouching, contents: dict[str, str]) -> None:
    """That the list, read again, is by the keys that vouch for the registry, and the registry is as it says."""
    try:
        found = _list_of(directory, trust)
        if found is None or found.digest != vouching.digest or not set(vouching.key_ids) <= set(found.key_ids):
            raise RegistryUnusable(f"the signed list of {shown(str(directory))} changed meanwhile", hint="run it again")
        check_files(found, contents, shown(str(directory / LIST_NAME)))
    except InvalidInput as error:
        raise RegistryUnusable(error.message, hint=error.hint) from None
    vouching.remember()


def _list_of(directory: Path, trust: Trust) -> SignedList | None:
    data = list_bytes(directory, trust.policy.links)
    if data is None or trust.keys is None:
        return None
    return read_list(data, shown(str(directory / LIST_NAME)), trust.keys)


def _trust_around(path: Path, user: UserTrust) -> Trust:
    """What is asked of the manifests in a file."""
    if user.configuration is None:
        return Trust(keys=user.keys, token=user.token)
    real = Path(os.path.realpath(path))
    around = next((one for one in real.parents if user.configuration.entry_of(one) is not None), real.parent)
    return Trust(keys=user.keys, token=user.token, policy=user.configuration.policy_of(around))
