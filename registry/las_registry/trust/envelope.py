"""Signed envelopes (DSSE 1.0): what is in one, and which of the trusted keys signed it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from las_registry.trust.standing import short_key
from las_registry.trust.strict_json import StrictJson, shown

if TYPE_CHECKING:
    from las_registry.trust.keys import PrivateKey
    from las_registry.trust.trusted_keys import TrustedKeys

__all__ = ["open_envelope", "signed_envelope"]

_MOST_SIGNATURES: Final = 64
_SIGNATURE_BYTES: Final = 64


def open_envelope(
    data: bytes, payload_type: str, reading: StrictJson, keys: TrustedKeys
) -> tuple[bytes, tuple[str, ...]]:
    """The payload of an envelope, and the ids of the trusted keys that signed it, in order.

    Raises :class:`InvalidInput` if it is not one with a payload of this type, if a signature that says it is by a
    trusted key is not of this payload, and if it is signed by keys that are revoked and by none that is trusted.
    """
    top = reading.parsed(data, "it")
    for key in ("payload", "payloadType", "signatures"):
        if not isinstance(top, dict) or key not in top:
            reading.refuse(f"it is not a signed list: there is no {key}")
    if top["payloadType"] != payload_type:
        reading.refuse(f"payloadType: expected {payload_type}, found {shown(top['payloadType'])}")
    payload = reading.base64(top["payload"], "payload")
    signatures = _signatures(top["signatures"], reading)
    trusted = sorted(signatures.keys() & keys.keys.keys() - keys.revoked.keys())
    for key_id in trusted:
        if not _is_signed(payload, payload_type, key_id, signatures[key_id], keys.keys[key_id].public):
            reading.refuse(
                f"the signature by the key {short_key(key_id)} is not of what stands here: one of them was changed",
                "fetch the registry anew, or ask its maintainers",
            )
    revoked = sorted(signatures.keys() & keys.revoked.keys())
    if revoked and not trusted:
        why = keys.revoked[revoked[0]].reason
        reading.refuse(
            f"it is signed by the key {short_key(revoked[0])}, which is revoked{': ' if why else ''}{why}",
            "get it signed by another key; las-solve registry trust list shows what is revoked",
        )
    return payload, tuple(trusted)


def signed_envelope(payload: bytes, payload_type: str, key: PrivateKey) -> bytes:
    """The bytes of an envelope around `payload` that is signed by `key`."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import Signature  # type: ignore[attr-defined]  # it is in its documentation

    envelope = Envelope(payload, payload_type, {})
    envelope.signatures[key.id] = Signature(key.id, key.sign(envelope.pae()).hex())
    return json.dumps(envelope.to_dict(), indent=1).encode() + b"\n"


def _signatures(value: object, reading: StrictJson) -> Mapping[str, bytes]:
    """The signatures of an envelope by the ids of their keys."""
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_SIGNATURES:
        reading.refuse(f"signatures: expected a list of 1 to {_MOST_SIGNATURES}")
    found: dict[str, bytes] = {}
    for at, one in enumerate(value):
        place = f"signatures[{at}]"
        if not isinstance(one, dict) or not isinstance(one.get("keyid"), str):
            reading.refuse(f"{place}: expected an object with a keyid and a sig")
        if one["keyid"] in found:
            reading.refuse(f"{place}: there is another signature by the key {shown(one['keyid'])}")
        signature = reading.base64(one.get("sig"), f"{place}.sig")
        if len(signature) != _SIGNATURE_BYTES:
            reading.refuse(f"{place}.sig: expected {_SIGNATURE_BYTES} bytes, found {len(signature)}")
        found[one["keyid"]] = signature
    return found


def _is_signed(payload: bytes, payload_type: str, key_id: str, signature: bytes, public: bytes) -> bool:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import Signature, SSlibKey  # type: ignore[attr-defined]  # see above

    envelope = Envelope(payload, payload_type, {key_id: Signature(key_id, signature.hex())})
    try:
        return key_id in envelope.verify([SSlibKey(key_id, "ed25519", "ed25519", {"public": public.hex()})], 1)
    except VerificationError:  # also where it could not be checked
        return False
