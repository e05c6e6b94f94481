"""AMD cards, on trees of files (contract, section 3: "never a crash"; pitfalls 18 and 19)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machines import plant, write
from packaging.version import Version

from las_registry.host.probes.amd import ELSEWHERE, NO_CARD, UNDER_WSL, probe_amd
from las_registry.host.probes.probe import Findings
from las_solver.model import Gpu

MIB = 1024**2
XTX = Gpu(name="AMD Radeon RX 7900 XTX", vendor="amd", vram=24560 * MIB)
CARD = "sys/class/drm/card1/device"
NODE = "sys/class/kfd/kfd/topology/nodes/1"


def probe(root: Path, **environ: str) -> Findings:
    return probe_amd(root, environ, "linux")


@pytest.fixture
def xtx(tmp_path: Path) -> Path:
    """A Ryzen 9 with its own graphics and an RX 7900 XTX."""
    return plant(tmp_path, "rx7900xtx")


def only_note(findings: Findings) -> str:
    """The one note beside that on the integrated graphics of the Ryzen."""
    assert findings.gpus == ()
    (note,) = (note for note in findings.notes if not note.startswith("integrated graphics (AMD Radeon Graphics)"))
    return note


class TestMachines:
    def test_a_card_beside_integrated_graphics(self, xtx: Path) -> None:
        findings = probe(xtx)
        assert findings.gpus == (XTX,)
        assert findings.runtimes == {"amdgpu-driver": Version("6.8.0"), "rocm": Version("6.2.4")}
        assert findings.notes == (
            "integrated graphics (AMD Radeon Graphics) do not count as a card: state the memory that they may use with"
            " --assume gpus=SIZE",
        )

    def test_a_card_sold_as_24_gb_has_24_gb(self, xtx: Path) -> None:
        assert probe(xtx).gpus[0].vram >= 24 * 1000**3

    def test_two_cards_in_the_order_of_their_slots_with_the_driver_of_amd(self, tmp_path: Path) -> None:
        root = plant(tmp_path, "w7900")
        write(root, "sys/class/drm/card1/device/mem_info_vram_total", str(32 * 1024 * MIB))
        findings = probe(root)
        assert [(gpu.name, gpu.vram // MIB) for gpu in findings.gpus] == [
            ("AMD Radeon PRO W7900", 32 * 1024),
            ("AMD Radeon PRO W7900", 46064),
        ]
        assert findings.runtimes == {"amdgpu-driver": Version("6.10.5"), "rocm": Version("6.3.1")}
        assert findings.notes == ()

    def test_eight_mi300x(self, tmp_path: Path) -> None:
        findings = probe(plant(tmp_path, "mi300x"))
        assert findings.gpus == (Gpu(name="AMD Instinct MI300X OAM", vendor="amd", vram=196592 * MIB),) * 8
        assert findings.runtimes == {"amdgpu-driver": Version("6.12.12"), "rocm": Version("7.14.0")}
        assert findings.notes == ()

    @pytest.mark.parametrize("own", ["0", None])
    def test_an_mi300a_has_the_memory_that_rocm_may_use(self, tmp_path: Path, own: str | None) -> None:
        root = plant(tmp_path, "mi300a")
        for card in range(4):
            file = root / f"sys/class/drm/card{card}/device/mem_info_vram_total"
            file.unlink() if own is None else file.write_text(own)
        findings = probe(root)
        assert findings.gpus == (Gpu(name="Instinct MI300A", vendor="amd", vram=134944124928),) * 4
        assert findings.notes[3] == (
            "AMD card 0003:01:00.0 (Instinct MI300A) tells no memory of its own: the 131781372KiB that ROCm may use"
            " count"
        )
        assert findings.runtimes["amdgpu-driver"] == Version("5.14.0")

    @pytest.mark.parametrize(
        ("machine", "name"),
        [
            ("ryzen7840u", "AMD Radeon 780M Graphics"),
            ("strix-halo", "AMD GPU 0x1586 gfx1151"),
            ("ryzen2400g", "AMD GPU 0x15dd gfx902"),
        ],
    )
    def test_integrated_graphics_are_no_card(self, tmp_path: Path, machine: str, name: str) -> None:
        assert probe(plant(tmp_path, machine)) == Findings(
            notes=(
                f"integrated graphics ({name}) do not count as a card: state the memory that they may use with"
                " --assume gpus=SIZE",
            )
        )

    @pytest.mark.parametrize("machine", ["a770-i915", "iris-xe"])
    def test_cards_of_others_are_no_amd_cards(self, tmp_path: Path, machine: str) -> None:
        assert probe(plant(tmp_path, machine)) == Findings(notes=(NO_CARD,))

    def test_a_machine_without_any_card(self, tmp_path: Path) -> None:
        assert probe(tmp_path) == Findings(notes=(NO_CARD,))

    def test_windows_subsystem_for_linux(self, tmp_path: Path) -> None:
        assert probe(plant(tmp_path, "wsl")) == Findings(notes=(UNDER_WSL,))

    @pytest.mark.parametrize(
        ("platform", "notes"), [("darwin", ()), ("win32", (ELSEWHERE,)), ("freebsd14", (ELSEWHERE,))]
    )
    def test_other_systems(self, xtx: Path, platform: str, notes: tuple[str, ...]) -> None:
        assert probe_amd(xtx, {}, platform) == Findings(notes=notes)


class TestMemory:
    @pytest.mark.parametrize("text", ["", "0", "-1", "many", "1e9", str(1 << 60), "9" * 30, "25753026560\n1", "\0"])
    def test_a_size_that_is_not_understood_is_unknown(self, xtx: Path, text: str) -> None:
        (xtx / NODE / "mem_banks/0/properties").unlink()
        write(xtx, f"{CARD}/mem_info_vram_total", text)
        assert only_note(probe(xtx)) == (
            "AMD card 0000:03:00.0 (AMD Radeon RX 7900 XTX) does not count, the size of its memory is unknown"
        )

    @pytest.mark.parametrize("bank", ["", "heap_type 0\nsize_in_bytes 99", "heap_type 1", "size_in_bytes 99", "\xff 1"])
    def test_the_memory_of_the_system_is_not_that_of_a_card(self, tmp_path: Path, bank: str) -> None:
        root = plant(tmp_path, "mi300a")
        for node in range(4, 8):
            write(root, f"sys/class/kfd/kfd/topology/nodes/{node}/mem_banks/0/properties", bank)
        assert probe(root).gpus == ()

    @pytest.mark.parametrize("mode", ["DPX", "CPX"])
    def test_a_card_in_partitions_is_not_one_card(self, tmp_path: Path, mode: str) -> None:
        root = plant(tmp_path, "mi300x")
        write(root, "sys/class/drm/card9/device/current_compute_partition", mode)
        findings = probe(root)
        assert len(findings.gpus) == 7
        assert findings.notes == (
            f"AMD card 0000:26:00.0 (AMD Instinct MI300X OAM) does not count, it is split into partitions ({mode}):"
            " state those that may be used with --assume gpus=SIZE,SIZE",
        )


class TestIntegrated:
    """Pitfall 19: "an integrated GPU counted as a card"."""

    @pytest.mark.parametrize(
        ("header", "counts"),
        [("78000103", True), ("78000109", True), ("90000202", False), ("20010300", False)],
    )
    def test_the_format_of_the_metrics_tells(self, xtx: Path, header: str, counts: bool) -> None:
        (xtx / CARD / "mem_info_vram_vendor").unlink()
        write(xtx, f"{CARD}/gpu_metrics", bytes.fromhex(header) + bytes(116))
        assert probe(xtx).gpus == ((XTX,) if counts else ())

    def test_the_vendor_of_the_memory_tells_first(self, xtx: Path) -> None:
        (xtx / CARD / "gpu_metrics").unlink()
        assert probe(xtx).gpus == (XTX,)

    @pytest.mark.parametrize("metrics", [b"", b"\x78\x00\x01", b"\x78\x00\x00\x00", b"\x78\x00\xff\x01", None])
    @pytest.mark.parametrize("vendor", ["unknown", ""])
    def test_what_nothing_tells_of_does_not_count(self, xtx: Path, metrics: bytes | None, vendor: str) -> None:
        write(xtx, f"{CARD}/mem_info_vram_vendor", vendor)
        (xtx / CARD / "gpu_metrics").unlink() if metrics is None else write(xtx, f"{CARD}/gpu_metrics", metrics)
        assert only_note(probe(xtx)) == (
            "AMD card 0000:03:00.0 (AMD Radeon RX 7900 XTX) does not count, nothing tells whether it is integrated: if"
            " it is not, state it with --assume gpus=SIZE"
        )


class TestAccess:
    """A card counts where a program of ROCm could open what it has to open."""

    def test_without_kfd_no_card_counts(self, xtx: Path) -> None:
        (xtx / "dev/kfd").unlink()
        findings = probe(xtx)
        assert only_note(findings) == (
            "no AMD card counts, /dev/kfd is not there: a container has to be given /dev/kfd and /dev/dri"
        )
        assert findings.runtimes == {"rocm": Version("6.2.4")}

    @pytest.mark.parametrize("is_masked", [False, True])
    def test_a_card_that_a_container_was_not_given(self, tmp_path: Path, is_masked: bool) -> None:
        root = plant(tmp_path, "w7900")
        (root / "dev/dri/renderD128").unlink()
        if is_masked:  # as a container is refused the properties of what it was not given
            (root / NODE / "properties").unlink()
        findings = probe(root)
        assert len(findings.gpus) == 1
        assert findings.notes == (
            "AMD card 0000:c3:00.0 (AMD Radeon PRO W7900) does not count, /dev/dri/renderD128 is not there: a container"
            " has to be given /dev/kfd and /dev/dri",
        )

    @pytest.mark.parametrize(
        ("closed", "note"),
        [
            (
                "kfd",
                "no AMD card counts, this user may not open /dev/kfd: it takes the group that owns it, often render",
            ),
            (
                "renderD128",
                "AMD card 0000:03:00.0 (AMD Radeon RX 7900 XTX) does not count, this user may not open"
                " /dev/dri/renderD128: it takes the group that owns it, often render",
            ),
        ],
    )
    def test_no_permission(self, xtx: Path, monkeypatch: pytest.MonkeyPatch, closed: str, note: str) -> None:
        monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK or path.name != closed)
        assert only_note(probe(xtx)) == note

    @pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"\xff\0" * 99)])
    def test_a_card_that_the_kernel_does_not_offer(self, xtx: Path, damage: Callable[[Path], object]) -> None:
        damage(xtx / NODE / "properties")
        assert only_note(probe(xtx)) == (
            "AMD card 0000:03:00.0 (AMD Radeon RX 7900 XTX) does not count, the kernel does not offer it to ROCm"
        )


class TestHidden:
    """What the variables of ROCm and HIP hide; in the tree the RX 7900 XTX is device 0, the Ryzen's graphics 1."""

    @pytest.mark.parametrize(
        "environ",
        [
            {},
            {"ROCR_VISIBLE_DEVICES": "0"},
            {"ROCR_VISIBLE_DEVICES": "1,0"},
            {"ROCR_VISIBLE_DEVICES": " 0 , nonsense"},
            {"ROCR_VISIBLE_DEVICES": "GPU-7cf529dea4b33bad"},
            {"ROCR_VISIBLE_DEVICES": "gpu-7CF5"},
            {"ROCR_VISIBLE_DEVICES": "0", "HIP_VISIBLE_DEVICES": "0"},
            {"HIP_VISIBLE_DEVICES": "0,1"},
            {"HIP_VISIBLE_DEVICES": "", "CUDA_VISIBLE_DEVICES": ""},
            {"HIP_VISIBLE_DEVICES": "0", "CUDA_VISIBLE_DEVICES": "1"},
            {"CUDA_VISIBLE_DEVICES": "0"},
        ],
    )
    def test_a_card_that_is_shown(self, xtx: Path, environ: dict[str, str]) -> None:
        assert probe(xtx, **environ).gpus == (XTX,)

    @pytest.mark.parametrize(
        ("environ", "variable"),
        [
            ({"ROCR_VISIBLE_DEVICES": ""}, "ROCR_VISIBLE_DEVICES"),
            ({"ROCR_VISIBLE_DEVICES": "1"}, "ROCR_VISIBLE_DEVICES"),
            ({"ROCR_VISIBLE_DEVICES": "2,0"}, "ROCR_VISIBLE_DEVICES"),
            ({"ROCR_VISIBLE_DEVICES": "1,1,0"}, "ROCR_VISIBLE_DEVICES"),
            ({"ROCR_VISIBLE_DEVICES": "GPU-0000000000000000"}, "ROCR_VISIBLE_DEVICES"),
            ({"ROCR_VISIBLE_DEVICES": "9" * 5000}, "ROCR_VISIBLE_DEVICES"),
            ({"ROCR_VISIBLE_DEVICES": "1", "HIP_VISIBLE_DEVICES": "0"}, "ROCR_VISIBLE_DEVICES"),
            ({"ROCR_VISIBLE_DEVICES": "0", "HIP_VISIBLE_DEVICES": "1"}, "HIP_VISIBLE_DEVICES"),
            ({"HIP_VISIBLE_DEVICES": "-1"}, "HIP_VISIBLE_DEVICES"),
            ({"HIP_VISIBLE_DEVICES": "", "CUDA_VISIBLE_DEVICES": "1"}, "CUDA_VISIBLE_DEVICES"),
            ({"CUDA_VISIBLE_DEVICES": "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"}, "CUDA_VISIBLE_DEVICES"),
        ],
    )
    def test_a_card_that_is_hidden(self, xtx: Path, environ: dict[str, str], variable: str) -> None:
        assert only_note(probe(xtx, **environ)) == (
            f"AMD card 0000:03:00.0 (AMD Radeon RX 7900 XTX) does not count, {variable} hides it"
        )

    def test_the_beginning_of_two_numbers_names_neither(self, tmp_path: Path) -> None:
        root = plant(tmp_path, "mi300x")
        assert probe(root, ROCR_VISIBLE_DEVICES="GPU-21b6d61638a86f8").gpus == ()
        assert len(probe(root, ROCR_VISIBLE_DEVICES="GPU-21b6d61638a86f81").gpus) == 1

    def test_indices_follow_rocm_and_not_the_slots(self, tmp_path: Path) -> None:
        root = plant(tmp_path, "w7900")
        findings = probe(root, ROCR_VISIBLE_DEVICES="0")
        assert len(findings.gpus) == 1
        assert findings.notes == (
            "AMD card 0000:23:00.0 (AMD Radeon PRO W7900) does not count, ROCR_VISIBLE_DEVICES hides it",
        )

    def test_hip_counts_what_rocr_left(self, tmp_path: Path) -> None:
        findings = probe(plant(tmp_path, "mi300x"), ROCR_VISIBLE_DEVICES="6,7", HIP_VISIBLE_DEVICES="1")
        assert len(findings.gpus) == 1
        assert sum("ROCR_VISIBLE_DEVICES" in note for note in findings.notes) == 6
        assert sum("HIP_VISIBLE_DEVICES" in note for note in findings.notes) == 1


