"""Which of a module's versions a constraint admits, as intervals of ranks.

Versions are ranked from 0 (oldest) on. Every PEP 440 operator admits one interval of a sorted list, or all but one,
with the exceptions that :func:`_scanned` is for; so they are found by bisection instead of asking version by
version.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from packaging.version import Version

from las_solver.constraint import Constraint, parse_version

__all__ = ["Intervals", "admitted_ranks", "contains", "intersect", "intervals_of", "merged", "rank_in", "without"]

Intervals = tuple[tuple[int, int], ...]
"""Sorted, disjoint, not adjacent intervals ``(lowest rank, highest rank)``, both ends included."""


def admitted_ranks(versions: Sequence[Version], constraint: Constraint) -> Intervals:
    """The ranks of those of `versions`, sorted from old to new, that `constraint` admits, pre-releases counted in."""
    admitted: Intervals = ((0, len(versions) - 1),) if versions else ()
    for operator, named in constraint.parts:
        if not admitted:
            break
        admitted = intersect(admitted, _admitted_by(operator, named, versions))
    return admitted


def rank_in(versions: Sequence[Version], version: Version) -> int | None:
    """The rank of `version` among `versions`, sorted from old to new; None if it is not one of them."""
    rank = bisect_left(versions, version)
    return rank if rank < len(versions) and versions[rank] == version else None


def intersect(left: Intervals, right: Intervals) -> Intervals:
    """The ranks that both contain."""
    if len(left) == 1 and len(right) == 1:
        low, high = max(left[0][0], right[0][0]), min(left[0][1], right[0][1])
        return ((low, high),) if low <= high else ()
    shared = []
    at = other = 0
    while at < len(left) and other < len(right):
        low, high = max(left[at][0], right[other][0]), min(left[at][1], right[other][1])
        if low <= high:
            shared.append((low, high))
        if left[at][1] < right[other][1]:
            at += 1
        else:
            other += 1
    return tuple(shared)


def contains(intervals: Intervals, rank: int) -> bool:
    """Whether `rank` lies in one of `intervals`."""
    for low, high in intervals:
        if rank <= high:
            return low <= rank
    return False


def without(intervals: Intervals, rank: int) -> Intervals:
    """The ranks of `intervals` but `rank`."""
    return intersect(intervals, _interval(0, rank - 1)) + intersect(intervals, ((rank + 1, intervals[-1][1] + 1),))


def intervals_of(ranks: Sequence[int]) -> Intervals:
    """The intervals that hold exactly `ranks`, which are sorted."""
    if not ranks:
        return ()
    breaks = [(left, right) for left, right in pairwise(ranks) if right != left + 1]
    return tuple(
        zip([ranks[0], *(right for _, right in breaks)], [*(left for left, _ in breaks), ranks[-1]], strict=True)
    )


def merged(intervals: Iterable[tuple[int, int]]) -> Intervals:
    """The ranks of `intervals`, which are sorted and disjoint, but may be adjacent."""
    found: list[tuple[int, int]] = []
    for low, high in intervals:
        if found and found[-1][1] == low - 1:
            found[-1] = found[-1][0], high
        else:
            found.append((low, high))
    return tuple(found)


def _admitted_by(operator: str, text: str, versions: Sequence[Version]) -> Intervals:
    if text.endswith(".*"):
        prefix = parse_version(text[:-2])
        if not _is_final(prefix):
            return _scanned(operator + text, versions)
        matching = _prefixed(prefix, versions)
        return matching if operator == "==" else _all_but(matching, len(versions))
    named = parse_version(text)
    count = len(versions)
    match operator:
        case ">=":
            return _interval(bisect_left(versions, named), count - 1)
        case "<=":
            end = bisect_right(versions, named)
            while end < count and _public(versions[end]) == named:
                end += 1
            return _interval(0, end - 1)
        case "==" | "!=":
            matching = _equal(named, versions)
            return matching if operator == "==" else _all_but(matching, count)
        case "~=" if named.local is None:
            prefix = parse_version(f"{named.epoch}!{'.'.join(map(str, named.release[:-1]))}")
            return intersect(_interval(bisect_left(versions, named), count - 1), _prefixed(prefix, versions))
        case "<" if _is_final(named):
            return _interval(0, bisect_left(versions, parse_version(f"{named.base_version}.dev0")) - 1)
        case "<" if named.is_prerelease:
            return _interval(0, bisect_left(versions, named) - 1)
        case ">" if _is_final(named):
            start = bisect_right(versions, named)
            while start < count and _base(versions[start]) == named:
                start += 1
            return _interval(start, count - 1)
        case _:
            return _scanned(operator + text, versions)


def _equal(named: Version, versions: Sequence[Version]) -> Intervals:
    """``==`` without a wildcard: where it names no local version, it admits all local versions of its public one."""
    start = end = bisect_left(versions, named)
    if named.local is not None:
        return _interval(start, start) if start < len(versions) and versions[start] == named else ()
    while end < len(versions) and _public(versions[end]) == named:
        end += 1
    return _interval(start, end - 1)


def _prefixed(prefix: Version, versions: Sequence[Version]) -> Intervals:
    """``==prefix.*``, for a final `prefix`: from its first development release to before the next prefix's."""
    release = prefix.release
    after = (*release[:-1], release[-1] + 1)
    start = bisect_left(versions, parse_version(f"{prefix.epoch}!{'.'.join(map(str, release))}.dev0"))
    end = bisect_left(versions, parse_version(f"{prefix.epoch}!{'.'.join(map(str, after))}.dev0"))
    return _interval(start, end - 1)


def _scanned(text: str, versions: Sequence[Version]) -> Intervals:
    """What a specifier admits, asked version by version: of ``<1.0.post1``, for one, releases of the library differ."""
    from packaging.specifiers import Specifier  # late: its import takes as long as a plan, and hardly any plan needs it

    specifier = Specifier(text)
    return intervals_of([rank for rank, one in enumerate(versions) if specifier.contains(one, prereleases=True)])


def _all_but(intervals: Intervals, count: int) -> Intervals:
    edges = [-1, *(edge for interval in intervals for edge in interval), count]
    return tuple(
        (after + 1, before - 1) for after, before in zip(edges[::2], edges[1::2], strict=True) if after + 1 < before
    )


def _interval(low: int, high: int) -> Intervals:
    return ((low, high),) if low <= high else ()


def _is_final(version: Version) -> bool:
    return version.pre is None and version.post is None and version.dev is None and version.local is None


def _public(version: Version) -> Version:
    return version if version.local is None else parse_version(version.public)


def _base(version: Version) -> Version:
    return version if _is_final(version) else parse_version(version.base_version)
