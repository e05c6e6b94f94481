"""The format of signed lists (docs/signed-list.md): what is read, and that all else is one error of one line."""

from __future__ import annotations

import json
import os
import pickle
import tracemalloc
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signed_lists import NOW, OTHER, OURS, REGISTRY, private_key, trusting

from las_registry.trust import signed_list
from las_registry.trust.envelope import signed_envelope
from las_registry.trust.signed_list import (
    LARGEST_NUMBER,
    LIST_NAME,
    NOBODYS_LIST,
    PAYLOAD_TYPE,
    SignedList,
    check_expiry,
    check_files,
    list_bytes,
    parse_time,
    read_list,
    time_text,
)
from las_registry.trust.trusted_keys import TrustedKeys
from las_solver.errors import InvalidInput

DIGEST = "0123456789abcdef" * 4
ENTRY = {"sha256": DIGEST, "modules": ["app"]}
PAYLOAD: dict[str, Any] = {
    "format": 1,
    "registry": REGISTRY,
    "number": 7,
    "expires": "2027-02-01T00:00:00Z",
    "files": {"app/manifest.yaml": ENTRY},
}


def signed(payload: object, payload_type: str = PAYLOAD_TYPE) -> bytes:
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return signed_envelope(text, payload_type, OURS)


def read(data: bytes, keys: TrustedKeys | None = None) -> SignedList:
    return read_list(data, LIST_NAME, trusting(OURS) if keys is None else keys)


def refusal(data: bytes, keys: TrustedKeys | None = None) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(data, keys)
    message = caught.value.message
    assert message.isprintable()
    prefix, _, rest = message.partition(": ")
    assert prefix == LIST_NAME
    return rest


def test_it_says_what_was_signed() -> None:
    found = read(signed(PAYLOAD))
    assert (found.number, found.registry, time_text(found.expires)) == (7, REGISTRY, "2027-02-01T00:00:00Z")
    assert found.key_ids == (OURS.id,)
    assert found.files == {"app/manifest.yaml": DIGEST}
    assert found.modules == {"app/manifest.yaml": ("app",)}
    assert pickle.loads(pickle.dumps(found)) == found


def test_without_a_trusted_key_nobody_vouches_for_it() -> None:
    assert read(signed(PAYLOAD), trusting()).key_ids == ()
    assert read(signed(PAYLOAD), trusting(OTHER)).key_ids == ()


def test_a_list_that_nobody_vouches_for_bars_nothing_whatever_its_format() -> None:
    newer = signed({"format": 2, "files": None})
    assert read(newer, trusting(OTHER)) == NOBODYS_LIST
    with pytest.raises(InvalidInput, match="format"):
        read(newer)


def test_a_further_signature_does_not_change_its_digest() -> None:
    envelope = json.loads(signed(PAYLOAD))
    envelope["signatures"] += json.loads(signed_envelope(json.dumps(PAYLOAD).encode(), PAYLOAD_TYPE, OTHER))[
        "signatures"
    ]
    found = read(json.dumps(envelope).encode(), trusting(OURS, OTHER))
    assert found.key_ids == tuple(sorted([OURS.id, OTHER.id]))
    assert found.digest == read(signed(PAYLOAD)).digest
    assert found.digest != read(signed({**PAYLOAD, "number": 8})).digest


def changed(**fields: object) -> dict[str, object]:
    return {key: value for key, value in {**PAYLOAD, **fields}.items() if value is not ...}


def with_file(path: str, **fields: object) -> dict[str, object]:
    entry = {key: value for key, value in {**ENTRY, **fields}.items() if value is not ...}
    return changed(files={path: entry})


DEEP = b"[" * 100_000

