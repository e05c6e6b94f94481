"""Does it pay to read and encode modules only when a model selects them?

*Lazy* encodes a module when a model selects it; *eager* encodes everything that the request can reach first. The
answer is the same.
"""

from __future__ import annotations

from benchmarks.in_process import time_subjects
from benchmarks.options import Options
from benchmarks.results import Section
from benchmarks.subject import las_solve

__all__ = ["SUBJECTS", "TITLE", "run"]

TITLE = "Lazy against eager encoding"

SUBJECTS = (
    las_solve("lazy", eager=False),
    las_solve("eager", eager=True),
    las_solve("lazy without descent", eager=False, descent=False),
    las_solve("eager without descent", eager=True, descent=False),
)


def run(options: Options) -> Section:
    """Time planning both ways."""
    timings, notes = time_subjects("laziness", SUBJECTS, options)
    return Section(
        question="laziness",
        title=TITLE,
        measurements=tuple(one for timing in timings for one in (timing.fresh, timing.again)),
        notes=notes,
    )
