"""Times subjects against each other, in processes of their own, each problem and subject several times in turn."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.check import Verdict, check_answer
from benchmarks.measure import Measurement
from benchmarks.options import Options
from benchmarks.problems import Problem, ProblemMissing, load_problem
from benchmarks.subject import Subject
from benchmarks.worker import Reply, Task, perform_in_process

__all__ = ["Timing", "time_subjects", "timing_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What was measured of one subject on one problem; `verdict` is None where it gave no answer."""

    problem: str
    subject: str
    fresh: Measurement
    again: Measurement
    answer: dict[str, str] | None
    verdict: Verdict | None


def time_subjects(
    question: str, subjects: Sequence[Subject], options: Options
) -> tuple[tuple[Timing, ...], tuple[str, ...]]:
    """Time every subject on every problem of `options`; also notes on the problems.

    Rounds go over all subjects in turn, so that a slow minute of the machine meets all of them. A subject that ran over
    the limit, or failed, is not tried again on the problem.
    """
    timings: list[Timing] = []
    notes: list[str] = []
    for name in options.problems:
        try:
            problem = load_problem(name)
        except ProblemMissing as missing:
            notes.append(f"{name}: skipped, {missing}")
            continue
        notes.append(f"{name}: " + ", ".join(f"{count} {what}" for what, count in problem.facts.items()))
        replies: dict[str, list[Reply]] = {subject.name: [] for subject in subjects}
        for turn in range(options.processes):
            for subject in subjects:
                before = replies[subject.name]
                if any(reply.over_limit or reply.failure for reply in before):
                    continue
                print(f"{question}: {name}, {subject.name}, process {turn + 1}", file=sys.stderr, flush=True)
                task = Task(
                    question=question,
                    subject=subject.name,
                    problem=name,
                    samples=options.samples,
                    limit=options.limit,
                )
                before.append(perform_in_process(task))
        timings += [timing_of(problem, subject.name, replies[subject.name], options.limit) for subject in subjects]
    return tuple(timings), tuple(notes)


def timing_of(problem: Problem, subject: str, replies: Sequence[Reply], limit: float) -> Timing:
    """What the processes of one subject found, put together; where they failed or disagree, there are no samples."""
    answers = [reply.answer for reply in replies if not reply.failure and not reply.over_limit]
    answer = answers[0] if answers else None
    verdict = None if answer is None else check_answer(problem, answer)
    over_limit = any(reply.over_limit for reply in replies)
    failure = next((reply.failure for reply in replies if reply.failure), None)
    if failure is None and any(other != answer for other in answers):
        failure = "the processes gave different answers"
    note = _note(answer, verdict, has_answered=bool(answers))

    def measurement(kind: str, samples: Sequence[Sequence[float]]) -> Measurement:
        return Measurement(
            problem=problem.name,
            subject=f"{subject}, {kind}",
            samples=() if over_limit or failure else tuple(tuple(one) for one in samples),
            limit=limit if over_limit else None,
            failure=failure,
            note=note,
        )

    return Timing(
        problem=problem.name,
        subject=subject,
        fresh=measurement("fresh", [reply.fresh for reply in replies]),
        again=measurement("again", [reply.again for reply in replies]),
        answer=answer,
        verdict=verdict,
    )


def _note(answer: dict[str, str] | None, verdict: Verdict | None, *, has_answered: bool) -> str:
    if verdict is None or answer is None:
        return "says that there is no answer" if has_answered else ""
    parts = [f"{len(answer)} modules, {verdict.versions_behind} versions behind"]
    if verdict.problems:
        parts.append(f"INVALID: {verdict.problems[0]}" + (" and more" if len(verdict.problems) > 1 else ""))
    if verdict.cycle:
        parts.append(f"cycle through {', '.join(verdict.cycle[:4])}")
    return "; ".join(parts)
