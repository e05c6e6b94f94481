"""Summaries, comparisons and figures, and the tables that the benchmarks print."""

from __future__ import annotations

import pytest
from benchmarks.measure import Comparison, Figure, Measurement, best
from benchmarks.report import quantity, render_table
from benchmarks.results import Section


def measured(subject: str, *processes: tuple[float, ...], limit: float | None = None) -> Measurement:
    return Measurement(problem="rails", subject=subject, samples=processes, limit=limit)


def test_the_median_is_over_all_processes() -> None:
    assert measured("a", (1.0, 2.0, 3.0), (2.0, 9.0)).median == 2.0
    assert measured("a").median is None


def test_wide_or_different_samples_are_called_unstable() -> None:
    assert measured("a", (1.0, 1.01, 1.02), (1.0, 1.01, 1.02)).unstable is None
    assert measured("a", (1.0, 1.0)).unstable == "unstable, because there are only 2 samples"
    spread = measured("a", (1.0, 1.0, 2.0, 3.0, 3.0)).unstable
    assert spread is not None and "middle half" in spread
    apart = measured("a", (1.0,) * 20, (1.01,) * 20, (1.5,) * 3).unstable
    assert apart is not None and "processes differ" in apart


@pytest.mark.parametrize(
    ("base", "target", "is_ceiling", "ratio", "is_met"),
    [
        (measured("b", (20.0,)), 10.0, False, 20.0, True),
        (measured("b", (20.0,)), 30.0, False, 20.0, False),
        (measured("b", (20.0,)), 30.0, True, 20.0, True),
        (measured("b", (20.0,)), 10.0, True, 20.0, False),
        (measured("b", limit=60.0), 10.0, False, 60.0, True),
        (measured("b", limit=60.0), 100.0, False, 60.0, None),
        (measured("b", limit=60.0), 100.0, True, 60.0, None),
        (measured("b", limit=60.0), 10.0, True, 60.0, False),
        (measured("b", (20.0,)), None, False, 20.0, None),
    ],
)
def test_comparisons(
    base: Measurement, target: float | None, is_ceiling: bool, ratio: float, is_met: bool | None
) -> None:
    comparison = Comparison.of(measured("a", (1.0,)), base, target=target, is_ceiling=is_ceiling)
    assert comparison is not None
    assert comparison.ratio == ratio
    assert comparison.at_least == (base.limit is not None)
    assert comparison.is_met is is_met


def test_there_is_no_comparison_without_samples() -> None:
    assert Comparison.of(measured("a"), measured("b", (1.0,))) is None
    assert Comparison.of(measured("a", (1.0,)), measured("b")) is None


@pytest.mark.parametrize(
    ("target", "is_ceiling", "is_met"),
    [(2.0, False, False), (0.01, False, None), (2.0, True, True), (0.01, True, None)],
)
def test_what_ran_over_the_limit_is_slower_than_what_did_not(
    target: float, is_ceiling: bool, is_met: bool | None
) -> None:
    compared = Comparison.of(measured("late", limit=60.0), measured("b", (3.0,)), target=target, is_ceiling=is_ceiling)
    assert compared is not None
    assert (compared.ratio, compared.at_most, compared.is_met) == (0.05, True, is_met)


def test_what_has_a_target_and_no_samples_cannot_be_told() -> None:
    late, fast = measured("late", limit=60.0), measured("fast", (1.0,))
    comparison = Comparison.of(late, measured("later", limit=60.0), target=2.0)
    assert comparison is not None
    assert (comparison.ratio, comparison.is_met) == (None, None)
    assert comparison.failure == "late: over 60 s"
    failed = Measurement(problem="rails", subject="failed", failure="exit status 3: no")
    compared = Comparison.of(failed, fast, target=2.0)
    assert compared is not None
    assert compared.failure == "failed: exit status 3: no"


def figure(value: float | None, target: float | None, *, is_ceiling: bool) -> Figure:
    return Figure(problem="p", what="w", value=value, unit="s", target=target, is_ceiling=is_ceiling)


def test_figures_meet_their_targets_or_not() -> None:
    assert figure(2.0, 3.0, is_ceiling=True).is_met is True
    assert figure(4.0, 3.0, is_ceiling=True).is_met is False
    assert figure(4.0, 3.0, is_ceiling=False).is_met is True
    assert figure(2.0, 3.0, is_ceiling=False).is_met is False
    assert figure(2.0, None, is_ceiling=False).is_met is None
    assert figure(None, 3.0, is_ceiling=False).is_met is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.30 ms"),
        (12.3, "s", "12.30 s"),
        (123_400_000, "B", "123.4 MB"),
        (2.5e9, "B", "2.50 GB"),
        (12345.6, "versions/s", "12,346 versions/s"),
        (8.345, "µs", "8.35 µs"),
        (0.987, "", "0.987"),
    ],
)
def test_quantities_are_written_as_people_do(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_the_best_is_the_one_with_the_smallest_median() -> None:
    slow, fast, never = measured("slow", (2.0,)), measured("fast", (1.0,)), measured("never", limit=60.0)
    assert best([never, slow, fast]) is fast
    assert best([never]) is never


def section() -> Section:
    ours, theirs, never = measured("ours", (0.001, 0.002, 0.003)), measured("theirs", (1.5,)), measured("x", limit=60.0)
    comparison = Comparison.of(ours, theirs, target=10)
    assert comparison is not None
    return Section(
        question="peer_speed",
        title="Title",
        measurements=(ours, theirs, never),
        comparisons=(comparison,),
        notes=("a note",),
    )


def test_the_table_is_aligned_and_says_what_ran_over_the_limit() -> None:
    lines = render_table([section()]).splitlines()
    assert lines == [
        "## Title",
        "",
        "| problem | subject | min     | median  | max     |                                            |",
        "|---------|---------|---------|---------|---------|--------------------------------------------|",
        "| rails   | ours    | 1.00 ms | 2.00 ms | 3.00 ms | unstable, because there are only 3 samples |",
        "| rails   | theirs  | 1.50 s  | 1.50 s  | 1.50 s  | unstable, because there is only 1 sample   |",
        "| rails   | x       |         | > 60 s  |         |                                            |",
        "",
        "| problem | this takes | times | as much as this | target | verdict |",
        "|---------|------------|-------|-----------------|--------|---------|",
        "| rails   | theirs     | 750   | ours            | >= 10  | met     |",
        "",
        "- a note",
    ]
