"""Which SAT solver should be the default?

Every backend gives the same answer (contract, section 5); they differ in time only.
"""

from __future__ import annotations

from benchmarks.in_process import time_subjects
from benchmarks.options import Options
from benchmarks.results import Section
from benchmarks.subject import las_solve
from las_solver.sat import BACKENDS

__all__ = ["SUBJECTS", "TITLE", "run"]

TITLE = "SAT solvers as backends"

SUBJECTS = tuple(las_solve(backend, backend=backend) for backend in BACKENDS)


def run(options: Options) -> Section:
    """Time planning with every backend; note where two of them answer differently."""
    timings, notes = time_subjects("backends", SUBJECTS, options)
    different = [
        f"DIFFERENT ANSWERS on {name}"
        for name in dict.fromkeys(timing.problem for timing in timings)
        if len({str(one.answer) for one in timings if one.problem == name and one.fresh.median is not None}) > 1
    ]
    return Section(
        question="backends",
        title=TITLE,
        measurements=tuple(one for timing in timings for one in (timing.fresh, timing.again)),
        notes=(*notes, *different),
    )
