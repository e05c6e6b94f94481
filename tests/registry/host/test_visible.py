"""The value of CUDA_VISIBLE_DEVICES (docs/host.md, "NVIDIA cards")."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from las_registry.host.probes.visible import CardNames, Key, select

CARDS = (
    CardNames("GPU-8932f937-d72c"),
    CardNames(
        "GPU-89aa0000-0000", (("MIG-aaaa", "MIG-GPU-89aa0000-0000/1/0"), ("MIG-abbb", "MIG-GPU-89aa0000-0000/13/0"))
    ),
    CardNames("GPU-12340000-0000", (("MIG-cccc",),)),
)


def keys(listed: str) -> list[Key]:
    return list(select(listed, CARDS).keys)


def cards(listed: str) -> list[int]:
    assert all(part is None for _, part in keys(listed))
    return [card for card, _ in keys(listed)]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("0", [0]),
        ("2,1", [2, 1]),
        ("0,2,-1,1", [0, 2]),  # the example of NVIDIA's guide
        ("0,3,1", [0]),
        ("", []),
        ("  ", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("none,0", []),
        ("0,,1", [0]),
        ("0,", [0]),
        (" 1 , 0 ", [1, 0]),
        ("+1", [1]),
        ("1gpu2,2ampere", [1, 2]),
        ("999999999999999999999", []),
        ("1.5", [1]),
    ],
)
def test_indices(listed: str, expected: list[int]) -> None:
    assert cards(listed) == expected
    assert select(listed, CARDS).by_index or not listed.strip()


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("GPU-8932f937-d72c", [0]),
        ("GPU-12,GPU-8932", [2, 0]),
        ("GPU-89", []),  # ambiguous
        ("GPU-12,GPU-89,GPU-8932", [2]),
        ("GPU-12,GPU-ffff,GPU-8932", [2]),
        ("GPU-8932f937-d72c-and-more", []),
        ("gpu-12", []),
    ],
)
def test_uuids_may_be_cut_short_while_they_are_unique(listed: str, expected: list[int]) -> None:
    assert cards(listed) == expected
    assert not select(listed, CARDS).by_index or listed == "gpu-12"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("MIG-aaaa", [(1, 0)]),
        ("MIG-cc", [(2, 0)]),
        ("MIG-a", []),
        ("MIG-GPU-89aa0000-0000/1/0", [(1, 0)]),
        ("MIG-GPU-89/13/0", [(1, 1)]),
        ("MIG-GPU-89aa0000-0000/1", []),
        ("MIG-GPU-89aa0000-0000/1/00", []),
        ("MIG-cccc,MIG-aaaa", [(2, 0), (1, 0)]),
    ],
)
def test_slices_have_names_of_two_forms(listed: str, expected: list[Key]) -> None:
    assert keys(listed) == expected


@pytest.mark.parametrize(
    ("listed", "first"),
    [("0,GPU-12", (0, None)), ("GPU-12,0", (2, None)), ("MIG-cc,GPU-12", (2, 0)), ("GPU-12,MIG-cc", (2, None))],
)
def test_kinds_do_not_mix(listed: str, first: Key) -> None:
    assert keys(listed) == [first]


@pytest.mark.parametrize("listed", ["1,1", "0,1,2,1", "GPU-12,GPU-1234", "MIG-aaaa,MIG-aa", "0,+0,7"])
def test_a_device_that_is_named_twice_leaves_none(listed: str) -> None:
    selection = select(listed, CARDS)
    assert selection.keys == ()
    assert selection.fault is not None and selection.fault.endswith("twice, which CUDA refuses")


@pytest.mark.parametrize(
    ("listed", "fault"),
    [
        ("0,1", None),
        ("", None),
        ("0,-1,1", None),
        ("7", "'7' is no device here, so it and what follows do not count"),
        ("GPU-89", "'GPU-89' is ambiguous, so it and what follows do not count"),
        ("0,GPU-12", "'GPU-12' is no device here, so it and what follows do not count"),
        ("x" * 1000, f"'{'x' * 80}' is no device here, so it and what follows do not count"),
    ],
)
def test_what_ends_the_list_is_told_unless_it_is_a_usual_end(listed: str, fault: str | None) -> None:
    assert select(listed, CARDS).fault == fault


def test_without_a_uuid_no_card_is_called_by_one() -> None:
    assert select("GPU-", (CardNames(""),)).keys == ()
    assert select("GPU-", (CardNames("GPU-1"),)).keys == ((0, None),)


@given(st.text(max_size=30) | st.lists(st.sampled_from(["0", "1", "GPU-12", "MIG-a", "", "-1"])).map(",".join))
def test_whatever_it_says_no_device_is_chosen_twice(listed: str) -> None:
    chosen = keys(listed)
    assert len(set(chosen)) == len(chosen)
