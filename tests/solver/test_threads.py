"""Several threads may use one planner, and one registry, at once: each gets what it would get alone."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from packaging.version import Version

from las_registry import NOBODY, Registry, default_directories
from las_solver import (
    Cancellation,
    Conflict,
    Gpu,
    Host,
    Limit,
    MemorySource,
    Needs,
    OutOfTime,
    Plan,
    Planner,
    Request,
    Requirement,
    Source,
)

HOST = Host(cores=8, ram=64 * 10**9, gpus=(Gpu(vram=24 * 10**9),), runtimes={"cuda": Version("12.4")})
ONE_SERVER = Limit("inference servers", 1, lambda one: int(one.name in ("vllm", "ollama", "sglang")))


def ask(*modules: str, together: bool = False, limits: tuple[Limit, ...] = ()) -> Request:
    return Request(requirements=tuple(map(Requirement.parse, modules)), together=together, limits=limits)


def repaired(planner: Planner, request: Request) -> dict[str, Any]:
    conflict = planner.plan(request)
    assert isinstance(conflict, Conflict)
    said = planner.diagnose(conflict)
    assert said.repairs
    return said.to_dict()


def admitted(planner: Planner, request: Request) -> dict[str, Any]:
    plan = planner.plan(request)
    assert isinstance(plan, Plan)
    return planner.admit(plan).to_dict()


QUESTIONS: dict[str, Callable[[Planner], object]] = {
    **{
        name: lambda planner, name=name: planner.plan(ask(name)).to_dict()  # type: ignore[misc]
        for name in ("open-webui", "comfyui", "langflow", "no-such-module", "dify", "qwen3-8b")
    },
    "why": lambda planner: planner.why(Requirement.parse("pytorch"), ask("vllm")).to_dict(),
    "why not": lambda planner: planner.why(Requirement.parse("pytorch@<2"), ask("comfyui", "vllm")).to_dict(),
    "needs": lambda planner: planner.needs(ask("qwen3-8b")).to_dict(),
    "repairs": lambda planner: repaired(planner, ask("vllm@<0.6", "sglang", "ghost")),
    "together": lambda planner: planner.plan(ask("qwen3-8b", "comfyui", together=True)).to_dict(),
    "no room": lambda planner: repaired(planner, ask("qwen3-14b", "qwen3-32b", together=True)),
    "limit": lambda planner: repaired(planner, ask("vllm", "ollama", limits=(ONE_SERVER,))),
    "survey": lambda planner: [verdict.to_dict() for verdict in planner.survey(Requirement.parse("vllm"))],
    "admit": lambda planner: admitted(planner, ask("vllm@<0.6")),
}


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns very often."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def answers(planner: Planner, several: Sequence[str]) -> list[str]:
    return [json.dumps(QUESTIONS[one](planner)) for one in several]


def a_source(*, is_compiled: bool = False) -> Source:
    registry = Registry.open(default_directories(), user=NOBODY)
    if is_compiled:
        return registry
    return MemorySource([one for name in registry.names() for one in registry.versions(name)])


@pytest.mark.parametrize("is_compiled", [True, False], ids=["registry", "memory"])
def test_threads_share_a_planner(impatient: None, is_compiled: bool) -> None:
    names = list(QUESTIONS)
    alone = dict(zip(names, answers(Planner(a_source(is_compiled=is_compiled), HOST), names), strict=True))
    orders = [names[turn:] + names[:turn] for turn in range(0, len(names), 5)]
    shared = Planner(a_source(is_compiled=is_compiled), HOST)
    was_enabled = gc.isenabled()
    with ThreadPoolExecutor(len(orders)) as threads:
        found = list(threads.map(lambda order: answers(shared, order), orders))
    assert found == [[alone[one] for one in order] for order in orders]
    assert gc.isenabled() == was_enabled


@pytest.mark.parametrize("asked", [0, 60])
def test_others_go_on_when_one_is_cancelled(asked: int) -> None:
    """It rests amid its question until theirs are answered, and has changed nothing of what they share."""
    names = ["open-webui", "repairs", "together", "why"]
    alone = answers(Planner(a_source(), HOST), names)
    shared, cancellation = Planner(a_source(), HOST), Cancellation()
    begun, goes_on = Event(), Event()
    left = asked

    def stop() -> bool:
        nonlocal left
        left -= 1
        if left < 0 and not begun.is_set():
            begun.set()
            assert goes_on.wait(60)
        return cancellation()

    with ThreadPoolExecutor(3) as threads:
        resting = threads.submit(shared.needs, ask("vllm", "open-webui"), stop=stop)
        assert begun.wait(60)
        found = list(threads.map(lambda order: answers(shared, order), (names, names[::-1])))
        assert not resting.done()
        cancellation.cancel()
        goes_on.set()
        try:
            cut_short = resting.result(60)
        except OutOfTime:
            assert asked < 60
        else:
            assert isinstance(cut_short, Needs) and not cut_short.complete
    assert found == [alone, alone[::-1]]
    assert answers(shared, names) == alone
    assert gc.isenabled()
