"""Where state belongs (XDG Base Directory Specification)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from las_registry.user_directories import state_directory


def test_the_directory_is_where_state_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_directory() == tmp_path / "las-solve"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the customs of other systems")
@pytest.mark.parametrize("stated", ["", "relative/path"])
def test_what_is_no_absolute_path_does_not_count(stated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", stated)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_directory() == tmp_path / ".local" / "state" / "las-solve"


@pytest.mark.skipif(sys.platform == "win32", reason="the customs of other systems")
def test_an_empty_home_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "")
    assert state_directory() is None
