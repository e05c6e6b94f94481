"""``python -m benchmarks.explanations``: ask peers about scenarios, and print their words beside ours as Markdown."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.explanations.comparison import block, renewed, shortened
from benchmarks.explanations.subjects import OURS, Answer, Subject, subjects_at
from las_registry.replay import read_replay

SCENARIOS = Path(__file__).parents[2] / "tests" / "scenarios"


class Inquiry:
    """Asks each of the subjects about each scenario once, and remembers who is not installed."""

    def __init__(self, subjects: Sequence[Subject], seconds: float) -> None:
        self.subjects = {subject.name: subject for subject in subjects}
        self.versions: dict[str, str] = {}
        self.missing: set[str] = set()
        self._seconds = seconds
        self._answers: dict[tuple[str, str], Answer | None] = {}

    def ask(self, scenario: str, name: str) -> Answer | None:
        """The answer of the subject called `name`; None where it is not installed or not asked."""
        if name not in self.subjects or name in self.missing:
            return None
        key = (scenario, name)
        if key not in self._answers:
            answer = self._answers[key] = self.subjects[name].ask(file_of(scenario), self._seconds)
            if answer is None:
                self.missing.add(name)
            elif answer.version is not None:
                self.versions[name] = answer.version
        return self._answers[key]

    def printed(self, scenario: str, name: str) -> str | None:
        """What the subject called `name` printed, shortened."""
        answer = self.ask(scenario, name)
        return None if answer is None else shortened(answer.text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print, or renew a document; 0."""
    told = _parse(arguments)
    subjects = subjects_at(uv=told.uv, libsolv=told.libsolv, resolvo=told.resolvo)
    inquiry = Inquiry([one for one in subjects if one.name == OURS or not told.ours], told.seconds)
    scenarios = told.scenario or _all_scenarios()
    if told.renew is not None:
        told.renew.write_text(renewed(told.renew.read_text("utf-8"), inquiry.printed), "utf-8")
    elif told.sizes:
        _print_sizes(inquiry, scenarios)
    else:
        _print_words(inquiry, scenarios)
    for name, version in sorted(inquiry.versions.items()):
        print(f"{name} is {version}", file=sys.stderr)
    for name in sorted(inquiry.missing):
        print(f"{name} is not installed; hint: say where it is by --{name}", file=sys.stderr)
    return 0


def file_of(scenario: str) -> Path:
    """The file of a scenario such as ``versions/diamond``; the name of any other replay file ends in ``.yaml``."""
    return Path(scenario) if scenario.endswith(".yaml") else SCENARIOS / f"{scenario}.yaml"


def _all_scenarios() -> list[str]:
    return [path.relative_to(SCENARIOS).with_suffix("").as_posix() for path in sorted(SCENARIOS.glob("*/*.yaml"))]


def _print_words(inquiry: Inquiry, scenarios: Sequence[str]) -> None:
    for scenario in scenarios:
        path = file_of(scenario)
        print(f"## {scenario}\n\n{read_replay(path.read_bytes(), path.name).about}")
        for name in inquiry.subjects:
            if (text := inquiry.printed(scenario, name)) is not None:
                print(f"{name}:\n\n{block(scenario, name, text)}")


def _print_sizes(inquiry: Inquiry, scenarios: Sequence[str]) -> None:
    """A table of how many lines and characters each prints, and of the CPU seconds."""
    print("| scenario | " + " | ".join(inquiry.subjects) + " |")
    print("|---" * (len(inquiry.subjects) + 1) + "|")
    for scenario in scenarios:
        answers = [inquiry.ask(scenario, name) for name in inquiry.subjects]
        print(f"| {scenario} | " + " | ".join(map(_size, answers)) + " |", flush=True)


def _size(answer: Answer | None) -> str:
    if answer is None:
        return ""
    lines = answer.text.strip("\n").splitlines()
    characters = sum(len(line) for line in lines)
    if answer.version is None and answer.seconds == 0:
        return answer.text
    return f"{len(lines):,} lines, {characters:,} characters, {answer.seconds:.1f} s"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explanations", description=__doc__)
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs="*",
        help="such as versions/diamond, or the name of a replay file; all scenarios by default",
    )
    parser.add_argument("--renew", type=Path, metavar="FILE", help="renew the blocks of a Markdown file instead")
    parser.add_argument("--sizes", action="store_true", help="print how much each says, instead of what")
    parser.add_argument("--ours", action="store_true", help="ask no peer")
    parser.add_argument("--uv", default="uv", help="the command")
    parser.add_argument("--libsolv", default="python3", help="a Python that has libsolv's binding")
    parser.add_argument("--resolvo", default="python3", help="a Python that has py-rattler")
    parser.add_argument("--seconds", type=float, default=60, help="that one answer may take")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
