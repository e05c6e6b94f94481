"""Where the driver's library is found, and the real Python package on a library that is built for the test."""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from las_registry.host.probes import nvml
from las_registry.host.probes.nvml import load_nvml

COMPILER = shutil.which("cc") or shutil.which("gcc")
SOURCE = r"""
#include <string.h>
struct memory { unsigned long long total, free, used; };
struct pci { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; };
int nvmlInitWithFlags(unsigned flags) { return 0; }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { return "refused"; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { strncpy(text, "551.86", size); return 0; }
int nvmlSystemGetCudaDriverVersion(int *number) { *number = 12040; return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) { *handle = (void *)(index + 1UL); return 0; }
int nvmlDeviceGetName(void *handle, char *text, unsigned size) { strncpy(text, "Fake", size); return 0; }
int nvmlDeviceGetUUID(void *handle, char *text, unsigned size) {
    strncpy(text, handle == (void *)1 ? "GPU-1111" : handle == (void *)2 ? "GPU-2222" : "MIG-3333", size);
    return 0;
}
int nvmlDeviceGetPciInfo_v3(void *handle, struct pci *info) { strcpy(info->bus_id, "00000000:01:00.0"); return 0; }
int nvmlDeviceGetMemoryInfo(void *handle, struct memory *info) {
    info->total = handle == (void *)3 ? 5368709120ULL : 8589934592ULL;
    return 0;
}
int nvmlDeviceGetMigMode(void *handle, unsigned *now, unsigned *later) {
    *now = *later = handle == (void *)2;
    return handle == (void *)2 ? 0 : 3;
}
int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned *count) { *count = 2; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned index, void **slice) {
    *slice = (void *)3;
    return index == 0 ? 0 : 6;
}
int nvmlDeviceGetGpuInstanceId(void *handle, unsigned *id) { *id = 7; return 0; }
int nvmlDeviceGetComputeInstanceId(void *handle, unsigned *id) { *id = 0; return 0; }
"""
ASK = """
import sys
from pathlib import Path
from las_registry.host.probes.nvidia import inspect_cards
from las_registry.host.probes.nvml import load_nvml
nvml = load_nvml(Path(sys.argv[1]))
print(None if nvml is None else inspect_cards(nvml, lambda: None, {"CUDA_VISIBLE_DEVICES": sys.argv[2]}))
"""


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a machine under WSL, with the library where Windows puts it."""
    if COMPILER is None or sys.platform != "linux":
        pytest.skip("no C compiler that makes libraries of the form expected here")
    root = tmp_path_factory.mktemp("wsl")
    (root / "usr/lib/wsl/lib").mkdir(parents=True)
    (root / "nvml.c").write_text(SOURCE)
    library = root / "usr/lib/wsl/lib/libnvidia-ml.so.1"
    options = ("-shared", "-fPIC", "-w", f"-Wl,-soname,{library.name}", "-o", str(library))
    subprocess.run((COMPILER, *options, str(root / "nvml.c")), check=True)
    (root / "proc/sys/kernel").mkdir(parents=True)
    (root / "proc/sys/kernel/osrelease").write_text("5.15.167.4-microsoft-standard-WSL2\n")
    (root / "dev").mkdir()
    (root / "dev/dxg").touch()
    return root


def ask(root: Path, visible: str) -> str:
    """What a process of its own finds, since a library stays loaded."""
    run = subprocess.run([sys.executable, "-c", ASK, str(root), visible], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return run.stdout


def test_under_wsl_the_library_need_not_be_where_the_loader_looks(windows: Path) -> None:
    found = ask(windows, "0")
    assert "Gpu(name='Fake', vendor='nvidia', vram=8589934592)" in found
    assert "'cuda': <Version('12.4')>" in found and "'nvidia-driver': <SpelledVersion('551.86')>" in found


def test_the_real_package_tells_the_names_of_slices(windows: Path) -> None:
    for name in ("MIG-3333", "MIG-GPU-2222/7/0"):
        assert "vram=5368709120" in ask(windows, name)


def test_elsewhere_that_place_is_not_looked_at(windows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(nvml, "_can_load", lambda library: bool(tried.append(library)))
    assert load_nvml(windows) is None
    assert tried == [str(windows / "usr/lib/wsl/lib/libnvidia-ml.so.1"), "libnvidia-ml.so.1"]
    tried.clear()
    assert load_nvml(tmp_path) is None
    assert tried == ["libnvidia-ml.so.1"]


@pytest.mark.skipif(sys.platform != "linux", reason="about the loader of Linux")
def test_a_library_that_is_damaged_is_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "_LIBRARY", "libthere-is-no-such-library.so.1")
    (tmp_path / "proc/sys/kernel").mkdir(parents=True)
    (tmp_path / "proc/sys/kernel/osrelease").write_text("6.6.87.2-Microsoft")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/dxg").touch()
    (tmp_path / "usr/lib/wsl/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/wsl/lib/libnvidia-ml.so.1").write_bytes(b"\x7fELF nonsense")
    assert load_nvml(tmp_path) is None


def test_without_the_library_its_package_is_not_even_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "_library_exists", lambda root: False)
    monkeypatch.setitem(sys.modules, "pynvml", None)  # an import would raise
    assert load_nvml() is None


def test_a_retired_package_that_warns_serves_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pynvml.py").write_text("import warnings\nwarnings.warn('retired', FutureWarning)\nretired = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "pynvml", None)  # so that what is there now comes back
    del sys.modules["pynvml"]
    monkeypatch.setattr(nvml, "_library_exists", lambda root: True)
    assert getattr(load_nvml(), "retired", False) is True


def test_filters_of_warnings_are_left_alone_once_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of all threads: two that change and restore them at once would leave a change behind."""
    import pynvml

    monkeypatch.setattr(nvml, "_library_exists", lambda root: True)
    monkeypatch.delattr(warnings, "catch_warnings")
    assert load_nvml() is pynvml


def test_a_mac_has_no_nvidia_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert load_nvml() is None