class TestNames:
    @pytest.mark.parametrize(
        ("path", "text", "name"),
        [
            (f"{CARD}/product_name", "Radeon RX 7900 XTX Nitro", "Radeon RX 7900 XTX Nitro"),
            (f"{CARD}/product_name", "a\x07b", "AMD Radeon RX 7900 XTX"),
            (f"{CARD}/product_name", "x" * 101, "AMD Radeon RX 7900 XTX"),
            (f"{CARD}/product_name", b"\xff\xfe", "AMD Radeon RX 7900 XTX"),
            (f"{CARD}/revision", "0xcc", "AMD Radeon RX 7900 XT"),
            (f"{CARD}/revision", "0xff", "AMD GPU 0x744c gfx1100"),
            (f"{CARD}/revision", "C8", "AMD GPU 0x744c gfx1100"),
            ("usr/share/libdrm/amdgpu.ids", "744C, C8, \x1b[31mred", "AMD GPU 0x744c gfx1100"),
            ("usr/share/libdrm/amdgpu.ids", "", "AMD GPU 0x744c gfx1100"),
        ],
    )
    def test_a_name(self, xtx: Path, path: str, text: str | bytes, name: str) -> None:
        write(xtx, path, text)
        assert [gpu.name for gpu in probe(xtx).gpus] == [name]

    @pytest.mark.parametrize(
        ("lines", "name"),
        [
            ("1002  AMD\n\t744c  Navi 31 [Radeon RX 7900 XTX]", "Radeon RX 7900 XTX"),
            ("1002  AMD\n\t744c  Navi 31\n\t\t1002 744c  other", "Navi 31"),
            ("1002  AMD\n10de  NVIDIA\n\t744c  Other vendor's", "AMD GPU 0x744c gfx1100"),
            ("10de  NVIDIA\n\t744c  Other vendor's", "AMD GPU 0x744c gfx1100"),
            ("1002  AMD\n\t744c  \x07", "AMD GPU 0x744c gfx1100"),
        ],
    )
    def test_a_name_from_the_list_of_the_system(self, xtx: Path, lines: str, name: str) -> None:
        (xtx / "usr/share/libdrm/amdgpu.ids").unlink()
        write(xtx, "usr/share/hwdata/pci.ids", f"# comment\n{lines}\n")
        assert [gpu.name for gpu in probe(xtx).gpus] == [name]


