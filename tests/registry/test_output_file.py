"""Files are written as a whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from las_registry.output_file import write_output_file
from las_solver.errors import InvalidInput

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_as_private_as_others(tmp_path: Path) -> None:
    path = tmp_path / "host.yaml"
    (tmp_path / "other").touch()
    write_output_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert mode_of(path) == mode_of(tmp_path / "other")


def test_a_private_one_and_its_directories_are_the_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "las-solve" / "host.yaml"
    write_output_file(path, b"new", private=True)
    assert [mode_of(one) for one in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]


def test_directories_are_made_only_for_a_private_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written: No such file or directory"):
        write_output_file(tmp_path / "missing" / "host.yaml", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_there_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    write_output_file(tmp_path / "host.yaml", b"new", private=True)
    assert mode_of(tmp_path) == 0o755


def test_the_permissions_of_an_old_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "host.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_output_file(path, b"new", private=True)
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o640)


def test_a_link_to_a_file_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "host.yaml"
    target.write_bytes(b"old")
    link.symlink_to(target.name)
    write_output_file(link, b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"


@pytest.mark.parametrize("leads_to", ["host.yaml", "missing", "/dev/null"])
def test_a_link_to_no_file_is_replaced(leads_to: str, tmp_path: Path) -> None:
    link = tmp_path / "host.yaml"
    link.symlink_to(leads_to)
    write_output_file(link, b"new")
    assert not link.is_symlink() and link.read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_output_file(pipe, b"new")
        assert os.read(reader, 100) == b"new"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_whatever_fails_there_is_the_old_file_and_no_other(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "host.yaml"
    path.write_bytes(b"old")

    def fail(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(KeyboardInterrupt):
        write_output_file(path, b"new")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("host.yaml", b"old")]


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InvalidInput, match=r"host\.yaml cannot be written: No space left on device"):
        write_output_file(tmp_path / "host.yaml", b"new")
    assert list(tmp_path.iterdir()) == []
