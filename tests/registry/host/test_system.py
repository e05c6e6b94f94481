"""What the operating system says of CPUs and memory (contract, section 3)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from machines import write

from las_registry.host.probes.system import total_memory, usable_cpus


class TestLinux:
    @pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the affinity cannot be set here")
    def test_an_affinity_that_is_narrowed_counts(self) -> None:
        before = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {min(before)})
            assert usable_cpus() == 1
        finally:
            os.sched_setaffinity(0, before)

    def test_memory_is_the_total_not_the_free(self, tmp_path: Path) -> None:
        write(tmp_path, "proc/meminfo", "MemTotal:       65536000 kB\nMemFree:  1024 kB\nMemAvailable:  2048 kB\n")
        assert total_memory(tmp_path) == 65536000 * 1024

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "MemTotal:",
            "MemTotal: 0 kB",
            "MemTotal: 64 GB",
            "MemTotal: x kB",
            "MemTotal: -1 kB",
            "MemFree: 1 kB",
            "\0",
        ],
    )
    def test_a_total_that_is_not_understood_is_left_to_psutil(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=7))
        assert total_memory(write(tmp_path, "proc/meminfo", text)) == 7

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is asked")
    def test_psutil_is_not_imported(self) -> None:
        code = (
            "import sys\n"
            "from las_registry.host.probes.system import total_memory, usable_cpus\n"
            "print(usable_cpus() > 0, total_memory() > 0, 'psutil' in sys.modules)"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stdout == "True True False\n"


class Deprived:
    """A process that does not show its affinity."""

    def cpu_affinity(self) -> list[int]:
        raise psutil.AccessDenied()


class TestElsewhere:
    """Other systems, and Linux where it refuses: psutil answers."""

    @pytest.fixture(autouse=True)
    def no_affinity(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)

    def test_cores_are_the_cpus_of_the_affinity(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda self: [0, 5], raising=False)
        assert usable_cpus() == 2

    def test_an_affinity_that_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(process: int) -> set[int]:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "sched_getaffinity", refuse, raising=False)
        monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda self: [0, 5, 7], raising=False)
        assert usable_cpus() == 3

    def test_without_an_affinity_all_cpus_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(psutil, "Process", Deprived)
        monkeypatch.setattr(psutil, "cpu_count", lambda: 6)
        assert usable_cpus() == 6

    @pytest.mark.parametrize("answer", [None, 0])
    def test_no_count_is_unknown(self, monkeypatch: pytest.MonkeyPatch, answer: int | None) -> None:
        monkeypatch.setattr(psutil, "Process", Deprived)
        monkeypatch.setattr(psutil, "cpu_count", lambda: answer)
        assert usable_cpus() is None

    def test_memory_is_the_total(self, tmp_path: Path) -> None:
        assert total_memory(tmp_path) == psutil.virtual_memory().total

    def test_memory_that_cannot_be_read_is_unknown(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise FileNotFoundError("/proc/meminfo")

        monkeypatch.setattr(psutil, "virtual_memory", fail)
        assert total_memory(tmp_path) is None


def test_this_machine_is_as_psutil_sees_it() -> None:
    if hasattr(psutil.Process, "cpu_affinity"):
        assert usable_cpus() == len(psutil.Process().cpu_affinity() or ())
    assert total_memory() == psutil.virtual_memory().total
