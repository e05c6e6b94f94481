"""Rejected manifests as records: their texts name the registry's directory as whoever reads them spelled it.

A text that contains the directory is kept as the list of what stands before, between and after its places.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from las_registry.problem import Problem
    from las_registry.rejection import Rejection

__all__ = ["PLACEHOLDER", "Rejected", "RejectedKey", "decode_rejections", "encode_rejections", "pack"]

PLACEHOLDER = f"\0{os.urandom(8).hex()}\0"
"""Stands for the registry's directory, with the slash after it, while manifests are read; no manifest can guess it."""

RejectedKey = tuple[int, str, int, int]
"""Where a rejection stands among all: 0, how its file is shown, and its place there; or, if it is a version that
several manifests describe, 1, the first file that has the module, the place there, and the place among those of the
module."""


class Rejected(NamedTuple):
    """A rejection in plain values: its key, the path of its file, and what :func:`pack` makes of it."""

    key: RejectedKey
    path: str
    packed: list[Any]


def pack(rejection: Rejection) -> list[Any]:
    """A rejection in plain values."""
    version = None if rejection.version is None else str(rejection.version)
    problems = [
        [_split(one.file), one.line, one.field, _split(one.message), one.hint and _split(one.hint)]
        for one in rejection.problems
    ]
    return [rejection.source, rejection.name, version, rejection.provides, problems]


def encode_rejections(unreadable: Iterable[tuple[str, str]], rejected: Iterable[Rejected]) -> bytes:
    """The record of the folders that cannot be read, by how their paths are shown, and why, and of all rejections."""
    document = [list(unreadable), sorted(rejected, key=lambda one: one.key)]
    return json.dumps(document, separators=(",", ":")).encode()


def decode_rejections(data: bytes, prefix: str, directory: str) -> tuple[tuple[Problem, ...], tuple[Rejection, ...]]:
    """All problems, in order of files and lines, and all rejections, of a registry; `prefix` is how its `directory` is
    shown before the name of a file."""
    folders, rejected = json.loads(data)
    if not folders and not rejected:
        return (), ()
    from las_registry.problem import unreadable

    rejections = tuple([_unpack(packed, prefix) for _, _, packed in rejected])
    problems = [unreadable(prefix + path if path else directory, why) for path, why in folders]
    problems += [problem for one in rejections for problem in one.problems]
    problems.sort(key=lambda one: (one.file, one.line or 0))
    return tuple(problems), rejections


def _unpack(packed: Sequence[Any], prefix: str) -> Rejection:
    from las_registry.problem import Problem
    from las_registry.rejection import Rejection
    from las_solver.constraint import parse_version

    source, name, version, provides, problems = packed
    return Rejection(
        source=source,
        name=name,
        version=None if version is None else parse_version(version),
        provides=tuple(provides),
        problems=tuple(
            Problem(
                file=_joined(file, prefix),
                line=line,
                field=field,
                message=_joined(message, prefix),
                hint=None if hint is None else _joined(hint, prefix),
            )
            for file, line, field, message, hint in problems
        ),
    )


def _split(text: str) -> str | list[str]:
    return text.split(PLACEHOLDER) if PLACEHOLDER in text else text


def _joined(text: str | list[str], prefix: str) -> str:
    return text if isinstance(text, str) else prefix.join(text)
