"""Section 8: the form of a signature, and what it is of."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import accepted, manifest_text

from las_registry.integrity import digest_of
from las_registry.manifest import is_signature
from las_registry.trust.keys import generate_private_key, is_signed
from las_registry.trust.signature import Signature, exact_base64, message_of
from las_registry.trust.signing import signed_text
from las_solver.errors import InvalidInput

ID = "0123456789abcdef" * 4
VALUE = bytes(range(64))
TEXT = f"ed25519:{ID}:{b64encode(VALUE).decode()}"


def test_a_signature_is_spelled_in_one_way() -> None:
    assert Signature(ID, VALUE).text == TEXT
    assert Signature.parse(TEXT) == Signature(ID, VALUE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ed25519",
        ":" * 10,
        TEXT.replace("ed25519", "ED25519"),
        TEXT.replace("ed25519", "rsa"),
        TEXT.replace(ID, ID.upper()),
        TEXT.replace(ID, ID[:-1]),
        TEXT.replace(ID, ID + "0"),
        TEXT.replace(ID, ID[:-1] + "\u0660"),
        TEXT[:-2],
        TEXT[:-1],
        TEXT[:-3] + "x==",  # bits beyond the last byte
        TEXT + "=",
        TEXT + "\n",
        TEXT + " ",
        " " + TEXT,
        TEXT.replace("+", "-").replace("/", "_"),
        f"ed25519:{ID}:{b64encode(VALUE[:-1]).decode()}",
        f"ed25519:{ID}:{b64encode(VALUE + b'a').decode()}",
        f"ed25519:{ID}:{b64encode(VALUE).decode()[:40]}\n{b64encode(VALUE).decode()[40:]}",
        f"ed25519:{ID}:\u00e9{b64encode(VALUE).decode()[1:]}",
        TEXT + ":" + ID,
        "ed25519:\x1b[2J:",
        "x" * 1_000_000,
    ],
)
def test_what_is_not_of_that_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a signature") as raised:
        Signature.parse(text)
    assert len(str(raised.value)) < 300 and "\x1b" not in str(raised.value)
    assert not is_signature(text)


@settings(max_examples=50)
@given(st.binary(min_size=64, max_size=64), st.binary(min_size=32, max_size=32))
def test_what_is_spelled_is_read(value: bytes, digest: bytes) -> None:
    text = Signature(digest.hex(), value).text
    assert Signature.parse(text) == Signature(digest.hex(), value)
    assert is_signature(text)


@settings(max_examples=200)
@given(st.integers(0, len(TEXT)), st.integers(0, 2), st.text("0aAgQw=+/:-_ \n\0\u0660\uff11", max_size=2))
def test_what_manifests_accept_is_what_is_read(at: int, taken: int, put: str) -> None:
    """The form is checked where a manifest is read, and taken for granted afterwards."""
    text = TEXT[:at] + put + TEXT[at + taken :]
    try:
        assert Signature.parse(text).text == text
        assert is_signature(text)
    except InvalidInput:
        assert not is_signature(text)


def test_section_8_what_is_signed() -> None:
    """By hand, from the contract: the digest of canonical JSON by rfc8785, and the bytes before it."""
    written, _ = signed_text(manifest_text(rest="hardware: {cpu: {cores_min: 4}}\n").encode(), "m", KEY)
    canonical = rfc8785.dumps(
        {
            "name": "app",
            "category": "tool",
            "version": "1.0",
            "description": "Something",
            "runtime": {"modes": ["native"]},
            "hardware": {"cpu": {"cores_min": 4}},
        }
    )
    message = b"".join([b"las-solve manifest v1", bytes([0]), hashlib.sha256(canonical).digest()])
    _, its_id, encoded = str(accepted(written).signature).split(":")
    assert its_id == hashlib.sha256(KEY.public).hexdigest()
    assert encoded == b64encode(KEY.sign(message)).decode()
    assert is_signed(KEY.public, Signature.parse(str(accepted(written).signature)).value, message)


def test_a_digest_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        message_of(bytes(31))
    assert message_of(digest_of({"name": "a"}))[:22] == b"las-solve manifest v1\0"


@pytest.mark.parametrize("text", ["", "AA==", "AAE", "AAE=\n", "AAF=", "A-E=", "AAE=AAE="])
def test_base64_that_is_not_of_two_bytes_in_the_right_way(text: str) -> None:
    assert exact_base64(text, 2) is None
    assert exact_base64("AAE=", 2) == b"\0\1"


KEY = generate_private_key()
