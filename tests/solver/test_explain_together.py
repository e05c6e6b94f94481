"""What does not fit together in words: in memory, on cards, and under limits of the request; and what would help."""

from __future__ import annotations

import pytest
from registries import ask, document, module, version

from las_solver.change import AddCard, Change, LeaveOut, RaiseHardware, RaiseLimit, TakeInstead
from las_solver.change_text import change_document, changes_text
from las_solver.constraint import parse_version
from las_solver.limit import Limit
from las_solver.model import Gpu, Host, ModuleVersion
from las_solver.sentence import sentence
from las_solver.statement import CapacityLimit, Share, Span
from las_solver.statement_document import statement_document

GB = 1000**3


def cards(*sizes: int, ram: int | None = None) -> Host:
    """A host with cards of so many GB, and memory."""
    return Host(gpus=tuple(Gpu(vram=size * GB) for size in sizes), ram=None if ram is None else ram * GB)


def explanation(versions: list[ModuleVersion], *wanted: str, host: Host | None = None, **options: object) -> list[str]:
    """The reasons, a line each."""
    answer = document(versions, ask(*wanted, **options), host)
    assert answer["status"] == "conflict" and answer["minimal"] is True
    return [reason[2:] for reason in str(answer["explanation"]).splitlines()[1:]]


def test_what_does_not_fit_on_one_card() -> None:
    registry = [version("vllm 0.9", vram_min=16 * GB), version("comfyui 0.3", vram_min=12 * GB)]
    assert explanation(registry, "vllm", "comfyui", host=cards(24), together=True) == [
        "these cannot run at the same time: vllm 0.9 needs 16 GB of GPU memory, comfyui 0.3 needs 12 GB (28 GB "
        "together), and this host has one GPU of 24 GB",
    ]


def test_what_fits_in_all_but_not_on_any_one_card() -> None:
    registry = [version(f"{name} 1", vram_min=16 * GB) for name in "abc"]
    assert explanation(registry, "a", "b", "c", host=cards(24, 24), together=True) == [
        "these cannot run at the same time: a 1 needs 16 GB of one GPU, b 1 needs 16 GB, c 1 needs 16 GB, and this "
        "host has 2 GPUs of 24 GB",
    ]


def test_what_may_be_spread_over_cards_of_different_sizes() -> None:
    registry = [version("big 1", vram_min=30 * GB, multi_gpu=True), version("small 1", vram_min=8 * GB)]
    assert explanation(registry, "big", "small", host=cards(24, 12), together=True) == [
        "these cannot run at the same time: big 1 needs 30 GB over all GPUs, small 1 needs 8 GB of one GPU, and this "
        "host has GPUs of 24 GB and 12 GB",
    ]


def test_what_does_not_fit_in_memory_is_led_to() -> None:
    registry = [version("app 1", "db"), version("db 1", ram_min=9 * GB), version("db 2", ram_min=10 * GB)]
    registry.append(version("web 1", ram_min=8 * GB))
    assert explanation(registry, "app", "web", host=cards(ram=16), together=True) == [
        "app 1 needs db",
        "these cannot run at the same time: every version of db needs 9 GB of memory, web 1 needs 8 GB (17 GB "
        "together), and this host has 16 GB",
    ]


def test_the_largest_of_many_are_named() -> None:
    registry = [version(f"m{number} 1", ram_min=number * GB) for number in range(1, 12)]
    (reason,) = explanation(registry, *(f"m{number}" for number in range(1, 12)), host=cards(ram=65), together=True)
    assert reason.startswith("these cannot run at the same time: m11 1 needs 11 GB of memory, m10 1 needs 10 GB, ")
    assert reason.endswith(" m4 1 needs 4 GB, 3 more need 6 GB (66 GB together), and this host has 65 GB")


SERVERS = Limit("inference servers", 2, lambda one: int(one.name in ("ollama", "sglang", "vllm")))


def test_a_limit_that_counts() -> None:
    registry = [*module("vllm", "0.8", "0.9"), *module("ollama", "1"), *module("sglang", "1"), version("app 1", "vllm")]
    assert explanation(registry, "app", "ollama", "sglang", limits=(SERVERS,)) == [
        "app 1 needs vllm",
        "no more than 2 inference servers are allowed, and ollama 1, sglang 1 and vllm are 3",
    ]
    none = Limit("inference servers", 0, SERVERS.weigh)
    assert explanation(registry, "vllm@>=0.9", limits=(none,)) == [
        "you asked for vllm >=0.9, which only 0.9 meets",
        "no inference servers are allowed, and vllm is 1",
    ]


def test_a_limit_that_weighs() -> None:
    points = Limit("points", 10, lambda one: {"a": 7, "b": 4}.get(one.name, 0))
    assert explanation(module("a", "1") + module("b", "1"), "a", "b", limits=(points,)) == [
        "no more than 10 points are allowed, and a 1 (7) and b 1 (4) are 11",
    ]


def test_a_limit_is_told_after_what_leads_to_the_modules_that_count() -> None:
    weights = {"big 1": 3, "big 2": 1, "app 1": 2, "server 1": 1}
    points = Limit("points", 3, lambda one: weights.get(str(one), 0))
    registry = [version("big 1"), version("big 2", "server"), version("app 1"), version("server 1")]
    assert explanation(registry, "app", "big", limits=(points,)) == [
        "no more than 3 points are allowed, and big 1 (3) and app 1 (2) are 5",
        "big 2 needs server",
        "no more than 3 points are allowed, and app 1 (2), big 2 (1) and server 1 (1) are 4",
    ]


