"""Differences between hosts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from las_registry.host.difference import Difference, differences
from las_registry.host.examples import example_host, example_names
from las_solver.model import Gpu, Host

GIB = 1024**3
CARD = Gpu(name="GeForce RTX 3090", vendor="nvidia", vram=24 * GIB)
HOST = Host(
    cores=8, ram=16 * GIB, gpus=(CARD,), runtimes={"cuda": Version("12.4")}, modes=frozenset({"native", "container"})
)


@pytest.mark.parametrize("name", example_names())
def test_a_host_does_not_differ_from_itself(name: str) -> None:
    assert differences(example_host(name), example_host(name)) == ()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (replace(HOST, cores=4), Difference("cores", "8", "4")),
        (replace(HOST, cores=None), Difference("cores", "8", "unknown")),
        (replace(HOST, ram=8 * 1000**3), Difference("ram", "16GiB", "8GB")),
        (replace(HOST, ram=None), Difference("ram", "16GiB", "unknown")),
        (replace(HOST, gpus=()), Difference("gpus", "GeForce RTX 3090 (nvidia, 24GiB)", "none")),
        (
            replace(HOST, gpus=(CARD, CARD, Gpu(vram=8 * GIB))),
            Difference(
                "gpus",
                "GeForce RTX 3090 (nvidia, 24GiB)",
                "2 x GeForce RTX 3090 (nvidia, 24GiB), GPU (unknown, 8GiB)",
            ),
        ),
        (replace(HOST, runtimes={"cuda": Version("13.0")}), Difference("runtime.cuda", "12.4", "13.0")),
        (replace(HOST, runtimes={}), Difference("runtime.cuda", "12.4", "none")),
        (
            replace(HOST, runtimes={**HOST.runtimes, "rocm": Version("6.4")}),
            Difference("runtime.rocm", "none", "6.4"),
        ),
        (replace(HOST, modes=None), Difference("modes", "container, native", "any")),
        (replace(HOST, interfaces=frozenset({"sql"})), Difference("interfaces", "none", "sql")),
        (replace(HOST, system_packages=frozenset({"git", "gcc"})), Difference("system_packages", "none", "gcc, git")),
    ],
)
def test_each_fact(changed: Host, expected: Difference) -> None:
    assert differences(HOST, changed) == (expected,)
    assert differences(changed, HOST) == (Difference(expected.fact, expected.after, expected.before),)
