"""What the files of a registry are known by as a whole: a sum that nobody can make others add up to."""

from __future__ import annotations

from hashlib import shake_128

import pytest
from hypothesis import given
from hypothesis import strategies as st

from las_registry.compiled import state
from las_registry.compiled.state import state_of

FILES = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=6).map(lambda files: sorted(files.items()))


def summed(files: list[tuple[str, str]]) -> int:
    """The same by the definition: 1024 sums modulo 2^16, each written with its least significant byte first."""
    lanes = [0] * 1024
    for path, content in files:
        data = shake_128(f"{path}\0{content}".encode("utf-8", "surrogateescape")).digest(2048)
        for lane in range(1024):
            lanes[lane] = (lanes[lane] + int.from_bytes(data[2 * lane : 2 * lane + 2], "little")) % (1 << 16)
    return int.from_bytes(b"".join(lane.to_bytes(2, "little") for lane in lanes), "little")


@given(files=FILES)
def test_it_is_the_sum_in_every_lane(files: list[tuple[str, str]]) -> None:
    assert state_of(files) == summed(files)


@given(before=FILES, after=FILES)
def test_what_is_taken_away_was_never_there(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> None:
    assert state_of(before, state_of(after)) == state_of([*after, *before]) == state_of(reversed([*before, *after]))
    assert state_of(before, state_of([*after, *before]), -1) == state_of(after)


def test_many_files_do_not_run_over_into_the_next_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [(str(at), "x") for at in range(50)]
    whole = state_of(files)
    monkeypatch.setattr(state, "_BATCH", 7)
    assert state_of(files) == whole == summed(files)


def test_a_path_and_a_content_are_not_mistaken_for_others() -> None:
    assert state_of([("ab", "c")]) != state_of([("a", "bc")])
