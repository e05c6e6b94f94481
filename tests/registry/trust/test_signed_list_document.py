"""The worked example of docs/signed-list.md, checked as that says and without what is tested."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from las_registry.trust.keys import PrivateKey
from las_registry.trust.listing import make_list
from las_registry.trust.signed_list import PAYLOAD_TYPE, parse_time, read_list
from las_registry.trust.trusted_keys import TrustedKey, TrustedKeys

DOCUMENT = (Path(__file__).parents[3] / "docs" / "signed-list.md").read_text()
KEY, PAYLOAD, SIGNED = (
    [line[4:].lstrip() for line in block.splitlines() if line]
    for block in re.findall(r"\n\n((?:    .*\n)+)", DOCUMENT.partition("### An example")[2])
)


def test_the_example_is_signed_as_the_document_says() -> None:
    payload = "".join(PAYLOAD).encode()
    public, key_id = bytes.fromhex(KEY[0]), KEY[1]
    digest, what, signature = SIGNED
    assert sha256(public).hexdigest() == key_id
    assert sha256(payload).hexdigest() == digest
    assert f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)}" == what
    key = Ed25519PublicKey.from_public_bytes(public)
    key.verify(b64decode(signature), what.encode() + b" " + payload)
    with pytest.raises(InvalidSignature):
        key.verify(b64decode(signature), payload)


def test_the_example_is_read_as_the_document_says() -> None:
    payload = "".join(PAYLOAD).encode()
    envelope = {
        "payload": b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": KEY[1], "sig": SIGNED[2]}],
    }
    keys = TrustedKeys({KEY[1]: TrustedKey(KEY[1], bytes.fromhex(KEY[0]))}, {})
    found = read_list(json.dumps(envelope).encode(), "the example", keys)
    assert (found.key_ids, found.number, found.digest) == ((KEY[1],), 7, SIGNED[0])
    assert found.modules == {"app/manifest.yaml": ("app",)}


def test_lists_are_written_as_in_the_example(tmp_path: Path) -> None:
    key = PrivateKey(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
    expected = "".join(PAYLOAD)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manifest.yaml").write_bytes(b"foo")
    data, _ = make_list(
        tmp_path,
        key,
        number=7,
        registry="0123456789abcdef" * 2,
        expires=parse_time("2027-02-14T08:00:00Z"),
        force=True,
    )
    # What is no manifest has no name; the example leaves the text of one out.
    assert b64decode(json.loads(data)["payload"]).decode() == expected.replace('["app"]', "[]")
