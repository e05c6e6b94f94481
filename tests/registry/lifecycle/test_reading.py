"""What planning reads of a store: all that counts, exactly as the registry's reader has it, and nothing slow."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests import accepted, manifest_text
from packaging.version import Version
from stores import kept, put

from las_registry.lifecycle import State, Store, StoreUnusable, read_store, sqlite_reading
from las_registry.lifecycle import manifest_text as text_to_keep
from las_registry.lifecycle.content_digest import content_digest
from las_registry.lifecycle.kept_manifest import digest_of_text, read_kept_manifest
from las_registry.lifecycle.quick_reader import QuickReader
from las_registry.manifest import Manifest
from las_registry.registry import Registry, default_directories
from las_solver.constraint import Requirement
from las_solver.model import ModuleVersion


@cache
def catalog() -> list[Manifest]:
    """The bundled catalog: what people install."""
    registry = Registry.load(default_directories())
    found = [registry.manifest(one.name, one.version) for name in registry.names() for one in registry.versions(name)]
    return [one for one in found if one is not None]


FULL = """
license: no
dependencies:
  system: [gcc, gcc, 'on']
  modules: ['lib@ >=1, <2', 'lib@>=1,<2', other, 'pre@>=1.0rc1']
  runtime: [python>=3.11, 'cuda @ 12', python>=3.11]
hardware:
  cpu: {cores_min: 0x10}
  memory: {ram_min: 1.5 GiB}
  gpu: {vram_min: 24GB, multi_gpu: TRUE}
interfaces:
  provides: [api, 'äöü', api]
  consumes: ['null', '7']
x-mine: {any: [thing, 1.10, ~], 😀: 'yes', �: no}
"""

ODD = [
    manifest_text(),
    manifest_text(version="1.10"),
    manifest_text(version="v1.0-RC.1"),
    manifest_text(version="1!2.0.post3+local.7"),
    manifest_text(modes="['native', container]", rest="  preferred: container\n"),
    manifest_text(rest=FULL),
    manifest_text(rest="hardware: {gpu: {multi_gpu: false}}\n"),
    manifest_text(rest="hardware:\ndependencies: {modules: }\ninterfaces: {}\n"),
    manifest_text(rest="hardware: {cpu: , gpu: {}}\n"),
    manifest_text(rest="x-hardware: {cpu: {cores_min: 0x10}}\n"),
]
SEALED = accepted(ODD[5]).checksum
ODD.append(ODD[5] + f"integrity: {{checksum: {SEALED.upper().replace('SHA', 'sha')}}}\n")


def read_back(*manifests: Manifest) -> list[ModuleVersion]:
    """What the quick reader makes of what is kept of them."""
    texts = [text_to_keep(one) for one in manifests]
    named = [(one.module.name, str(one.module.version)) for one in manifests]
    return QuickReader().read_all(
        [(*name, text, digest_of_text(text)) for name, text in zip(named, texts, strict=True)]
    )


def as_installed(manifest: Manifest) -> ModuleVersion:
    """What the registry's reader made of a manifest, from where the store keeps it."""
    return replace(manifest.module, source=f"installed {manifest.module}")


def test_the_whole_catalog_is_read_as_it_was_accepted() -> None:
    assert read_back(*catalog()) == list(map(as_installed, catalog()))


@pytest.mark.parametrize("text", ODD)
def test_what_is_odd_is_read_as_it_was_accepted(text: str) -> None:
    manifest = accepted(text)
    assert read_back(manifest) == [as_installed(manifest)]
    kept_text = text_to_keep(manifest)
    assert read_kept_manifest(kept_text, "app", manifest.module.version) == as_installed(manifest)
    assert json.loads(kept_text) == manifest.content


words = st.sampled_from(["a", "lib", "lib@<2", "lib@1.*", "lib >= 1", "python>=3.11", "x@=1", "b@!=1.5,>1", "null", ""])
lists = st.none() | st.lists(words | st.none(), max_size=3)
sizes = st.sampled_from([None, "1GB", "1.5 GiB", "7", "0.3KiB"])


@given(
    modules=lists,
    runtimes=lists,
    system=lists,
    provides=lists,
    consumes=lists,
    cores=st.sampled_from([None, "1", "0o17"]),
    several=st.sampled_from([None, "true", "False"]),
    ram=sizes,
    vram=sizes,
)
def test_both_readers_make_the_same_of_what_is_accepted(
    modules: Any,
    runtimes: Any,
    system: Any,
    provides: Any,
    consumes: Any,
    cores: Any,
    several: Any,
    ram: Any,
    vram: Any,
) -> None:
    rest = {
        "dependencies": {"modules": modules, "runtime": runtimes, "system": system},
        "interfaces": {"provides": provides, "consumes": consumes},
    }
    lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in rest.items())
    gpu = f"{{vram_min: {vram or '~'}, multi_gpu: {several or '~'}}}"
    lines += f"hardware: {{cpu: {{cores_min: {cores or '~'}}}, memory: {{ram_min: {ram or '~'}}}, gpu: {gpu}}}\n"
    try:
        manifest = accepted(manifest_text(rest=lines))
    except AssertionError:
        return
    assert read_back(manifest) == [as_installed(manifest)]


