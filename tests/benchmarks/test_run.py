"""Subjects are timed in processes of their own, and resolvelib answers as it should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks import __main__ as command
from benchmarks.check import check_answer
from benchmarks.options import Options
from benchmarks.problems import PROBLEMS, Problem, ProblemMissing, load_problem, synthetic

from las_solver.constraint import Requirement, parse_version
from las_solver.model import Host, ModuleVersion, Request
from las_solver.source import MemorySource

resolvelib_peer = pytest.importorskip("benchmarks.peers.resolvelib_peer")


def small_problem() -> Problem:
    """The newest app needs a lib that the newest tool does not stand, so that a resolver has to go back."""

    def one(name: str, version: str, *needs: str) -> ModuleVersion:
        return ModuleVersion(
            name=name, version=parse_version(version), requirements=tuple(map(Requirement.parse, needs))
        )

    return Problem(
        name="small",
        module_versions=(
            one("app", "1.0", "lib@<2"),
            one("app", "2.0", "lib@>=2"),
            one("tool", "1.0", "lib"),
            one("tool", "2.0", "lib@<2"),
            one("lib", "1.0"),
            one("lib", "2.0"),
            one("lib", "3.0rc1"),
        ),
        host=Host(cores=1, ram=1),
        request=Request(requirements=(Requirement.parse("app"), Requirement.parse("tool"))),
    )


@pytest.mark.parametrize("preference", resolvelib_peer.PREFERENCES)
def test_resolvelib_answers_validly_with_every_preference(preference: str) -> None:
    problem = small_problem()
    index = resolvelib_peer.CandidateIndex(MemorySource(problem.module_versions), problem.host)
    for _ in range(2):
        chosen = resolvelib_peer.resolve(index, problem.request, preference)
        assert chosen is not None
        assert check_answer(problem, {name: str(version) for name, version in chosen.items()}).problems == ()


@pytest.mark.parametrize("preference", resolvelib_peer.PREFERENCES)
def test_resolvelib_says_that_there_is_no_answer(preference: str) -> None:
    problem = small_problem()
    index = resolvelib_peer.CandidateIndex(MemorySource(problem.module_versions), problem.host)
    request = Request(requirements=(Requirement.parse("app@>=2"), Requirement.parse("tool@>=2")))
    assert resolvelib_peer.resolve(index, request, preference) is None


def test_resolvelib_solves_a_small_synthetic_registry() -> None:
    problem = Problem(
        name="synthetic",
        module_versions=tuple(synthetic.module_versions(synthetic.generate(1, modules=30))),
        host=synthetic.HOST,
        request=synthetic.request(3),
    )
    index = resolvelib_peer.CandidateIndex(MemorySource(problem.module_versions), problem.host)
    chosen = resolvelib_peer.resolve(index, problem.request, "pip")
    assert chosen is not None
    assert check_answer(problem, {name: str(version) for name, version in chosen.items()}).problems == ()


def test_problems_without_their_data_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAS_SOLVE_CORPUS", str(tmp_path))
    with pytest.raises(ProblemMissing, match="LAS_SOLVE_CORPUS"):
        load_problem("rails")


def test_the_command_measures_writes_results_and_skips_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAS_SOLVE_CORPUS", str(tmp_path))
    arguments = ["peer_speed", "--problem", "rails", "--results", str(tmp_path / "results")]
    assert command.main(arguments) == 0
    document = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    question = document["conditions"]["peer_speed"]
    assert question["measurements"] == []
    assert "rails: skipped" in question["notes"][0]
    assert "rails: skipped" in (tmp_path / "results" / "results.md").read_text(encoding="utf-8")
    assert "rails: skipped" in capsys.readouterr().out


def test_the_command_measures_all_conditions_without_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert command._names(command._parse([]).names) == command.CONDITIONS
    assert command._names(["all", "memory", "stages"]) == (*command.CONDITIONS, "stages")
    assert command._names(["questions"]) == command.QUESTIONS
    with pytest.raises(SystemExit):
        command._parse(["no-such-question"])
    assert "no-such-question" in capsys.readouterr().err


@pytest.mark.parametrize("name", [*command.CONDITIONS, *command.QUESTIONS])
def test_every_condition_and_question_can_be_asked(name: str) -> None:
    assert callable(command.runner_of(name))


def test_every_default_problem_exists() -> None:
    assert set(Options().problems) <= set(PROBLEMS)


def test_results_that_are_not_there_are_an_error_with_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "results.json"
    for arguments in (["plots", "--results", str(tmp_path)], ["compare", str(missing), str(missing)]):
        assert command.main(arguments) == 2
        assert capsys.readouterr().err.startswith(f"error: there is no file {missing}\nhint: ")
