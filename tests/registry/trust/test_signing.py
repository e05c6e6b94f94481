"""Section 8: signatures written into manifests, and what becomes of those that were tampered with."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests import accepted, manifest_text, write_files

from las_registry.manifest import Manifest
from las_registry.manifest_edit import Edit
from las_registry.problem import InvalidFile, Problem
from las_registry.seal import sealed_text
from las_registry.trust.keys import PrivateKey, generate_private_key
from las_registry.trust.signature import Signature
from las_registry.trust.signing import sign_file, signed_text
from las_registry.trust.standing import UNSIGNED, Standing
from las_registry.trust.trust import Trust
from las_registry.trust.trusted_keys import NO_KEYS, RevokedKey, TrustedKey
from las_solver.errors import InvalidInput

TEXT = manifest_text()
ADA, BOB = generate_private_key(), generate_private_key()
TRUST = Trust(keys=NO_KEYS.with_key(TrustedKey(ADA.id, ADA.public)))


def signed(text: str, key: PrivateKey = ADA) -> str:
    return signed_text(text.encode(), "m", key)[0].decode()


def signature_of(text: str, key: PrivateKey = ADA) -> str:
    return str(accepted(signed(text, key)).signature)


def judged(text: str) -> Standing | Problem:
    return TRUST.judge(accepted(text))


CASES = {
    "at the end": (TEXT, TEXT + "integrity:\n  signature: {}\n"),
    "carriage returns": (TEXT.replace("\n", "\r\n"), TEXT.replace("\n", "\r\n") + "integrity:\r\n  signature: {}\r\n"),
    "byte order mark": ("\ufeff" + TEXT, "\ufeff" + TEXT + "integrity:\n  signature: {}\n"),
    "null": (TEXT + "integrity: ~ # x\n", TEXT + "integrity: {{signature: {}}} # x\n"),
    "another key's": (
        TEXT + f"integrity:\n  signature: '{signature_of(TEXT, BOB)}' # Bob\n",
        TEXT + "integrity:\n  signature: '{}' # Bob\n",
    ),
    "not of that form": (TEXT + "integrity: {signature: none}\n", TEXT + "integrity: {{signature: {}}}\n"),
    "empty": (TEXT + "integrity:\n  signature:\n", TEXT + "integrity:\n  signature: {}\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_signing_changes_nothing_else(case: str) -> None:
    before, expected = CASES[case]
    after, edit = signed_text(before.encode(), "m", ADA)
    assert after.decode() == expected.format(signature_of(TEXT))
    assert edit == Edit(manifests=1, written=1)
    assert judged(after.decode()) == Standing("valid", ADA.id)
    assert signed_text(after, "m", ADA) == (after, Edit(manifests=1, written=0))


def test_the_checksum_makes_no_difference_before_or_after() -> None:
    sealed_first = signed(sealed_text(TEXT.encode(), "m")[0].decode())
    signed_first = sealed_text(signed(TEXT).encode(), "m")[0].decode()
    for text in (sealed_first, signed_first):
        assert accepted(text).signature == signature_of(TEXT)
        assert accepted(text).module.checksum is not None
        assert judged(text) == Standing("valid", ADA.id)


def test_each_document_of_a_stream_is_signed() -> None:
    texts = [manifest_text(version=str(at)) for at in range(3)]
    texts[1] = signed(texts[1])
    after, edit = signed_text("---\n".join(texts).encode(), "m", ADA)
    assert edit == Edit(manifests=3, written=2)
    assert after.decode().count(f"ed25519:{ADA.id}:") == 3


def test_a_wrong_checksum_is_refused_with_a_hint_to_seal() -> None:
    changed = sealed_text(TEXT.encode(), "m")[0].replace(b"Something", b"Else")
    with pytest.raises(InvalidFile, match="changed after it was sealed") as raised:
        signed_text(changed, "m", ADA)
    assert "las-solve registry seal FILE" in str(raised.value)


@pytest.mark.parametrize("rest", ["x: 1\n", "integrity: {signature: &a x}\nx-a: *a\n", "---\n- a\n"])
def test_what_cannot_be_signed_is_left_alone(rest: str, tmp_path: Path) -> None:
    path = write_files(tmp_path, {"m.yaml": TEXT + rest}) / "m.yaml"
    with pytest.raises(InvalidInput):
        sign_file(path, ADA)
    assert path.read_text() == TEXT + rest


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_files(tmp_path, {"m.yaml": TEXT}) / "m.yaml"

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            sign_file(path, ADA)
    assert path.read_text() == TEXT and [one.name for one in tmp_path.iterdir()] == ["m.yaml"]
    assert sign_file(path, ADA) == Edit(manifests=1, written=1)
    assert path.read_text() == signed(TEXT)


def test_what_nobody_signed_or_whom_nobody_knows() -> None:
    assert judged(TEXT) == UNSIGNED
    assert judged(signed(TEXT, BOB)) == Standing("unknown-key", BOB.id)
    assert Trust().judge(accepted(signed(TEXT))) == Standing("unknown-key", ADA.id)


FIELDS = ["name: app", "category: tool", "version: 1.0", "description: Something", "modes: [native]"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_manifest_that_changed_after_it_was_signed_is_refused(field: str) -> None:
    changed = {"category: tool": "category: model", "version: 1.0": "version: 1.0.0"}.get(field, field[:-1] + "s")
    changed = "modes: [native, container]" if "modes" in field else changed
    found = judged(signed(TEXT).replace(field, changed))
    assert isinstance(found, Problem) and found.field == "integrity.signature" and found.line == 8
    assert "was changed after the key" in found.message


def test_a_field_that_was_added_is_noticed() -> None:
    assert isinstance(judged(signed(TEXT) + "license: MIT\n"), Problem)
    assert isinstance(judged(signed(TEXT) + "x-note: hello\n"), Problem)


def test_the_signature_of_another_manifest_is_refused() -> None:
    other = signature_of(manifest_text("other"))
    assert isinstance(judged(TEXT + f"integrity:\n  signature: {other}\n"), Problem)


def test_every_flipped_bit_of_the_signature_is_refused() -> None:
    right = Signature.parse(signature_of(TEXT))
    manifest = accepted(signed(TEXT))
    for at in range(512):
        value = bytearray(right.value)
        value[at // 8] ^= 1 << at % 8
        changed = Manifest(manifest.module, manifest.document, Signature(right.key_id, bytes(value)).text)
        assert isinstance(TRUST.judge(changed), Problem)


def test_the_id_only_says_which_key_to_try() -> None:
    """With another key's id, the signature is that key's, which it is not; with an unknown one, nothing is known."""
    value = Signature.parse(signature_of(TEXT, BOB)).value
    as_ada = Signature(ADA.id, value).text
    assert isinstance(judged(TEXT + f"integrity:\n  signature: {as_ada}\n"), Problem)
    as_nobody = Signature("0" * 64, Signature.parse(signature_of(TEXT)).value).text
    assert judged(TEXT + f"integrity:\n  signature: {as_nobody}\n") == Standing("unknown-key", "0" * 64)


def test_what_a_revoked_key_signed_is_refused() -> None:
    revoked = Trust(keys=NO_KEYS.with_revoked(RevokedKey(ADA.id, "stolen")))
    found = revoked.judge(accepted(signed(TEXT)))
    assert isinstance(found, Problem) and "which is revoked: stolen" in found.message


def test_taking_the_signature_away_makes_it_unsigned_not_valid() -> None:
    assert judged(signed(TEXT).partition("integrity:")[0]) == UNSIGNED
