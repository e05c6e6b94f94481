"""Single manifests: licences, seals, and things said in vain."""

from __future__ import annotations

from pathlib import Path

import pytest
from linted import find, found, lint_files, manifest

from las_registry.lint.finding import Fix, FixKind
from las_registry.seal import sealed_text


def sealed(text: str) -> str:
    return sealed_text(text.encode(), "manifest.yaml")[0].decode()


@pytest.mark.parametrize(
    ("licence", "code", "message"),
    [
        ("MIT", None, ""),
        ("MIT OR Apache-2.0", None, ""),
        ("GPL-2.0-only WITH Classpath-exception-2.0", None, ""),
        ("LicenseRef-Llama-3.1-Community", None, ""),
        ("apache-2.0", "LAS403", "'apache-2.0' is usually written 'Apache-2.0'"),
        ("MIT or Apache-2.0", "LAS403", "'MIT or Apache-2.0' is usually written 'MIT OR Apache-2.0'"),
        ("Apache 2", "LAS402", "'Apache 2' is no SPDX expression"),
        ("no", "LAS402", "'no' is no SPDX expression"),
        ("MIT AND", "LAS402", "'MIT AND' is no SPDX expression"),
        ('"("', "LAS402", "'(' is no SPDX expression"),
        ("MIT " * 200, "LAS402", None),
        ("(" * 240 + "MIT" + ")" * 240, "LAS402", None),
        ('" "', "LAS401", "there is no licence"),
        ("~", "LAS401", "there is no licence"),
    ],
)
def test_licences(licence: str, code: str | None, message: str | None, tmp_path: Path) -> None:
    text = manifest("app 1.0").replace("license: MIT", f"license: {licence}")

    findings = find(tmp_path, text, select="LAS4")
    assert [one.code for one in findings] == ([code] if code else [])
    assert message is None or [one.message for one in findings] == ([message] if code else [])


@pytest.mark.parametrize(("sealed_ones", "is_found"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_checksum_is_missing_where_most_have_one(sealed_ones: int, is_found: bool, tmp_path: Path) -> None:
    texts = [sealed(manifest(f"lib {at}")) for at in range(sealed_ones)]

    findings = find(tmp_path, *texts, manifest("app 1.0"), select="LAS00")
    assert [one.code for one in findings] == (["LAS006"] if is_found else [])
    if is_found:
        assert findings[0].fix == Fix(kind=FixKind.SEAL, document=sealed_ones, path=("integrity", "checksum"))


def test_a_seal_that_does_not_match_can_be_renewed(tmp_path: Path) -> None:
    changed = sealed(manifest("app 1.0")).replace("Something", "Else")

    (finding,) = find(tmp_path, manifest("lib 1.0"), changed, select="LAS0")
    assert (finding.code, finding.module, finding.version, finding.line) == ("LAS002", "app", "1.0", 17)
    assert finding.fix == Fix(kind=FixKind.RESEAL, document=1, path=("integrity", "checksum"))


def test_a_checksum_of_another_form_is_a_mistake_like_others(tmp_path: Path) -> None:
    findings = find(tmp_path, manifest("lib 1.0"), manifest("app 1.0", "integrity: {checksum: 12}\n"), select="LAS0")

    assert [(one.code, one.fix) for one in findings] == [("LAS001", None)]


def test_files_that_are_nothing_are_told_of(tmp_path: Path) -> None:
    files = {"a/manifest.yaml": manifest(), "b/manifest.yaml": "", "c/manifest.yaml": "- 1\n", "d/manifest.yaml": "{"}

    assert lint_files(tmp_path, files, "LAS") == [
        "LAS001 b/manifest.yaml:None",
        "LAS001 c/manifest.yaml:1",
        "LAS001 d/manifest.yaml:2",
    ]


def test_items_that_mean_the_same_are_repeated(tmp_path: Path) -> None:
    lists = {
        "modules": ["lib@>=1", '"lib @ >= 1"', "lib@>=1.0"],
        "runtime": ["~", "cuda", "cuda"],
        "system": ["a", "A"],
    }
    findings = find(tmp_path, manifest("lib 1.0"), manifest("app 1.0", **lists), select="LAS601")

    assert [(one.field, one.fix) for one in findings] == [
        (path, Fix(kind=FixKind.DROP_ITEM, document=1, path=("dependencies", *key)))
        for path, key in [("dependencies.modules[1]", ("modules", 1)), ("dependencies.runtime[2]", ("runtime", 2))]
    ]
    assert [one.message for one in findings[0].related] == ["here"]


@pytest.mark.parametrize(
    ("modes", "preferred", "is_pointless"), [("[a]", "a", True), ("[a, b]", "a", False), ("[a, b]", "b", False)]
)
def test_a_preference_needs_something_to_be_preferred_to(
    modes: str, preferred: str, is_pointless: bool, tmp_path: Path
) -> None:
    text = manifest("app 1.0", modes=[modes[1:-1]]).replace("]\n", f"]\n  preferred: {preferred}\n", 1)

    assert found(tmp_path, "LAS6", text) == (["LAS602 app 1.0 runtime.preferred"] if is_pointless else [])