class TestRuntimes:
    @pytest.mark.parametrize(
        ("files", "version"),
        [
            ({"opt/rocm/.info/version": "6.2.0-66"}, "6.2.0"),
            ({"opt/rocm/.info/version": "6.4"}, "6.4"),
            ({"opt/rocm/core/.info/version": "10.0.0"}, "10.0.0"),
            ({"opt/rocm/core-10.0/.info/version": "10.0.0", "opt/rocm/core-7.14/.info/version": "7.14.0"}, "10.0.0"),
            ({"opt/rocm-6.4.1/.info/version": "6.4.1-83", "opt/rocm-6.10.0/.info/version": "6.10.0-5"}, "6.10.0"),
            ({"opt/rocm/.info/version": "6.2.4", "opt/rocm-6.4.1/.info/version": "6.4.1"}, "6.2.4"),
            ({"opt/rocm/.info/version": "6.2." + "9" * 9}, "6.2"),
            ({"opt/rocm/.info/version": "?", "opt/rocm-6.4.1/.info/version": "6.4.1"}, "6.4.1"),
        ],
    )
    def test_rocm_counts_without_a_card(self, tmp_path: Path, files: dict[str, str], version: str) -> None:
        for path, text in files.items():
            write(tmp_path, path, text)
        assert probe(tmp_path).runtimes == {"rocm": Version(version)}

    @pytest.mark.parametrize(
        "text", ["", "rocm", "6", "-6.2", "6." + "9" * 9, b"\xff\xfe", "6\n2.3", "6.2" + "x" * 200]
    )
    def test_a_version_of_rocm_that_is_not_understood(self, tmp_path: Path, text: str | bytes) -> None:
        write(tmp_path, "opt/rocm/.info/version", text)
        assert probe(tmp_path).runtimes == {}

    def test_a_driver_that_does_not_say_its_version(self, xtx: Path) -> None:
        write(xtx, "proc/sys/kernel/osrelease", "unreadable")
        findings = probe(xtx)
        assert findings.gpus == (XTX,)
        assert "amdgpu-driver" not in findings.runtimes
        assert "the version of the driver amdgpu is not known" in findings.notes


