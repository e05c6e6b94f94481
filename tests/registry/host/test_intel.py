"""Intel cards, on trees of files and with a fake of the kernel's drivers (contract, section 3; pitfall 19)."""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from machines import plant, write

from las_registry.host.probes.drm import Control, device_memory
from las_registry.host.probes.intel import NO_CARD, probe_intel
from las_registry.host.probes.probe import Findings
from las_solver.model import Gpu

MIB = 1024**2
A770 = Gpu(name="Intel Arc A770", vendor="intel", vram=16288 * MIB)
INTEGRATED = "integrated graphics (Intel AlderLake-S GT1) do not count as a card"
SYSTEM, DEVICE = 0, 1
Regions = list[tuple[int, int]]


class Driver:
    """What answers :data:`Control`, laid out by the kernel's headers; `regions` are classes and sizes."""

    def __init__(self, regions: Regions, cut: int = 0, claimed: int | None = None) -> None:
        self.regions = regions
        self.cut = cut
        self.claimed = claimed

    def answer(self, head: int) -> bytes:
        count = len(self.regions) if self.claimed is None else self.claimed
        regions = (struct.pack("=HHIQ72x", kind, 0, 4096, size) for kind, size in self.regions)
        whole = struct.pack("=I", count).ljust(head, b"\0") + b"".join(regions)
        return whole[: len(whole) - self.cut]

    def i915(self, file: int, request: int, argument: bytearray) -> None:
        assert (request >> 30, request >> 16 & 0x3FFF, request & 0xFFFF) == (3, len(argument), 0x6479)
        count, flags, items = struct.unpack("=IIQ", argument)
        assert (count, flags) == (1, 0)
        query, length, flags, data = struct.unpack("=QiIQ", ctypes.string_at(items, 24))
        assert (query, flags) == (4, 0)
        self.put(data, length, items + 8, self.answer(16))

    def xe(self, file: int, request: int, argument: bytearray) -> None:
        assert (request >> 30, request >> 16 & 0x3FFF, request & 0xFFFF) == (3, len(argument), 0x6440)
        extensions, query, length, data, *reserved = struct.unpack("=QIIQQQ", argument)
        assert (extensions, query, reserved) == (0, 1, [0, 0])
        own = (ctypes.c_char * len(argument)).from_buffer(argument)
        self.put(data, length, ctypes.addressof(own) + 12, self.answer(8))

    @staticmethod
    def put(data: int, length: int, length_at: int, answer: bytes) -> None:
        """As the kernel does: without a length it tells the length; then it fills what it was given."""
        if length == 0:
            assert data == 0
            ctypes.memmove(length_at, struct.pack("=I", len(answer)), 4)
        else:
            assert length == len(answer)
            ctypes.memmove(data, answer, len(answer))


def answering(driver: Driver) -> Callable[[Path, str], tuple[int, ...]]:
    def ask(node: Path, name: str) -> tuple[int, ...]:
        control: Control = driver.i915 if name == "i915" else driver.xe
        return device_memory(node, name, control)

    return ask


def failing(error: Exception) -> Callable[[Path, str], tuple[int, ...]]:
    def ask(node: Path, name: str) -> tuple[int, ...]:
        raise error

    return ask


ARC = answering(Driver([(SYSTEM, 32768 * MIB), (DEVICE, 16288 * MIB)]))


