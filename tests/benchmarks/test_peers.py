"""Peers are asked exactly what las-solve is asked, in processes that cannot hold up or take down the benchmarks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.peers import Resolvelib, Worker, available, missing, newest_answer
from benchmarks.peers.outcome import _loaded
from benchmarks.peers.peer import _WORKERS, _question
from benchmarks.peers.question import Question
from benchmarks.problems import PROBLEMS, Problem
from registries import version

from las_solver.constraint import Requirement, parse_version
from las_solver.model import Host, ModuleVersion, Request


def problem(*module_versions: ModuleVersion, request: str = "app", has_answer: bool = True) -> Problem:
    return Problem(
        name="small",
        module_versions=module_versions,
        host=Host(cores=1, ram=1, runtimes={"cuda": parse_version("12.4")}),
        request=Request(requirements=tuple(map(Requirement.parse, request.split()))),
        has_answer=has_answer,
    )


BACKTRACKING = problem(
    version("app 1.0", "lib@<2"),
    version("app 2.0", "lib@>=2", runtimes=("cuda>=12",)),
    version("tool 1.0", "lib@!=1.1"),
    version("tool 2.0", "lib@<2,!=1.1"),
    version("lib 1.0"),
    version("lib 1.1"),
    version("lib 1.2"),
    version("lib 2.0"),
    version("lib 2.1", vram_min=1),
    version("lib 3.0rc1"),
    request="app tool",
)
"""The newest app needs a lib that the newest tool does not stand; the newest lib does not run, or is a pre-release."""

CONTRADICTION = problem(
    version("app 1.0", "lib@<2", "tool"), version("tool 1.0", "lib@>=2"), version("lib 1.0"), version("lib 2.0"),
    has_answer=False,
)  # fmt: skip


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The names under which the problems of this file are found."""
    monkeypatch.setitem(PROBLEMS, "backtracking", lambda: BACKTRACKING)  # type: ignore[misc]
    monkeypatch.setitem(PROBLEMS, "contradiction", lambda: CONTRADICTION)  # type: ignore[misc]
    yield "backtracking"
    for cached in (_loaded, _question, newest_answer):
        cached.cache_clear()


def test_versions_become_ranks_and_constraints_ranges_of_them() -> None:
    asked = Question.of(BACKTRACKING)
    lib = asked.names.index("lib")
    assert asked.versions[lib] == ("1.0", "1.1", "1.2", "2.0")
    told = {asked.names[module]: ranges for module, ranges in asked.needs if asked.names[module] != "lib"}
    assert told == {"app": ((0, 1),), "tool": ((0, 1),)}
    ranges = [ranges for module, ranges in asked.needs if module == lib]
    assert ranges == [((0, 2),), ((3, 3),), ((0, 0), (2, 3)), ((0, 0), (2, 2))]


def test_runtime_entries_are_needs_where_the_host_does_not_meet_them() -> None:
    asked = Question.of(problem(version("app 1", runtimes=("cuda>=13", "cuda>=12", "rocm")), version("cuda 13.0")))
    needs = [asked.needs[need] for need in asked.modules[asked.names.index("app")][0]]
    assert needs == [(asked.names.index("cuda"), ((0, 0),)), (asked.names.index("rocm"), ())]


def test_prereleases_are_kept_where_one_is_named_by_what_may_be_chosen() -> None:
    asked = Question.of(
        problem(
            version("app 1.0", "lib@>=1.0b1"),
            version("app 2.0rc1", "tool@>=1.0b1"),
            version("lib 1.0b1"),
            version("lib 1.0"),
            version("tool 1.0b1"),
            version("tool 1.0"),
            version("all 1.0b1"),
        )
    )
    kept = dict(zip(asked.names, asked.versions, strict=True))
    assert kept == {"app": ("1.0",), "lib": ("1.0b1", "1.0"), "tool": ("1.0",), "all": ("1.0b1",)}
    assert asked.prereleases == {asked.names.index("lib"): (0,)}
    assert [asked.needs[need][0] for need in asked.naming] == [asked.names.index("lib")]


