"""Linux as a runtime."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packaging.version import Version

from las_registry.host.detect import detect
from las_registry.host.probes.linux import probe_linux


def release(root: Path, text: bytes) -> None:
    (root / "proc/sys/kernel").mkdir(parents=True)
    (root / "proc/sys/kernel/osrelease").write_bytes(text)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("6.8.0-45-generic", "6.8.0"),
        ("5.15.167.4-microsoft-standard-WSL2", "5.15.167.4"),
        ("6.1.0-28-cloud-amd64", "6.1.0"),
        ("6.12-rc3", "6.12"),
    ],
)
def test_the_numbers_of_the_release_count(tmp_path: Path, text: str, version: str) -> None:
    release(tmp_path, text.encode() + b"\n")
    found = probe_linux(tmp_path)
    assert (dict(found.runtimes), found.notes) == ({"linux": Version(version)}, ())


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"generic", b"6", b"1" * 300])
def test_a_release_that_is_none_is_no_runtime(tmp_path: Path, text: bytes) -> None:
    release(tmp_path, text)
    assert dict(probe_linux(tmp_path).runtimes) == {}


def test_on_another_system_there_is_none(tmp_path: Path) -> None:
    assert dict(probe_linux(tmp_path).runtimes) == {}


def test_this_machine() -> None:
    assert ("linux" in detect().runtimes) == (sys.platform == "linux" and Path("/proc/sys/kernel/osrelease").exists())