WRONG_PAYLOADS: dict[str, tuple[object, str]] = {
    "not JSON": (b"{", "the payload is not JSON: "),
    "not UTF-8": (b'{"\xff": 1}', "the payload is not JSON: "),
    "UTF-16": (json.dumps(PAYLOAD).encode("utf-16"), "the payload is not JSON: "),
    "too deep": (DEEP, "the payload is not JSON that is read here: it is nested too deeply"),
    "a list": ([], "format: expected 1, found nothing"),
    "a key twice": (b'{"format": 1, "format": 1}', "the payload has the key 'format' twice in one object"),
    "not a number": (b'{"format": NaN}', "the payload is not JSON: NaN is not a number"),
    "infinite": (b'{"format": -Infinity}', "the payload is not JSON: -Infinity is not a number"),
    "a long number": (b'{"format": ' + b"9" * 5000 + b"}", "the payload is not JSON: "),
    "a newer format": (changed(format=2), "format: expected 1, found 2"),
    "true for 1": (changed(format=True), "format: expected 1, found true"),
    "no format": (changed(format=...), "format: expected 1, found nothing"),
    "a key that is none": (changed(extra=1), "payload: 'extra' is not a key of it"),
    "no number": (changed(number=...), "payload: 'number' is missing"),
    "number 0": (changed(number=0), f"number: expected an integer from 1 to {LARGEST_NUMBER}, found 0"),
    "a large number": (changed(number=2**53), f"number: expected an integer from 1 to {LARGEST_NUMBER}, found {2**53}"),
    "a fraction": (changed(number=1.5), f"number: expected an integer from 1 to {LARGEST_NUMBER}, found 1.5"),
    "a number as text": (changed(number="7"), f"number: expected an integer from 1 to {LARGEST_NUMBER}, found '7'"),
    "a boolean number": (changed(number=True), f"number: expected an integer from 1 to {LARGEST_NUMBER}, found true"),
    "no registry": (changed(registry="A" * 32), "registry: expected 32 digits 0-9 and a-f, found "),
    "a date alone": (changed(expires="2027-02-01"), "expires: expected a time like 2027-01-01T00:00:00Z, found "),
    "another zone": (changed(expires="2027-02-01T00:00:00+01:00"), "expires: expected a time like "),
    "no such day": (changed(expires="2027-02-30T00:00:00Z"), "expires: expected a time like "),
    "a leap second": (changed(expires="2027-06-30T23:59:60Z"), "expires: expected a time like "),
    "other digits": (changed(expires="２０２７-02-01T00:00:00Z"), "expires: expected a time like "),
    "no time": (changed(expires=None), "expires: expected a time like 2027-01-01T00:00:00Z, found nothing"),
    "files in a list": (changed(files=[]), "files: expected an object, found a list"),
    "an entry of text": (
        changed(files={"manifest.yaml": DIGEST}),
        "files['manifest.yaml']: expected an object, found ",
    ),
    "no digest": (with_file("manifest.yaml", sha256=...), "files['manifest.yaml']: 'sha256' is missing"),
    "a short digest": (with_file("manifest.yaml", sha256="ab"), "files['manifest.yaml'].sha256: expected 64 digits"),
    "upper case": (with_file("manifest.yaml", sha256="A" * 64), "files['manifest.yaml'].sha256: expected 64 digits"),
    "a name alone": (with_file("manifest.yaml", modules="app"), "files['manifest.yaml'].modules: expected a list of"),
    "a number as name": (with_file("manifest.yaml", modules=[1]), "files['manifest.yaml'].modules: expected a list of"),
    "no name": (with_file("manifest.yaml", modules=["a b"]), "files['manifest.yaml'].modules: 'a b' is not a module"),
    "a name twice": (with_file("manifest.yaml", modules=["a", "a"]), "files['manifest.yaml'].modules: expected each"),
    "no order": (with_file("manifest.yaml", modules=["b", "a"]), "files['manifest.yaml'].modules: expected each name"),
    "another file": (with_file("README.md"), "files['README.md']: a file of this name holds no manifests"),
}
WRONG_PATHS = [
    "",
    "/etc/manifest.yaml",
    "../manifest.yaml",
    "a/../manifest.yaml",
    "./manifest.yaml",
    "a//manifest.yaml",
    "manifest.yaml/",
    "a\0/manifest.yaml",
    "a\n/manifest.yaml",
    "\x1b[2J/manifest.yaml",
    "\x9b2J/manifest.yaml",
    "\udcff/manifest.yaml",
]


@pytest.mark.parametrize("case", WRONG_PAYLOADS)
def test_what_is_not_of_the_format_is_refused(case: str) -> None:
    payload, expected = WRONG_PAYLOADS[case]
    assert refusal(signed(payload)).startswith(expected)


