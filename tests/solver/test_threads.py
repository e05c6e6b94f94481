"""Several threads may use one planner, and one registry, at once: each gets what it would get alone."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from packaging.version import Version

from las_registry import NOBODY, Registry, default_directories
from las_solver import Gpu, Host, MemorySource, Planner, Request, Requirement, Source

ASKED = ("open-webui", "vllm", "comfyui", "langflow", "vllm@<0.6", "no-such-module", "dify", "qwen3-8b")
HOST = Host(cores=8, ram=64 * 10**9, gpus=(Gpu(vram=24 * 10**9),), runtimes={"cuda": Version("12.4")})


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns very often."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def answers(planner: Planner, several: tuple[str, ...]) -> list[str]:
    found = (planner.plan(Request(requirements=(Requirement.parse(one),))) for one in several)
    return [json.dumps(one.to_dict()) for one in found]


@pytest.mark.parametrize("is_compiled", [True, False], ids=["registry", "memory"])
def test_threads_share_a_planner(impatient: None, is_compiled: bool) -> None:
    def source() -> Source:
        registry = Registry.open(default_directories(), user=NOBODY)
        if is_compiled:
            return registry
        return MemorySource([one for name in registry.names() for one in registry.versions(name)])

    alone = dict(zip(ASKED, answers(Planner(source(), HOST), ASKED), strict=True))
    orders = [(*ASKED[turn:], *ASKED[:turn]) for turn in range(8)]
    shared = Planner(source(), HOST)
    was_enabled = gc.isenabled()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda order: answers(shared, order), orders))
    assert found == [[alone[one] for one in order] for order in orders]
    assert gc.isenabled() == was_enabled
