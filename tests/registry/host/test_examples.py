"""The example hosts: strict profiles of machines as detection would describe them."""

from __future__ import annotations

import pytest
from packaging.version import Version

from las_registry.host.detect import PLAIN_MODES
from las_registry.host.examples import example_host, example_names, example_path
from las_registry.registry import Registry, default_directories
from las_solver.constraint import Requirement

ENGINES = {"docker", "podman", "nerdctl"}


def test_the_ordinary_machines_are_there() -> None:
    names = example_names()
    assert names == tuple(sorted(names))
    assert {
        "amd-24gb",
        "apple-silicon",
        "gpu-16gb",
        "gpu-24gb",
        "gpu-2x24gb",
        "gpu-80gb",
        "gpu-8gb",
        "gpu-8x80gb",
        "laptop",
        "old-driver",
        "small-vm",
    } <= set(names)


@pytest.mark.parametrize("name", example_names())
class TestEveryExample:
    def test_it_says_which_machine_it_is(self, name: str) -> None:
        assert example_path(name).read_text().startswith("# A")

    def test_nothing_that_detection_finds_is_unknown(self, name: str) -> None:
        host = example_host(name)
        assert host.cores and host.ram and "python" in host.runtimes

    def test_its_modes_are_those_that_detection_allows(self, name: str) -> None:
        host = example_host(name)
        has_engine = bool(ENGINES & set(host.runtimes))
        assert host.modes == PLAIN_MODES | ({"container"} if has_engine else set())

    def test_a_card_comes_with_its_driver(self, name: str) -> None:
        host = example_host(name)
        vendors = {gpu.vendor for gpu in host.gpus}
        assert ("nvidia" in vendors) == ("nvidia-driver" in host.runtimes) == ("cuda" in host.runtimes)
        assert ("amd" in vendors) == ("amdgpu-driver" in host.runtimes)
        assert ("apple" in vendors) == ("metal" in host.runtimes)

    def test_a_name_with_a_size_has_cards_of_that_size(self, name: str) -> None:
        if not name.endswith("gb"):
            pytest.skip("the name has no size")
        count, _, size = name.removesuffix("gb").split("-")[1].rpartition("x")
        host = example_host(name)
        assert len(host.gpus) == int(count or 1)
        assert all(gpu.vram // 1000**3 <= int(size) * 1.075 and gpu.vram >= int(size) * 1000**3 for gpu in host.gpus)

    def test_cuda_is_the_newest_that_the_driver_supports(self, name: str, catalog: Registry) -> None:
        """By the catalog's table of the oldest driver for each CUDA; `old-driver` is older than all of it."""
        runtimes = example_host(name).runtimes
        if "cuda" not in runtimes:
            pytest.skip("no NVIDIA card")
        supported = [
            one.version
            for one in catalog.versions("cuda")
            if all(needed.constraint.admits(runtimes["nvidia-driver"]) for needed in one.runtimes)
        ]
        newest = max(supported, default=Version("11.4"))
        assert str(runtimes["cuda"]) == f"{newest.major}.{newest.minor}"


@pytest.fixture(scope="module")
def catalog() -> Registry:
    registry = Registry.load(default_directories())
    assert registry.versions("cuda")[0].runtimes[0].name == Requirement.parse("nvidia-driver").name
    return registry
