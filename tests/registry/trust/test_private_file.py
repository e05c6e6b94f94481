"""Files in which the user says whose word counts: read only if nobody else can have written them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from las_registry.problem import InvalidFile
from las_registry.trust.private_file import read_private_file

as_others = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no such permissions here")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is as it should be."""
    found = tmp_path / "settings" / "some.json"
    found.parent.mkdir(mode=0o700)
    found.write_bytes(b"content")
    found.chmod(0o600)
    return found


def refused(path: Path, limit: int = 100) -> str:
    with pytest.raises(InvalidFile) as caught:
        read_private_file(path, limit)
    return str(caught.value)


def test_one_of_ones_own(path: Path) -> None:
    assert read_private_file(path, 100) == b"content"
    assert read_private_file(path, 7) == b"content"


def test_none_is_there(tmp_path: Path, path: Path) -> None:
    assert read_private_file(tmp_path / "none", 100) is None
    assert read_private_file(path / "below a file", 100) is None


def test_a_link_to_one_of_ones_own(tmp_path: Path, path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_private_file(link, 100) == b"content"


def test_a_link_that_leads_nowhere_is_not_taken_for_nothing(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "gone")
    assert f"{link}: the file cannot be read: No such file or directory" in refused(link)


@as_others
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_one_that_others_may_write(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert refused(path) == f"{path}: others may write the file\n  hint: chmod go-w {path} forbids that"


@as_others
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_one_that_others_may_replace(path: Path, mode: int) -> None:
    path.parent.chmod(mode)
    assert f"others may replace the file: they may write in {path.parent}" in refused(path)


@as_others
def test_a_link_to_one_that_others_may_replace(tmp_path: Path, path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    path.parent.chmod(0o777)
    assert f"{link}: others may replace the file: they may write in {path.parent}" in refused(link)


@as_others
def test_one_in_a_directory_of_another_user(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("directories cannot be given away")
    os.chown(path.parent, 4711, -1)
    assert f"others may replace the file: {path.parent} belongs to another user" in refused(path)


@as_others
def test_where_nobody_may_replace_the_files_of_others(path: Path) -> None:
    path.parent.chmod(0o1777)
    assert read_private_file(path, 100) == b"content"


@as_others
def test_one_of_another_user(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = path.stat().st_uid
    status = os.fstat
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    def owned_by_another(descriptor: int) -> os.stat_result:
        fields = list(status(descriptor))
        fields[4] = owner + 2
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", owned_by_another)
    assert "the file belongs to another user" in refused(path)


@as_others
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read every file")
def test_one_that_cannot_be_read(path: Path) -> None:
    path.chmod(0)
    assert "the file cannot be read: Permission denied" in refused(path)


def test_one_that_is_too_large(path: Path) -> None:
    assert "the file is larger than" in refused(path, 6)


def test_what_is_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert refused(folder)
    if hasattr(os, "mkfifo"):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        assert "it is not a regular file" in refused(pipe)
    assert refused(Path("no\0name"))
