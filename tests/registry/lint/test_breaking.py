"""Breaking changes: what counts as one, and when it is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from linted import find, found, manifest
from versions import TEXTS

from las_registry.lint.breaking import series_of
from las_solver.constraint import parse_version


@pytest.mark.parametrize(
    ("before", "after", "is_major"),
    [
        ("1.4", "1.5", False),
        ("1.4", "2.0", True),
        ("1.4", "1.4.post1", False),
        ("1", "1.0.1", False),
        ("0.4.1", "0.4.2", False),
        ("0.4", "0.5", True),
        ("0.9", "1.0", True),
        ("0.0.3", "0.0.4", True),
        ("0.0.3", "0.0.3.1", False),
        ("0", "0.0.0.1", False),
        ("1.4", "1!1.4", True),
        ("2024.4.1", "2024.4.2", False),
        ("2024.4", "2024.5", True),
        ("2024.4", "2025.4", True),
        ("24.4", "24.10", False),
        ("1899.1", "1899.2", False),
        ("1900.1", "1900.2", True),
    ],
)
def test_what_a_new_major_version_is(before: str, after: str, is_major: bool, tmp_path: Path) -> None:
    texts = manifest(f"app {before}", provides=["sql"]), manifest(f"app {after}")

    assert (found(tmp_path, "LAS1", *texts) == []) is is_major


@given(TEXTS)
def test_versions_that_are_the_same_are_of_one_series(text: str) -> None:
    version = parse_version(text)
    release = ".".join(map(str, version.release))

    assert series_of(version) == series_of(parse_version(f"{version.epoch}!{release}.0.0.post3"))


def test_the_version_before_is_the_next_lower_final_one(tmp_path: Path) -> None:
    (finding,) = find(
        tmp_path,
        manifest("app 1.0", provides=["sql"]),
        manifest("app 1.1rc1"),
        manifest("app 1.2", provides=[]),
        manifest("app 1.3"),
        select="LAS1",
    )

    assert (finding.version, finding.line, finding.field) == ("1.2", 27, "interfaces.provides")
    assert finding.message == "'sql', which app 1.0 provides, is no longer provided"
    assert [(one.line, one.message) for one in finding.related] == [(9, "app 1.0 is described here")]


def test_each_change_is_told_of(tmp_path: Path) -> None:
    before = manifest(
        "app 1.0", provides=["a", "b"], consumes=["c"], modules=["lib@>=1"], runtime=["cuda"], modes=["native", "wasm"]
    )
    after = manifest(
        "app 1.1",
        "hardware: {cpu: {cores_min: 1}, memory: {ram_min: 1GB}, gpu: {vram_min: 1GB, multi_gpu: true}}\n",
        provides=["b"],
        consumes=["d", "c"],
        modules=["more", "lib@>1"],
        runtime=["rocm", "cuda<13"],
        modes=["native"],
    )

    assert found(tmp_path, "LAS1", manifest("lib 1.0"), manifest("lib 1.1"), before, after) == [
        "LAS107 app 1.1 runtime.modes",
        "LAS101 app 1.1 interfaces.provides",
        "LAS108 app 1.1 interfaces.consumes",
        "LAS104 app 1.1 dependencies.modules[0]",
        "LAS106 app 1.1 dependencies.modules[1]",
        "LAS103 app 1.1 dependencies.runtime[1]",
        "LAS105 app 1.1 dependencies.runtime[0]",
        "LAS102 app 1.1 hardware.cpu.cores_min",
        "LAS102 app 1.1 hardware.gpu.multi_gpu",
        "LAS102 app 1.1 hardware.gpu.vram_min",
        "LAS102 app 1.1 hardware.memory.ram_min",
    ]


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ("cpu: {cores_min: 4}", "cpu: {cores_min: 4}", []),
        ("cpu: {cores_min: 4}", "cpu: {cores_min: 5}", ["cpu.cores_min"]),
        ("cpu: {cores_min: 4}", "cpu: {cores_min: 3}", []),
        ("memory: {ram_min: 8GB}", "memory: {ram_min: 8000MB}", []),
        ("memory: {ram_min: 8GB}", "memory: {ram_min: 8GiB}", ["memory.ram_min"]),
        ("gpu: {multi_gpu: true}", "gpu: {multi_gpu: false}", []),
        ("gpu: {vram_min: 8GB, multi_gpu: true}", "gpu: {vram_min: 8GB}", ["gpu.vram_min"]),
        ("gpu: {vram_min: 8GB}", "gpu: {vram_min: 8GB, multi_gpu: true}", ["gpu.multi_gpu"]),
    ],
)
def test_which_hardware_is_more(before: str, after: str, fields: list[str], tmp_path: Path) -> None:
    texts = [manifest(f"app 1.{at}", f"hardware: {{{one}}}\n") for at, one in enumerate((before, after))]

    assert found(tmp_path, "LAS1", *texts) == [f"LAS102 app 1.1 hardware.{one}" for one in fields]


@pytest.mark.parametrize(
    ("before", "after", "is_narrowed"),
    [
        ("cuda", "cuda>=12", True),
        ("cuda>=12", "cuda", False),
        ("cuda>=12.1", "cuda>=12.1,!=12.5", True),
        ("cuda>=12.1,!=12.5", "cuda>=12.1,!=12.5.0", False),
        ("cuda>12.1", "cuda>=12.2", True),
        ("cuda>=12.2", "cuda>12.1", False),
        ("cuda<=13", "cuda<13", True),
        ("rare<=13", "rare==13", True),
        ("rare<=13", "rare==13", True),
        ("cuda==12.*", "cuda>=12,<13", False),
        ("cuda==12.*", "cuda==12.4.*", True),
        ("cuda~=12.4", "cuda>=12.4,<13", False),
        ("cuda>=12,<14", "cuda~=12.0", True),
        ("cuda~=12.4", "cuda==12.4.*", True),
        ("cuda", f"cuda!=1{'.1' * 498}", True),
    ],
)
def test_which_runtimes_are_fewer(before: str, after: str, is_narrowed: bool, tmp_path: Path) -> None:
    texts = manifest("app 1.0", runtime=[f'"{before}"']), manifest("app 1.1", runtime=[f'"{after}"'])

    assert found(tmp_path, "LAS1", *texts) == (["LAS103 app 1.1 dependencies.runtime[0]"] if is_narrowed else [])


def test_a_module_that_becomes_a_runtime_is_no_new_need(tmp_path: Path) -> None:
    texts = manifest("cuda 12.1"), manifest("app 1.0", modules=["cuda"]), manifest("app 1.1", runtime=["cuda"])

    assert found(tmp_path, "LAS1", *texts) == []


def test_a_module_that_becomes_a_runtime_may_admit_less(tmp_path: Path) -> None:
    cuda = [manifest("cuda 11.8"), manifest("cuda 12.1")]
    texts = manifest("app 1.0", modules=["cuda"]), manifest("app 1.1", runtime=["cuda>=12"])

    assert found(tmp_path, "LAS1", *texts, *cuda) == ["LAS103 app 1.1 dependencies.runtime[0]"]


def test_only_versions_that_there_are_are_lost(tmp_path: Path) -> None:
    texts = manifest("app 1.0", modules=["lib"]), manifest("app 1.1", modules=["lib@>=2"])

    assert found(tmp_path / "old", "LAS1", *texts, manifest("lib 1.9")) == ["LAS106 app 1.1 dependencies.modules[0]"]
    assert found(tmp_path / "new", "LAS1", *texts, manifest("lib 2")) == []
