"""Single facts about a machine as people write them, in a profile or after ``--assume``.

Each function raises :class:`InvalidInput` with a hint. Zero is refused everywhere: a fact that is unknown is
left out, and a machine without cards has no cards, not one with nothing in it.
"""

from __future__ import annotations

import re
from typing import Final

from packaging.version import Version

from las_registry.size import parse_size
from las_solver.constraint import check_name, parse_version
from las_solver.errors import InvalidInput

__all__ = [
    "LARGEST_MEMORY",
    "SpelledVersion",
    "parse_cores",
    "parse_label",
    "parse_memory",
    "parse_runtime_name",
    "parse_runtime_version",
]

_MOST_CORES: Final = 1_000_000
LARGEST_MEMORY: Final = 1 << 60
"""In bytes. No machine has as much: what claims to is damaged."""
_LONGEST: Final = 200
_PLAIN: Final = re.compile(r"[0-9]+(\.[0-9]+)*", re.ASCII)


class SpelledVersion(Version):
    """A version that is printed as it was spelled: NVIDIA's driver ``570.124.06``, not ``570.124.6``.

    Apart from that it is the same version. Only for spellings of digits and dots; raises
    :class:`packaging.version.InvalidVersion` for what is no version.
    """

    __slots__ = ("_spelling",)

    def __init__(self, spelling: str) -> None:
        super().__init__(spelling)
        self._spelling = spelling

    def __str__(self) -> str:
        return self._spelling

    def __reduce__(self) -> tuple[type[SpelledVersion], tuple[str]]:
        return type(self), (self._spelling,)


def parse_cores(text: str) -> int:
    """A number of CPUs from 1."""
    if not re.fullmatch(r"0*[0-9]{1,7}", text) or not 1 <= int(text) <= _MOST_CORES:
        raise InvalidInput(f"{_shown(text)} is not a number of CPUs", hint="write a whole number from 1, like 16")
    return int(text)


def parse_memory(text: str) -> int:
    """An amount of memory in bytes, more than none."""
    size = parse_size(text)
    if size == 0:
        raise InvalidInput("no machine has a memory of size zero", hint="leave it out if it is unknown")
    if size > LARGEST_MEMORY:
        raise InvalidInput(f"{_shown(text)} is more memory than any machine has", hint="write it like 64GB")
    return size


def parse_runtime_name(text: str) -> str:
    """The name of a runtime, by the rules for the names of modules."""
    return check_name(text)


def parse_runtime_version(text: str) -> Version:
    """The version of a runtime."""
    if not text.strip():
        raise InvalidInput("the version is empty", hint="write it like 12.4, or leave the runtime out")
    version = parse_version(text)
    return SpelledVersion(text) if _PLAIN.fullmatch(text) else version


def parse_label(text: str) -> str:
    """A name for something that has no grammar of its own: a card, a mode, an interface, a package."""
    if not text.strip() or len(text) > _LONGEST or not text.isprintable():
        raise InvalidInput(
            f"{_shown(text)} is not a name", hint=f"write printable text of at most {_LONGEST} characters"
        )
    return text


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
