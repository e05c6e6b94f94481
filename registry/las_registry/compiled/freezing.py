"""Registries that were declared finished: a stamp in them says what they hold, and nobody looks at the files again.

The stamp is a JSON object in the file ``.las-solve-frozen``. Its ``digest`` is ``sha256:`` and the SHA-256 digest of
one line for each manifest file, ordered by path: the digest of its bytes in hex digits, two spaces, the path inside the
registry, a line feed; so, what ``sha256sum`` prints.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from las_registry.compiled.opening import STAMP, Progress, Stamp, stamp_of
from las_registry.compiled.tree import reason, shown, walk
from las_registry.problem import RegistryUnusable
from las_registry.trust.trust import NO_TRUST, Trust
from las_solver.errors import InvalidInput

__all__ = ["Frozen", "check_stamp", "differs_from_stamp", "frozen_digest", "read_stamp", "stamp_text", "unfreeze"]

_FORMAT: Final = 1


class Frozen(NamedTuple):
    """What a stamp says."""

    digest: str
    files: int
    versions: int
    when: str


def frozen_digest(known: Mapping[str, str]) -> str:
    """The digest of a registry, of which the files are `known` by the digests of their bytes, by path."""
    lines = sorted((os.fsencode(path), one) for path, one in known.items())
    return "sha256:" + sha256(b"".join(one.encode() + b"  " + path + b"\n" for path, one in lines)).hexdigest()


def stamp_text(known: Mapping[str, str], versions: int) -> str:
    """The stamp of a registry with so many versions."""
    frozen = Frozen(frozen_digest(known), len(known), versions, datetime.now(UTC).isoformat(timespec="seconds"))
    return json.dumps({"format": _FORMAT, **frozen._asdict()}, indent=2) + "\n"


def read_stamp(directory: Path) -> Frozen | None:
    """The stamp of the registry in `directory`, None where it is not frozen.

    Raises :class:`RegistryUnusable` if there is one that cannot be read.
    """
    stamp = stamp_of(directory)
    return None if stamp is None else _frozen(directory, stamp)


def check_stamp(directory: Path, stamp: Stamp | None, known: Mapping[str, str]) -> None:
    """Raises :class:`RegistryUnusable` if the `stamp` of the registry in `directory` is not that of files that are
    `known` so."""
    if stamp is not None and _frozen(directory, stamp).digest != frozen_digest(known):
        place = shown(str(directory))
        raise RegistryUnusable(f"the registry {place} is frozen, but was changed after that", hint=_hint(directory))


def differs_from_stamp(directory: Path, on_progress: Progress | None = None, *, trust: Trust = NO_TRUST) -> bool | None:
    """Whether the files of the registry in `directory` are others than its stamp says, None where it has none.

    Raises :class:`RegistryUnusable` if the stamp cannot be read.
    """
    from las_registry.compiled.reading import known_by

    frozen = read_stamp(directory)
    if frozen is None:
        return None
    paths, known = walk(str(directory), follows_links=trust.policy.links == "follow").files(), dict[str, str]()
    for path in paths:
        known[path] = known_by(str(directory), path, trust)
        if on_progress is not None:
            on_progress(len(known), len(paths))
    return frozen.digest != frozen_digest(known)


def unfreeze(directory: Path) -> bool:
    """Removes the stamp of the registry in `directory`, if there is one; whether there was.

    Raises :class:`InvalidInput` where it cannot be removed.
    """
    path = directory / STAMP
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        hint = "look at who may write there"
        raise InvalidInput(f"{shown(str(path))} cannot be removed: {reason(error)}", hint=hint) from None
    return True


def _frozen(directory: Path, stamp: Stamp) -> Frozen:
    try:
        document: Any = json.loads(stamp[1])
        found = Frozen(*(document[field] for field in Frozen._fields))
        is_known = document["format"] == _FORMAT and tuple(map(type, found)) == (str, int, int, str)
    except (ValueError, LookupError, TypeError, RecursionError):
        is_known = False
    if not is_known:
        place = shown(str(directory / STAMP))
        raise RegistryUnusable(f"{place} does not say what is frozen", hint=_hint(directory))
    return found


def _hint(directory: Path) -> str:
    import shlex

    command = f"las-solve registry freeze {shlex.quote(shown(str(directory)))}"
    return f"{command} freezes it as it is now, {command} --undo thaws it"
