"""The newest list that was seen of each registry, so that an older one is noticed (docs/signed-list.md).

One JSON file in the user's directory for state, not in the cache: who clears that should not forget these.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from las_registry.problem import printable
from las_registry.trust.private_file import read_private_file
from las_registry.user_directories import state_directory
from las_solver.errors import InvalidInput

if TYPE_CHECKING:
    from las_registry.trust.signed_list import ListHead

__all__ = ["Seen", "check_number", "forget", "last_seen", "remember", "seen_path"]

_FORMAT: Final = 1
_MOST: Final = 4096
_LARGEST: Final = 16 << 20
_LARGEST_NUMBER: Final = 2**53 - 1
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_REGISTRY: Final = re.compile(r"[0-9a-f]{32}")


class Seen(NamedTuple):
    """The newest list that was seen of a registry."""

    registry: str
    number: int
    digest: str


def seen_path() -> Path | None:
    """The file in which the lists that were seen are kept; None if nothing says where it is."""
    directory = state_directory()
    # What is cached of lists has a lists.json, and caches are where the state is on some systems.
    return None if directory is None else directory / "seen-lists.json"


def last_seen(directory: Path) -> Seen | None:
    """The newest list that was seen of the registry in `directory`, None if there was none.

    Raises :class:`InvalidInput` if what was seen cannot be read.
    """
    path = seen_path()
    return None if path is None else _read(path).get(_real(directory))


def check_number(seen: Seen | None, found: ListHead, file: str) -> None:
    """Raises :class:`InvalidInput` unless `found` is the list that was `seen`, or a newer one of the same registry;
    `file` is how messages call it."""
    place = printable(file)
    hint = "fetch it anew; las-solve registry trust forget-list DIR forgets what was seen, if it is meant to be so"
    if seen is None:
        return
    if found.registry != seen.registry:
        raise InvalidInput(f"{place}: this is the list of another registry than the one that was seen here", hint=hint)
    if found.number < seen.number:
        was = f"this is list {found.number} of the registry, and list {seen.number} was seen before"
        raise InvalidInput(f"{place}: {was}: the registry was set back", hint=hint)
    if found.number == seen.number and found.digest != seen.digest:
        raise InvalidInput(f"{place}: this is another list {found.number} than the one that was seen before", hint=hint)


def remember(directory: Path, found: ListHead, file: str) -> None:
    """From now on, `found` is the newest list that was seen of the registry in `directory`.

    Raises :class:`InvalidInput` as :func:`check_number` does, say because another process has seen a newer one in the
    meantime, and if it cannot be written.
    """
    path = seen_path()
    if path is None:
        raise InvalidInput(
            "nothing says where to keep which lists of registries were seen", hint="set XDG_STATE_HOME or HOME"
        )
    new, real = Seen(found.registry, found.number, found.digest), _real(directory)
    if _read(path).get(real) == new:
        return
    with _alone(path):
        lists = _read(path)
        check_number(lists.get(real), found, file)
        lists.pop(real, None)
        _write(path, {**_with_room(lists), real: new})


def forget(directory: Path) -> Seen | None:
    """Forgets, and gives, the newest list that was seen of the registry in `directory`.

    Raises :class:`InvalidInput` if what was seen cannot be read or written.
    """
    path = seen_path()
    if path is None or _real(directory) not in _read(path):
        return None
    with _alone(path):
        lists = _read(path)
        old = lists.pop(_real(directory), None)
        _write(path, lists)
    return old


def _real(directory: Path) -> str:
    return os.path.realpath(directory)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keeps other processes from changing the file at `path`."""
    from las_registry.compiled.locking import locked
    from las_registry.output_file import make_directories

    try:
        make_directories(path.parent)
        with locked(path.with_name(".seen-lists.lock")):
            yield
    except OSError as error:
        hint = "who may write there? XDG_STATE_HOME names another directory"
        raise InvalidInput(f"{path} cannot be written: {error.strerror}", hint=hint) from None


def _with_room(lists: dict[str, Seen]) -> dict[str, Seen]:
    """The `lists`; if they are as many as there may be, those alone whose directories are still there."""
    return lists if len(lists) < _MOST else {real: one for real, one in lists.items() if os.path.isdir(real)}  # noqa: PTH112


def _write(path: Path, lists: dict[str, Seen]) -> None:
    from las_registry.output_file import write_output_file

    registries = {real: one._asdict() for real, one in lists.items()}
    data = json.dumps({"format": _FORMAT, "registries": registries}, indent=1).encode() + b"\n"
    if len(lists) > _MOST or len(data) > _LARGEST:
        raise InvalidInput(
            f"{path} would have more registries than it may: {len(lists)}",
            hint="las-solve registry trust forget-list DIR forgets one",
        )
    write_output_file(path, data, private=True)


def _read(path: Path) -> dict[str, Seen]:
    """What was seen, by the real paths of the registries, that which changed last at the end."""
    data = read_private_file(path, _LARGEST)
    if data is None:
        return {}
    try:
        document = json.loads(data.decode("utf-8"))
        if document["format"] == _FORMAT and document.keys() == {"format", "registries"}:
            return {real: _seen(one) for real, one in document["registries"].items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass
    raise InvalidInput(
        f"{path}, which says what lists of registries were seen, is damaged",
        hint="restore it, or delete it: then a registry that was set back is not noticed once",
    )


def _seen(value: dict[str, object]) -> Seen:
    registry, number, digest = value["registry"], value["number"], value["digest"]
    if type(number) is not int or not 1 <= number <= _LARGEST_NUMBER:
        raise ValueError(number)
    if not isinstance(registry, str) or not isinstance(digest, str) or len(value) != len(Seen._fields):
        raise TypeError(value)
    if not _REGISTRY.fullmatch(registry) or not _DIGEST.fullmatch(digest):
        raise ValueError(value)
    return Seen(registry, number, digest)
