"""A registry that is kept as it was at one moment."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from manifests import listed, manifest_text, write_files

from las_registry.problem import RegistryUnusable
from las_registry.registry import Registry
from las_registry.snapshot import Snapshot


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_files(tmp_path / "registry", {"1.manifest.yaml": manifest_text("app", "1.0")})


@pytest.fixture(params=["small, in memory", "large, in a file"])
def sized(request: pytest.FixtureRequest, directory: Path) -> Path:
    """A registry without an index of its own, and one that has one."""
    if request.param != "small, in memory":
        comment = "# " + "x" * (128 << 10) + "\n"
        write_files(directory, {"2.manifest.yaml": comment + manifest_text("library", "1.0")})
    return directory


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_it_stays_as_it_was_whatever_becomes_of_the_files(sized: Path, tmp_path: Path) -> None:
    before = Registry.open([sized])
    snapshot = Snapshot.take([sized], folder(tmp_path / "kept"))
    write_files(sized, {"1.manifest.yaml": manifest_text("app", "2.0")})
    after = Registry.open([sized])
    opened = pickle.loads(pickle.dumps(snapshot)).open()
    assert listed(opened) == listed(before) != listed(after)
    assert opened.digest == before.digest != after.digest


def test_it_is_the_known_one_as_long_as_nothing_differs(sized: Path, tmp_path: Path) -> None:
    known = Snapshot.take([sized], folder(tmp_path / "first"))
    assert Snapshot.take([sized], folder(tmp_path / "second"), known=known) is known
    assert not list((tmp_path / "second").iterdir())
    write_files(sized, {"3.manifest.yaml": "name: [broken"})
    other = Snapshot.take([sized], tmp_path / "second", known=known)
    assert other is not known
    assert other.digest == known.digest
    assert [len(one.open().problems) for one in (known, other)] == [0, 1]


def test_what_the_user_says_is_a_part_of_it(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = folder(tmp_path / "settings")
    settings.chmod(0o700)
    monkeypatch.setenv("LAS_SOLVE_CONFIG", str(settings))
    known = Snapshot.take([directory], folder(tmp_path / "first"))
    said = settings / "registries.yaml"
    said.write_text(f"registries: [{{path: {directory}, names: [other-*], unsigned: warn}}]")
    said.chmod(0o600)
    other = Snapshot.take([directory], folder(tmp_path / "second"), known=known)
    assert other is not known
    opened = pickle.loads(pickle.dumps(other)).open()
    assert opened.warns_of_unsigned
    assert opened.rule_of("other-one") == Registry.open([directory]).rule_of("other-one") is not None


def test_one_whose_files_are_gone_or_damaged_is_unusable(directory: Path, tmp_path: Path) -> None:
    snapshot = Snapshot.take([directory], folder(tmp_path / "kept"))
    (index,) = (tmp_path / "kept").iterdir()
    index.write_bytes(b"damaged" + index.read_bytes()[7:])
    with pytest.raises(RegistryUnusable, match="changed while it was read"):
        snapshot.open()
    index.unlink()
    with pytest.raises(RegistryUnusable, match="changed while it was read"):
        snapshot.open()
