"""Every condition measures what it says, here on registries of a few hundred versions."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from benchmarks import peers
from benchmarks.conditions import (
    adversarial,
    audit,
    growth,
    index_build,
    index_refresh,
    memory,
    plan_cold,
    plan_warm,
    unsat,
)
from benchmarks.conditions.growth import fitted_growth
from benchmarks.conditions.indexed import indexed
from benchmarks.conditions.prepared import prepare
from benchmarks.measure import Measurement
from benchmarks.options import QUICK, Options
from benchmarks.problems import load_problem
from benchmarks.registries import Spec
from benchmarks.results import Section

from las_solver import backjumping
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return replace(
        QUICK,
        samples=1,
        registries=(300, 600),
        built=(300,),
        closures=(10,),
        growing=(10, 20),
        cache=tmp_path_factory.mktemp("benchmarks"),
    )


@pytest.fixture(autouse=True)
def no_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Peers have tests of their own; here the results are to be the same whatever is installed."""
    monkeypatch.setattr(peers, "available", lambda: ())
    monkeypatch.setattr(peers.dose, "find_debcheck", lambda: None)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)


def has_answered(section: Section) -> bool:
    return all(one.failure is None and one.median is not None for one in section.measurements)


def named(section: Section, problem: str, subject: str) -> Measurement:
    return next(one for one in section.measurements if (one.problem, one.subject) == (problem, subject))


def test_cold_plans_are_compared_with_the_floor_and_with_the_small_registry(options: Options) -> None:
    section = plan_cold.run(options)
    assert has_answered(section)
    for size in (300, 600):
        plan = named(section, f"{size} versions", "las-solve plan, closure of 10")
        assert plan.sizes == {"versions": size, "closure": 10}
        assert plan.note.endswith("proved again")
    notes = {one.note for one in section.measurements if one.note}
    assert len(notes) == 1  # the same answer out of both
    assert [one.problem for one in section.comparisons if "CPU" not in one.base] == [
        "600 versions",
        "600 versions / 300 versions",
    ]
    assert all(one.target is None for one in section.comparisons)  # which are for 1,000,000 versions


def test_peak_memory_is_measured_of_every_plan(options: Options) -> None:
    section = memory.run(options)
    assert has_answered(section)
    assert {one.unit for one in section.measurements} == {"B"}
    assert [one.is_met for one in section.figures] == [True, True]


def test_an_index_is_built_anew_each_time(options: Options) -> None:
    section = index_build.run(options)
    assert has_answered(section)
    (rate,) = section.figures
    assert rate.value is not None
    assert 0 < rate.value < 1_000_000


def test_a_changed_manifest_is_as_before_when_it_was_measured(options: Options) -> None:
    prepared = prepare(Spec(versions=300, closures=(10,)), options)
    before = {path: path.read_bytes() for path in prepared.tree.rglob("*.yaml")}
    section = index_refresh.run(options)
    assert has_answered(section)
    assert [one.subject for one in section.measurements] == ["unchanged", "one manifest changed", "frozen"]
    assert {path: path.read_bytes() for path in prepared.tree.rglob("*.yaml")} == before


def test_audits_are_of_every_version_on_one_host(options: Options) -> None:
    section = audit.run(options)
    assert has_answered(section)
    assert [one.subject for one in section.measurements if "CPU" not in one.subject] == [
        "las-solve, 1 process",
        "las-solve, 2 processes",
    ]
    assert section.notes[0].startswith("las-solve bars ")
    assert " of 300 versions; dose-debcheck is not installed" in section.notes[0]
    assert [one.is_met for one in section.figures] == [True]


def test_growth_is_fitted_over_all_closures(options: Options) -> None:
    section = growth.run(options)
    assert has_answered(section)
    assert [one.what.partition(":")[0] for one in section.figures] == ["plan", "answer"]
    assert all(one.value is not None for one in section.figures)


def test_the_fit_is_one_where_the_time_grows_as_n_log_n() -> None:
    from math import log

    sizes = (50, 500, 5000)
    assert fitted_growth([(size, 3 * size * log(size)) for size in sizes]) == pytest.approx(1.0)
    assert fitted_growth([(size, (size * log(size)) ** 2) for size in sizes]) == pytest.approx(2.0)


def test_warm_plans_unsat_and_adversarial_check_their_answers(options: Options) -> None:
    warm = plan_warm.run(replace(options, asked=("closure-50",)))
    assert has_answered(warm)
    assert "versions behind" in named(warm, "closure-50", "las-solve").note
    told = unsat.run(replace(options, asked=("contradiction-50",)))
    assert has_answered(told)
    assert named(told, "contradiction-50", "las-solve").note == "says that there is no answer"
    hard = adversarial.run(replace(options, asked=("plateau-24",)))
    assert has_answered(hard)
    (compared,) = hard.comparisons
    assert compared.target == 3.0
    assert compared.base == "las-solve"


def test_the_search_alone_has_no_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    names = adversarial.bounds()
    assert names
    for name in names:
        assert 0 < getattr(backjumping, name) < 10_000
        monkeypatch.setattr(backjumping, name, getattr(backjumping, name))  # to be set back afterwards
    problem = load_problem("plateau-24")
    adversarial.SUBJECTS[-1].prepare(problem, MemorySource(problem.module_versions))
    assert {getattr(backjumping, name) for name in names} == {sys.maxsize}


def test_an_index_in_memory_gives_the_same_plans() -> None:
    problem = load_problem("closure-50")
    plans = [
        Planner(source, problem.host).plan(problem.request)
        for source in (indexed(problem), MemorySource(problem.module_versions))
    ]
    assert isinstance(plans[0], Plan)
    assert plans[0] == plans[1]


def test_a_registry_is_generated_once(options: Options, capsys: pytest.CaptureFixture[str]) -> None:
    spec = Spec(versions=601, closures=(10,))
    first = prepare(spec, options)
    assert "generating 601 versions" in capsys.readouterr().err
    assert prepare(spec, options) == first
    assert capsys.readouterr().err == ""
    assert prepare(replace(spec, seed=9), options).folder != first.folder


@pytest.mark.skipif(sys.platform == "win32", reason="the worker is told its limit by a signal")
def test_what_takes_too_long_has_no_time(options: Options) -> None:
    section = adversarial.run(replace(options, asked=("chain-300",), limit=0.01))
    assert all(one.limit == 0.01 and one.median is None for one in section.measurements)
    assert section.comparisons == ()