@pytest.mark.parametrize("path", WRONG_PATHS)
def test_paths_stay_inside_of_the_registry(path: str) -> None:
    assert "expected a path inside of the registry" in refusal(signed(with_file(path)))


def envelope(**fields: object) -> bytes:
    whole = {**json.loads(signed(PAYLOAD)), **fields}
    return json.dumps({key: value for key, value in whole.items() if value is not ...}).encode()


(SIGNATURE,) = json.loads(signed(PAYLOAD))["signatures"]
WRONG_ENVELOPES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is not JSON: "),
    "a list": (b"[]", "it is not a signed list: there is no payload"),
    "no payload": (envelope(payload=...), "it is not a signed list: there is no payload"),
    "no signatures": (envelope(signatures=...), "it is not a signed list: there is no signatures"),
    "none signed": (envelope(signatures=[]), "signatures: expected a list of 1 to 64"),
    "too many signed": (envelope(signatures=[SIGNATURE] * 65), "signatures: expected a list of 1 to 64"),
    "an object": (envelope(signatures={}), "signatures: expected a list of 1 to 64"),
    "another type": (envelope(payloadType="text/plain"), f"payloadType: expected {PAYLOAD_TYPE}, found 'text/plain'"),
    "payload of another kind": (envelope(payload=[1]), "payload: expected standard base64 (RFC 4648, section 4)"),
    "not base64": (envelope(payload="a b="), "payload: expected standard base64 (RFC 4648, section 4)"),
    "not the one base64": (envelope(payload="YR=="), "payload: expected standard base64 (RFC 4648, section 4)"),
    "not ASCII": (envelope(payload="ä" * 4), "payload: expected standard base64 (RFC 4648, section 4)"),
    "a text as signature": (envelope(signatures=["x"]), "signatures[0]: expected an object with a keyid and a sig"),
    "no key": (envelope(signatures=[{"sig": "AAAA"}]), "signatures[0]: expected an object with a keyid and a sig"),
    "no sig": (envelope(signatures=[{"keyid": "a"}]), "signatures[0].sig: expected standard base64"),
    "a short sig": (
        envelope(signatures=[{"keyid": "a", "sig": "AAAA"}]),
        "signatures[0].sig: expected 64 bytes, found 3",
    ),
    "a key twice": (envelope(signatures=[SIGNATURE] * 2), "signatures[1]: there is another signature by the key "),
    "a field twice": (b'{"payload": "", "payload": ""}', "it has the key 'payload' twice in one object"),
    "too deep": (DEEP, "it is not JSON that is read here: it is nested too deeply"),
}


@pytest.mark.parametrize("case", WRONG_ENVELOPES)
def test_what_is_no_envelope_is_refused(case: str) -> None:
    data, expected = WRONG_ENVELOPES[case]
    assert refusal(data).startswith(expected)


def test_what_was_signed_for_something_else_is_no_list() -> None:
    other = json.loads(signed_envelope(json.dumps(PAYLOAD).encode(), "text/plain", OURS))
    other["payloadType"] = PAYLOAD_TYPE
    assert "is not of what stands here" in refusal(json.dumps(other).encode())


def test_a_file_that_is_too_large_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = signed(PAYLOAD)
    monkeypatch.setattr(signed_list, "LARGEST_LIST", len(data) - 1)
    assert refusal(data) == "it is larger than 0 MiB"


def test_repeated_keys_take_no_time_of_a_higher_order() -> None:
    keys = ",".join(f'"{at}":0' for at in range(200_000))
    assert "has the key '199999' twice" in refusal(f'{{{keys},"199999":0}}'.encode())


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*PAYLOAD, *ENTRY, "x"]), inner, max_size=5)
        ),
        max_leaves=12,
    )
)
def test_nothing_but_one_error_comes_of_whatever_is_signed(payload: object) -> None:
    refusal(signed(payload))


@given(st.data())
def test_no_byte_of_a_list_can_be_changed(data: st.DataObject) -> None:
    whole = bytearray(signed(PAYLOAD))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = read(bytes(whole))
    except InvalidInput:
        return
    assert found in (read(signed(PAYLOAD)), read(signed(PAYLOAD), trusting()))  # a space, or the id of the key