def span(name: str, low: int = 0, high: int = 1) -> Span:
    """Some of the versions 1 and 2 of a module."""
    return Span(name, low, high, (parse_version("1"), parse_version("2")))


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (
            CapacityLimit(
                "limit", "points", (3,), (Share(span("a", 1), 3), Share(span("a", 0, 0), 2), Share(span("b"), 2))
            ),
            "no more than 3 points are allowed: a 2 counts as 3, a 1 counts as 2 and b counts as 2",
        ),
        (
            CapacityLimit(
                "ram",
                "",
                (8 * GB,),
                (Share(span("a", 1), 8 * GB), Share(span("a", 0, 0), 7 * GB), Share(span("b"), 2 * GB)),
            ),
            "these cannot run at the same time: a 2 needs 8 GB of memory, a 1 needs 7 GB, every version of b needs 2 "
            "GB, and this host has 8 GB",
        ),
        (
            CapacityLimit(
                "vram", "", (8 * GB, 8 * GB), (Share(span("a"), 9 * GB, True), Share(span("b"), 8 * GB, True))
            ),
            "these cannot run at the same time: every version of a needs 9 GB over all GPUs, every version of b needs "
            "8 GB (17 GB together), and this host has 2 GPUs of 8 GB",
        ),
    ],
)
def test_versions_that_weigh_differently(statement: CapacityLimit, text: str) -> None:
    assert sentence(statement) == text


def test_the_documents_of_statements() -> None:
    limit = CapacityLimit("limit", "inference servers", (1,), (Share(span("vllm"), 1), Share(span("ollama", 1), 1)))
    assert statement_document(limit) == {
        "kind": "limit",
        "module": "",
        "versions": None,
        "text": "inference servers are limited to 1, and ollama 2 and vllm are 2",
        "source": "the request",
        "limit": "inference servers",
        "at_most": 1,
        "counts": [
            {"module": "vllm", "versions": ">=1", "weight": 1},
            {"module": "ollama", "versions": "==2", "weight": 1},
        ],
    }
    cards = CapacityLimit("vram", "", (8, 4), (Share(span("a"), 6), Share(span("b"), 7, True)))
    found = statement_document(cards)
    assert [found[key] for key in ("kind", "source", "fact", "have", "cards")] == [
        "together",
        "this machine",
        "vram",
        12,
        [8, 4],
    ]
    assert found["counts"] == [
        {"module": "a", "versions": ">=1", "weight": 6, "spread": False},
        {"module": "b", "versions": ">=1", "weight": 7, "spread": True},
    ]
    assert statement_document(CapacityLimit("ram", "", (9,), (Share(span("a"), 10),)))["cards"] == []


def test_totals_are_short_and_seen_to_be_too_much() -> None:
    def told(one: int, other: int, card: int) -> str:
        return sentence(CapacityLimit("vram", "", (card,), (Share(span("a"), one), Share(span("b"), other))))

    assert "(17.6 GB together), and this host has one GPU of 12.9 GB" in told(9 * GB, 8 * 2**30, 12 * 2**30)
    assert "(8256320 bytes too many), and this host has one GPU of 25.8 GB" in told(
        24 * GB, 1780000000, 24 * 2**30 + 1939904
    )


@pytest.mark.parametrize(
    ("changes", "text", "found"),
    [
        (
            [RaiseLimit("inference servers", 3, 2)],
            "allow 3 inference servers (now 2)",
            {"kind": "limit", "limit": "inference servers", "to": 3, "have": 2},
        ),
        (
            [RaiseLimit("inference servers", 1, 0)],
            "raise the limit on inference servers to 1 (now 0)",
            {"kind": "limit", "limit": "inference servers", "to": 1, "have": 0},
        ),
        (
            [TakeInstead("qwen3-32b", "qwen3-14b")],
            "ask for qwen3-14b in place of qwen3-32b",
            {"kind": "instead", "module": "qwen3-32b", "to": "qwen3-14b"},
        ),
        (
            [AddCard(24 * GB, 1)],
            "one more GPU with 24 GB",
            {"kind": "hardware", "fact": "card", "to": 24 * GB, "have": 1},
        ),
        (
            [RaiseHardware("vram", 115340196224, 25769803776)],
            "a GPU with 115.4 GB (now 25.8 GB)",
            {"kind": "hardware", "fact": "vram", "to": "115340196.224KB"},
        ),
        ([AddCard(24 * GB)], "a GPU with 24 GB", {"kind": "hardware", "fact": "card", "to": 24 * GB, "have": 0}),
        (
            [AddCard(24 * GB, 1), LeaveOut("a"), RaiseHardware("ram", 8 * GB, GB)],
            "leave out a, and get one more GPU with 24 GB and 8 GB of memory (now 1 GB)",
            {"kind": "hardware", "fact": "card", "to": 24 * GB, "have": 1},
        ),
    ],
)
def test_what_would_help(changes: list[Change], text: str, found: dict[str, object]) -> None:
    assert (changes_text(changes), change_document(changes[0])) == (text, found)
