"""Section 8: sealing writes the checksum and leaves everything else as it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from manifests import UNKNOWN_SIGNATURE, accepted, manifest_text, write_files

from las_registry.problem import InvalidFile
from las_registry.seal import Seal, seal_file, sealed_text, unsealed
from las_solver.errors import InvalidInput

TEXT = manifest_text()
SEALED = str(accepted(TEXT).checksum)
WRONG = "sha256:" + "0" * 64

_CASES = {
    "at the end": (TEXT, TEXT + "integrity:\n  checksum: {}\n"),
    "no line break at the end": (TEXT[:-1], TEXT + "integrity:\n  checksum: {}\n"),
    "comments": (
        "# head\n" + TEXT[:-1] + "  # why\n\n# tail\n",
        "# head\n" + TEXT[:-1] + "  # why\nintegrity:\n  checksum: {}\n\n# tail\n",
    ),
    "carriage returns": (
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r\n") + "integrity:\r\n  checksum: {}\r\n",
    ),
    "byte order mark": ("\ufeff" + TEXT, "\ufeff" + TEXT + "integrity:\n  checksum: {}\n"),
    "document marks": ("--- # a\n" + TEXT + "...\n", "--- # a\n" + TEXT + "integrity:\n  checksum: {}\n...\n"),
    "empty integrity": (TEXT + "integrity:\n", TEXT + "integrity: {{checksum: {}}}\n"),
    "null integrity": (TEXT + "integrity: ~ # x\n", TEXT + "integrity: {{checksum: {}}} # x\n"),
    "empty mapping": (TEXT + "integrity: {}\n", TEXT + "integrity: {{checksum: {}}}\n"),
    "signature in line": (
        TEXT + "integrity: { signature: SIGNATURE }\n",
        TEXT + "integrity: {{checksum: {},  signature: SIGNATURE }}\n",
    ),
    "signature in a block": (
        TEXT + "integrity:\n    # who\n    signature: SIGNATURE\n",
        TEXT + "integrity:\n    # who\n    checksum: {}\n    signature: SIGNATURE\n",
    ),
    "anchored block": (
        TEXT + "integrity: &a\n  signature: SIGNATURE\n",
        TEXT + "integrity: &a\n  checksum: {}\n  signature: SIGNATURE\n",
    ),
    "wrong": (TEXT + f"integrity:\n  checksum: {WRONG} # x\n", TEXT + "integrity:\n  checksum: {} # x\n"),
    "wrong in single quotes": (
        TEXT + f"integrity: {{checksum: '{WRONG}'}}\n",
        TEXT + "integrity: {{checksum: '{}'}}\n",
    ),
    "malformed in double quotes": (TEXT + 'integrity:\n  "checksum": "?"\n', TEXT + 'integrity:\n  "checksum": "{}"\n'),
    "empty checksum": (
        TEXT + "integrity:\n  checksum:\n  signature: SIGNATURE\n",
        TEXT + "integrity:\n  checksum: {}\n  signature: SIGNATURE\n",
    ),
}
CASES = {name: [one.replace("SIGNATURE", UNKNOWN_SIGNATURE) for one in case] for name, case in _CASES.items()}


@pytest.mark.parametrize("case", CASES)
def test_section_8_sealing_changes_nothing_else(case: str) -> None:
    before, expected = CASES[case]
    after, seal = sealed_text(before.encode(), "m")
    assert after.decode() == expected.format(SEALED)
    assert seal == Seal(manifests=1, written=1)


@pytest.mark.parametrize("case", CASES)
def test_section_8_sealing_again_changes_nothing(case: str) -> None:
    after, _ = sealed_text(CASES[case][0].encode(), "m")
    assert sealed_text(after, "m") == (after, Seal(manifests=1, written=0))


def test_a_manifest_in_one_line() -> None:
    before = "{name: app, category: tool, version: '1', description: \"é\U0001f600\", runtime: {modes: [a]}} # x"
    checksum = accepted(before).checksum
    after, _ = sealed_text(before.encode(), "m")
    assert after.decode() == "{" + f"integrity: {{checksum: {checksum}}}, " + before[1:]


def test_an_indented_manifest() -> None:
    before = "".join("    " + line + "\n" for line in TEXT.splitlines())
    after, _ = sealed_text(before.encode(), "m")
    assert after.decode() == before + f"    integrity:\n      checksum: {SEALED}\n"


@pytest.mark.parametrize(
    "last",
    ["|\n  a\n", "|+\n  a\n\n\n", ">-\n  a\n  b\n", "'a\n\n  b'\n", "a\n  b\n", "[a,\n  b] # c\n", "\n- a\n-\n", "\n"],
)
def test_whatever_stands_last(last: str) -> None:
    before = TEXT + "x-last: " + last
    after, _ = sealed_text(before.encode(), "m")
    assert after.decode() == before + f"integrity:\n  checksum: {accepted(before).checksum}\n"
    assert accepted(after).module.checksum == accepted(before).checksum


def test_each_document_of_a_stream_is_sealed_and_right_ones_stay() -> None:
    texts = [manifest_text(version=str(at)) for at in range(3)]
    texts[1] += f"integrity: {{checksum: {accepted(texts[1]).checksum}}}\n"
    after, seal = sealed_text("---\n".join(texts).encode(), "m")
    assert seal == Seal(manifests=3, written=2)
    ends = [f"integrity:\n  checksum: {accepted(one).checksum}\n" for one in texts]
    assert after.decode() == "---\n".join((texts[0] + ends[0], texts[1], texts[2] + ends[2]))


@pytest.mark.parametrize(
    "rest",
    [
        "integrity:\n  checksum: &a x\nx-a: *a\n",
        f"integrity:\n  checksum: |\n    x\n  signature: {UNKNOWN_SIGNATURE}\n",
        "x-a: |\n  no line break",
    ],
)
def test_what_cannot_be_sealed_without_harm_is_left_alone(rest: str, tmp_path: Path) -> None:
    path = write_files(tmp_path, {"m.yaml": TEXT + rest}) / "m.yaml"
    with pytest.raises(InvalidInput, match="cannot be written without changing what else is there"):
        seal_file(path)
    assert path.read_text() == TEXT + rest
    assert os.listdir(tmp_path) == ["m.yaml"]  # noqa: PTH208


@pytest.mark.parametrize("text", ["", "a: [", TEXT + "x: 1\n", "\0", TEXT + "---\n- a\n"])
def test_a_file_with_mistakes_is_not_sealed(text: str, tmp_path: Path) -> None:
    path = write_files(tmp_path, {"m.yaml": text}) / "m.yaml"
    with pytest.raises(InvalidFile):
        seal_file(path)
    assert path.read_text() == text


def test_the_file_is_replaced_as_a_whole_with_its_permissions(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"m.yaml": TEXT}) / "m.yaml"
    path.chmod(0o640)
    before = path.stat().st_ino
    assert seal_file(path) == Seal(manifests=1, written=1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.stat().st_ino != before
    assert [one.name for one in tmp_path.iterdir()] == ["m.yaml"]
    unchanged = path.stat()
    assert seal_file(path) == Seal(manifests=1, written=0)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (unchanged.st_ino, unchanged.st_mtime_ns)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    write_files(tmp_path, {"real/m.yaml": TEXT})
    (tmp_path / "link.yaml").symlink_to("real/m.yaml")
    seal_file(tmp_path / "link.yaml")
    assert (tmp_path / "link.yaml").is_symlink()
    assert SEALED in (tmp_path / "real" / "m.yaml").read_text()


def test_an_interrupted_seal_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_files(tmp_path, {"m.yaml": TEXT}) / "m.yaml"

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        seal_file(path)
    assert path.read_text() == TEXT
    assert [one.name for one in tmp_path.iterdir()] == ["m.yaml"]


def test_a_file_that_cannot_be_written_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_files(tmp_path, {"m.yaml": TEXT}) / "m.yaml"

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(InvalidInput, match="cannot be written: No space left on device"):
        seal_file(path)
    assert path.read_text() == TEXT


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot be read"):
        seal_file(tmp_path / "m.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TEXT, "integrity.checksum: the manifest has no checksum"),
        (
            TEXT + f"integrity: {{checksum: {WRONG}}}\n",
            "integrity.checksum: the manifest was changed after it was sealed",
        ),
        (TEXT + "x: 1\n", "x: there is no such field"),
    ],
)
def test_checking_seals(text: str, problem: str, tmp_path: Path) -> None:
    path = write_files(tmp_path, {"m.yaml": text}) / "m.yaml"
    (found,) = unsealed(path)
    assert problem in str(found)
    assert path.read_text() == text


def test_a_sealed_file_has_no_problem(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"m.yaml": TEXT}) / "m.yaml"
    seal_file(path)
    assert unsealed(path) == ()


def test_a_file_that_is_read_only_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(manifest_text("app", "1.0"))
    before = path.read_bytes()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to every file
    with pytest.raises(InvalidInput, match="it is read-only"):
        seal_file(path)
    assert path.read_bytes() == before


def test_a_directory_cannot_be_sealed(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"hint: name its files, e\.g\. .*/\*/manifest\.yaml"):
        seal_file(tmp_path)
