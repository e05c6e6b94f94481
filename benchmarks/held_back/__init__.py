"""How much longer does a plan take that says what holds back its modules?

Both are a fresh Planner over a source in memory: with the reasons, and without. The reasons are to add at most half of
the time on the RubyGems request.
"""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.in_process import time_subjects
from benchmarks.measure import Comparison
from benchmarks.options import Options
from benchmarks.results import Section
from benchmarks.subject import Subject, las_solve

__all__ = ["SUBJECTS", "TITLE", "run"]

TITLE = "What it costs to say what holds modules back"

_WITH, _WITHOUT = "plan with reasons", "plan without"
_TARGETS: Mapping[str, float] = {"rails": 1.5}

SUBJECTS: tuple[Subject, ...] = (las_solve(_WITH, held_back=True), las_solve(_WITHOUT, held_back=False))


def run(options: Options) -> Section:
    """Time both and compare."""
    timings, notes = time_subjects("held_back", SUBJECTS, options)
    fresh = {(timing.problem, timing.subject): timing.fresh for timing in timings}
    compared = (
        Comparison.of(fresh[name, _WITHOUT], fresh[name, _WITH], target=_TARGETS.get(name), is_ceiling=True)
        for name in dict.fromkeys(timing.problem for timing in timings)
    )
    return Section(
        question="held_back",
        title=TITLE,
        measurements=tuple(timing.fresh for timing in timings),
        comparisons=tuple(one for one in compared if one is not None),
        notes=notes,
    )
