"""The digest of a registry follows its index: one changed manifest costs one group of its lines."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from indexes import as_a_whole, by_index
from manifests import load, manifest_text, write_files

from las_registry.compiled import digests, marks, refreshing
from las_registry.compiled.digests import digest_groups, group_of, renewed
from las_registry.compiled.extract import Extract, Shape
from las_registry.compiled.kinds import DIGESTS
from las_registry.compiled.opening import Place, look_at
from las_registry.compiled.table import Table
from las_registry.registry import Registry
from las_registry.registry_digest import module_line
from las_registry.trust.trust import NO_TRUST

CHECKSUM = "sha256:" + "0" * 64


def groups_in(directory: Path) -> dict[str, bytes]:
    """The records of the digest in the index of the registry in `directory`."""
    table = Place.of(directory, NO_TRUST).table()
    assert isinstance(table, Table)
    return dict(table.scan(DIGESTS))


def test_it_is_what_the_documentation_says(tmp_path: Path) -> None:
    both = manifest_text("b", "1.0") + "---\n" + manifest_text("b", "2.0")
    registry = load(tmp_path, {"b.manifest.yaml": both, "a.manifest.yaml": manifest_text("a")})
    a, b = (sha256(text.encode()).hexdigest() for text in (manifest_text("a"), both))
    lines = [("a", f"{a}:0"), ("b", f"{b}:0\n{b}:1")]
    text = "\n".join(f"{name} {sha256(marks.encode()).hexdigest()}" for name, marks in lines)
    assert registry.digest == f"sha256:{sha256(text.encode()).hexdigest()}"


def test_one_changed_manifest_changes_one_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_USUAL", 3)
    monkeypatch.setattr(marks, "_TICK", -1)
    monkeypatch.setattr(refreshing, "_WORTHWHILE", 0)
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    files = {f"m{at}/manifest.yaml": manifest_text(f"m{at}") for at in range(40)}
    directory = write_files(tmp_path / "registry", files)
    assert by_index(directory) == as_a_whole(directory)
    before = groups_in(directory)
    assert len(before) == 14
    changes = {"m7/manifest.yaml": manifest_text("m7", "2.0"), "m8/manifest.yaml": "name: [", "new/manifest.yaml": ""}
    changes["new/manifest.yaml"] = manifest_text("new")
    for path, text in changes.items():
        write_files(directory, {path: text})
        assert by_index(directory) == as_a_whole(directory)
        after = groups_in(directory)
        assert [key for key in before if before[key] != after[key]] == [str(group_of(path.split("/")[0], 14))]
        before = after


def test_it_is_known_where_everything_was_compiled_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "_WORTHWHILE", 0)
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    directory = write_files(tmp_path / "registry", {"manifest.yaml": manifest_text()})
    expected = Registry.open([directory]).digest
    look = look_at(Place.of(directory, NO_TRUST))
    assert look is not None and look.table.count(DIGESTS) == 1
    monkeypatch.setattr("las_registry.compiled.shelf.CompiledShelf.digest_lines", None)
    assert Registry.open([directory]).digest == expected


def test_groups_have_all_lines_and_forget_modules_without_versions() -> None:
    lines = {f"m{at}": module_line(f"m{at}", [f"{at}"]) for at in range(1000)}
    groups = digest_groups(lines)
    assert len(groups) == 4
    assert sorted(b"\n".join(groups).decode().split("\n")) == sorted(lines.values())
    one = Extract("n", "1.0", Shape(), "n", checksum=CHECKSUM, mark=CHECKSUM)
    group = renewed(b"", [("n", [one])])
    assert group.decode() == module_line("n", [CHECKSUM])
    assert renewed(group, [("n", [])]) == b"" and renewed(group, [("other", [])]) == group