def test_all_that_planning_needs(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    assert read_store(path) is None
    with Store.open(path) as store:
        put(store, "app", "2.0", needs=["lib"])
        put(store, "lib")
        store.request("lib", False)
        put(store, "old", "1.0", State.DEPRECATED)
        put(store, "failed")
        store.transition("failed", "1.0", State.FAILED)
        put(store, "ill")
        store.transition("ill", "1.0", State.DEPRECATED)
        put(store, "app", "3.0", State.RESOLVED)
        store.pin(Requirement.parse("lib@<2"))
        store.pin(Requirement.parse("app@>1"))
        content = read_store(path)
        assert content is not None
        assert content.digest == store.digest()
        assert content.installed == store.installed()
    assert [str(one) for one in content.installed.values()] == ["app 2.0", "failed 1.0", "ill 1.0", "lib 1.0"]
    assert content.installed["app"].requirements == (Requirement.parse("lib"),)
    assert content.deprecated == {("old", Version("1.0")), ("ill", Version("1.0"))}
    assert content.pins == (Requirement.parse("app@>1"), Requirement.parse("lib@<2"))
    assert content.requested == {"app", "failed", "ill"}


def test_the_digest_is_of_what_planning_depends_on_alone(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        digests = [store.digest()]
        put(store, "app", state=State.RESOLVED)
        store.snapshot()
        digests.append(store.digest())
        store.transition("app", "1.0", State.INSTALLED)
        digests.append(store.digest())
        for state in (State.RUNNING, State.STOPPED, State.FAILED):
            store.transition("app", "1.0", state)
            store.request("app", state is State.STOPPED)
            digests.append(store.digest())
        store.transition("app", "1.0", State.DEPRECATED)
        digests.append(store.digest())
        store.pin(Requirement.parse("app@<2"))
        digests.append(store.digest())
    numbered = [digests.index(digest) for digest in digests]
    assert numbered == [0, 0, 2, 2, 2, 2, 6, 7]


def test_the_digest_is_as_documented() -> None:
    assert content_digest([("b", "1", "y"), ("a", "2", "x")], [("c", "1")], ["b@<2", "a@>1"]) == digest_of_text(
        "installed a 2 x\ninstalled b 1 y\ndeprecated c 1\npinned a@>1\npinned b@<2"
    )


def test_a_manifest_that_cannot_be_read_any_more_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        put(store, "lib")
        put(store, "app")
    text = kept("app", "1.0").replace("native", "no mode")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("INSERT INTO manifests VALUES (?, ?)", (digest_of_text(text), text))
        connection.execute("UPDATE modules SET manifest = ? WHERE name = 'app'", (digest_of_text(text),))
        connection.commit()
    with Store.open(path) as store:
        assert any(one.startswith("app 1.0: the manifest of ") and "is not accepted" in one for one in store.check())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE manifests SET text = text || ' '")
        connection.commit()
    with pytest.raises(StoreUnusable) as caught:
        read_store(path)
    assert caught.value.message == (
        f"the store {path} keeps a manifest that cannot be read: "
        "the manifest of app 1.0 that is kept is not what its digest says"
    )
    assert caught.value.hint is not None
    assert "--no-store" in caught.value.hint


def test_it_is_read_while_somebody_writes(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        put(store, "app")
        with closing(sqlite3.connect(path)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("UPDATE modules SET requested = 0")
            content = read_store(path, timeout=0)
        assert content is not None
        assert content.requested == {"app"}


def test_what_is_still_in_the_log_counts(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    link = tmp_path / "elsewhere" / "link"
    link.parent.mkdir()
    link.symlink_to(path)
    with Store.open(path) as store:
        for name in ("app", "lib"):
            put(store, name)
            for place in (path, link):
                content = read_store(place)
                assert content is not None
                assert name in content.installed


def test_nothing_is_written_and_nothing_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        put(store, "app")
    before = path.read_bytes()
    assert read_store(path) is not None
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("harm", ["", "the disk is full of holes"])
def test_a_file_that_is_written_to_meanwhile_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        put(store, "app")
    plainly = sqlite_reading.connect_as_it_stands
    calls = []

    def connect(place: Path) -> sqlite3.Connection:
        calls.append(place)
        if len(calls) > 1:
            return plainly(place)
        connection = plainly(place)
        connection.execute("SELECT COUNT(*) FROM modules").fetchone()
        with Store.open(path) as store:
            put(store, "lib")
        if harm:
            raise sqlite3.DatabaseError(harm)
        return connection

    monkeypatch.setattr(sqlite_reading, "connect_as_it_stands", connect)
    content = read_store(path)
    assert content is not None
    assert list(content.installed) == ["app", "lib"]
    assert len(calls) == 2


def test_it_waits_for_no_sqlalchemy(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        put(store, "app")
    program = f"""
import sys
from pathlib import Path
from las_registry.lifecycle import read_store
assert read_store(Path({str(tmp_path / "none")!r})) is None
assert "sqlite3" not in sys.modules
assert list(read_store(Path({str(path)!r})).installed) == ["app"]
assert "sqlalchemy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    "forged",
    [
        {"runtime": {"modes": []}},
        {"runtime": {"modes": "native"}},
        {"runtime": {"modes": [1]}},
        {"category": 5},
        {"interfaces": {"provides": [1]}},
        {"dependencies": {"modules": "lib"}},
        {"dependencies": {"modules": {"lib": 1}}},
        {"hardware": {"cpu": {"cores_min": "many"}}},
        {"hardware": {"gpu": {"multi_gpu": "no"}}},
    ],
)
def test_what_was_never_accepted_is_refused_though_its_digest_fits(tmp_path: Path, forged: dict[str, Any]) -> None:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        put(store, "app")
    text = json.dumps({**json.loads(kept("app", "1.0")), **forged})
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO manifests VALUES (?, ?)", (digest_of_text(text), text))
        connection.execute("UPDATE modules SET manifest = ?", (digest_of_text(text),))
    with pytest.raises(StoreUnusable, match="keeps a manifest that cannot be read"):
        read_store(path)
