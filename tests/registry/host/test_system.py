"""What the operating system says of CPUs and memory (contract, section 3)."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import psutil
import pytest

from las_registry.host.probes.system import total_memory, usable_cpus


class Deprived:
    """A process that does not show its affinity."""

    def cpu_affinity(self) -> list[int]:
        raise psutil.AccessDenied()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system whose Python does not know the affinity."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the affinity cannot be set here")
def test_an_affinity_that_is_narrowed_counts() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.usefixtures("elsewhere")
def test_cores_are_the_cpus_of_the_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda self: [0, 5], raising=False)
    assert usable_cpus() == 2


@pytest.mark.usefixtures("elsewhere")
def test_without_an_affinity_all_cpus_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "Process", Deprived)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 6)
    assert usable_cpus() == 6


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("answer", [None, 0])
def test_no_count_is_unknown(monkeypatch: pytest.MonkeyPatch, answer: int | None) -> None:
    monkeypatch.setattr(psutil, "Process", Deprived)
    monkeypatch.setattr(psutil, "cpu_count", lambda: answer)
    assert usable_cpus() is None


def test_an_affinity_that_is_refused_is_asked_for_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: int) -> set[int]:
        raise PermissionError

    monkeypatch.setattr(os, "sched_getaffinity", refuse, raising=False)
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda self: [1, 2, 3], raising=False)
    assert usable_cpus() == 3


def test_memory_is_the_total_not_the_free() -> None:
    assert total_memory() == psutil.virtual_memory().total


def test_linux_states_its_memory_in_kibibytes(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:       16384 kB\nMemFree:        8192 kB\n")
    assert total_memory(tmp_path) == 16 * 1024**2


@pytest.mark.parametrize("text", [None, "", "MemTotal: 0 kB\n", "MemTotal: many kB\n", "MemFree: 5 kB\n"])
def test_memory_that_is_stated_nowhere_is_asked_for(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Memory:
        total = 7 * 1024**3

    if text is not None:
        (tmp_path / "proc").mkdir()
        (tmp_path / "proc/meminfo").write_text(text)
    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    assert total_memory(tmp_path) == 7 * 1024**3


def test_memory_that_cannot_be_read_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        warnings.warn("memory stats couldn't be determined", RuntimeWarning, stacklevel=1)
        raise FileNotFoundError("/proc/meminfo")

    monkeypatch.setattr(psutil, "virtual_memory", fail)
    assert total_memory(tmp_path) is None
