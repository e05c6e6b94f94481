"""``keys.json``: what is trusted stays what the user said, and anything else ends the command."""

from __future__ import annotations

import json
import os
import pickle
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from las_registry.trust.keys import PrivateKey, generate_private_key
from las_registry.trust.trusted_keys import (
    LARGEST_KEYS_FILE,
    NO_KEYS,
    RevokedKey,
    TrustedKey,
    TrustedKeys,
    change_trusted_keys,
    keys_path,
    load_trusted_keys,
    read_trusted_keys,
)
from las_solver.errors import InvalidInput

ADA, BOB = sorted((generate_private_key(), generate_private_key()), key=lambda one: one.id)
LOST = RevokedKey("5" * 64, "lost")


def trusted(key: PrivateKey, comment: str = "") -> TrustedKey:
    return TrustedKey(key.id, key.public, comment)


KEYS = NO_KEYS.with_key(trusted(BOB, "Bob")).with_revoked(LOST).with_key(trusted(ADA, "Ada"))


def document() -> Any:
    """The file of :data:`KEYS`, to be spoilt."""
    from las_registry.trust.trusted_keys import _text

    return json.loads(_text(KEYS))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    assert load_trusted_keys(path) == NO_KEYS
    assert change_trusted_keys(path, lambda _: KEYS) == KEYS
    assert load_trusted_keys(path) == KEYS == pickle.loads(pickle.dumps(KEYS))
    assert list(KEYS.keys) == [ADA.id, BOB.id]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_file_is_the_same_whatever_the_order(tmp_path: Path) -> None:
    for name, keys in (("a", (ADA, BOB)), ("b", (BOB, ADA))):
        for key in keys:
            change_trusted_keys(tmp_path / name, lambda known, key=key: known.with_key(trusted(key)))  # type: ignore[misc]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_change_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    change_trusted_keys(path, lambda _: KEYS)
    before = path.stat()
    change_trusted_keys(path, lambda keys: keys)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_changes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    path, all_keys = tmp_path / "keys.json", [generate_private_key() for _ in range(8)]

    def add(key: PrivateKey) -> None:
        change_trusted_keys(path, lambda keys: keys.with_key(trusted(key)))

    threads = [threading.Thread(target=add, args=(key,)) for key in all_keys]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert set(load_trusted_keys(path).keys) == {key.id for key in all_keys}


def test_a_revoked_key_is_not_trusted_again_by_chance() -> None:
    revoked = KEYS.with_revoked(RevokedKey(ADA.id, "stolen"))
    assert ADA.id not in revoked.keys and revoked.revoked[ADA.id].reason == "stolen"
    with pytest.raises(InvalidInput, match=rf"is revoked: stolen\nhint: .* trust remove {ADA.id[:8]}"):
        revoked.with_key(trusted(ADA))
    assert revoked.without(ADA.id).with_key(trusted(ADA, "Ada")) == KEYS


@pytest.mark.parametrize("key", [TrustedKey(ADA.id, BOB.public), TrustedKey(ADA.id, ADA.public[:31])])
def test_a_key_has_its_own_id(key: TrustedKey) -> None:
    with pytest.raises(InvalidInput, match="is not the id of a key that can be trusted"):
        NO_KEYS.with_key(key)


def test_ids_may_be_shortened_as_long_as_they_are_clear() -> None:
    twins = TrustedKeys({}, {one: RevokedKey(one) for one in ("12345678" + "0" * 56, "12345678" + "1" * 56)})
    assert KEYS.find(ADA.id[:8]) == ADA.id
    assert KEYS.find("5" * 8) == LOST.id
    assert twins.find("123456780") == "12345678" + "0" * 56
    for keys, text, message in (
        (KEYS, ADA.id[:7], "is too short"),
        (KEYS, "", "is too short"),
        (KEYS, "0" * 64, "there is no key"),
        (KEYS, ADA.id + "0", "there is no key"),
        (twins, "12345678", "the ids of 2 keys begin"),
    ):
        with pytest.raises(InvalidInput, match=message):
            keys.find(text)


def _set(path: tuple[str | int, ...], value: object) -> Callable[[Any], None]:
    def spoil(whole: Any) -> None:
        for key in path[:-1]:
            whole = whole[key]
        whole[path[-1]] = value

    return spoil


def _repeat(of: str, to: str) -> Callable[[Any], None]:
    return lambda whole: whole[to].append(whole[of][0])