class TestMachines:
    @pytest.mark.parametrize("machine", ["a770-i915", "a770-xe"])
    def test_a_card_beside_integrated_graphics(self, tmp_path: Path, machine: str) -> None:
        assert probe_intel(plant(tmp_path, machine), "linux", ARC) == Findings(gpus=(A770,), notes=(INTEGRATED,))

    def test_a_card_sold_as_16_gb_has_16_gb(self, tmp_path: Path) -> None:
        assert probe_intel(plant(tmp_path, "a770-xe"), "linux", ARC).gpus[0].vram >= 16 * 1000**3

    def test_integrated_graphics_alone_are_not_even_asked(self, tmp_path: Path) -> None:
        assert probe_intel(plant(tmp_path, "iris-xe"), "linux", failing(AssertionError())) == Findings(
            notes=("integrated graphics (Intel Iris Xe Graphics) do not count as a card",)
        )

    def test_a_device_without_memory_of_its_own_is_integrated(self, tmp_path: Path) -> None:
        findings = probe_intel(plant(tmp_path, "a770-xe"), "linux", answering(Driver([(SYSTEM, 32768 * MIB)])))
        assert findings.gpus == ()
        assert findings.notes[1] == "integrated graphics (Intel Arc A770) do not count as a card"

    def test_each_tile_is_a_card(self, tmp_path: Path) -> None:
        tiles = answering(Driver([(SYSTEM, 1 << 40), (DEVICE, 65536 * MIB), (DEVICE, 65536 * MIB)]))
        assert [gpu.vram for gpu in probe_intel(plant(tmp_path, "a770-xe"), "linux", tiles).gpus] == [65536 * MIB] * 2

    def test_without_a_list_of_names(self, tmp_path: Path) -> None:
        root = plant(tmp_path, "a770-xe")
        (root / "usr/share/hwdata/pci.ids").unlink()
        assert [gpu.name for gpu in probe_intel(root, "linux", ARC).gpus] == ["Intel GPU 0x56a0"]

    @pytest.mark.parametrize("machine", ["rx7900xtx", "mi300x"])
    def test_cards_of_others_are_no_intel_cards(self, tmp_path: Path, machine: str) -> None:
        assert probe_intel(plant(tmp_path, machine), "linux", ARC) == Findings(notes=(NO_CARD,))

    def test_a_machine_without_any_card(self, tmp_path: Path) -> None:
        assert probe_intel(tmp_path, "linux") == Findings(notes=(NO_CARD,))

    def test_under_wsl_the_probe_of_amd_cards_speaks_for_both(self, tmp_path: Path) -> None:
        assert probe_intel(plant(tmp_path, "wsl"), "linux") == Findings()

    @pytest.mark.parametrize("platform", ["darwin", "win32"])
    def test_other_systems(self, tmp_path: Path, platform: str) -> None:
        assert probe_intel(plant(tmp_path, "a770-xe"), platform, ARC) == Findings()


class TestAccess:
    @pytest.mark.parametrize(
        ("error", "note"),
        [
            (
                FileNotFoundError(errno.ENOENT, "no"),
                "/dev/dri/renderD129 is not there: a container has to be given /dev/dri",
            ),
            (
                PermissionError(errno.EACCES, "no"),
                "this user may not open /dev/dri/renderD129: it takes the group that owns it, often render",
            ),
            (OSError(errno.EIO, "no"), "the size of its memory is unknown (EIO): state it with --assume gpus=SIZE"),
            (OSError("no"), "the size of its memory is unknown (an error): state it with --assume gpus=SIZE"),
            (
                ValueError("the driver is not known"),
                "the size of its memory is unknown (the driver is not known): state it with --assume gpus=SIZE",
            ),
        ],
    )
    def test_a_card_that_cannot_be_asked(self, tmp_path: Path, error: Exception, note: str) -> None:
        findings = probe_intel(plant(tmp_path, "a770-xe"), "linux", failing(error))
        assert findings == Findings(
            notes=(INTEGRATED, f"Intel card 0000:03:00.0 (Intel Arc A770) does not count, {note}")
        )

    def test_a_node_that_is_not_there(self, tmp_path: Path) -> None:
        root = plant(tmp_path, "a770-xe")
        (root / "dev/dri/renderD129").unlink()
        assert "a container has to be given /dev/dri" in probe_intel(root, "linux").notes[1]

    def test_a_file_in_place_of_a_node(self, tmp_path: Path) -> None:
        assert "is unknown (ENOTTY)" in probe_intel(plant(tmp_path, "a770-xe"), "linux").notes[1]

    def test_a_driver_without_a_render_node(self, tmp_path: Path) -> None:
        root = plant(tmp_path, "a770-xe")
        (root / "sys/class/drm/card1/device/drm/renderD129/dev").unlink()
        (root / "sys/class/drm/card1/device/drm/renderD129").rmdir()
        assert "its driver offers nothing that computes" in probe_intel(root, "linux", ARC).notes[1]

    @pytest.mark.parametrize(
        ("files", "sizes"),
        [
            ({"lmem_total_bytes": "17179869184"}, [16384 * MIB]),
            ({"device/tile0/physical_vram_size_bytes": "17179869184"}, [16384 * MIB]),
            (
                {f"device/tile{tile}/physical_vram_size_bytes": "68719476736" for tile in (0, 1)},
                [65536 * MIB] * 2,
            ),
            ({"lmem_total_bytes": "0"}, []),
            ({"lmem_total_bytes": "0x400000000"}, []),
            ({"lmem_total_bytes": str(1 << 60)}, []),
        ],
    )
    def test_what_drivers_outside_linux_show(self, tmp_path: Path, files: dict[str, str], sizes: list[int]) -> None:
        root = plant(tmp_path, "a770-xe")
        for name, text in files.items():
            write(root, f"sys/class/drm/card1/{name}", text)
        findings = probe_intel(root, "linux", failing(OSError(errno.EINVAL, "no")))
        assert [gpu.vram for gpu in findings.gpus] == sizes


