"""Section 7: the core is minimal and canonical, its text bounded, and its deadline kept (pitfalls 12 to 16)."""

from __future__ import annotations

import random
from itertools import count

import pytest
from registries import ask, kinds, module, version

from las_solver.check import check
from las_solver.document import conflict_document
from las_solver.model import Host, ModuleVersion, Request
from las_solver.planner import Planner
from las_solver.sat import BACKENDS
from las_solver.source import MemorySource

TANGLE = [
    *(version(f"app {number}.0", f"lib@>={number}", "tool") for number in range(1, 4)),
    *(version(f"lib {number}.0", f"core@=={number}.*") for number in range(1, 5)),
    *(version(f"tool {number}.0", f"core@>{number + 2}") for number in range(2, 4)),
    *module("core", "1.0", "2.0", "3.0", "4.0"),
    version("tool 1.0", consumes=("db",)),
    version("disk 1.0", "app@>5", provides=("db",)),
]


def core(versions: list[ModuleVersion], request: Request, **options: object) -> dict[str, object]:
    found = Planner(MemorySource(versions), Host(), **options).plan(request)  # type: ignore[arg-type]
    return conflict_document(found)  # type: ignore[arg-type]


def test_every_way_to_solve_gives_the_same_core() -> None:
    wanted = core(TANGLE, ask("app"))
    assert check(wanted, MemorySource(TANGLE), Host()) == ()
    for backend in BACKENDS:
        assert core(TANGLE, ask("app"), backend=backend) == wanted
    assert core(TANGLE, ask("app"), eager=True) == wanted
    assert core(TANGLE, ask("app"), descent=False) == wanted
    for number in range(5):
        shuffled = TANGLE.copy()
        random.Random(number).shuffle(shuffled)
        assert core(shuffled, ask("app")) == wanted


def test_the_core_of_a_very_large_contradiction_is_minimal_and_canonical(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("las_solver.contradiction._MANY", 0)
    wanted = core(TANGLE, ask("app"))
    assert (wanted["minimal"], check(wanted, MemorySource(TANGLE), Host())) == (True, ())
    for number in range(5):
        shuffled = TANGLE.copy()
        random.Random(number).shuffle(shuffled)
        assert core(shuffled, ask("app")) == wanted


def test_a_chain_is_blamed_before_a_tangle_of_cases() -> None:
    """Both are impossible: each app wants two versions of core at once, and left needs what there is not."""
    tangle = [version(f"app {at}.0", f"one@=={at}.0", f"two@=={at + 1}.0", f"left@>={at}") for at in range(1, 4)]
    libs = [version(f"{name} {at}.0", f"core@=={at}.0") for name in ("one", "two") for at in range(1, 5)]
    libs += module("core", "1.0", "2.0", "3.0", "4.0")
    assert len(core([*tangle, *libs, *module("left", "3.0")], ask("app"))["core"]) > 10  # type: ignore[arg-type]
    chain = [version(f"left {at}.0", "zzz") for at in range(1, 4)]
    found = core([*tangle, *libs, *chain], ask("app"))["core"]
    assert [one["text"] for one in found] == [  # type: ignore[attr-defined]
        "you asked for app",
        "every version of app needs left",
        "every version of left needs zzz",
        "there is no module named zzz, nor one of a similar name (las-solve registry search WORD finds modules)",
    ]


def test_a_constraint_is_named_where_one_is_enough() -> None:
    versions = [version("app 1.0", "lib"), version("app 2.0", "lib@>=2"), version("app 3.0", "lib@>=3")]
    found = core([*versions, version("lib 3.0", "gone")], ask("app@>=2,<3"))["core"]
    assert [one["text"] for one in found][:2] == ["you asked for app >=2,<3", "app 2.0 needs lib >=2"]  # type: ignore[attr-defined]


def test_what_is_not_part_of_the_conflict_is_not_blamed() -> None:
    registry = [*TANGLE, version("bystander 1.0", "core")]
    assert core(registry, ask("app", "bystander"))["core"] == core(registry, ask("app"))["core"]


def test_a_large_core_has_a_short_text() -> None:
    chain = [version(f"m{place} 1.0", f"m{place + 1}") for place in range(100)]
    found = core(chain, ask("m0"))
    assert len(found["core"]) == 102  # type: ignore[arg-type]
    assert str(found["explanation"]).splitlines() == [
        "No plan for m0.",
        "  m0 1.0 needs m1",
        "  m1 1.0 needs m2",
        "  m2 1.0 needs m3",
        "  ... and so on: 94 more lines, each about what the one before needs",
        "  m97 1.0 needs m98",
        "  m98 1.0 needs m99",
        "  m99 1.0 needs m100",
        "  there is no module named m100; did you mean m10?",
    ]


@pytest.mark.parametrize("patience", [0, 1, 2, 3, 5, 8])
def test_an_explanation_that_runs_out_of_time_says_so(patience: int) -> None:
    asked = count()
    planner = Planner(MemorySource(TANGLE), Host())
    found = planner.plan(ask("app"), stop_explaining=lambda: next(asked) >= patience)
    document = conflict_document(found)  # type: ignore[arg-type]
    assert document["minimal"] is False
    assert str(document["explanation"]).count("The time to explain was up") <= 1
    assert check(document, MemorySource(TANGLE), Host()) == ()


def test_unknown_modules_and_unmet_constraints_are_conflicts() -> None:
    assert kinds([], "app") == ["requested", "unknown-module"]
    assert kinds(module("app", "1.0"), "app@2") == ["no-version", "requested"]
    assert kinds([version("app 1.0", "ghost")], "app") == ["dependency", "requested", "unknown-module"]
