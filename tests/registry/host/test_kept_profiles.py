"""What is kept of profiles is never wrong, and never in the way."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest

from las_registry.host import kept_profiles
from las_registry.host.profile import read_profile
from las_registry.kept import Kept
from las_registry.problem import InvalidFile
from las_solver.model import Gpu, Host

TEXT = 'cpu: {cores: 016}\ngpus: [{vram: 24GB}]\nruntimes: {nvidia-driver: "570.124.06"}\nx-mine: [1]\n'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "profiles.json"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "host.yaml"
    path.write_text(TEXT)
    return path


def read(path: Path) -> Host:
    return read_profile(path, is_cached=True)


def forbid(patch: pytest.MonkeyPatch) -> None:
    """Whoever parses YAML fails from now on."""

    def fail(*arguments: object) -> None:
        raise AssertionError("YAML was parsed")

    patch.setattr("las_registry.yaml_reader.read_document", fail)


def rewritten(cache: Path, **changes: object) -> None:
    """The file with other contents, and a checksum that is right."""
    document = json.loads(cache.read_bytes().partition(b"\n")[2]) | changes
    payload = json.dumps(document).encode()
    cache.write_bytes(b"%08x\n" % crc32(payload) + payload)


def test_a_profile_is_parsed_once(profile: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = read(profile)
    forbid(monkeypatch)
    again = read(profile)
    assert again == first
    assert (again.cores, again.gpus) == (16, (Gpu(vram=24 * 10**9),))
    assert str(again.runtimes["nvidia-driver"]) == "570.124.06"
    elsewhere = tmp_path / "other.yaml"
    elsewhere.write_text(TEXT)
    assert read(elsewhere) == first


def test_a_profile_of_nothing_is_known_too(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile.write_text("{}")
    assert read(profile) == Host()
    forbid(monkeypatch)
    assert read(profile) == Host()


def test_a_change_of_one_byte_is_noticed(profile: Path) -> None:
    before = profile.stat()
    read(profile)
    profile.write_text(TEXT.replace("016", "017"))
    os.utime(profile, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert read(profile).cores == 17


def test_nothing_is_kept_unless_asked_for(profile: Path, cache: Path) -> None:
    read_profile(profile)
    assert not cache.exists()


def test_what_is_wrong_is_said_every_time(profile: Path, cache: Path) -> None:
    profile.write_text("cpu: {cores: none}\n")
    for _ in range(2):
        with pytest.raises(InvalidFile, match="is not a number of CPUs") as caught:
            read(profile)
        assert caught.value.problems[0].line == 1
    assert not cache.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data.replace(b"16", b"61"),
        lambda data: b"\xff" + data,
        lambda data: b"00000000\n" + data.partition(b"\n")[2],
    ],
    ids=["empty", "cut off", "another number", "no text", "another checksum"],
)
def test_a_damaged_file_is_written_anew(damage: Callable[[bytes], bytes], profile: Path, cache: Path) -> None:
    host = read(profile)
    whole = cache.read_bytes()
    cache.write_bytes(damage(whole))
    assert read(profile) == host
    assert cache.read_bytes() == whole


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 0},
        {"kept": None},
        {"kept": [[1, 2]]},
        {"kept": [["a"]]},
        {"kept": [[TEXT, {"cpu": {"cores": "none"}}]]},
        {"kept": [[TEXT, None]]},
        {"kept": [[TEXT, []]]},
    ],
    ids=str,
)
def test_a_file_of_another_form_counts_for_nothing(changes: dict[str, object], profile: Path, cache: Path) -> None:
    host = read(profile)
    whole = cache.read_bytes()
    rewritten(cache, **changes)
    assert read(profile) == host
    assert cache.read_bytes() == whole


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the system knows no owners")
def test_a_file_that_others_can_write_counts_for_nothing(profile: Path, cache: Path) -> None:
    read(profile)
    assert cache.stat().st_mode & 0o777 == 0o600
    rewritten(cache, kept=[[TEXT, {"cpu": {"cores": 1}}]])
    assert read(profile).cores == 1
    cache.chmod(0o622)
    assert read(profile).cores == 16


def test_few_profiles_are_kept(profile: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_profiles, "_KEPT", Kept("profiles.json", version=2, most=2))
    monkeypatch.setattr(kept_profiles, "_LONGEST", 100)
    for cores in ("1", "2", "3", "4" + " " * 100):
        profile.write_text(f"cpu: {{cores: {cores}}}\n")
        read(profile)
    texts = [text for text, _ in json.loads(cache.read_bytes().partition(b"\n")[2])["kept"]]
    assert texts == ["cpu: {cores: 2}\n", "cpu: {cores: 3}\n"]


@pytest.mark.parametrize("place", ["", "file"])
def test_profiles_are_read_where_nothing_can_be_kept(
    place: str, profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAS_SOLVE_CACHE", place and str(tmp_path / place))
    assert read(profile) == read(profile)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "host.yaml"]