def test_interfaces_are_modules_whose_versions_are_their_providers() -> None:
    asked = Question.of(
        problem(
            version("app 1", consumes=("store",)),
            version("red 1"),
            version("red 2", provides=("store",)),
            version("blue 1", provides=("store",)),
        )
    )
    (store,) = asked.interfaces
    provided = [asked.needs[need] for needs in asked.modules[store] for need in needs]
    assert provided == [(asked.names.index("red"), ((1, 1),)), (asked.names.index("blue"), ((0, 0),))]
    assert asked.answer([(0, 0), (store, 0), (asked.names.index("red"), 1)]) == {"app": "1", "red": "2"}


@pytest.mark.parametrize("name", ["resolvo", "libsolv", "clingo", "uv"])
def test_a_peer_answers_validly_and_says_when_there_is_no_answer(name: str, ask: str) -> None:
    peer = next((peer for peer in available() if peer.name == name), None)
    if peer is None:
        pytest.skip(next(told for told in missing() if told.startswith(name)))
    found = peer.measure(ask, samples=1, limit=20.0)
    assert (found.failure, found.over_limit, found.is_right) == (None, False, True), found
    assert bool(found.solve_only) is peer.has_solve_only
    assert len(found.end_to_end) == 1
    if name == "clingo":
        assert found.is_newest
    impossible = peer.measure("contradiction", samples=1, limit=20.0)
    assert (impossible.answer, impossible.is_right, impossible.failure) == (None, True, None)
    assert impossible.note == "says that there is no answer"


def worker(folder: Path, body: str) -> Worker:
    script = folder / "script.py"
    script.write_text(f"import sys\nsys.path.append({str(_WORKERS)!r})\nfrom sampling import work\n{body}\n")
    return Worker(name="made up", interpreter=sys.executable, script=str(script))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("def prepare(question, folder):\n def sample(clock):\n  _, took = clock.seconds(lambda: 0)\n"
         "  return [[0, 0], [1, 1], [2, 2]], {'end_to_end': took}\n return sample\nwork('1.0', prepare)",
         {"is_right": True, "is_newest": False, "version": "1.0"}),
        ("def prepare(question, folder):\n return lambda clock: ([[0, 1], [1, 1], [2, 0]], {'end_to_end': 1.0})\n"
         "work('1.0', prepare)",
         {"is_right": False, "is_newest": False,
          "note": "3 modules; valid: no; newest: no; 3 versions behind in total; "
                  "app 2.0 needs lib@>=2, but 1.0 is present"}),
        ("def endless():\n while True: pass\n"
         "def prepare(question, folder):\n return lambda clock: clock.seconds(endless)\nwork('1.0', prepare)",
         {"over_limit": True, "is_right": None, "version": "1.0"}),
        ("raise SystemExit('no licence')", {"failure": "exit status 1: no licence", "is_right": None}),
    ],
)  # fmt: skip
def test_workers_that_answer_and_that_do_not(body: str, found: dict[str, object], tmp_path: Path, ask: str) -> None:
    outcome = worker(tmp_path, body).measure(ask, samples=2, limit=0.5)
    assert {name: getattr(outcome, name) for name in found} == found


def test_resolvelib_is_measured_with_its_best_preference() -> None:
    resolvelib = next((peer for peer in available() if isinstance(peer, Resolvelib)), None)
    if resolvelib is None:
        pytest.skip("resolvelib is not installed")
    found = replace(resolvelib, preferences=("plain", "discovery")).measure("closure-50", samples=1, limit=20.0)
    assert (found.failure, found.over_limit, found.is_right) == (None, False, True), found
    assert found.solve_only and found.end_to_end
    assert found.version.endswith(("(preference: plain)", "(preference: discovery)"))


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RESOLVO", "LIBSOLV", "CLINGO", "UV"):
        monkeypatch.setenv(f"LAS_SOLVE_BENCH_{name}", "no-such-command")
    available.cache_clear()
    try:
        assert {peer.name for peer in available()} <= {"resolvelib"}
        assert missing()[0] == "resolvo: skipped, it is not installed (LAS_SOLVE_BENCH_RESOLVO names where it is)"
    finally:
        available.cache_clear()
