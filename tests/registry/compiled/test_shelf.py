"""Registries over indexes answer like registries that were read."""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from manifests import UNKNOWN_SIGNATURE, load, manifest_text, write_files
from strategies import INTERFACES, NAMES, UNKNOWN, Case, cases
from tables import IDENTITY, index_of, manifest_file, shelf_of

from las_registry import yaml_places
from las_registry.compiled import recorded_manifest
from las_registry.compiled.kinds import REGISTRY
from las_registry.compiled.recorded_manifest import RecordedManifest
from las_registry.compiled.shelf import CompiledShelf
from las_registry.compiled.table import FORMAT, Damaged, Table, TableWriter
from las_registry.load import load_directory
from las_registry.loaded_shelf import LoadedShelf
from las_registry.manifest import Pool
from las_registry.problem import RegistryUnusable
from las_registry.registry import Registry
from las_solver.constraint import Requirement, parse_version
from las_solver.planner import Planner
from las_solver.ranked import RankedModule
from las_solver.source import InformedSource

RICH = """\
license: "no"   # a quoted text
hardware: {cpu: {cores_min: 0x4}, gpu: {multi_gpu: True, vram_min: 8GB}}
dependencies: {modules: [&need "lib@>=1", ~], runtime: []}
interfaces: {provides: [chat, *need]}
x-note: |
  a block
  of lines
"""
FILES: dict[str, str | bytes] = {
    "a/manifest.yaml": "---\n---\n" + manifest_text("app", "1.10", RICH) + "---\n" + manifest_text("app", "1.9"),
    "b/manifest.yaml": manifest_text("lib"),
    "c/manifest.yaml": "\ufeff# marked\r\n" + manifest_text("mark", rest="license: MIT\n").replace("\n", "\r\n"),
}
SIGNED = manifest_text("signed", rest=f"integrity: {{signature: {UNKNOWN_SIGNATURE}}}\nlicense: MIT\n")


def compiled(directory: Path, files: dict[str, str | bytes]) -> tuple[Registry, Registry]:
    """The registry of some files as it is read, and over an index of it."""
    registry = load(directory, files)
    return registry, Registry([shelf_of(index_of(registry, None), directory)])


def assert_same(one: Registry, two: Registry, names: Sequence[str] = ()) -> None:
    """Both answer every question alike."""
    assert list(one.names()) == list(two.names())
    assert list(one.interfaces()) == list(two.interfaces())
    assert one.problems == two.problems
    assert one.digest == two.digest
    assert one.unchecked_signatures == two.unchecked_signatures
    for name in {*one.names(), *one.interfaces(), *names}:
        assert tuple(one.versions(name)) == tuple(two.versions(name))
        assert tuple(one.providers(name)) == tuple(two.providers(name))
        assert tuple(one.prerelease_namers(name)) == tuple(two.prerelease_namers(name))
        assert one.rejected(name) == two.rejected(name)
        assert list(one.notes(name)) == list(two.notes(name))
        assert_alike(one.ranked(name), two.ranked(name))
        for version in one.versions(name):
            manifests = one.manifest(name, version.version), two.manifest(name, version.version)
            facts = [
                (
                    *(
                        manifest.module,
                        manifest.text("description"),
                        manifest.text("license"),
                        manifest.text("x-other"),
                    ),
                    *(manifest.mark, manifest.signature, manifest.checksum, manifest.content, manifest.document),
                )
                for manifest in manifests
                if manifest is not None
            ]
            assert len(facts) == 2 and facts[0] == facts[1]
        assert one.manifest(name, parse_version("9999")) is two.manifest(name, parse_version("9999")) is None


def assert_alike(one: RankedModule | None, two: RankedModule | None) -> None:
    """Both rank the same versions, and say the same of them."""
    if one is None or two is None:
        assert one is two is None
        return
    assert tuple(one.candidates) == tuple(two.candidates)
    assert tuple(one.versions) == tuple(two.versions)
    assert (one.name, one.prereleases, one.newest) == (two.name, two.prereleases, two.newest)
    assert list(one.runs) == list(two.runs) and list(one.footprints) == list(two.footprints)


