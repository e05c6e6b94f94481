"""Sections 2 and 7: what a statement says of versions is a constraint that admits exactly those."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version
from versions import VERSIONS

from las_solver.constraint import Constraint
from las_solver.ranks import admitted_ranks
from las_solver.statement import Span, spans_of


@settings(max_examples=300)
@given(VERSIONS, st.sets(st.integers(0, 13)))
def test_the_constraint_of_a_span_is_exact_and_spans_hold_all_ranks_once(
    versions: tuple[Version, ...], chosen: set[int]
) -> None:
    ranks = sorted(rank for rank in chosen if rank < len(versions))
    spans = spans_of("m", versions, ranks)
    for span in spans:
        assert admitted_ranks(versions, Constraint.parse(span.constraint)) == ((span.low, span.high),)
    assert sorted(rank for span in spans for rank in range(span.low, span.high + 1)) == ranks


def test_spans_in_words() -> None:
    versions = tuple(map(Version, ["1.0", "1.5", "2.0", "3.0"]))
    words = {(low, high): str(Span("m", low, high, versions)) for low, high in [(0, 0), (0, 3), (1, 3), (0, 2), (1, 2)]}
    assert words == {
        (0, 0): "m 1.0",
        (0, 3): "every version of m",
        (1, 3): "m 1.5 and newer",
        (0, 2): "m 2.0 and older",
        (1, 2): "m 1.5 to 2.0",
    }
