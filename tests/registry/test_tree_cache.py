"""What was parsed before is not parsed again, and never makes a difference."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifests import listed, manifest_text, write_files

from las_registry import load, tree_cache, yaml_places
from las_registry.registry import Registry
from las_registry.user_directories import cache_directory

RICH = """\
license: "no"   # a quoted text
hardware: {cpu: {cores_min: 0x4}, gpu: {multi_gpu: True, vram_min: 8GB}}
dependencies: {modules: [&need "lib@>=1", ~], runtime: []}
interfaces: {provides: [chat, *need]}
x-note: |
  a block
  of lines
"""
FILES = {
    "a/manifest.yaml": "---\n---\n" + manifest_text("app", "1.10", RICH) + "---\n" + manifest_text("app", "1.9"),
    "b/manifest.yaml": manifest_text("lib"),
    "c/manifest.yaml": "\ufeff# marked\r\n" + manifest_text("mark", rest="license: MIT\n").replace("\n", "\r\n"),
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for caches, for registries of any size."""
    monkeypatch.setattr(tree_cache, "_WORTHWHILE", 0)
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def read(directory: Path) -> Registry:
    return Registry.load([directory], is_cached=True)


def kept(cache: Path) -> Path:
    (path,) = cache.glob("manifests-*.json")
    return path


