"""Times las-solve and its peers on the same problems, in the same run, in processes that take turns."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.in_process import Timing, timing_of
from benchmarks.measure import Measurement
from benchmarks.options import Options
from benchmarks.problems import Problem, ProblemMissing, load_problem
from benchmarks.subject import Subject
from benchmarks.worker import Reply, Task, perform_in_process

if TYPE_CHECKING:
    from benchmarks.peers import Outcome, Peer

__all__ = ["Contest", "hold_contest"]

_END_TO_END = "end to end"
_FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What was measured. `solving` has the measurements in which only solving is timed, by problem and subject;
    `others` are with more than that. `versions` are those of the peers."""

    solving: Mapping[tuple[str, str], Measurement]
    others: tuple[Measurement, ...]
    notes: tuple[str, ...]
    versions: Mapping[str, str | None]

    @property
    def problems(self) -> tuple[str, ...]:
        """The problems that were there to be asked."""
        return tuple(dict.fromkeys(problem for problem, _ in self.solving))

    def best(self, problem: str, subjects: Sequence[str]) -> Measurement | None:
        """The smallest of these subjects' times; where none has one, the first; None where none took part."""
        own = [one for subject in subjects if (one := self.solving.get((problem, subject))) is not None]
        timed = [one for one in own if one.median is not None]
        if timed:
            return min(timed, key=lambda one: one.median or 0.0)
        return own[0] if own else None


def hold_contest(
    question: str, subjects: Sequence[Subject], peers: Sequence[Peer], problems: Sequence[str], options: Options
) -> Contest:
    """Time every subject of las-solve (see :mod:`benchmarks.worker`) and every peer on every problem.

    Rounds go over all of them in turn, so that a slow minute of the machine meets all. Who ran over the limit, or
    failed, is not tried again on the problem, and neither is a peer so slow that a process takes few samples.
    """
    solving: dict[tuple[str, str], Measurement] = {}
    others: list[Measurement] = []
    notes: list[str] = []
    versions: dict[str, str | None] = {peer.name: None for peer in peers}
    for name in problems:
        try:
            problem = load_problem(name)
        except ProblemMissing as missing:
            notes.append(f"{name}: skipped, {missing}")
            continue
        notes.append(f"{name}: " + ", ".join(f"{count:,} {what}" for what, count in problem.facts.items()))
        replies: dict[str, list[Reply]] = {subject.name: [] for subject in subjects}
        outcomes: dict[str, list[Outcome]] = {peer.name: [] for peer in peers}
        for turn in range(options.processes):
            for subject in subjects:
                before = replies[subject.name]
                if not any(reply.over_limit or reply.failure for reply in before):
                    _announce(question, name, subject.name, turn)
                    before.append(perform_in_process(_task(question, subject, name, options)))
            for peer in peers:
                earlier = outcomes[peer.name]
                if all(map(_deserves_another, earlier)):
                    _announce(question, name, peer.name, turn)
                    earlier.append(peer.measure(name, options.samples, options.limit))
        for subject in subjects:
            timing = timing_of(problem, subject.name, replies[subject.name], options.limit)
            solving[name, subject.name] = _ours(problem, timing, timing.fresh, subject.name)
            others.append(timing.again)
        for peer in peers:
            versions[peer.name] = outcomes[peer.name][0].version
            solving[name, peer.name], *more = _theirs(problem, peer.name, outcomes[peer.name], options.limit)
            others += more
    return Contest(solving=solving, others=tuple(others), notes=tuple(notes), versions=versions)


def _deserves_another(outcome: Outcome) -> bool:
    return not outcome.over_limit and outcome.failure is None and len(outcome.solve_only) >= _FEW


def _announce(question: str, problem: str, who: str, turn: int) -> None:
    print(
        f"{question.removeprefix('conditions.').replace('_', '-')}: {problem}, {who}, process {turn + 1}",
        file=sys.stderr,
        flush=True,
    )


def _task(question: str, subject: Subject, problem: str, options: Options) -> Task:
    return Task(question=question, subject=subject.name, problem=problem, samples=options.samples, limit=options.limit)


def _ours(problem: Problem, timing: Timing, fresh: Measurement, subject: str) -> Measurement:
    """A fresh call, under the plain name; wrong where it is known that there is, or is not, an answer."""
    answered = fresh.median is not None
    if answered and problem.has_answer is not None and problem.has_answer != (timing.answer is not None):
        return replace(fresh, subject=subject, samples=(), failure="WRONG: " + _expected(problem))
    return replace(fresh, subject=subject)


def _theirs(problem: Problem, peer: str, outcomes: Sequence[Outcome], limit: float) -> Iterator[Measurement]:
    """Solving alone, then what is timed from end to end."""
    is_late = any(outcome.over_limit for outcome in outcomes)
    failure = next((outcome.failure for outcome in outcomes if outcome.failure), None)
    note = "" if is_late or failure else outcomes[0].note
    parts = {peer: [one.solve_only for one in outcomes], f"{peer}, {_END_TO_END}": [one.end_to_end for one in outcomes]}
    for subject, samples in parts.items():
        yield Measurement(
            problem=problem.name,
            subject=subject,
            samples=() if is_late or failure else tuple(one for one in samples if one),
            limit=limit if is_late else None,
            failure=failure,
            note=note,
        )


def _expected(problem: Problem) -> str:
    return "there is an answer" if problem.has_answer else "there is no answer"