SPOILT: dict[str, tuple[Callable[[Any], None], str]] = {
    "another format": (_set(("format",), 2), "its format is 2, not 1"),
    "no number": (_set(("format",), "1"), "'format' has a value of another kind"),
    "true": (_set(("format",), True), "its format is True"),
    "a further field": (_set(("more",), 1), "there is no field 'more'"),
    "a missing field": (lambda whole: whole.pop("revoked"), "the field 'revoked' is missing"),
    "keys that are no list": (_set(("keys",), {}), "'keys' has a value of another kind"),
    "a key that is no object": (_set(("keys", 0), ADA.id), "is not a JSON object"),
    "another key's id": (_set(("keys", 0, "id"), BOB.id), "the key that is said to be"),
    "an id in upper case": (_set(("keys", 0, "id"), "A" * 64), "is not the id of a key"),
    "half an id": (_set(("revoked", 0, "id"), "5" * 32), "is not the id of a key"),
    "a comment that is no text": (_set(("keys", 0, "comment"), None), "'comment' has a value of another kind"),
    "a very long comment": (_set(("keys", 0, "comment"), "x" * 1001), "the text of 'comment' is too long"),
    "another key": (_set(("keys", 0, "public"), "A" * 43 + "="), "the key that is said to be"),
    "a short key": (_set(("keys", 0, "public"), "AAAA"), "is not base64 of 32 bytes"),
    "an odd spelling": (_set(("keys", 0, "public"), "A" * 42 + "B="), "is not base64 of 32 bytes"),
    "a key twice": (_repeat("keys", "keys"), "is there twice"),
    "a revoked key twice": (_repeat("revoked", "revoked"), "is there twice"),
    "terminal codes": (_set(("keys", 0, "id"), "\x1b[2J"), "is not the id of a key"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_file_is_refused_with_the_reason(how: str) -> None:
    spoil, message = SPOILT[how]
    whole = document()
    spoil(whole)
    with pytest.raises(InvalidInput, match=r"keys\.json cannot be relied on: ") as raised:
        read_trusted_keys(json.dumps(whole).encode(), Path("keys.json"))
    assert message in str(raised.value) and "\x1b" not in str(raised.value)


def test_a_key_that_is_trusted_and_revoked_is_refused() -> None:
    whole = document()
    whole["revoked"].append({"id": ADA.id, "reason": ""})
    with pytest.raises(InvalidInput, match=f"the key {ADA.id} is there twice"):
        read_trusted_keys(json.dumps(whole).encode(), Path("keys.json"))


def test_a_key_for_which_anything_is_signed_is_refused() -> None:
    whole = {"format": 1, "keys": [{"id": "", "public": "", "comment": ""}], "revoked": []}
    identity = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    its_id = "01d0fabd251fcbbe2b93b4b927b26ad2a1a99077152e45ded1e678afa45dbec5"
    whole["keys"] = [{"id": its_id, "public": identity, "comment": ""}]
    with pytest.raises(InvalidInput, match="is worthless"):
        read_trusted_keys(json.dumps(whole).encode(), Path("keys.json"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"format": 1' + b"0" * 5000 + b"}",
        b'{"format": 1, "format": 1, "keys": [], "revoked": []}',
        b'{"format": 1, "keys": [], "revoked": []} x',
        b'{"format": NaN, "keys": [], "revoked": []}',
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="cannot be relied on"):
        read_trusted_keys(data, Path("keys.json"))


def test_a_truncated_file_never_counts_as_a_shorter_one() -> None:
    data = json.dumps(document()).encode()
    for length in range(len(data)):
        with pytest.raises(InvalidInput):
            read_trusted_keys(data[:length], Path("keys.json"))


@settings(max_examples=100)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_never_makes_another_key_trusted(at: int, change: int) -> None:
    data = bytearray(json.dumps(document()).encode())
    data[at % len(data)] ^= change
    try:
        found = read_trusted_keys(bytes(data), Path("keys.json"))
    except InvalidInput:
        return
    assert {one.id: one.public for one in found.keys.values()} == {ADA.id: ADA.public, BOB.id: BOB.public}


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b" " * (LARGEST_KEYS_FILE + 1))
    with pytest.raises(InvalidInput, match="is larger than"):
        load_trusted_keys(path)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    change_trusted_keys(path, lambda _: KEYS)
    path.chmod(mode)
    before = path.read_bytes()
    for act in (load_trusted_keys, lambda one: change_trusted_keys(one, lambda keys: keys.without(ADA.id))):
        with pytest.raises(InvalidInput, match="others may write"):
            act(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o720, 0o702])
def test_a_directory_that_others_may_write_to_is_refused(mode: int, tmp_path: Path) -> None:
    directory = tmp_path / "settings"
    path = directory / "keys.json"
    change_trusted_keys(path, lambda _: KEYS)
    directory.chmod(mode)
    with pytest.raises(InvalidInput, match="others may replace the file"):
        load_trusted_keys(path)


def test_the_directory_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAS_SOLVE_CONFIG", str(tmp_path))
    assert keys_path() == tmp_path / "keys.json"
    monkeypatch.setenv("LAS_SOLVE_CONFIG", "")
    assert keys_path() is None


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be written"):
        change_trusted_keys(tmp_path / "file" / "keys.json", lambda _: KEYS)
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208