def state(path: Path) -> tuple[int, int, int]:
    """What changes whenever a file is written."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def said(registry: Registry) -> list[object]:
    """All that a registry tells of its manifests, with the lines of their fields."""
    told: list[object] = [str(one) for one in registry.problems]
    for name in registry.names():
        for version in registry.versions(name):
            manifest = registry.manifest(name, version.version)
            assert manifest is not None
            document = manifest.document
            lines = [document.line_of(path) for path in ((), ("version",), ("hardware", "gpu", "vram_min"))]
            told += [version, manifest.content, manifest.checksum, document.file, document.index, document.line, lines]
    return told


def never_parse(*ignored: object) -> None:
    raise AssertionError("a file was parsed again")


def test_the_second_time_nothing_is_parsed_and_the_registry_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    plain = said(Registry.load([directory]))
    assert said(read(directory)) == plain
    monkeypatch.setattr(load, "read_documents", never_parse)
    assert said(read(directory)) == plain


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from([*FILES.values(), "", "name: [", "a: b\n", manifest_text("x", "bad"), RICH]), min_size=1)
)
def test_whatever_the_files_hold(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    directory = tmp_path_factory.mktemp("registry")
    write_files(directory, {"ok/manifest.yaml": manifest_text("ok")})
    write_files(directory, {f"{at}/manifest.yaml": text for at, text in enumerate(texts)})
    plain = said(Registry.load([directory]))
    assert said(read(directory)) == plain == said(read(directory))


def test_a_change_is_noticed_even_where_size_and_time_stay(tmp_path: Path) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    read(directory)
    path = directory / "b/manifest.yaml"
    before = path.stat()
    path.write_text(manifest_text("lib", "2.0"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert "lib 2.0" in listed(read(directory)) and "lib 1.0" not in listed(read(directory))


def test_a_wrong_checksum_is_refused_every_time(tmp_path: Path) -> None:
    text = manifest_text("sealed", rest=f"integrity: {{checksum: 'sha256:{'0' * 64}'}}\n")
    directory = write_files(tmp_path / "registry", {**FILES, "c/manifest.yaml": text})
    for _ in range(2):
        registry = read(directory)
        assert "was changed after it was sealed" in str(registry.problems[0])
        assert "sealed 1.0" not in listed(registry)


@pytest.mark.parametrize(
    "files",
    [[], 5, {"{digest}": 5}, {"{digest}": [5]}, {"{digest}": [[1]]}, {"{digest}": [["1", {}]]}, {"{digest}": [[1, 5]]}],
    ids=str,
)
def test_a_cache_that_holds_something_else_is_none(files: object, tmp_path: Path, cache: Path) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    plain = said(read(directory))
    path = kept(cache)
    whole = path.read_bytes()
    document = json.dumps({"format": tree_cache._FORMAT, "files": files})
    payload = document.replace("{digest}", sha256(FILES["b/manifest.yaml"].encode()).hexdigest()).encode()
    path.write_bytes(sha256(payload).hexdigest().encode() + b"\n" + payload)
    assert said(read(directory)) == plain
    assert path.read_bytes() == whole


def test_another_reader_needs_another_format(tmp_path: Path, cache: Path) -> None:
    """If this fails because files are read otherwise, or kept otherwise, raise the format, then renew this."""
    read(write_files(tmp_path / "registry", FILES))
    payload = kept(cache).read_bytes().split(b"\n", 1)[1]
    assert (tree_cache._FORMAT, sha256(payload).hexdigest()) == (
        2,
        "c4d81f4ba2588e29a4e8b1443ecf7a417055b58b58c8bb1a2ee4c1130adb08b4",
    )


@pytest.mark.parametrize("damage", ["empty", "cut", "digest", "other format", "no JSON", "directory", "other user's"])
def test_a_damaged_cache_is_none(damage: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    plain = said(read(directory))
    path = kept(cache)
    whole = path.read_bytes()
    digest, payload = whole.split(b"\n", 1)
    signed = {
        "other format": json.dumps({"format": 0, "files": {}}).encode(),
        "no JSON": b"[" * 100_000,
    }
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(whole[:-10])
        case "digest":
            path.write_bytes(digest + b"\n" + payload.replace(b"1.10", b"1.11"))
        case "directory":
            path.unlink()
            path.mkdir()
        case "other user's":
            user = os.geteuid()
            monkeypatch.setattr(os, "geteuid", lambda: user + 1)
        case _:
            path.write_bytes(sha256(signed[damage]).hexdigest().encode() + b"\n" + signed[damage])
    assert said(read(directory)) == plain
    if damage not in ("directory", "other user's"):
        assert path.read_bytes() == whole


def test_what_is_no_longer_accepted_is_parsed_again(tmp_path: Path, cache: Path) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    plain = said(read(directory))
    path = kept(cache)
    payload = path.read_bytes().split(b"\n", 1)[1].replace(b'"description":"Something"', b'"description":""')
    path.write_bytes(sha256(payload).hexdigest().encode() + b"\n" + payload)
    assert said(read(directory)) == plain


def test_what_is_gone_is_forgotten(tmp_path: Path, cache: Path) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    read(directory)
    assert b'"lib"' in kept(cache).read_bytes()
    (directory / "b/manifest.yaml").unlink()
    read(directory)
    assert b'"lib"' not in kept(cache).read_bytes()


def test_nothing_is_written_where_nothing_changed(tmp_path: Path, cache: Path) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    read(directory)
    before = state(kept(cache))
    read(directory)
    assert state(kept(cache)) == before


def test_the_cache_is_the_users_alone(tmp_path: Path, cache: Path) -> None:
    read(write_files(tmp_path / "registry", FILES))
    assert kept(cache).stat().st_mode & 0o077 == cache.stat().st_mode & 0o077 == 0


def test_what_aliases_stand_for_is_not_written_out(tmp_path: Path, cache: Path) -> None:
    bomb = "---\n".join(
        manifest_text("bomb", str(at), f"x-one: &one {'x' * 1000}\nx-all: [{'*one, ' * 900}]\n") for at in range(9)
    )
    directory = write_files(tmp_path / "registry", {**FILES, "c/manifest.yaml": bomb})
    plain = said(Registry.load([directory]))
    assert said(read(directory)) == plain
    before = state(kept(cache))
    assert kept(cache).stat().st_size < 10_000
    assert said(read(directory)) == plain
    assert state(kept(cache)) == before


def test_of_a_huge_registry_as_much_is_kept_as_fits(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_cache, "_LARGEST", 4000)
    directory = write_files(
        tmp_path / "registry", {f"m{at}/manifest.yaml": manifest_text(f"m{at}") for at in range(50)}
    )
    plain = said(read(directory))
    before = state(kept(cache))
    payload = json.loads(kept(cache).read_bytes().split(b"\n", 1)[1])
    assert 0 < sum(one is not None for one in payload["files"].values()) < 50 == len(payload["files"])
    assert said(read(directory)) == plain
    assert state(kept(cache)) == before


def test_files_are_walked_once_for_the_lines_of_all_their_manifests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = write_files(tmp_path / "registry", {"manifest.yaml": FILES["a/manifest.yaml"]})
    read(directory)
    registry = read(directory)
    walks: list[bytes] = []
    find_places = yaml_places.find_places
    monkeypatch.setattr(yaml_places, "find_places", lambda data: (walks.append(data), find_places(data))[1])
    for one in registry.versions("app"):
        manifest = registry.manifest("app", one.version)
        assert manifest is not None and manifest.document.line_of(("version",)) > 1
    assert len(walks) == 1


def test_a_registry_that_became_small_leaves_no_large_cache(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    read(directory)
    monkeypatch.setattr(tree_cache, "_WORTHWHILE", 1 << 16)
    (directory / "a/manifest.yaml").unlink()
    read(directory)
    assert b'"app"' not in kept(cache).read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the working directory")
def test_a_working_directory_that_is_gone_is_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setenv("LAS_SOLVE_CACHE", "here")
    assert said(read(directory)) == said(Registry.load([directory]))


def test_a_small_registry_is_not_worth_it(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_cache, "_WORTHWHILE", 1 << 16)
    read(write_files(tmp_path / "registry", FILES))
    assert not cache.exists()


def test_without_a_place_for_it_there_is_none(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = write_files(tmp_path / "registry", FILES)
    cache.write_text("a file in place of the directory")
    assert listed(read(directory)) == listed(Registry.load([directory]))
    monkeypatch.setenv("LAS_SOLVE_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert cache_directory() is None
    assert listed(read(directory)) == listed(Registry.load([directory]))
    assert not (tmp_path / "other").exists()


def test_the_directory_is_where_caches_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAS_SOLVE_CACHE", "here")
    assert cache_directory() == Path.cwd() / "here"
    monkeypatch.delenv("LAS_SOLVE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "las-solve"


def test_of_many_registries_the_oldest_are_forgotten(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_cache, "_MOST_REGISTRIES", 2)
    for at in range(4):
        read(write_files(tmp_path / f"registry-{at}", FILES))
        for path in cache.glob("*.json"):  # so that the order does not hang on the clock's precision
            os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - 10**9))
    assert len(list(cache.glob("*.json"))) == 2
