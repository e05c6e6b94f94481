"""Keys: RFC 8032, files that are safe, and keys that prove nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from las_registry.trust.keys import (
    PrivateKey,
    generate_private_key,
    is_signed,
    is_sound,
    key_id,
    read_comment,
    read_private_key,
    read_public_key,
    write_private_key,
    write_public_key,
)
from las_solver.errors import InvalidInput

KEY = generate_private_key()
PRIME = 2**255 - 19

KNOWN = [  # RFC 8032, section 7.1, tests 1 to 3: secret key, public key, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]

SMALL = [  # y of the points of order 1, 2, 4 and 8
    1,
    PRIME - 1,
    0,
    int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
]


def encoded(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


@pytest.mark.parametrize(("secret", "public", "message", "signature"), KNOWN)
def test_rfc_8032(secret: str, public: str, message: str, signature: str) -> None:
    key = PrivateKey(ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))
    assert key.public.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert is_signed(key.public, bytes.fromhex(signature), bytes.fromhex(message))
    assert is_sound(key.public)


def test_the_id_is_the_digest_of_the_raw_key() -> None:
    assert key_id(bytes(32)) == "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
    assert KEY.id == key_id(KEY.public)


def test_every_flipped_bit_of_a_signature_message_or_key_is_noticed() -> None:
    message = b"las-solve"
    right = KEY.sign(message)
    assert is_signed(KEY.public, right, message)
    for at in range(512):
        assert not is_signed(KEY.public, _flipped(right, at), message)
    for at in range(72):
        assert not is_signed(KEY.public, right, _flipped(message, at))
    for at in range(256):
        assert not is_signed(_flipped(KEY.public, at), right, message)


def test_a_signature_has_no_second_form() -> None:
    """RFC 8032, section 5.1.7: S has to be below the order of the group, so that nobody can make another of it."""
    order = 2**252 + 27742317777372353535851937790883648493
    right = KEY.sign(b"a")
    other = right[:32] + (int.from_bytes(right[32:], "little") + order).to_bytes(32, "little")
    assert not is_signed(KEY.public, other, b"a")


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), bytes(32), b"\xff" * 32], ids=len)
@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64], ids=len)
def test_hostile_bytes_are_no_signature(public: bytes, signature: bytes) -> None:
    assert not is_signed(KEY.public, signature, b"")
    assert is_signed(public, signature, b"") is False or not is_sound(public)


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", [*SMALL, PRIME, PRIME + 1, PRIME + 18, 2])
def test_keys_that_prove_nothing(y: int, sign: int) -> None:
    """Points of small order, coordinates beyond the prime, and what is no point at all."""
    assert not is_sound(encoded(y, sign))


def test_for_a_key_of_small_order_anything_is_signed_so_that_it_must_not_be_trusted(tmp_path: Path) -> None:
    identity = encoded(1)
    assert is_signed(identity, identity + bytes(32), b"whatever")
    write_public_key(tmp_path / "a.pub", identity)
    with pytest.raises(InvalidInput, match="is worthless: what it signs proves nothing"):
        read_public_key(tmp_path / "a.pub")


def test_a_public_key_and_its_comment(tmp_path: Path) -> None:
    write_public_key(tmp_path / "a.pub", KEY.public, "Zoë, 2026")
    assert read_public_key(tmp_path / "a.pub") == KEY.public
    assert read_comment(tmp_path / "a.pub") == "Zoë, 2026"
    write_public_key(tmp_path / "b.pub", KEY.public)
    assert read_comment(tmp_path / "b.pub") == ""
    assert (tmp_path / "b.pub").read_text().startswith("-----BEGIN PUBLIC KEY-----\n")


@pytest.mark.parametrize("passphrase", [None, b"a b\xff"])
def test_a_private_key_is_the_users_alone(passphrase: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    before = os.umask(0)
    try:
        write_private_key(path, KEY, passphrase)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["a.key"]  # noqa: PTH208
    assert (b"ENCRYPTED" in path.read_bytes()) == (passphrase is not None)
    assert read_private_key(path, lambda: passphrase or b"not asked for").id == KEY.id


def test_the_passphrase_has_to_be_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    write_private_key(path, KEY, b"right")
    with pytest.raises(InvalidInput, match="the passphrase does not open"):
        read_private_key(path, lambda: b"wrong")
    with pytest.raises(InvalidInput, match=r"is encrypted\nhint: give its passphrase"):
        read_private_key(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o777])
def test_a_private_key_that_others_may_read_or_write_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    write_private_key(path, KEY)
    path.chmod(mode)
    with pytest.raises(InvalidInput, match="may be read or changed by others"):
        read_private_key(path)


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    for there in (path, tmp_path / "link"):
        with pytest.raises(InvalidInput, match="is there already"):
            write_private_key(there, KEY)
        with pytest.raises(InvalidInput, match="is there already"):
            write_public_key(there, KEY.public)
    assert path.read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["a.key", "link"]  # noqa: PTH208


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_private_key(tmp_path / "a.key", KEY)
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_no_directory_to_write_to(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written: No such file"):
        write_private_key(tmp_path / "none" / "a.key", KEY)


def _odd_files(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / name for name in ("nothing", "directory", "fifo", "link to a fifo", "large", "loop")}
    made["directory"].mkdir()
    os.mkfifo(made["fifo"])
    made["link to a fifo"].symlink_to("fifo")
    made["loop"].symlink_to("loop")
    with made["large"].open("wb") as opened:
        opened.truncate(1 << 30)  # takes no room, and is read no further than a key can be
    made["large"].chmod(0o600)
    made["device"] = Path("/dev/zero")
    made["NUL"] = Path("a\0b")
    return made


@pytest.mark.parametrize("kind", ["nothing", "directory", "fifo", "link to a fifo", "large", "loop", "device", "NUL"])
def test_what_is_no_file_of_a_key_is_refused_and_never_waited_for(kind: str, tmp_path: Path) -> None:
    path = _odd_files(tmp_path)[kind]
    for read in (read_private_key, read_public_key):
        with pytest.raises(InvalidInput, match=r"cannot be read|not a regular file|too large"):
            read(path)


PRIVATE = KEY._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC = KEY._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has no private key"),
        (b"\0" * 100, "has no private key"),
        (PUBLIC, "this is the public key: name the private one"),
        (PRIVATE + PRIVATE, "has no private key"),
        (PRIVATE[:60], "is damaged"),
        (PRIVATE.replace(b"MC", b"MD"), "is damaged"),
        (b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "is damaged"),
        (KEY._key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()), "has no private key"),
        (KEY._key.private_bytes_raw(), "has no private key"),
        (
            ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "is not of Ed25519",
        ),
        (
            x25519.X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "is not of Ed25519",
        ),
    ],
    ids=[
        "empty",
        "zeros",
        "public",
        "two",
        "cut off",
        "changed",
        "nothing inside",
        "of OpenSSH",
        "raw",
        "of another curve",
        "of X25519",
    ],
)
def test_files_that_have_no_private_key_to_sign_with(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(InvalidInput, match=message):
        read_private_key(path, lambda: b"x")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has no public key"),
        (PRIVATE, "this is a private key: name the file beside it"),
        (PUBLIC + PUBLIC, "has no public key"),
        (PUBLIC[:70], "is damaged"),
        (PUBLIC.replace(b"MCow", b"MCox"), "is damaged"),
        (KEY._key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH), "has no public key"),
        (
            rsa.RSAPublicNumbers(3, 2**1023 + 1)
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "is not of Ed25519",
        ),
    ],
    ids=["empty", "private", "two", "cut off", "changed", "of OpenSSH", "of RSA"],
)
def test_files_that_have_no_public_key_to_trust(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pub"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=message):
        read_public_key(path)


def test_a_private_key_is_not_shown() -> None:
    assert KEY._key.private_bytes_raw().hex() not in repr(KEY)
    assert str(KEY._key.private_bytes_raw()) not in repr(KEY)


def test_importing_keys_imports_no_cryptography() -> None:
    """A plan whose settings name keys, but that meets no signature, need not wait for it."""
    program = "import sys, las_registry.trust.trusted_keys; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def _flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)
