"""Macs, asked of a fake of their kernel (contract, section 3: unified memory counts as what it may use)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from las_registry.host.probes.apple import probe_apple, read_sysctl
from las_registry.host.probes.probe import Findings
from las_solver.model import Gpu

MIB, GIB = 1024**2, 1024**3


def mac(
    ram: int = 64 * GIB,
    chip: str = "Apple M2 Max",
    macos: str = "15.5",
    darwin: str = "24.5.0",
    limit: int | None = 0,
    **others: int,
) -> dict[str, bytes]:
    """What a Mac with Apple silicon says, in bytes as the kernel gives them."""
    values = {
        "hw.memsize": ram.to_bytes(8, "little"),
        "hw.optional.arm64": (1).to_bytes(4, "little"),
        "kern.hv_vmm_present": (0).to_bytes(4, "little"),
        "machdep.cpu.brand_string": chip.encode() + b"\0",
        "kern.osproductversion": macos.encode() + b"\0",
        "kern.osrelease": darwin.encode() + b"\0",
    }
    if limit is not None:
        values["iogpu.wired_limit_mb"] = limit.to_bytes(4, "little")
    return values | {name.replace("__", "."): value.to_bytes(4, "little") for name, value in others.items()}


def probe(values: dict[str, bytes]) -> Findings:
    return probe_apple("darwin", lambda name: values.get(name, b""))


def test_apple_silicon() -> None:
    assert probe(mac()) == Findings(
        gpus=(Gpu(name="Apple M2 Max", vendor="apple", vram=48 * GIB),),
        runtimes={"macos": Version("15.5"), "metal": Version("3")},
    )


@pytest.mark.parametrize(
    ("ram", "mebibytes"),
    [
        (8, 5461),  # an M2
        (16, 10922),  # an M1
        (32, 21845),  # an M2 Max
        (36, 27648),  # an M4 Max
        (64, 49152),  # an M2 Max
        (128, 98304),  # an M3 Max
    ],
)
def test_the_memory_that_metal_recommends(ram: int, mebibytes: int) -> None:
    assert probe(mac(ram=ram * GIB)).gpus[0].vram // MIB == mebibytes


@pytest.mark.parametrize(
    ("limit", "size"),
    [(26624, 26624 * MIB), (1024, 1024 * MIB), (0, 48 * GIB), (None, 48 * GIB), (1 << 20, 64 * GIB)],
)
def test_a_limit_of_the_user_counts_but_no_more_than_there_is(limit: int | None, size: int) -> None:
    assert probe(mac(limit=limit)).gpus[0].vram == size


@pytest.mark.parametrize(
    ("macos", "darwin", "version", "metal"),
    [
        ("11.7.10", "20.6.0", "11.7.10", None),
        ("12.7.6", "21.6.0", "12.7.6", None),
        ("13.0", "22.1.0", "13.0", "3"),
        ("14.6.1", "23.6.0", "14.6.1", "3"),
        ("26.0", "25.0.0", "26.0", "4"),
        ("26.2", "25.2.0", "26.2", "4"),
        ("10.16", "20.6.0", "11", None),
        ("10.16", "24.5.0", "15", "3"),
        ("16.0", "25.0.0", "26", "4"),
        ("16.1", "26.0.0", "27", "4"),
        ("", "23.6.0", "14", "3"),
        ("nonsense", "24.5.0", "15", "3"),
    ],
)
def test_the_version_of_macos_and_of_metal(macos: str, darwin: str, version: str, metal: str | None) -> None:
    runtimes = probe(mac(macos=macos, darwin=darwin)).runtimes
    assert runtimes == {"macos": Version(version)} | ({"metal": Version(metal)} if metal else {})


@pytest.mark.parametrize(("macos", "darwin"), [("", ""), ("10.16", "x"), ("16.0", "9.8.0"), ("\xff", "\0")])
def test_a_version_of_macos_that_is_not_understood_is_unknown(macos: str, darwin: str) -> None:
    findings = probe(mac(macos=macos, darwin=darwin))
    assert len(findings.gpus) == 1
    assert (findings.runtimes, findings.notes) == ({}, ("the version of macOS is not known",))


def test_a_mac_with_an_intel_processor() -> None:
    values = mac(
        chip="Intel(R) Core(TM) i9-9980HK CPU @ 2.40GHz", macos="10.15.7", darwin="19.6.0", hw__optional__arm64=0
    )
    assert probe(values) == Findings(
        runtimes={"macos": Version("10.15.7")},
        notes=("the graphics of a Mac with an Intel processor do not count as a card",),
    )
    del values["hw.optional.arm64"]
    assert probe(values).gpus == ()


def test_a_program_for_intel_on_apple_silicon() -> None:
    assert probe(mac(chip="VirtualApple @ 2.50GHz")).gpus == (Gpu(name="Apple GPU", vendor="apple", vram=48 * GIB),)


def test_a_virtual_mac() -> None:
    findings = probe(mac(chip="Apple M1 (Virtual)", kern__hv_vmm_present=1))
    assert findings == Findings(
        runtimes={"macos": Version("15.5")},
        notes=("the graphics of a virtual Mac do not count as a card: state what they may use, if anything",),
    )


@pytest.mark.parametrize("memory", [b"", b"\0" * 8, b"\xff" * 8, b"\1", b"\1" * 16])
def test_memory_of_unknown_size(memory: bytes) -> None:
    findings = probe(mac() | {"hw.memsize": memory})
    assert findings.gpus == ()
    assert findings.notes == ("the graphics do not count as a card, the size of the memory is not known",)


@given(st.fixed_dictionaries({name: st.binary(max_size=12) for name in mac() if name != "hw.optional.arm64"}))
def test_whatever_the_kernel_answers(values: dict[str, bytes]) -> None:
    findings = probe(mac() | values)
    assert all(gpu.vram > 0 and gpu.name.isprintable() for gpu in findings.gpus)


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_other_systems_are_not_asked(platform: str) -> None:
    def ask(name: str) -> bytes:
        raise AssertionError(name)

    asked: Callable[[str], bytes] = ask
    assert probe_apple(platform, asked) == Findings()


@pytest.mark.skipif(sys.platform == "win32", reason="ctypes finds no library without a name there")
def test_a_name_that_the_kernel_does_not_know() -> None:
    assert read_sysctl("las.there.is.no.such.name") == b""


@pytest.mark.skipif(sys.platform != "darwin", reason="asks this Mac")
def test_this_mac() -> None:
    run = subprocess.run(["/usr/sbin/sysctl", "-n", "hw.memsize"], capture_output=True, text=True, check=True)
    assert int.from_bytes(read_sysctl("hw.memsize"), "little") == int(run.stdout)
