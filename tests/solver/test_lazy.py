"""Section 5 and pitfall 2: only modules that a model selects are read, and that changes no answer."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from registries import ask, module, version

from las_solver.model import Host, ModuleVersion
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.ranked import RankedModule
from las_solver.source import MemorySource


class Made(Sequence[ModuleVersion]):
    """Versions that are noted in `ranks` when one is asked for."""

    def __init__(self, versions: Sequence[ModuleVersion], ranks: set[tuple[str, int]]) -> None:
        self._versions = versions
        self._ranks = ranks

    def __len__(self) -> int:
        return len(self._versions)

    def __iter__(self) -> Iterator[ModuleVersion]:
        return (self[rank] for rank in range(len(self)))

    def __getitem__(self, rank: int) -> ModuleVersion:  # type: ignore[override]
        self._ranks.add((self._versions[rank].name, rank))
        return self._versions[rank]


class MakingSource(MemorySource):
    """Makes single versions when they are asked for, as an index does."""

    def __init__(self, versions: Sequence[ModuleVersion]) -> None:
        super().__init__(versions)
        self.made: set[tuple[str, int]] = set()

    def ranked(self, name: str) -> RankedModule | None:
        ranked = super().ranked(name)
        if ranked is not None and not isinstance(ranked.candidates, Made):
            ranked.candidates = Made(ranked.candidates, self.made)
        return ranked


class CountingSource(MemorySource):
    """Counts how often the versions of each module are asked for."""

    def __init__(self, versions: Sequence[ModuleVersion]) -> None:
        super().__init__(versions)
        self.read: Counter[str] = Counter()

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        self.read[name] += 1
        return super().versions(name)


REGISTRY = [
    version("app 2.0", "lib@>=2"),
    version("app 1.0", "old"),
    version("old 1.0", "older"),
    *module("older", "1.0"),
    version("lib 2.0", "clash@<2", "base"),
    version("lib 1.0"),
    version("base 1.0", "clash@<2"),
    *module("clash", "1.0", "2.0"),
    *(version(f"other{number} 1.0", "app", "lib") for number in range(50)),
]


def read_by(*wanted: str, **options: bool) -> tuple[str, set[str]]:
    source = CountingSource(REGISTRY)
    found = Planner(source, Host(), **options).plan(ask(*wanted))  # type: ignore[arg-type]
    assert isinstance(found, Plan)
    return ", ".join(f"{step.module} {step.version}" for step in found.steps), set(source.read)


NEAR = {"app", "lib", "base", "clash", "old", "older"}


def test_only_what_a_model_selects_is_read() -> None:
    assert read_by("app") == ("clash 1.0, base 1.0, lib 2.0, app 2.0", {"app", "lib", "base", "clash"})
    plan, read = read_by("app", descent=False)
    assert plan == "clash 1.0, base 1.0, lib 2.0, app 2.0"
    assert read <= NEAR


def test_what_the_first_choice_rules_out_leads_to_further_reading() -> None:
    for options in ({}, {"descent": False}):
        plan, read = read_by("app", "clash@2", **options)
        assert plan == "clash 2.0, older 1.0, old 1.0, app 1.0"
        assert {"old", "older"} <= read <= NEAR


def test_eager_solving_reads_all_that_could_matter_and_gives_the_same() -> None:
    plan, read = read_by("app", eager=True, descent=False)
    assert plan == "clash 1.0, base 1.0, lib 2.0, app 2.0"
    assert read == NEAR


def test_only_providers_that_are_tried_are_read() -> None:
    providers = [version(f"p{number} 1.0", provides=("db",)) for number in range(30)]
    source = CountingSource([version("app 1.0", consumes=("db",)), *providers])
    assert isinstance(Planner(source, Host()).plan(ask("app")), Plan)
    assert set(source.read) == {"app", "p0"}


def test_a_planner_reads_a_module_from_its_source_once() -> None:
    source = CountingSource(REGISTRY)
    planner = Planner(source, Host())
    planner.plan(ask("app"))
    read = Counter(source.read)
    planner.plan(ask("app"))
    assert source.read == read


def test_a_lock_makes_only_the_versions_that_it_has() -> None:
    versions = [
        version("app 1.0", "tool", "namer"),
        *module("tool", "1.0rc1", "1.0", "2.0"),
        *(version(f"namer 1.{number}", f"tool@>=1.0rc1,!=1.0,!=3.{number}") for number in range(200)),
    ]
    source = MakingSource(versions)
    request = ask("app", locked=["app 1.0", "tool 1.0rc1", "namer 1.199"])
    found = Planner(source, Host()).plan(request, held_back=False)
    assert isinstance(found, Plan)
    assert [str(step.version) for step in found.steps] == ["1.0rc1", "1.199", "1.0"]
    assert source.made == {("app", 0), ("tool", 0), ("namer", 199)}


@pytest.mark.parametrize("options", [{}, {"descent": False}, {"descent": False, "eager": True}])
def test_a_plan_leaves_nothing_to_the_garbage_collector(options: dict[str, bool]) -> None:
    """Looking through all that a large request made takes longer than some plans."""
    planner = Planner(MemorySource(REGISTRY), Host(), **options)  # type: ignore[arg-type]
    wanted = ask("app", "clash@2")
    planner.plan(wanted)
    gc.collect()
    gc.disable()
    try:
        planner.plan(wanted)
        assert gc.collect() == 0
    finally:
        gc.enable()
