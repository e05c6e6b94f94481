"""What the operating system says of CPUs and memory (contract, section 3)."""

from __future__ import annotations

import os
import warnings

import psutil
import pytest

from las_registry.host.probes.system import total_memory, usable_cpus


class Deprived:
    """A process that does not show its affinity."""

    def cpu_affinity(self) -> list[int]:
        raise psutil.AccessDenied()


def test_cores_are_the_cpus_of_the_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda self: [0, 5])
    assert usable_cpus() == 2


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the affinity cannot be set here")
def test_an_affinity_that_is_narrowed_counts() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, before)


def test_without_an_affinity_all_cpus_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "Process", Deprived)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 6)
    assert usable_cpus() == 6


@pytest.mark.parametrize("answer", [None, 0])
def test_no_count_is_unknown(monkeypatch: pytest.MonkeyPatch, answer: int | None) -> None:
    monkeypatch.setattr(psutil, "Process", Deprived)
    monkeypatch.setattr(psutil, "cpu_count", lambda: answer)
    assert usable_cpus() is None


def test_memory_is_the_total_not_the_free() -> None:
    assert total_memory() == psutil.virtual_memory().total


def test_memory_that_cannot_be_read_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        warnings.warn("memory stats couldn't be determined", RuntimeWarning, stacklevel=1)
        raise FileNotFoundError("/proc/meminfo")

    monkeypatch.setattr(psutil, "virtual_memory", fail)
    assert total_memory() is None
