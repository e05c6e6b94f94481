"""Of a frozen registry one file is looked at, whatever happens to the others."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest
from indexes import as_a_whole, by_index, kept, state
from manifests import listed, manifest_text, write_files

from las_registry.compiled import tree
from las_registry.compiled.freezing import differs_from_stamp, read_stamp, unfreeze
from las_registry.compiled.refreshing import freeze
from las_registry.problem import InvalidFile, RegistryUnusable
from las_registry.registry import Registry

FILES = {
    "a/manifest.yaml": manifest_text("app", "2") + "---\n" + manifest_text("app", "1"),
    "b.manifest.yml": manifest_text("lib"),
}
STAMP = ".las-solve-frozen"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for caches."""
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A frozen registry."""
    freeze(write_files(tmp_path / "registry", FILES))
    return tmp_path / "registry"


def test_only_the_stamp_is_looked_at(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "differences", None)
    monkeypatch.setattr(tree, "walk", None)
    looked: list[str] = []
    stat = os.stat
    monkeypatch.setattr(os, "stat", lambda path, **named: (looked.append(str(path)), stat(path, **named))[1])
    write_files(directory, {"c/manifest.yaml": manifest_text("new")})
    looked.clear()
    registry = Registry.open([directory])
    assert listed(registry) == ["app 2", "app 1", "lib 1.0"]
    assert [one for one in looked if one.startswith(str(directory))] == [str(directory / STAMP)]


def test_a_stamp_says_what_sha256sum_says(directory: Path) -> None:
    lines = [f"{sha256(FILES[path].encode()).hexdigest()}  {path}\n" for path in sorted(FILES)]
    document = json.loads((directory / STAMP).read_text())
    assert document["digest"] == "sha256:" + sha256("".join(lines).encode()).hexdigest()
    assert (document["format"], document["files"], document["versions"]) == (1, 2, 3)


def test_a_stamp_that_is_only_touched_is_the_same(
    directory: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setattr("las_registry.compiled.refreshing.refreshed", None)
    os.utime(directory / STAMP, (0, 0))
    assert listed(Registry.open([directory])) == ["app 2", "app 1", "lib 1.0"]


def test_once_it_is_thawed_changes_are_seen_and_little_is_read(directory: Path) -> None:
    write_files(directory, {"b.manifest.yml": manifest_text("lib", "2.0")})
    assert unfreeze(directory) and not unfreeze(directory)
    assert "lib 2.0" in listed(Registry.open([directory]))
    assert by_index(directory) == as_a_whole(directory)


def test_a_frozen_registry_without_an_index_is_read_and_checked(directory: Path, cache: Path) -> None:
    (path,) = kept(cache)
    path.unlink()
    assert by_index(directory) == as_a_whole(directory)
    write_files(directory, {"c/manifest.yaml": manifest_text("new")})
    (directory / STAMP).write_text((directory / STAMP).read_text() + " ")
    for _ in range(2):
        with pytest.raises(RegistryUnusable) as caught:
            Registry.open([directory])
        assert str(caught.value) == (
            f"the registry {directory} is frozen, but was changed after that\n"
            f"hint: las-solve registry freeze {directory} freezes it as it is now, "
            f"las-solve registry freeze {directory} --undo thaws it"
        )
    freeze(directory)
    assert "new 1.0" in listed(Registry.open([directory]))


@pytest.mark.parametrize("text", ["", "{", "5", "{}", "[" * 10_000, '{"format": 2, "digest": "", "files": 1}', "\0"])
def test_a_stamp_that_says_nothing_is_an_error(text: str, directory: Path) -> None:
    (directory / STAMP).write_text(text)
    with pytest.raises(RegistryUnusable, match="does not say what is frozen"):
        Registry.open([directory])
    with pytest.raises(RegistryUnusable, match="does not say what is frozen"):
        read_stamp(directory)


def test_whether_it_differs(directory: Path) -> None:
    assert differs_from_stamp(directory) is False
    (directory / "a/manifest.yaml").rename(directory / "a/x.manifest.yaml")
    assert differs_from_stamp(directory) is True
    unfreeze(directory)
    assert differs_from_stamp(directory) is None


def test_mistakes_are_refused_unless_it_is_forced(tmp_path: Path) -> None:
    directory = write_files(tmp_path / "wrong", {**FILES, "c/manifest.yaml": "name: c\n"})
    with pytest.raises(InvalidFile) as caught:
        freeze(directory)
    assert caught.value.problems == Registry.load([directory]).problems
    assert not (directory / STAMP).exists()
    expected = as_a_whole(directory)
    freeze(directory, is_forced=True)
    assert (directory / STAMP).exists() and by_index(directory) == expected


def test_it_is_frozen_also_where_no_index_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setenv("LAS_SOLVE_CACHE", "")
    directory = write_files(tmp_path / "registry", FILES)
    freeze(directory)
    assert by_index(directory) == as_a_whole(directory)
    assert not cache.exists()


def test_an_index_stays_as_it_is(directory: Path, cache: Path) -> None:
    before = state(*kept(cache))
    by_index(directory)
    assert state(*kept(cache)) == before
