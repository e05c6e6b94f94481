"""Section 8: the checksum of a manifest."""

from __future__ import annotations

import hashlib

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from manifests import UNKNOWN_SIGNATURE, accepted, manifest_text, problems_of

from las_registry.integrity import checksum_of, digest_of

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
CONTENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        TEXTS | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=12,
    ),
    max_size=6,
)


@given(CONTENTS)
def test_section_8_the_digest_is_of_rfc_8785_canonical_json(content: dict[str, object]) -> None:
    expected = rfc8785.dumps({key: one for key, one in content.items() if key != "integrity"})  # type: ignore[misc]
    assert digest_of(content) == hashlib.sha256(expected).digest()  # type: ignore[arg-type]


def test_section_8_keys_beyond_the_basic_plane_are_in_order_of_utf_16() -> None:
    content = {"\U0001f600": "1", "\ufb33": "2", "x-é": "3"}
    canonical = '{"x-é":"3","\U0001f600":"1","\ufb33":"2"}'
    assert checksum_of(content) == "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def test_section_8_a_known_checksum() -> None:
    text = manifest_text(rest="license: ~\nhardware: {cpu: {cores_min: 0x4}, gpu: {multi_gpu: True}}\n")
    canonical = (
        '{"category":"tool","description":"Something","hardware":{"cpu":{"cores_min":4},"gpu":{"multi_gpu":true}},'
        '"name":"app","runtime":{"modes":["native"]},"version":"1.0"}'
    )
    assert accepted(text).checksum == "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def test_section_8_a_manifest_can_carry_its_own_checksum() -> None:
    checksum = accepted(manifest_text()).checksum
    for written in (checksum, f"'{checksum}'", "sha256:" + checksum[7:].upper()):
        manifest = accepted(manifest_text(rest=f"integrity: {{checksum: {written}}}\n"))
        assert manifest.checksum == manifest.module.checksum == checksum


def test_section_8_a_checksum_that_does_not_match_is_refused() -> None:
    checksum = accepted(manifest_text()).checksum
    (found,) = problems_of(manifest_text(version="1.1", rest=f"integrity:\n  checksum: {checksum}\n"))
    actual = accepted(manifest_text(version="1.1")).checksum
    assert found == (
        "app/manifest.yaml:8: integrity.checksum: the manifest was changed after it was sealed: its content gives "
        f"{actual}\n  hint: restore it, or, if the change is wanted, seal it again: las-solve registry seal FILE"
    )


@pytest.mark.parametrize(
    "same",
    [
        manifest_text().replace("tool", "'tool'"),
        manifest_text().replace("1.0", '"1.0"'),
        manifest_text().replace("  modes: [native]", "  modes:\n  - native"),
        "# comment\n---\n" + manifest_text().replace("\n", "\r\n"),
        manifest_text(rest=f"license: ~\nintegrity: {{signature: {UNKNOWN_SIGNATURE}}}\n"),
        manifest_text(rest="dependencies: ~\nx-a: \n"),
    ],
)
def test_section_8_layout_and_nulls_do_not_change_the_checksum(same: str) -> None:
    assert accepted(same).checksum == accepted(manifest_text()).checksum


@pytest.mark.parametrize(
    "other",
    [
        manifest_text(version="1.0.0"),
        manifest_text(rest="x-source: a\n"),
        manifest_text(rest="license: ''\n"),
        manifest_text(rest="dependencies: {}\n"),
        manifest_text(modes="[container]"),
    ],
)
def test_section_8_every_other_change_changes_the_checksum(other: str) -> None:
    assert accepted(other).checksum != accepted(manifest_text()).checksum


def test_section_8_order_in_a_list_counts_and_order_of_fields_does_not() -> None:
    one = accepted(manifest_text(rest="license: MIT\nx-a: b\n", modes="[a, b]"))
    assert one.checksum == accepted("x-a: b\nlicense: MIT\n" + manifest_text(modes="[a, b]")).checksum
    assert one.checksum != accepted(manifest_text(rest="license: MIT\nx-a: b\n", modes="[b, a]")).checksum