def test_times_are_spelled_in_one_way() -> None:
    assert parse_time("1970-01-01T00:00:00Z") == 0
    assert time_text(parse_time("9999-12-31T23:59:59Z")) == "9999-12-31T23:59:59Z"
    assert parse_time("2028-02-29T12:00:00Z") == 1835438400


def test_a_list_expires_in_the_second_that_it_says() -> None:
    found = read(signed(changed(expires=time_text(NOW))))
    check_expiry(found, NOW - 0.5, LIST_NAME)
    with pytest.raises(
        InvalidInput, match=r"^las-solve.list.json: the list expired at 2027-01-15T08:00:00Z: whether there is a newer"
    ):
        check_expiry(found, NOW, LIST_NAME)


def test_a_clock_that_was_never_set_is_noticed() -> None:
    with pytest.raises(InvalidInput, match="cannot be known: the clock says 1970-01-01T00:00:09Z"):
        check_expiry(read(signed(PAYLOAD)), 9.0, LIST_NAME)


def test_differences_from_a_list_are_told_apart() -> None:
    files = {f"{name}/manifest.yaml": ENTRY for name in ("a", "b", "c", "d")}
    found = read(signed(changed(files=files)))
    check_files(found, dict.fromkeys(files, DIGEST), LIST_NAME)
    present = {
        "a/manifest.yaml": DIGEST,
        "b/manifest.yaml": "0" * 64,
        "c/manifest.yaml": None,
        "e\x1b/manifest.yaml": DIGEST,
    }
    with pytest.raises(InvalidInput) as caught:
        check_files(found, present, LIST_NAME)
    assert caught.value.message == (
        "las-solve.list.json: the registry is not as its signed list says; changed: b/manifest.yaml, c/manifest.yaml; "
        r"missing: d/manifest.yaml; not in the list: e\x1b/manifest.yaml"
    )


def test_many_differences_are_counted() -> None:
    found = read(signed(changed(files={f"{at}/manifest.yaml": ENTRY for at in range(9)})))
    with pytest.raises(InvalidInput, match=r"missing: 0/\S+, 1/\S+, 2/\S+, 3/\S+, 4/manifest.yaml and 4 more\n"):
        check_files(found, {}, LIST_NAME)


def test_a_list_beside_a_registry_is_read(tmp_path: Path) -> None:
    assert list_bytes(tmp_path) is None
    (tmp_path / LIST_NAME).write_bytes(b"x")
    assert list_bytes(tmp_path) == b"x"


def test_what_is_there_and_no_file_is_never_taken_for_no_list(tmp_path: Path) -> None:
    outside, inside = tmp_path / "secret.json", tmp_path / "registry"
    inside.mkdir()
    outside.write_bytes(b"x")
    path = inside / LIST_NAME
    path.symlink_to(outside)
    with pytest.raises(InvalidInput, match="leads out of the registry"):
        list_bytes(inside)
    assert list_bytes(inside, "follow") == b"x"
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        list_bytes(inside)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InvalidInput, match="not a regular file"):
        list_bytes(inside)
    path.unlink()
    path.mkdir()
    with pytest.raises(InvalidInput, match="not a regular file"):
        list_bytes(inside)


def test_a_key_that_is_revoked_does_not_count_beside_one_that_is_trusted() -> None:
    both = json.loads(signed(PAYLOAD))
    both["signatures"] += json.loads(signed_envelope(json.dumps(PAYLOAD).encode(), PAYLOAD_TYPE, OTHER))["signatures"]
    data = json.dumps(both).encode()
    assert read(data, trusting(OURS, revoked=[OTHER])).key_ids == (OURS.id,)
    assert f"it is signed by the key {OTHER.id[:16]}, which is revoked: it was stolen" in refusal(
        data, trusting(private_key(3), revoked=[OTHER])
    )


def test_a_small_number_of_bytes_is_not_decoded_as_another_alphabet() -> None:
    one = {"keyid": OURS.id, "sig": b64encode(b"\xff" * 64).decode().replace("/", "_")}
    assert "standard base64" in refusal(envelope(signatures=[one]))


def test_reading_a_small_list_makes_no_room_for_the_largest(tmp_path: Path) -> None:
    (tmp_path / LIST_NAME).write_bytes(b"{}")
    tracemalloc.start()
    try:
        assert list_bytes(tmp_path) == b"{}"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
