"""What is mechanical is mended in place, and nothing else: docs/lint.md says what is never touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import UNKNOWN_SIGNATURE, accepted, manifest_text, write_files

from las_registry.lint.finding import Finding, Fix, FixKind, Severity
from las_registry.lint.fixing import FixableFile, fixed_files, write_fixed
from las_registry.manifest import Manifest, Pool, read_manifest
from las_registry.yaml_reader import Document, read_documents
from las_solver.errors import InvalidInput

WRONG = "sha256:" + "0" * 64
MODULES = ("dependencies", "modules")
LISTS = (MODULES, ("dependencies", "runtime"), ("dependencies", "system"), ("interfaces", "provides"))
REST = "dependencies:\n  modules:\n  - a@>=1  # the first\n  # the second\n  - 'a@>=1'  # again\n  - b\n"


def sealed(text: str, checksum: str | None = None) -> str:
    return f"{text}integrity:\n  checksum: {checksum or accepted(text).checksum}\n"


def drop(at: int, path: tuple[str, ...] = MODULES, document: int = 0) -> Fix:
    return Fix(kind=FixKind.DROP_ITEM, document=document, path=(*path, at))


def checksum(kind: FixKind, document: int = 0) -> Fix:
    return Fix(kind=kind, document=document, path=("integrity", "checksum"))


def mended(text: str, fixes: Iterable[Fix]) -> str | None:
    """The text with these fixes, None if it stays as it is."""
    data = text.encode()
    fixed = FixableFile(Path("manifest.yaml"), data, list(read_documents(data, "manifest.yaml"))).fixed(fixes)
    return None if fixed is None else fixed.after.decode()


def test_a_repeated_item_of_a_block_goes_with_its_line_and_no_other() -> None:
    text = manifest_text(rest=REST)
    assert mended(text, [drop(1)]) == text.replace("  - 'a@>=1'  # again\n", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[a, a, b]", "[a, b]"),
        ("[a, b, a]", "[a, b]"),
        ("[ a , b , 'a' ]", "[ a , b ]"),
        ("[a,\n    b,\n    a\n  ]", "[a,\n    b\n  ]"),
    ],
)
def test_a_repeated_item_of_a_list_in_line_goes_with_its_comma(before: str, after: str) -> None:
    text = manifest_text(rest=f"dependencies:\n  modules: {before}\n")
    (at,) = {1, 2} - {before.replace(" ", "").replace("\n", "").strip("[]").split(",").index("b")}
    assert mended(text, [drop(at)]) == text.replace(before, after)


@pytest.mark.parametrize(
    ("items", "at"),
    [
        ("[a, # why\n    a]", 1),
        ("\n  - a\n  - >-\n    a\n", 1),
        ("\n  - &x a\n  - *x\n", 1),
        ("[a, b]", 1),
        ("[a]", 0),
        ("[a, a]", 5),
        ("[~, ~]", 1),
    ],
    ids=["a comment between", "a folded text", "an alias", "another item", "the first", "no such item", "nulls"],
)
def test_what_cannot_be_dropped_alone_stays(items: str, at: int) -> None:
    assert mended(manifest_text(rest=f"dependencies:\n  modules: {items}\n"), [drop(at)]) is None


def test_items_are_the_same_if_they_mean_the_same() -> None:
    text = manifest_text(rest="dependencies: {modules: [a@1.0, a@==1.0, 'a@=1'], runtime: [cuda>=12, 'cuda@>=12']}\n")
    assert mended(text, [drop(1), drop(1, ("dependencies", "runtime"))]) == manifest_text(
        rest="dependencies: {modules: [a@1.0, 'a@=1'], runtime: [cuda>=12]}\n"
    )


def test_a_sealed_manifest_is_sealed_again_when_an_item_goes() -> None:
    found = mended(sealed(manifest_text(rest=REST)), [drop(1)])
    assert found is not None
    before, after = accepted(sealed(manifest_text(rest=REST))), accepted(found)
    assert after.checksum == after.module.checksum != before.checksum


def test_the_content_of_a_manifest_whose_checksum_is_of_another_stays() -> None:
    text = sealed(manifest_text(rest=REST), WRONG)
    assert mended(text, [drop(1)]) is None
    both = mended(text, [drop(1), checksum(FixKind.RESEAL)])
    assert both is not None and "again" not in both and accepted(both)


def test_a_missing_checksum_is_written() -> None:
    text = manifest_text()
    assert mended(text, [checksum(FixKind.SEAL)]) == sealed(text)
    assert mended(sealed(text), [checksum(FixKind.SEAL)]) is None


def test_a_wrong_checksum_is_replaced_only_when_that_is_asked_for(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"manifest.yaml": sealed(manifest_text(), WRONG)}) / "manifest.yaml"
    finding = Finding(code="LAS002", severity=Severity.ERROR, file=str(path), message="x", fix=checksum(FixKind.RESEAL))
    assert fixed_files([finding]) == ()
    (fixed,) = fixed_files([finding], reseal=True)
    assert fixed.after.decode() == sealed(manifest_text())


def test_capitals_in_a_checksum_are_made_small() -> None:
    text = sealed(manifest_text())
    digits = str(accepted(text).checksum)[7:]
    assert mended(text.replace(digits, digits.upper()), [checksum(FixKind.LOWER_CASE)]) == text
    assert mended(sealed(manifest_text(), "sha256:" + "A" * 64), [checksum(FixKind.LOWER_CASE)]) is None


@pytest.mark.parametrize("kind", FixKind)
def test_a_manifest_with_a_signature_is_never_touched(kind: FixKind) -> None:
    text = manifest_text(rest=REST) + f"integrity: {{signature: '{UNKNOWN_SIGNATURE}'}}\n"
    fix = drop(1) if kind is FixKind.DROP_ITEM else checksum(kind)
    assert mended(text, [fix]) is None
    assert mended(text.replace("{sig", f"{{checksum: '{WRONG}', sig"), [fix, checksum(FixKind.RESEAL)]) is None


def test_a_manifest_with_another_mistake_is_left_alone_and_those_beside_it_are_not() -> None:
    wrong, right = manifest_text(version="x", rest=REST), manifest_text(version="2", rest=REST)
    text = f"{wrong}---\n{right}"
    found = mended(text, [drop(1), drop(1, document=1)])
    assert found == f"{wrong}---\n" + right.replace("  - 'a@>=1'  # again\n", "")


def test_a_file_that_is_no_yaml_further_down_is_left_alone(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"manifest.yaml": manifest_text() + "---\n[\n"}) / "manifest.yaml"
    assert FixableFile.read(str(path)) is None
    assert FixableFile.read(str(tmp_path / "none.yaml")) is None


def test_a_file_that_changed_in_between_is_not_overwritten(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"manifest.yaml": manifest_text()}) / "manifest.yaml"
    fixable = FixableFile.read(str(path))
    assert fixable is not None
    fixed = fixable.fixed([checksum(FixKind.SEAL)])
    assert fixed is not None
    path.write_text("other: content\n")
    with pytest.raises(InvalidInput, match="has changed"):
        write_fixed(fixed)
    assert path.read_text() == "other: content\n"
    path.write_bytes(fixed.before)
    write_fixed(fixed)
    assert path.read_text() == sealed(manifest_text())


ITEMS = st.lists(st.sampled_from(["a", "b", "a@>=1", "a@>=1.0", "'a'", "~"]), max_size=5)
SYSTEM = st.lists(st.sampled_from(["git", '"git"', "cmake"]), max_size=4)


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """A manifest with lists in both styles, comments, and a checksum that is right, wrong, in capitals or not there."""
    lines = ["# head", *manifest_text(version=draw(st.sampled_from(["1", "2.0"]))).splitlines(), "dependencies:"]
    for key, items in (("modules", draw(ITEMS)), ("runtime", draw(ITEMS)), ("system", draw(SYSTEM))):
        if draw(st.booleans()):
            lines.append(f"  {key}: [{', '.join(items)}]  # {key} in line")
        elif items:
            lines.append(f"  {key}:")
            for item in items:
                lines += draw(st.sampled_from([[], ["    # above"]]))
                lines.append(f"    - {item}" + draw(st.sampled_from(["", "  # behind"])))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join([*lines, ""])
    state = draw(st.sampled_from(["none", "right", "wrong", "capitals", "signed"]))
    if state == "none":
        return text if draw(st.booleans()) else text.removesuffix(end)
    right = accepted(text).checksum
    value = {"right": right, "wrong": WRONG, "capitals": "sha256:" + right[7:].upper()}.get(state)
    if value is None:
        return f"{text}integrity: {{signature: '{UNKNOWN_SIGNATURE}'}}{end}"
    return f"{text}integrity:{end}  checksum: {value}{end}# tail{end}"


def all_fixes(documents: Iterable[Document]) -> list[Fix]:
    """Everything that could be asked for, whether it makes sense or not."""
    made = []
    for document in documents:
        made += [drop(at, path, document.index) for path in LISTS for at in range(6)]
        made += [checksum(kind, document.index) for kind in FixKind if kind is not FixKind.DROP_ITEM]
    return made


def module_of(document: Document) -> object:
    """What a manifest means, apart from its checksum; its problems if it is not right."""
    found = read_manifest(document, "app", Pool())
    return replace(found.module, checksum=None) if isinstance(found, Manifest) else None


@settings(max_examples=60, deadline=None)
@given(several=st.lists(manifests(), min_size=1, max_size=2), data=st.data())
def test_mending_changes_no_meaning_loses_no_comment_and_is_done_once(several: list[str], data: st.DataObject) -> None:
    text = "---\n".join(one if one.endswith("\n") else f"{one}\n" for one in several[:-1]) + (
        ("---\n" if len(several) > 1 else "") + several[-1]
    )
    before = list(read_documents(text.encode(), "app"))
    possible = all_fixes(before)
    fixes = data.draw(st.lists(st.sampled_from(possible), unique=True)) if data.draw(st.booleans()) else possible
    found = mended(text, fixes)
    if found is None:
        return
    after = list(read_documents(found.encode(), "app"))
    for one, other in zip(before, after, strict=True):
        meaning = module_of(one)
        assert module_of(other) == meaning or (meaning is None and module_of(other) is not None)
    kept = [line for line in text.splitlines() if line.strip().startswith("#") or " in line" in line]
    assert [line.strip().partition("#")[2] for line in kept] == [
        line.strip().partition("#")[2]
        for line in found.splitlines()
        if line.strip().startswith("#") or " in line" in line
    ]
    assert found.splitlines(keepends=True)[:6] == text.splitlines(keepends=True)[:6]
    again = [one for one in fixes if one.kind is not FixKind.DROP_ITEM]
    assert mended(found, again) is None
    if fixes is possible:
        assert mended(found, all_fixes(after)) is None
