"""Ed25519 keys (RFC 8032): their ids, their files, and what is signed by them.

Private keys are PKCS #8 in PEM, if wanted encrypted by a passphrase; public ones are X.509 SubjectPublicKeyInfo in PEM,
with a comment in the lines before it (RFC 7468, section 2).
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from las_solver.errors import InvalidInput
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = [
    "MAX_COMMENT",
    "PrivateKey",
    "generate_private_key",
    "is_signed",
    "is_sound",
    "key_id",
    "read_comment",
    "read_private_key",
    "read_public_key",
    "write_private_key",
    "write_public_key",
]

MAX_COMMENT: Final = 200
"""The greatest number of characters of a comment on a key."""

_LARGEST: Final = 64 << 10
_COMMENT: Final = b"Comment: "
_PRIME: Final = 2**255 - 19


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key to sign with."""

    _key: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._key.public_key().public_bytes_raw()

    @property
    def id(self) -> str:
        """The id of the key."""
        return key_id(self.public)

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`, in 64 bytes."""
        return self._key.sign(message)


def key_id(public: bytes) -> str:
    """The id of a public key: the SHA-256 of its 32 bytes, in hexadecimal digits."""
    import hashlib

    return hashlib.sha256(public).hexdigest()


def generate_private_key() -> PrivateKey:
    """A new key, of the system's randomness."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return PrivateKey(Ed25519PrivateKey.generate())


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is that of `message` by the public key; false whatever else the bytes are."""
    from cryptography.exceptions import InvalidSignature

    try:
        _public_key(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_sound(public: bytes) -> bool:
    """Whether `public` is a point of the curve, encoded as it should be, for which not just anything can be signed.

    Refused are the points of small order: (x, y) with y = 0 or y² = 1, of order 1, 2 and 4, and those whose double has
    y = 0, of order 8. Doubling gives y = (y² + x²) / (1 - d x² y²), and the curve is -x² + y² = 1 + d x² y² with
    d = -121665/121666; with x² = -y² there, that is d y⁴ + 2 y² - 1 = 0.
    """
    if len(public) != 32:
        return False
    y = int.from_bytes(public, "little") & (2**255 - 1)
    square = y * y % _PRIME
    order_8 = (-121665 * square * square + 121666 * (2 * square - 1)) % _PRIME
    if y >= _PRIME or square in (0, 1) or order_8 == 0:
        return False
    # x² = (y² - 1) / (d y² + 1) is a square where numerator times denominator is one (Euler's criterion).
    product = 121666 * (square - 1) * (-121665 * square + 121666)
    return pow(product, (_PRIME - 1) // 2, _PRIME) == 1


def read_private_key(path: Path, passphrase: Callable[[], bytes] | None = None) -> PrivateKey:
    """The private key in a file that is its user's alone; `passphrase` is asked for where the key is encrypted.

    Raises :class:`InvalidInput` if the file cannot be read, others can read it, or there is no such key in it.
    """
    data = _read(path, is_private=True)
    is_encrypted = _label(data) == b"ENCRYPTED PRIVATE KEY"
    if not is_encrypted and _label(data) != b"PRIVATE KEY":
        other = "this is the public key: name the private one" if _label(data) == b"PUBLIC KEY" else None
        raise InvalidInput(f"{path} has no private key", hint=other or "las-solve registry keygen makes one")
    if is_encrypted and passphrase is None:
        raise InvalidInput(f"the key in {path} is encrypted", hint="give its passphrase: --passphrase-file FILE")
    secret = passphrase() if is_encrypted and passphrase is not None else None
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if is_encrypted:
            hint = "if the passphrase is right, the file is damaged"
            raise InvalidInput(f"the passphrase does not open the key in {path}", hint=hint) from None
        raise InvalidInput(f"the private key in {path} is damaged", hint="take it from a backup") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"the key in {path} is not of Ed25519", hint="las-solve registry keygen makes one")
    return PrivateKey(key)


def read_public_key(path: Path) -> bytes:
    """The public key in a file; raises :class:`InvalidInput` if there is none that can be trusted."""
    data = _read(path)
    if _label(data) != b"PUBLIC KEY":
        is_private = (_label(data) or b"").endswith(b"PRIVATE KEY")
        hint = "this is a private key: name the file beside it that ends in .pub" if is_private else None
        raise InvalidInput(f"{path} has no public key", hint=hint or "las-solve registry keygen makes one")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidInput(f"the public key in {path} is damaged", hint="ask its owner for it again") from None
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput(f"the key in {path} is not of Ed25519", hint="las-solve registry keygen makes one")
    public = key.public_bytes_raw()
    if not is_sound(public):
        hint = "somebody made it so: do not trust whom it comes from"
        raise InvalidInput(f"the key in {path} is worthless: what it signs proves nothing", hint=hint)
    return public


def read_comment(path: Path) -> str:
    """The comment in the file of a public key, empty if there is none."""
    before, _, _ = _read(path).partition(b"-----BEGIN")
    comments = [one.removeprefix(_COMMENT) for one in before.splitlines() if one.startswith(_COMMENT)]
    return comments[0].decode("utf-8", "replace").strip()[:MAX_COMMENT] if comments else ""


def write_private_key(path: Path, key: PrivateKey, passphrase: bytes | None = None) -> None:
    """Puts `key` into a new file for the user alone, encrypted where there is a passphrase.

    Raises :class:`InvalidInput` if the file is there already or cannot be written.
    """
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    encryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    _write(path, key._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption), 0o600)


def write_public_key(path: Path, public: bytes, comment: str = "") -> None:
    """Puts a public key into a new file; raises :class:`InvalidInput` as :func:`write_private_key` does."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    text = _public_key(public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write(path, (_COMMENT + comment.encode() + b"\n" if comment else b"") + text, 0o644)


@lru_cache(maxsize=16)
def _public_key(public: bytes) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(public)


def _label(data: bytes) -> bytes | None:
    """What the PEM text in a file says it is; None unless there is just one."""
    _, begin, rest = data.partition(b"-----BEGIN ")
    label, end, rest = rest.partition(b"-----")
    return label if begin and end and b"-----BEGIN" not in rest else None


def _read(path: Path, *, is_private: bool = False) -> bytes:
    """The content of a key's file: a regular one, of the size of one; never waits for a pipe or device."""
    try:
        _check_regular(path, path.stat())  # opening a device may have an effect
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as opened:
            status = os.fstat(descriptor)
            _check_regular(path, status)
            if is_private and hasattr(os, "geteuid") and status.st_mode & 0o077:
                message = f"the private key in {path} may be read or changed by others than its user"
                hint = "make it private, by chmod 600; who may have read it, can sign with it"
                if path.suffix == ".pub":
                    hint = f"this is a public key by its name; the private one is {path.with_suffix('')}"
                raise InvalidInput(message, hint=hint)
            data = opened.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        makes = ", or make one: las-solve registry keygen" if is_private else ""
        raise InvalidInput(f"{path} cannot be read: {why}", hint=f"name the file of a key{makes}") from None
    if len(data) > _LARGEST:
        raise InvalidInput(f"{path} is too large to be a key", hint="name the file of a key")
    return data


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InvalidInput(f"{path} is not a regular file", hint="name the file of a key")


def _write(path: Path, data: bytes, mode: int) -> None:
    """A new file, which has its name only when it is whole."""
    fresh = path.with_name(f".las-solve-{secrets.token_hex(4)}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        try:
            with os.fdopen(os.open(fresh, flags, mode), "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            os.link(fresh, path)  # unlike a new name, it never takes the place of a file
        finally:
            with suppress(OSError):
                fresh.unlink()
    except FileExistsError:
        raise InvalidInput(f"{path} is there already", hint="name another file: a key is never replaced") from None
    except OSError as error:
        hint = "look at who may write there, or name another file"
        raise InvalidInput(f"{path} cannot be written: {error.strerror}", hint=hint) from None
