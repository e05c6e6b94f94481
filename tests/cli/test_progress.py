"""The line that shows progress: only on a terminal, only once something takes long, and gone at the end."""

from __future__ import annotations

import io
import time

import pytest

from las_cli.progress import Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def test_progress_is_shown_after_a_second_and_removed_at_the_end(
    clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress("Reading") as progress:
        progress(1, 5000)
        assert terminal.getvalue() == ""
        clock.now = 1.1
        progress(2500, 5000)
        progress(2501, 5000)
        assert terminal.getvalue() == "\r\x1b[KReading: 2,500 of 5,000"
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_other_lines_find_room(clock: _Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress("Signing") as progress:
        progress.clear()
        clock.now = 1.1
        progress(1, 2)
        progress.clear()
        progress.clear()
    assert terminal.getvalue() == "\r\x1b[KSigning: 1 of 2\r\x1b[K"


def test_nothing_is_shown_where_it_is_quick(clock: _Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress("Reading") as progress:
        progress(1, 2)
    assert terminal.getvalue() == ""


def test_nothing_is_shown_where_there_is_no_terminal(clock: _Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr("sys.stderr", file)
    with Progress("Reading") as progress:
        clock.now = 60
        progress(1, 2)
    assert file.getvalue() == ""


def test_what_is_waited_for_is_shown_at_once(clock: _Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress("Reading") as progress:
        progress.wait("waiting for another")
        assert terminal.getvalue() == "\r\x1b[KReading: waiting for another"
    assert terminal.getvalue().endswith("\r\x1b[K")
    file = io.StringIO()
    monkeypatch.setattr("sys.stderr", file)
    Progress("Reading").wait("waiting for another")
    assert file.getvalue() == ""
