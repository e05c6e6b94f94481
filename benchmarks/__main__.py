"""``python -m benchmarks``: measure under the conditions that are named, and write results, tables and plots.

``python -m benchmarks compare A.json B.json`` says how two results differ, ``python -m benchmarks plots`` draws anew.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill

from benchmarks.comparing import render_changes
from benchmarks.options import FULL, QUICK, Options
from benchmarks.problems import PROBLEMS
from benchmarks.processes import compile_bytecode
from benchmarks.publishing import publish
from benchmarks.report import render_table
from benchmarks.results import NAME, OtherMachine, Results, Run, Section, UnknownFormat

__all__ = ["CONDITIONS", "QUESTIONS", "main", "runner_of"]

CONDITIONS = (
    "plan-warm",
    "plan-cold",
    "index-build",
    "index-refresh",
    "unsat",
    "adversarial",
    "memory",
    "growth",
    "audit",
)
"""What ``all`` measures, one module of ``benchmarks.conditions`` each."""

QUESTIONS = (
    "stages",
    "cold_start",
    "peer_speed",
    "backends",
    "conflicts",
    "held_back",
    "installed",
    "laziness",
    "service",
    "transitions",
)
"""More particular questions, one folder each; ``questions`` asks all of them."""

_GROUPS = {"all": CONDITIONS, "questions": QUESTIONS}
_RESULTS = Path(".benchmarks")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what `arguments` say; 1 where something failed, or where they are strict and a target was missed, else 0."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["compare"]:
            return _compare(words[1:])
        if words[:1] == ["plots"]:
            return _plots(words[1:])
        return _measure(words)
    except FileNotFoundError as missing:
        hint = "python -m benchmarks NAME... measures and writes results"
        print(f"error: there is no file {missing.filename}\nhint: {hint}", file=sys.stderr)
    except (OtherMachine, UnknownFormat, OSError) as wrong:
        print(f"error: {wrong}", file=sys.stderr)
    return 2


def _measure(words: Sequence[str]) -> int:
    told = _parse(words)
    options = replace(
        QUICK if told.quick else FULL,
        asked=tuple(told.problem or ()),
        **{
            name: value
            for name in ("processes", "samples", "limit", "registries", "built", "closures")
            if (value := getattr(told, name)) is not None
        },
    )
    path: Path = told.results / NAME
    results = _before(path, told.results)
    told.results.mkdir(parents=True, exist_ok=True)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compile_bytecode()
    has_failed = has_missed = False
    for name in _names(told.names):
        run = _run(name, options)
        if run is None:
            has_failed = True
            continue
        print(render_table([run.section]), flush=True)
        has_missed |= run.section.has_missed
        results = results.with_run(run)
        results.write(path)  # at once, so that what is measured is not lost with what fails after it
    for note in publish(results, told.results):
        print(note, file=sys.stderr)
    return 1 if has_failed or (has_missed and told.strict) else 0


def _before(path: Path, folder: Path) -> Results:
    """The results that a run is added to."""
    here = Results.here()
    try:
        before = Results.read(path)
    except FileNotFoundError:
        return here
    except UnknownFormat as unknown:
        raise UnknownFormat(f"{unknown}\nhint: remove it, or say --results with another folder than {folder}") from None
    try:
        here.require_same_machine(before)
    except OtherMachine as other:
        raise OtherMachine(f"{other}\nhint: say --results with another folder than {folder}") from None
    return before


def _names(told: Sequence[str]) -> tuple[str, ...]:
    """The conditions and questions that are meant, each once."""
    every = [name for word in told or ("all",) for name in _GROUPS.get(word, (word,))]
    return tuple(dict.fromkeys(every))


def _run(name: str, options: Options) -> Run | None:
    """Measure; None, with the reason on the standard error stream, where that failed."""
    run = Run.begin(options)
    try:
        section = runner_of(name)(options)
    except Exception as wrong:  # the other conditions are measured all the same
        if isinstance(wrong, ModuleNotFoundError) and wrong.name == "resolvelib":
            print(f"{name}: resolvelib is not installed; hint: pip install -e '.[bench]'", file=sys.stderr)
        else:
            traceback.print_exc()
            print(f"{name}: failed", file=sys.stderr)
        return None
    return run.end(section)


def runner_of(name: str) -> Callable[[Options], Section]:
    """What measures the condition, or answers the question, of that name."""
    place = f"conditions.{name.replace('-', '_')}" if name in CONDITIONS else name
    run: Callable[[Options], Section] = importlib.import_module(f"benchmarks.{place}").run
    return run


def _compare(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks compare",
        description="How many times as long, or as much, everything takes in AFTER. Results of different machines are "
        "not compared.",
    )
    parser.add_argument("before", type=Path, metavar="BEFORE")
    parser.add_argument("after", type=Path, metavar="AFTER")
    told = parser.parse_args(words)
    print(render_changes(Results.read(told.before), Results.read(told.after)))
    return 0


def _plots(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks plots", description="Write tables and plots of results that were measured before."
    )
    parser.add_argument("--results", type=Path, default=_RESULTS, help="the folder that holds results.json")
    told = parser.parse_args(words)
    for note in publish(Results.read(told.results / NAME), told.results):
        print(note, file=sys.stderr)
    return 0


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(part.replace("_", "")) for part in text.split(","))


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n\n".join(
            fill(f"{what}: {', '.join(names)}", break_on_hyphens=False)
            for what, names in (("conditions", CONDITIONS), ("questions", QUESTIONS), ("problems", sorted(PROBLEMS)))
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        choices=[*_GROUPS, *CONDITIONS, *QUESTIONS, []],
        help="a condition or a question; 'all' (by default) are all conditions, 'questions' all questions",
    )
    parser.add_argument("--quick", action="store_true", help="small sizes and few samples: a few minutes in all")
    parser.add_argument(
        "--problem", action="append", choices=sorted(PROBLEMS), metavar="PROBLEM", help="only this one; repeatable"
    )
    parser.add_argument("--processes", type=int, metavar="N", help="how many for each subject and problem")
    parser.add_argument("--samples", type=int, metavar="N", help="how many in each process, at most")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="how long one call may take")
    parser.add_argument("--registries", type=_sizes, metavar="N,...", help="versions of the registries planned from")
    parser.add_argument("--built", type=_sizes, metavar="N,...", help="versions of the registries compiled")
    parser.add_argument("--closures", type=_sizes, metavar="N,...", help="modules that a request reaches")
    parser.add_argument(
        "--results", type=Path, default=_RESULTS, metavar="DIR", help="the folder to write to (default: %(default)s)"
    )
    parser.add_argument("--strict", action="store_true", help="exit status 1 where a target is missed")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
