"""``python -m benchmarks.explanations``: ask peers about scenarios, and print their words beside ours as Markdown."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchmarks.explanations.comparison import OURS, SCENARIOS, block, read_scenario, renewed, shortened
from benchmarks.explanations.peers import Answer, Peer, peers_at
from benchmarks.explanations.question import question_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Print, or renew a document; 0."""
    told = _parse(arguments)
    peers = {peer.name: peer for peer in peers_at(uv=told.uv, libsolv=told.libsolv, resolvo=told.resolvo)}
    missing: set[str] = set()
    versions: dict[str, str] = {}

    @cache
    def printed(scenario: str, subject: str) -> str | None:
        """What `subject` prints for `scenario`; None where it is not installed or not wanted."""
        if subject == OURS:
            return shortened(read_scenario(scenario).expected or "(not written down yet)")
        if told.ours or subject in missing:
            return None
        answer = _ask(peers[subject], scenario, told.seconds)
        if answer is None:
            missing.add(subject)
            return None
        versions[subject] = answer.version or versions.get(subject, "")
        return shortened(answer.text)

    if told.renew is not None:
        told.renew.write_text(renewed(told.renew.read_text("utf-8"), printed), "utf-8")
    else:
        for scenario in told.scenario or _all_scenarios():
            print(f"## {scenario}\n\n{read_scenario(scenario).about}")
            for subject in (OURS, *peers):
                text = printed(scenario, subject)
                if text is not None:
                    print(f"{subject}:\n\n{block(scenario, subject, text)}")
    for subject in sorted(versions):
        print(f"{subject} is {versions[subject]}", file=sys.stderr)
    for subject in sorted(missing):
        print(f"{subject} is not installed; hint: say where it is by --{subject}", file=sys.stderr)
    return 0


def _ask(peer: Peer, scenario: str, seconds: float) -> Answer | None:
    question = question_of(read_scenario(scenario))
    answer = peer.ask(question, seconds)
    if answer is not None and answer.has_plan:
        text = f"(a plan)\n{answer.text}"
        return Answer(text=text, has_plan=True, version=answer.version)
    return answer


def _all_scenarios() -> list[str]:
    return [path.relative_to(SCENARIOS).with_suffix("").as_posix() for path in sorted(SCENARIOS.glob("*/*.yaml"))]


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explanations", description=__doc__)
    parser.add_argument("scenario", metavar="SCENARIO", nargs="*", help="such as versions/diamond; all by default")
    parser.add_argument("--renew", type=Path, metavar="FILE", help="renew the blocks of a Markdown file instead")
    parser.add_argument("--ours", action="store_true", help="ask no peer")
    parser.add_argument("--uv", default="uv", help="the command")
    parser.add_argument("--libsolv", default="python3", help="a Python that has libsolv's binding")
    parser.add_argument("--resolvo", default="python3", help="a Python that has py-rattler")
    parser.add_argument("--seconds", type=float, default=60, help="that one answer may take")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