class TestDriver:
    """What a driver answers."""

    @pytest.fixture
    def node(self, tmp_path: Path) -> Path:
        return write(tmp_path, "renderD128") / "renderD128"

    @pytest.mark.parametrize("name", ["i915", "xe"])
    @pytest.mark.parametrize(
        ("regions", "sizes"),
        [
            ([], ()),
            ([(SYSTEM, 5)], ()),
            ([(DEVICE, 5)], (5,)),
            ([(DEVICE, 5), (SYSTEM, 6), (DEVICE, 7)], (5, 7)),
            ([(DEVICE, 0), (DEVICE, (1 << 64) - 1), (2, 8)], ()),
        ],
    )
    def test_only_memory_of_the_device_counts(
        self, node: Path, name: str, regions: Regions, sizes: tuple[int, ...]
    ) -> None:
        assert answering(Driver(regions))(node, name) == sizes

    @pytest.mark.parametrize("name", ["i915", "xe"])
    @pytest.mark.parametrize(
        "driver",
        [
            Driver([(DEVICE, 5)], cut=1),
            Driver([(DEVICE, 5)], claimed=2),
            Driver([(DEVICE, 5)], claimed=(1 << 32) - 1),
            Driver([(DEVICE, 5)], cut=103),
            Driver([(DEVICE, 5)] * 1000),
        ],
    )
    def test_an_answer_that_is_not_understood(self, node: Path, name: str, driver: Driver) -> None:
        with pytest.raises(ValueError, match="driver"):
            answering(driver)(node, name)

    @pytest.mark.parametrize("name", ["i915", "xe"])
    def test_a_driver_that_says_nothing(self, node: Path, name: str) -> None:
        with pytest.raises(ValueError, match="does not say how much memory"):
            device_memory(node, name, lambda file, request, argument: None)

    @pytest.mark.parametrize("name", ["", "gma500", "vfio-pci"])
    def test_another_driver(self, node: Path, name: str) -> None:
        with pytest.raises(ValueError, match="the driver is not known"):
            device_memory(node, name)

    @pytest.mark.parametrize("name", ["i915", "xe"])
    @given(regions=st.lists(st.tuples(st.integers(0, 3), st.integers(0, (1 << 64) - 1)), max_size=9))
    def test_whatever_regions_there_are(self, name: str, regions: Regions) -> None:
        known = tuple(size for kind, size in regions if kind == DEVICE and 0 < size < 1 << 60)
        assert answering(Driver(regions))(Path("/dev/null"), name) == known