@settings(max_examples=60)
@given(case=cases())
def test_what_is_in_the_index_is_what_was_read(case: Case, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("registry")
    files: dict[str, str | bytes] = {
        f"{name}/manifest.yaml": manifest_file(one for one in case.module_versions if one.name == name)
        for name in {one.name for one in case.module_versions}
    }
    registry, over_index = compiled(directory, files)
    assert registry.problems == ()
    assert_same(registry, over_index, (*NAMES, *INTERFACES, UNKNOWN))
    plans = [Planner(one, case.host).plan(case.request) for one in (registry, over_index)]
    assert plans[0] == plans[1]


def test_a_registry_over_an_index_is_a_source_that_is_informed(tmp_path: Path) -> None:
    assert isinstance(compiled(tmp_path, {"manifest.yaml": manifest_text()})[1], InformedSource)


def test_signatures_checksums_and_odd_names(tmp_path: Path) -> None:
    several = "---\n".join(
        [
            SIGNED,
            manifest_text("a", "1.0rc1", "interfaces: {provides: [chät, '|']}\nx-other: y\n"),
            manifest_text("a", "1!1.0.post1+local", "dependencies: {modules: ['b@>=1rc1'], runtime: [c==2.dev1]}\n"),
        ]
    )
    files: dict[str, str | bytes] = {"ü/manifest.yaml": several, "b.manifest.yml": "# \n" + manifest_text("b")}
    registry, over_index = compiled(tmp_path, files)
    assert_same(registry, over_index, ("c", "chät"))
    assert list(over_index.providers("chät")) == ["a"] and list(over_index.prerelease_namers("c")) == ["a"]
    assert over_index.admitted(Requirement.parse("a@<2")) == registry.admitted(Requirement.parse("a@<2"))


def test_of_several_registries_the_first_that_has_a_name_counts(tmp_path: Path) -> None:
    first = {
        "manifest.yaml": manifest_text("a", rest="interfaces: {provides: [chat]}\n")
        + "---\n"
        + manifest_text("b", "x"),
        "c/manifest.yaml": "name: [\n",
    }
    second = {
        f"{name}/manifest.yaml": manifest_text(name, "2", "interfaces: {provides: [chat, other]}\n") for name in "abc"
    }
    third = {"manifest.yaml": manifest_text("d", rest="dependencies: {modules: ['a@>=1rc1']}\n") + "---\n" + SIGNED}
    directories = [write_files(tmp_path / str(at), files) for at, files in enumerate((first, second, third))]
    shelves = [
        # An index has no rejections here: they are those of a registry that was read.
        LoadedShelf(load_directory(place, Pool()))
        if at == 0
        else shelf_of(index_of(Registry.load([place]), None), place)
        for at, place in enumerate(directories)
    ]
    registry, over_index = Registry.load(directories), Registry(shelves)
    assert_same(registry, over_index, ("b", "chat", "other"))
    assert list(over_index.names()) == ["a", "c", "d", "signed"]
    assert list(over_index.providers("chat")) == ["a", "c"] and len(list(over_index.notes("b"))) == 2


def test_a_digest_that_was_worked_out_is_not_worked_out_again(tmp_path: Path) -> None:
    table = TableWriter(None)
    table.put(REGISTRY, "", b'[1, 1, "sha256:0", null]')
    finished = table.finish(identity="", state="")
    assert finished is not None
    assert Registry([shelf_of(finished, tmp_path)]).digest == "sha256:0"


def test_another_reader_needs_another_format(tmp_path: Path) -> None:
    """If this fails because files are read otherwise, or kept otherwise, raise the format, then renew this."""
    registry, over_index = compiled(tmp_path, FILES)
    assert_same(registry, over_index)
    table = index_of(registry, None)
    records = sorted((kind, *one) for kind in table.kinds for one in table.scan(kind))
    assert (FORMAT, sha256(repr(records).encode()).hexdigest()) == (
        3,
        "10fb6987e0639ed213bbdff43815c12ffded12f9caedc338b45990deb3b255c7",
    )


def test_files_are_read_once_for_all_their_manifests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, over_index = compiled(tmp_path, {"manifest.yaml": FILES["a/manifest.yaml"]})
    reads, walks, read_bytes, find_places = [], [], recorded_manifest.read_bytes, yaml_places.find_places
    monkeypatch.setattr(
        recorded_manifest, "read_bytes", lambda path, within: (reads.append(path), read_bytes(path, within))[1]
    )
    monkeypatch.setattr(yaml_places, "find_places", lambda data: (walks.append(data), find_places(data))[1])
    for one in over_index.versions("app"):
        manifest = over_index.manifest("app", one.version)
        assert manifest is not None and manifest.document.line_of(("version",)) > 1
    assert len(reads) == len(walks) == 1


def test_the_manifest_is_only_read_for_what_is_not_in_the_index(tmp_path: Path) -> None:
    _, over_index = compiled(tmp_path, {"manifest.yaml": SIGNED + "---\n" + manifest_text("b")})
    (tmp_path / "manifest.yaml").unlink()
    manifest = over_index.manifest("signed", parse_version("1.0"))
    assert isinstance(manifest, RecordedManifest)
    assert manifest.text("description") == "Something" and manifest.text("license") == "MIT"
    assert over_index.digest and [str(one) for one in over_index.unchecked_signatures] == ["signed 1.0"]
    other = over_index.manifest("b", parse_version("1.0"))
    assert other is not None and other.signature is None
    for ask in (lambda: manifest.content, lambda: manifest.signature, lambda: manifest.text("x-other")):
        with pytest.raises(RegistryUnusable, match="changed while it was read"):
            ask()


@pytest.mark.parametrize("change", ["", "# more\n", "- a\n", manifest_text("b"), manifest_text(rest="license: MIT\n")])
def test_a_file_that_changed_meanwhile_is_not_taken_for_what_was_read(change: str, tmp_path: Path) -> None:
    _, over_index = compiled(tmp_path, {"manifest.yaml": manifest_text()})
    manifest = over_index.manifest("app", parse_version("1.0"))
    write_files(tmp_path, {"manifest.yaml": change})
    assert manifest is not None
    with pytest.raises(RegistryUnusable, match="changed while it was read") as caught:
        assert manifest.content
    assert caught.value.hint == "run it again"


MODULES: dict[str, str | bytes] = {
    f"m{at}/manifest.yaml": manifest_text(
        f"m{at}", rest=f"interfaces: {{provides: [i{at % 7}]}}\ndependencies: {{modules: ['m{at // 2}@>=1.0rc1']}}\n"
    )
    for at in range(40)
}


def test_damage_at_any_place_is_repaired_or_does_no_harm(tmp_path: Path) -> None:
    registry = load(tmp_path / "registry", MODULES)
    path = tmp_path / "index"
    index_of(registry, path).close()
    whole, dice, repaired = path.read_bytes(), random.Random(6), 0

    def recover() -> Table:
        nonlocal repaired
        repaired += 1
        return index_of(registry, None)

    for _ in range(100):
        data = bytearray(whole)
        for _ in range(dice.choice([1, 10])):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        try:
            table = Table.open(path, IDENTITY)
        except Damaged:
            continue
        over_index = Registry([CompiledShelf(table, tmp_path / "registry", recover)])
        name = dice.choice(["absent", *registry.names()])
        assert tuple(over_index.versions(name)) == tuple(registry.versions(name))
        assert tuple(over_index.providers("i3")) == tuple(registry.providers("i3"))
        assert tuple(over_index.prerelease_namers(name)) == tuple(registry.prerelease_namers(name))
        assert dice.choice([True, False]) or over_index.digest == registry.digest
        assert list(over_index.names()) == list(registry.names())
    assert repaired > 20


def damaged(registry: Registry, path: Path) -> Table:
    """An index of which no bucket can be read, although it can be opened."""
    index_of(registry, path).close()
    table = Table.open(path, IDENTITY)
    with path.open("r+b") as opened:
        opened.truncate(1)
    return table


def test_who_has_begun_to_read_goes_on_only_with_the_same_state(tmp_path: Path) -> None:
    registry = load(tmp_path / "registry", MODULES)
    same, other = index_of(registry, None), index_of(registry, None, state="another")
    shelf = CompiledShelf(damaged(registry, tmp_path / "one"), tmp_path / "registry", lambda: same)
    assert shelf.versions("m1") == registry.versions("m1")
    shelf = CompiledShelf(damaged(registry, tmp_path / "two"), tmp_path / "registry", lambda: other)
    with pytest.raises(RegistryUnusable, match="changed while it was read"):
        shelf.versions("m1")


def test_it_is_not_tried_for_ever(tmp_path: Path) -> None:
    registry = load(tmp_path / "registry", MODULES)
    count = 0

    def recover() -> Table:
        nonlocal count
        count += 1
        return damaged(registry, tmp_path / f"index-{count}")

    with pytest.raises(Damaged):
        CompiledShelf(damaged(registry, tmp_path / "index"), tmp_path / "registry", recover).versions("m1")
    assert count < 10
