"""``python -m benchmarks``: measure, print a table, and write the results as JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from benchmarks.options import Options
from benchmarks.problems import PROBLEMS
from benchmarks.report import Section, render_json, render_table

QUESTIONS = ("stages", "cold_start", "peer_speed")
"""What is asked where nothing else is said; see README.md for the others."""

MORE_QUESTIONS = ("backends", "conflicts", "growth", "held_back", "installed", "transitions")

_RESULTS = Path(".benchmarks")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the questions that `arguments` name; 1 where a target was missed and they are strict about it, else 0."""
    told = _parse(arguments)
    options = Options(
        processes=told.processes,
        samples=told.samples,
        limit=told.limit,
        problems=tuple(told.problem or Options().problems),
    )
    started = datetime.now(UTC).isoformat(timespec="seconds")
    sections: list[Section] = []
    for question in told.question or QUESTIONS:
        sections.append(_import(question).run(options))
        print(render_table(sections[-1:]), flush=True)
    told.results.mkdir(parents=True, exist_ok=True)
    document = json.dumps(render_json(sections, started=started), indent=1)
    (told.results / "results.json").write_text(document + "\n", encoding="utf-8")
    (told.results / "results.md").write_text(render_table(sections) + "\n", encoding="utf-8")
    print(f"written to {told.results}", file=sys.stderr)
    missed = any(one.is_met is False for section in sections for one in section.comparisons)
    return 1 if missed and told.strict else 0


def _import(question: str) -> ModuleType:
    try:
        return importlib.import_module(f"benchmarks.{question}")
    except ModuleNotFoundError as missing:
        if missing.name == "resolvelib":
            raise SystemExit("resolvelib is not installed; hint: pip install -e '.[bench]'") from None
        raise


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "question",
        metavar="QUESTION",
        nargs="*",
        choices=[*QUESTIONS, *MORE_QUESTIONS, []],
        help=f"one of {', '.join((*QUESTIONS, *MORE_QUESTIONS))}; by default {', '.join(QUESTIONS)}",
    )
    parser.add_argument("--problem", action="append", choices=sorted(PROBLEMS), help="repeatable")
    parser.add_argument("--processes", type=int, default=Options().processes, help="a subject and problem")
    parser.add_argument("--samples", type=int, default=Options().samples, help="a process, at most")
    parser.add_argument("--limit", type=float, default=Options().limit, help="seconds that one call may take")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="the folder to write to")
    parser.add_argument("--strict", action="store_true", help="exit status 1 where a target is missed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
