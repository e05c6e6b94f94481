"""On registries that are hard on purpose: is las-solve ever far worse than the better of its two parts?

*Eager SAT only* encodes all that the request can reach and leaves the rest to the SAT solver; *search only* encodes what
a model selects, and nothing is tried without a model. Chains, pigeonholes, random 3-SAT, parities and plateaus: see
``registries/families.py``.
"""

from __future__ import annotations

from benchmarks.in_process import Timing, time_subjects
from benchmarks.measure import Comparison, Measurement, best
from benchmarks.options import Options
from benchmarks.registries.families import FAMILIES
from benchmarks.results import Section
from benchmarks.subject import Subject, las_solve

__all__ = ["SUBJECTS", "TITLE", "run"]

TITLE = "Registries that are hard on purpose, against eager SAT and search alone"

_TARGET = 3.0
_LAS_SOLVE = "las-solve"

SUBJECTS: tuple[Subject, ...] = (
    las_solve(_LAS_SOLVE),
    las_solve("eager SAT only", eager=True, descent=False),
    las_solve("search only", eager=False, descent=False),
)
