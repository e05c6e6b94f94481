"""A problem to measure, and where each one comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.problems import rubygems, synthetic
from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion, Request

__all__ = ["PROBLEMS", "Problem", "ProblemMissing", "corpus_folder", "load_problem"]

_RAILS = "rubygems/complex_package_selection.json"
_SEEDS = (1, 2, 3)


class ProblemMissing(Exception):
    """The data of a problem is not on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is planned: module versions, a host and a request. `facts` describe it in the results."""

    name: str
    module_versions: tuple[ModuleVersion, ...]
    host: Host
    request: Request
    facts: Mapping[str, int] = field(default_factory=dict)


def load_problem(name: str) -> Problem:
    """The problem called `name`, one of :data:`PROBLEMS`; raises :class:`ProblemMissing`."""
    return PROBLEMS[name]()


def corpus_folder() -> Path:
    """Where reference data is: ``LAS_SOLVE_CORPUS``, or ``../shared/corpus`` beside the repository."""
    told = os.environ.get("LAS_SOLVE_CORPUS")
    return Path(told) if told else Path(__file__).parents[2].parent / "shared" / "corpus"


def _synthetic(name: str, seed: int, snapshot: float) -> Callable[[], Problem]:
    def load() -> Problem:
        made = tuple(synthetic.module_versions(synthetic.generate(seed, snapshot=snapshot)))
        return Problem(
            name=name,
            module_versions=made,
            host=synthetic.HOST,
            request=synthetic.request(),
            facts=_count(made) | {"seed": seed},
        )

    return load


def _rails() -> Problem:
    path = corpus_folder() / _RAILS
    if not path.is_file():
        raise ProblemMissing(f"there is no {_RAILS} in the corpus (LAS_SOLVE_CORPUS names its folder)")
    gems = rubygems.convert_gems(json.loads(path.read_text(encoding="utf-8")))
    return Problem(
        name="rails",
        module_versions=gems.module_versions,
        host=Host(cores=8, ram=16 * 1024**3),
        request=Request(requirements=(Requirement.parse("rails"),)),
        facts=_count(gems.module_versions)
        | {
            "left out, version without a PEP 440 spelling": gems.unspelled_versions,
            "left out, constraint without a PEP 440 spelling": gems.unspelled_constraints,
            "left out, spelled twice": gems.repeated_versions,
        },
    )


def _count(made: tuple[ModuleVersion, ...]) -> dict[str, int]:
    return {
        "modules": len({one.name for one in made}),
        "versions": len(made),
        "requirements": sum(len(one.requirements) for one in made),
    }


PROBLEMS: Mapping[str, Callable[[], Problem]] = {
    "rails": _rails,
    **{f"synthetic-{seed}": _synthetic(f"synthetic-{seed}", seed, synthetic.SNAPSHOT) for seed in _SEEDS},
    **{f"mild-{seed}": _synthetic(f"mild-{seed}", seed, synthetic.MILD_SNAPSHOT) for seed in _SEEDS},
}
"""Every problem by name: RubyGems' rails, synthetic registries, and the same with an answer that is easier to find."""
