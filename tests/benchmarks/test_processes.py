"""Whole processes are timed in turn, with what they cost; what fails says why."""

from __future__ import annotations

import os
import sys

import pytest
from benchmarks.processes import CommandFailed, cost_processes, environment, run_command, run_worker, time_processes

ALLOCATE = "x = bytearray(80_000_000)"


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code)


def test_a_command_costs_time_and_memory_of_its_own() -> None:
    held = bytearray(os.urandom(1) * 60_000_000)  # what this process holds counts for none that it starts
    small, large = run_command(python("pass")), run_command(python(ALLOCATE))
    assert small.seconds > 0
    assert small.cpu >= 0
    assert small.peak < len(held)
    assert large.peak - small.peak > 70_000_000


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(CommandFailed, match=r"exit status 3: no such thing"):
        run_command(python("import sys; print('no such thing', file=sys.stderr); sys.exit(3)"))
    run_command(python("import sys; sys.exit(3)"), statuses=(3,))
    with pytest.raises(CommandFailed, match="cannot be started"):
        run_command(("no-such-command-at-all",))


def test_a_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(CommandFailed, match=r"over 0\.2 s"):
        run_command(python("import time; time.sleep(60)"), limit=0.2)


def test_commands_take_turns_and_one_that_fails_is_not_run_again() -> None:
    found = cost_processes({1: python("pass"), 2: python("raise SystemExit(4)")}, rounds=2)
    assert len(found[1].runs) == 2
    assert found[2].runs == []
    assert found[2].failure == "exit status 4: no message"
    measured = found[1].measurement("p", "s", "peak", sizes={"versions": 3})
    assert (measured.unit, len(measured.all_samples), measured.sizes) == ("B", 2, {"versions": 3})
    assert found[2].measurement("p", "s").median is None


def test_one_that_takes_too_long_is_not_run_again() -> None:
    found = cost_processes({"slow": python("import time; time.sleep(60)")}, rounds=2, limit=0.2)
    measured = found["slow"].measurement("p", "slow")
    assert (measured.limit, measured.median, measured.failure) == (0.2, None, None)


def test_the_first_round_is_not_kept() -> None:
    assert len(time_processes("p", {"a": python("pass")}, 3)["a"].all_samples) == 3


def test_what_is_measured_writes_bytecode_and_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("LAS_SOLVE_REGISTRY", "elsewhere")
    monkeypatch.setenv("LAS_SOLVE_CORPUS", "corpus")
    known = environment(LAS_SOLVE_CACHE="here")
    assert "PYTHONDONTWRITEBYTECODE" not in known
    assert {name: value for name, value in known.items() if name.startswith("LAS_SOLVE_")} == {
        "LAS_SOLVE_CACHE": "here",
        "LAS_SOLVE_CORPUS": "corpus",
    }


def test_a_worker_that_fails_says_why() -> None:
    with pytest.raises(CommandFailed, match=r"exit status 1: .*JSONDecodeError"):
        run_worker("benchmarks.worker", "nothing")