class TestDamage:
    @pytest.mark.parametrize("text", ["", "PCI_ID", "PCI_ID=", "PCI_ID=1002", "PCI_ID=0x1002:744c", "\0" * 99])
    def test_a_card_that_does_not_say_what_it_is(self, xtx: Path, text: str) -> None:
        write(xtx, f"{CARD}/uevent", text)
        assert probe(xtx).gpus == ()

    def test_a_card_that_does_not_say_its_place_comes_last(self, tmp_path: Path) -> None:
        root = plant(tmp_path, "mi300x")
        write(root, "sys/class/drm/card1/device/uevent", "PCI_ID=1002:74A1\nPCI_SLOT_NAME=../../etc")
        write(root, "sys/class/drm/card1/device/current_compute_partition", "CPX")
        write(root, "sys/class/drm/card57/device/current_compute_partition", "DPX")
        assert [note[:21] for note in probe(root).notes] == ["AMD card 0000:e5:00.0", "AMD card card1 (AMD I"]

    def test_a_card_that_is_shown_twice_counts_once(self, xtx: Path) -> None:
        (xtx / "sys/class/drm/card2").symlink_to("card1")
        assert probe(xtx).gpus == (XTX,)

    def test_links_that_go_round(self, xtx: Path) -> None:
        for name in ("mem_info_vram_total", "gpu_metrics", "product_name", "revision"):
            (xtx / CARD / name).unlink(missing_ok=True)
            (xtx / CARD / name).symlink_to(name)
        (xtx / "sys/class/drm/card7").symlink_to("card7")
        findings = probe(xtx)
        assert findings.gpus == (Gpu(name="AMD GPU 0x744c gfx1100", vendor="amd", vram=XTX.vram),)
        assert findings.notes[0].endswith("tells no memory of its own: the 24560MiB that ROCm may use count")

    def test_folders_and_pipes_in_place_of_files(self, xtx: Path) -> None:
        for name in ("mem_info_vram_total", "gpu_metrics"):
            (xtx / CARD / name).unlink()
        (xtx / CARD / "mem_info_vram_total").mkdir()
        os.mkfifo(xtx / CARD / "gpu_metrics")
        os.mkfifo(xtx / CARD / "current_compute_partition")
        assert probe(xtx).gpus == (XTX,)

    def test_a_file_that_does_not_end(self, xtx: Path) -> None:
        (xtx / CARD / "product_name").unlink()
        (xtx / CARD / "product_name").symlink_to("/dev/zero")
        assert probe(xtx).gpus == (XTX,)

    @settings(max_examples=60)
    @given(st.data())
    def test_whatever_a_file_holds(self, data: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = plant(Path(folder), data.draw(st.sampled_from(["rx7900xtx", "mi300a", "w7900"])))
            files = sorted(file for file in root.rglob("*") if file.is_file())
            for file in data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=3)):
                lines = st.lists(st.sampled_from([*file.read_bytes().splitlines(), b"-1", b"\xff", b"9" * 25]))
                file.write_bytes(data.draw(st.binary(max_size=64) | lines.map(b"\n".join)))
            findings = probe(root, ROCR_VISIBLE_DEVICES=data.draw(st.text(max_size=9)) or "0,1,2,3")
        assert all(gpu.name.isprintable() and 0 < gpu.vram < 1 << 60 for gpu in findings.gpus)
        assert all(note.isprintable() for note in findings.notes)


def test_without_a_card_nothing_slow_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from las_registry.host.probes import amd, apple, intel\n"
        f"root = Path({str(tmp_path)!r})\n"
        "amd.probe_amd(root, {}, 'linux'), intel.probe_intel(root, 'linux'), apple.probe_apple('linux')\n"
        "package = 'las_registry.host.probes.'\n"
        "print(sorted({package + 'rocm', package + 'pci', package + 'drm', 'ctypes', 'plistlib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
