"""Section 2: which versions a constraint admits, against `packaging` version by version."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from versions import TEXTS, VERSIONS

from las_solver.constraint import Constraint
from las_solver.errors import InvalidConstraint
from las_solver.ranks import admitted_ranks, contains, intersect, intervals_of

OPERATORS = st.sampled_from([">=", "<=", ">", "<", "==", "!=", "~=", "==*", "!=*"])


def specifier(operator: str, text: str) -> str:
    return f"{operator[:2]}{text}.*" if operator.endswith("*") else f"{operator}{text}"


SPECIFIERS = st.builds(specifier, OPERATORS, TEXTS)


@settings(max_examples=400)
@given(VERSIONS, st.lists(SPECIFIERS, min_size=1, max_size=3))
def test_the_ranks_are_those_that_packaging_admits_one_by_one(versions: tuple[Version, ...], parts: list[str]) -> None:
    try:
        constraint = Constraint.parse(",".join(parts))
    except InvalidConstraint:
        return
    wanted = [
        rank
        for rank, version in enumerate(versions)
        if SpecifierSet(constraint.text).contains(version, prereleases=True)
    ]
    assert admitted_ranks(versions, constraint) == intervals_of(wanted)


RANKS = st.sets(st.integers(0, 12)).map(sorted)


@given(RANKS, RANKS, st.integers(0, 12))
def test_intervals_are_sets_of_ranks(left: list[int], right: list[int], rank: int) -> None:
    both = intersect(intervals_of(left), intervals_of(right))
    assert both == intervals_of(sorted({*left} & {*right}))
    assert contains(both, rank) == (rank in left and rank in right)
