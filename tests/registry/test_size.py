"""Section 1: sizes."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from las_registry.size import SIZE_PATTERN, format_size, parse_size
from las_registry.validate import manifest_schema
from las_solver.errors import InvalidInput

UNITS = {
    "": 1,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}
CASES = st.sampled_from((str, str.lower, str.upper, str.swapcase))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("24GB", 24_000_000_000),
        ("24564MiB", 24564 * 1024**2),
        ("24 gb", 24_000_000_000),
        ("1.5GB", 1_500_000_000),
        ("0.1TiB", 109_951_162_778),
        ("12345", 12345),
        ("1KB", 1000),
        ("1kib", 1024),
        ("0", 0),
        ("0.3GB", 300_000_000),
    ],
)
def test_section_1_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_section_1_a_card_sold_as_24_gb_meets_24gb() -> None:
    assert parse_size("24564MiB") >= parse_size("24GB")
    assert parse_size("24564MiB") < parse_size("24GiB")


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**6),
    st.sampled_from(sorted(UNITS)),
    CASES,
    st.sampled_from(("", " ", "  ")),
)
def test_section_1_arithmetic_is_exact(whole: int, decimals: int, unit: str, case: object, space: str) -> None:
    assert callable(case)
    text = f"{whole}.{decimals}{space if unit else ''}{case(unit)}"
    exact = Fraction(f"{whole}.{decimals}") * UNITS[unit]
    assert parse_size(text) == -(-exact.numerator // exact.denominator)


@pytest.mark.parametrize(
    ("text", "decimal", "binary"),
    [
        ("24K", "24KB is 24000 bytes", "24KiB is 24576 bytes"),
        ("24M", "24MB is 24000000 bytes", "24MiB is 25165824 bytes"),
        ("24g", "24GB is 24000000000 bytes", "24GiB is 25769803776 bytes"),
        ("1.5 T", "1.5TB is 1500000000000 bytes", "1.5TiB is 1649267441664 bytes"),
    ],
)
def test_section_1_a_letter_alone_is_refused_with_both_readings(text: str, decimal: str, binary: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_size(text)
    assert caught.value.message == f"{text!r} can be read in two ways: {decimal}, {binary}"
    assert caught.value.hint == f"write {decimal.split()[0]} or {binary.split()[0]}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "lots",
        "-1GB",
        "+1GB",
        "1e3",
        "1,5GB",
        "1_000",
        ".5GB",
        "5.GB",
        "1PB",
        "1B",
        "1 byte",
        "GB",
        "1GBs",
        "1.5.5G",
        "0x10",
        "inf",
        "nan",
        "1\n",
        "１GB",
        "9" * 31,
        "9" * 10**6,
        "1G B",
        "1 G i B",
    ],
)
def test_section_1_what_is_no_size_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a size") as caught:
        parse_size(text)
    assert caught.value.hint is not None and "24564MiB" in caught.value.hint
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (24_000_000_000, "24GB"),
        (24564 * 1024**2, "24564MiB"),
        (12345, "12345"),
        (0, "0"),
        (1024, "1KiB"),
        (64 * 1024**3, "64GiB"),
        (1_500_000_000, "1.5GB"),
        (1000, "1KB"),
        (999, "999"),
    ],
)
def test_sizes_are_written_short_and_exact(size: int, text: str) -> None:
    assert format_size(size) == text


@given(
    st.one_of(
        st.integers(0, 2**50), st.builds(int.__mul__, st.integers(0, 9999), st.sampled_from(sorted(UNITS.values())))
    )
)
def test_a_written_size_is_read_as_the_same(size: int) -> None:
    assert parse_size(format_size(size)) == size
    assert len(format_size(size)) <= len(str(size))


@given(
    st.one_of(
        st.from_regex(SIZE_PATTERN),
        st.from_regex(r"[0-9]{1,3}\.?[0-9]? ?[kKmg]?i?[bB]?", fullmatch=True),
        st.text(max_size=9),
    )
)
def test_the_schema_says_the_same_of_sizes(text: str) -> None:
    assert manifest_schema()["$defs"]["size"]["pattern"] == SIZE_PATTERN
    try:
        parse_size(text)
    except InvalidInput:
        assert text.endswith("\n") or re.search(SIZE_PATTERN, text) is None
    else:
        assert re.search(SIZE_PATTERN, text) is not None
