"""The saved profile: where it is, whether there is one, and what is said of one that cannot be used."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from las_registry.host.saved import find_saved, forget_saved, read_saved, saved_path
from las_registry.problem import InvalidFile, Problem
from las_solver.errors import InvalidInput

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other directories")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the profile is saved; the directory is there, the file is not."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "las-solve" / "host.yaml"
    path.parent.mkdir()
    return path


class TestPlace:
    def test_it_is_in_the_directory_for_settings(self, path: Path) -> None:
        assert saved_path() == path

    @needs_linux
    @pytest.mark.parametrize("configured", ["", "relative", None])
    def test_a_directory_that_is_not_absolute_does_not_count(
        self, configured: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if configured is None:
            monkeypatch.delenv("XDG_CONFIG_HOME")
        else:
            monkeypatch.setenv("XDG_CONFIG_HOME", configured)
        monkeypatch.setenv("HOME", str(tmp_path))
        assert saved_path() == tmp_path / ".config" / "las-solve" / "host.yaml"

    @needs_posix
    def test_without_a_home_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("XDG_CONFIG_HOME")
        monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # what it does if nobody knows a home
        assert saved_path() is None
        assert find_saved() is None


class TestFinding:
    def test_there_is_none(self, path: Path) -> None:
        assert find_saved() is None

    def test_there_is_no_directory(self, path: Path) -> None:
        path.parent.rmdir()
        assert find_saved() is None

    def test_a_file_in_place_of_the_directory(self, path: Path) -> None:
        path.parent.rmdir()
        path.parent.write_text("")
        assert find_saved() is None

    @pytest.mark.parametrize("content", ["cpu: {cores: 3}\n", "", "?"])
    def test_it_is_found_usable_or_not(self, path: Path, content: str) -> None:
        path.write_text(content)
        assert find_saved() == path

    def test_a_broken_link_is_found(self, path: Path) -> None:
        path.symlink_to("missing")
        assert find_saved() == path


class TestReading:
    def test_a_good_one(self, path: Path) -> None:
        path.write_text("cpu: {cores: 3}\n")
        assert read_saved(path).cores == 3

    def test_a_link_to_a_good_one(self, path: Path) -> None:
        target = path.with_name("other.yaml")
        target.write_text("cpu: {cores: 3}\n")
        path.symlink_to(target)
        assert read_saved(path).cores == 3

    def test_every_mistake_is_kept_and_the_first_says_whose_file_it_is(self, path: Path) -> None:
        path.write_text("cpu: {cores: 0}\nmemory: {ram: much}\n")
        first, second = self._problems(path)
        assert (first.line, first.field, second.line, second.field) == (1, "cpu.cores", 2, "memory.ram")
        assert first.hint is not None and first.hint.startswith(
            "write a whole number from 1, like 16; this is the saved"
        )
        assert "saved" not in str(second.hint)

    @pytest.mark.parametrize("kind", ["empty", "directory", "loop", "broken link", "large", "binary"])
    def test_one_that_cannot_be_read_says_how_to_get_rid_of_it(self, path: Path, kind: str) -> None:
        match kind:
            case "empty":
                path.touch()
            case "directory":
                path.mkdir()
            case "loop":
                path.symlink_to(path.name)
            case "broken link":
                path.symlink_to("missing")
            case "large":
                path.write_bytes(b"# " + bytes(2 << 20))
            case "binary":
                path.write_bytes(b"\xff\xfe\x00")
        (problem,) = self._problems(path)
        assert problem.file == str(path)
        commands = ("las-solve host save --force", "las-solve host forget") if kind != "directory" else ("by hand",)
        for command in (*commands, "--profile detect"):
            assert command in str(problem.hint)
        assert "leave it out" not in str(problem.hint)

    @needs_posix
    def test_a_pipe_is_not_waited_for(self, path: Path) -> None:
        os.mkfifo(path)
        descriptor = os.open(path, os.O_RDWR)  # somebody has it open to write to
        try:
            (problem,) = self._problems(path)
        finally:
            os.close(descriptor)
        assert "it is not a file" in problem.message

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
    def test_one_without_permission(self, path: Path) -> None:
        path.write_text("cpu: {cores: 3}\n")
        path.chmod(0)
        (problem,) = self._problems(path)
        assert "Permission denied" in problem.message

    def _problems(self, path: Path) -> tuple[Problem, ...]:
        with pytest.raises(InvalidFile) as caught:
            read_saved(path)
        return caught.value.problems


class TestForgetting:
    def test_a_file(self, path: Path) -> None:
        path.write_text("?")
        forget_saved(path)
        assert find_saved() is None

    def test_a_link_goes_and_its_target_stays(self, path: Path) -> None:
        target = path.with_name("other.yaml")
        target.write_text("cpu: {cores: 3}\n")
        path.symlink_to(target)
        forget_saved(path)
        assert find_saved() is None
        assert target.exists()

    def test_a_directory_stays(self, path: Path) -> None:
        path.mkdir()
        with pytest.raises(InvalidInput, match="cannot be removed: it is a directory"):
            forget_saved(path)
        assert path.is_dir()
