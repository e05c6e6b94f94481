"""Names that look like one that is not known: what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from heapq import nsmallest
from itertools import takewhile
from typing import Final

__all__ = ["nearest"]

_MOST: Final = 3
_MOST_COMPARED: Final = 300
_LONGEST: Final = 200
_LEAST_LETTERS: Final = 3
_SEPARATORS: Final = str.maketrans("", "", "-_.+ ")
_WORDS: Final = re.compile(r"[^-_.+ ]+")


def nearest(name: str, known: Iterable[str], *, most: int = _MOST) -> tuple[str, ...]:
    """Those of `known` that look most like `name`, at most `most` of them, the best first.

    Case and separators do not count. What then differs least comes first: the same words in another order, or a few
    letters (one for each three of `name`: left out, put in, replaced, or two neighbours swapped); last come names of
    which `name` is a word, the beginning or the end, or the other way round. Equally near names are in order of how
    much of both ends is the same, then by name. The order of `known` does not matter. Linear time: only the names with
    the most letters in common are compared letter by letter.
    """
    wanted = _bare(name)
    if not wanted or len(name) > _LONGEST:
        return ()
    letters, edits = set(wanted), len(wanted) // 3
    alike: list[tuple[int, int, str]] = []
    alike_letters: list[tuple[int, str, str]] = []
    for other in known:
        bare = _bare(other)
        beyond = abs(len(bare) - len(wanted))
        if beyond <= edits and (apart := len(letters.symmetric_difference(bare))) <= 2 * edits:
            alike_letters.append((max(apart, beyond), other, bare))
        if (wanted in bare or bare in wanted) and _contains(name, wanted, other, bare):
            alike.append((len(wanted), beyond, other))
    words = _words(name)
    for _, other, bare in nsmallest(_MOST_COMPARED, alike_letters):
        distance = _distance(wanted, bare, edits)
        if distance <= edits:
            alike.append((distance, -_same_ends(wanted, bare), other))
        elif len(words) > 1 and _words(other) == words:
            alike.append((1, 1, other))
    best = dict.fromkeys(other for _, _, other in sorted(alike))
    best.pop(name, None)
    return tuple(best)[:most]


def _bare(name: str) -> str:
    return name.lower().translate(_SEPARATORS)


def _words(name: str) -> list[str]:
    return sorted(_WORDS.findall(name.lower()))


def _contains(name: str, wanted: str, other: str, bare: str) -> bool:
    """Whether one of two names is the beginning, the end, or a word, of the other; in few letters, nothing is."""
    if min(len(wanted), len(bare)) < _LEAST_LETTERS:
        return False
    return (
        bare.startswith(wanted)
        or bare.endswith(wanted)
        or wanted.startswith(bare)
        or wanted.endswith(bare)
        or wanted in _WORDS.findall(other.lower())
        or bare in _WORDS.findall(name.lower())
    )


def _same_ends(one: str, two: str) -> int:
    """The number of letters, from the beginning and from the end, that the two have in common."""
    ends = (zip(one, two, strict=False), zip(reversed(one), reversed(two), strict=False))
    return sum(sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], end)) for end in ends)


def _distance(one: str, two: str, most: int) -> int:
    """The least number of letters to leave out, put in or replace, or of neighbours to swap, each letter touched once.

    Damerau and Levenshtein's distance in its restricted form ("optimal string alignment"); if it is more than `most`,
    anything that is more.
    """
    before: list[int] = []
    row = list(range(len(two) + 1))
    for at, letter in enumerate(one):
        above, before, row = before, row, [at + 1]
        for place, other in enumerate(two):
            cost = min(before[place] + (letter != other), before[place + 1] + 1, row[place] + 1)
            if at and place and letter == two[place - 1] and one[at - 1] == other:
                cost = min(cost, above[place - 1] + 1)
            row.append(cost)
        if min(row) > most and min(before) >= most:
            return most + 1
    return row[-1]
