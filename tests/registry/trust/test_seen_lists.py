"""Which list was seen last is kept, and what is kept is never taken for nothing."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from signed_lists import REGISTRY

from las_registry.trust import seen_lists
from las_registry.trust.seen_lists import Seen, check_number, forget, last_seen, remember, seen_path
from las_registry.trust.signed_list import LARGEST_NUMBER, LIST_NAME, SignedList
from las_solver.errors import InvalidInput


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which they are kept."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = seen_path()
    assert path is not None
    return path


def a_list(number: int, digest: str = "0", registry: str = REGISTRY) -> SignedList:
    return SignedList(registry=registry, number=number, expires=0, key_ids=(), digest=digest * 64, files={}, modules={})


def refusal(seen: Seen, found: SignedList) -> str:
    with pytest.raises(InvalidInput) as caught:
        check_number(seen, found, LIST_NAME)
    return caught.value.message


def test_at_first_nothing_was_seen(tmp_path: Path, state: Path) -> None:
    assert last_seen(tmp_path) is None
    assert forget(tmp_path) is None
    check_number(None, a_list(1), LIST_NAME)
    assert not state.parent.exists()


def test_what_was_seen_is_kept_by_the_real_path_of_the_registry(tmp_path: Path, state: Path) -> None:
    one, link = tmp_path / "one", tmp_path / "link"
    one.mkdir()
    link.symlink_to(one)
    remember(one, a_list(3), LIST_NAME)
    assert last_seen(link) == last_seen(one) == Seen(REGISTRY, 3, "0" * 64)
    assert last_seen(tmp_path) is None
    assert state.stat().st_mode & 0o777 == 0o600
    assert state.parent.stat().st_mode & 0o777 == 0o700
    assert forget(link) == Seen(REGISTRY, 3, "0" * 64)
    assert last_seen(one) is None


def test_directories_of_any_name_are_told_apart(tmp_path: Path) -> None:
    names = [os.fsencode(tmp_path) + b"/" + name for name in (b"\xff", b"\xfe", b"a\nb", "\u202e".encode())]
    for number, name in enumerate(names, start=1):
        remember(Path(os.fsdecode(name)), a_list(number), LIST_NAME)
    assert [seen.number for name in names if (seen := last_seen(Path(os.fsdecode(name))))] == [1, 2, 3, 4]


def test_only_the_same_list_or_a_newer_one_is_accepted() -> None:
    seen = Seen(REGISTRY, 3, "0" * 64)
    check_number(seen, a_list(3), LIST_NAME)
    check_number(seen, a_list(4, "1"), LIST_NAME)
    assert refusal(seen, a_list(2)) == (
        "las-solve.list.json: this is list 2 of the registry, and list 3 was seen before: the registry was set back"
    )
    assert "another list 3 than the one that was seen" in refusal(seen, a_list(3, "1"))
    assert "the list of another registry" in refusal(seen, a_list(4, registry="f" * 32))


def test_a_newer_list_that_another_process_saw_stays(tmp_path: Path) -> None:
    remember(tmp_path, a_list(5), LIST_NAME)
    with pytest.raises(InvalidInput, match="set back"):
        remember(tmp_path, a_list(4), LIST_NAME)
    seen = last_seen(tmp_path)
    assert seen is not None
    assert seen.number == 5


def test_many_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda at: remember(tmp_path / str(at), a_list(at + 1), LIST_NAME), range(24)))
    assert [seen.number for at in range(24) if (seen := last_seen(tmp_path / str(at)))] == list(range(1, 25))


def test_what_was_seen_already_is_not_written_again(tmp_path: Path, state: Path) -> None:
    remember(tmp_path, a_list(3), LIST_NAME)
    before = state.stat()
    remember(tmp_path, a_list(3), LIST_NAME)
    assert state.stat().st_ino == before.st_ino


ENTRY = {"registry": REGISTRY, "number": 1, "digest": "0" * 64}
DAMAGED: dict[str, object] = {
    "empty": "",
    "cut off": '{"format": 1, "regis',
    "another format": {"format": 2, "registries": {}},
    "a list": [],
    "no registries": {"format": 1},
    "more": {"format": 1, "registries": {}, "more": 1},
    "registries in a list": {"format": 1, "registries": [ENTRY]},
    "a text": {"format": 1, "registries": {"/a": "1"}},
    "no number": {"format": 1, "registries": {"/a": {**ENTRY, "number": None}}},
    "true": {"format": 1, "registries": {"/a": {**ENTRY, "number": True}}},
    "number 0": {"format": 1, "registries": {"/a": {**ENTRY, "number": 0}}},
    "a large number": {"format": 1, "registries": {"/a": {**ENTRY, "number": LARGEST_NUMBER + 1}}},
    "no digest": {"format": 1, "registries": {"/a": {**ENTRY, "digest": ""}}},
    "another field": {"format": 1, "registries": {"/a": {**ENTRY, "more": 1}}},
    "deep": "[" * 100_000,
    "not UTF-8": b"\xff",
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_is_not_taken_for_nothing_seen(case: str, state: Path, tmp_path: Path) -> None:
    content = DAMAGED[case]
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    state.parent.mkdir(parents=True)
    state.write_bytes(text if isinstance(text, bytes) else text.encode())
    for act in (last_seen, forget, lambda directory: remember(directory, a_list(9), LIST_NAME)):
        with pytest.raises(InvalidInput, match="is damaged\nhint: restore it, or delete it"):
            act(tmp_path)
    assert state.read_bytes() == (text if isinstance(text, bytes) else text.encode())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="only where files have modes")
def test_a_file_that_others_may_write_does_not_count(state: Path, tmp_path: Path) -> None:
    remember(tmp_path, a_list(3), LIST_NAME)
    state.chmod(0o666)
    with pytest.raises(InvalidInput, match="others may write the file"):
        last_seen(tmp_path)


def test_registries_that_are_gone_make_room(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_lists, "_MOST", 3)
    places = [tmp_path / str(at) for at in range(4)]
    for place in places:
        place.mkdir()
    for place in places[:3]:
        remember(place, a_list(1), LIST_NAME)
    with pytest.raises(InvalidInput, match="would have more registries than it may: 4"):
        remember(places[3], a_list(1), LIST_NAME)
    remember(places[2], a_list(2), LIST_NAME)  # no more than there were
    places[0].rmdir()
    remember(places[3], a_list(1), LIST_NAME)
    assert [last_seen(place) is None for place in places] == [True, False, False, False]


def test_where_nothing_can_be_kept_no_list_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_lists, "state_directory", lambda: None)
    assert last_seen(tmp_path) is None
    with pytest.raises(InvalidInput, match="nothing says where to keep"):
        remember(tmp_path, a_list(1), LIST_NAME)


def test_what_cannot_be_written_is_said(state: Path, tmp_path: Path) -> None:
    state.parent.parent.write_text("a file where the directory would be")
    with pytest.raises(InvalidInput, match="cannot be"):
        remember(tmp_path, a_list(1), LIST_NAME)
