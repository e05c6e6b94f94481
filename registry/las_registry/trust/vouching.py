"""What the signed list beside a registry comes to: that it counts, and that the registry is as it says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from las_registry.compiled.marks import is_proof, mark_of
from las_registry.kept import Kept
from las_registry.problem import RegistryUnusable, printable
from las_solver.errors import InvalidInput

if TYPE_CHECKING:
    from las_registry.trust.seen_lists import Seen
    from las_registry.trust.signed_list import SignedList
    from las_registry.trust.trust import Trust

__all__ = ["Vouching", "find_vouching"]

_KEPT: Final = Kept("lists.json", version=1, most=32)
_NAME: Final = "las-solve.list.json"


class Vouching(NamedTuple):
    """A signed list that counts, without what it says of single files.

    `key_ids` are those of the trusted keys that signed it and count for the registry in `directory`; `state` is what
    the files are known by as a whole if they are as the list says (:mod:`las_registry.compiled.state`). The rest is as
    in :class:`las_registry.trust.signed_list.SignedList`.
    """

    directory: Path
    registry: str
    number: int
    digest: str
    expires: int
    key_ids: tuple[str, ...]
    state: str

    def check(self, state: str, contents: Callable[[], Mapping[str, str]], trust: Trust) -> None:
        """Raises :class:`RegistryUnusable` unless the files of the registry are as the list says.

        `state` is what they are known by as a whole, `contents` gives what they are known by, by their paths, and is
        asked only to say what differs.
        """
        if state == self.state:
            return
        from las_registry.trust.signed_list import check_files

        try:
            found = _read(self.directory, trust)
            if found is not None:
                check_files(found, contents(), _shown(self.directory))
        except InvalidInput as error:
            raise _unusable(error) from None
        raise RegistryUnusable(
            f"the registry {printable(str(self.directory))} changed while it was read", hint="run it again"
        )

    def remember(self) -> None:
        """From now on, an older list of this registry is refused.

        Raises :class:`RegistryUnusable` if this is an older one itself, or what was seen cannot be written.
        """
        from las_registry.trust.seen_lists import remember

        try:
            remember(self.directory, self, _shown(self.directory))
        except InvalidInput as error:
            raise _unusable(error) from None


def find_vouching(directory: Path, trust: Trust) -> Vouching | None:
    """What the list beside the registry in `directory` comes to; None if there is none that counts.

    Raises :class:`RegistryUnusable` if there has to be one, by the user's policy or since one was seen before, or if it
    has expired, is older than the one that was seen, or cannot be relied on for another reason.
    """
    rule = trust.policy.list_rule
    if rule == "ignore":
        return None
    try:
        from las_registry.trust.seen_lists import check_number, last_seen

        seen = last_seen(directory)
        is_missed = seen is not None or rule == "require"
        if not is_missed and (trust.keys is None or not (trust.keys.keys or trust.keys.revoked)):
            return None
        found = _known(directory, trust)
        if found is None or not found.key_ids:
            if not is_missed:
                return None
            raise _missing(directory, found, seen, trust)
        file = _shown(directory)
        check_number(seen, found, file)
        from las_registry.trust.signed_list import check_expiry

        check_expiry(found, time(), file)
    except InvalidInput as error:
        raise _unusable(error) from None
    return found


def _known(directory: Path, trust: Trust) -> Vouching | None:
    """What the list comes to, whatever was seen and whenever it expires; None if there is none.

    Verifying takes longer than many a plan: what was found is kept for as long as the file and the trust are the same.
    """
    key = _key(directory, trust)
    kept: Any = None if key is None else _KEPT.get(key)
    if kept is not None:
        try:
            registry, number, digest, expires, key_ids, state = kept
            return Vouching(directory, registry, number, digest, expires, tuple(key_ids), state)
        except (TypeError, ValueError):
            pass  # it is written anew
    found = _read(directory, trust)
    if found is None:
        return None
    from las_registry.compiled.state import state_of

    rules = trust.policy.keys
    key_ids = tuple(one for one in found.key_ids if rules is None or any(rule.key_id == one for rule in rules))
    state = f"{state_of(found.files.items()):x}"
    vouching = Vouching(directory, found.registry, found.number, found.digest, found.expires, key_ids, state)
    if key is not None and key == _key(directory, trust):
        _KEPT.keep(key, vouching[1:])
    return vouching


def _key(directory: Path, trust: Trust) -> str | None:
    """What the outcome is kept under, None where the file could change unseen."""
    path = os.path.join(directory, _NAME)  # noqa: PTH118
    try:
        mark = mark_of(os.stat(path))  # noqa: PTH116
        return json.dumps([os.path.realpath(path), mark, trust.token]) if is_proof(mark) else None
    except (OSError, ValueError):
        return None


def _read(directory: Path, trust: Trust) -> SignedList | None:
    from las_registry.trust.signed_list import list_bytes, read_list
    from las_registry.trust.trusted_keys import NO_KEYS

    data = list_bytes(directory, trust.policy.links)
    return None if data is None else read_list(data, _shown(directory), trust.keys or NO_KEYS)


def _shown(directory: Path) -> str:
    return str(directory / _NAME)


def _missing(directory: Path, found: Vouching | None, seen: Seen | None, trust: Trust) -> RegistryUnusable:
    """The error about a registry that has to have a list, of which `found` does not count."""
    hint = "fetch it anew, or ask its maintainers; `list: ignore` in registries.yaml does without"
    if found is None:
        why = "it has no signed list"
    elif trust.keys is None or not trust.keys.keys:
        why, hint = "no key is trusted that signed its list", "las-solve registry trust add FILE trusts a key"
    else:
        why = "its list is signed by no key that counts for it"
        hint += "; if they have a new key: las-solve registry trust add FILE, and add it to the registry's `keys`"
    before = ""
    if seen is not None:
        before = f", and list {seen.number} was seen before"
        hint += "; las-solve registry trust forget-list DIR forgets that one was seen"
    return RegistryUnusable(f"the registry {printable(str(directory))} cannot be relied on: {why}{before}", hint=hint)


def _unusable(error: InvalidInput) -> RegistryUnusable:
    return RegistryUnusable(error.message, hint=error.hint)
