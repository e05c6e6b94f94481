"""Which findings are wanted: codes, or the beginnings of codes, as linters mostly have it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from las_registry.lint.codes import CODES
from las_solver.errors import InvalidInput

__all__ = ["EVERYTHING", "Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Codes that are wanted, all where `select` is empty, less those to be left out, both by how codes begin.

    The longest beginning that matches decides, and of equally long ones that in `ignore`.
    """

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, select: Iterable[str], ignore: Iterable[str]) -> Selection:
        """The selection that codes or their beginnings spell, each text one or several with commas between, like
        ``LAS101`` or ``LAS1,LAS203``; raises :class:`InvalidInput` for what no code begins with."""
        return cls(_codes(select), _codes(ignore))

    def has(self, code: str) -> bool:
        """Whether findings with `code` are wanted."""
        wanted = 0 if not self.select else _longest(self.select, code)
        return wanted is not None and (_longest(self.ignore, code) or -1) < wanted


def _codes(texts: Iterable[str]) -> frozenset[str]:
    codes = frozenset(one.strip().upper() for text in texts for one in text.split(",") if one.strip())
    for code in sorted(codes):
        if not any(known.startswith(code) for known in CODES):
            near = difflib.get_close_matches(code[:20], CODES, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else "codes are like LAS101; LAS1 stands for all that begin so"
            raise InvalidInput(f"{code[:80]!r} is no code, and none begins with it", hint=hint)
    return codes


def _longest(beginnings: frozenset[str], code: str) -> int | None:
    """The length of the longest beginning of `code` among `beginnings`."""
    return max((len(one) for one in beginnings if code.startswith(one)), default=None)


EVERYTHING = Selection()
