"""Sizes are written exactly, in the unit that they were stated in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from las_registry.size import parse_size
from las_solver.size_text import size_beside, size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (24 * 10**9, "24 GB"),
        (120 * 10**9, "120 GB"),
        (9980 * 10**6, "9.98 GB"),
        (32 * 2**30, "32 GiB"),
        (8188 * 2**20, "8188 MiB"),
        (10**12, "1 TB"),
        (5, "5 bytes"),
    ],
)
def test_the_unit_is_the_largest_that_needs_few_digits(size: int, text: str) -> None:
    assert size_text(size) == text


@given(st.integers(min_value=1, max_value=10**15))
def test_a_size_without_a_space_is_one_of_a_manifest(size: int) -> None:
    assert parse_size(size_text(size, "")) == size


@pytest.mark.parametrize(
    ("size", "other", "text"),
    [
        (8188 * 2**20, 24 * 10**9, "8.6 GB"),
        (23_990_000_000, 24 * 10**9, "23.99 GB"),
        (24 * 10**9 - 1, 24 * 10**9, "23999999999 bytes"),
        (0, 10**9, "0 GB"),
        (24 * 10**9, 24 * 10**9, "24 GB"),
    ],
)
def test_a_size_beside_another_is_told_apart_from_it(size: int, other: int, text: str) -> None:
    assert size_beside(size, other) == text
