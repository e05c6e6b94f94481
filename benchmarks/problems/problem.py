"""A problem to measure, and where each one comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import registries
from benchmarks.problems import rubygems, synthetic
from benchmarks.registries import gems
from benchmarks.registries.families import FAMILIES
from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion, Request

__all__ = ["PROBLEMS", "Problem", "ProblemMissing", "corpus_folder", "load_problem"]

_RAILS = "rubygems/complex_package_selection.json"
_SEEDS = (1, 2, 3)
_CLOSURES = (50, 500, 2500, 5000)
_CONTRADICTIONS = (50, 500, 2500)


class ProblemMissing(Exception):
    """The data of a problem is not on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is planned: module versions, a host and a request. `facts` describe it in the results.

    `has_answer` is known beforehand, from how the problem was made.
    """

    name: str
    module_versions: tuple[ModuleVersion, ...]
    host: Host
    request: Request
    facts: Mapping[str, int] = field(default_factory=dict)
    has_answer: bool = True


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


def _closure(name: str, closure: int, *, contradiction: bool = False) -> Callable[[], Problem]:
    """A planted request of a synthetic registry, with nothing else in it, in words that other resolvers have, too."""

    def load() -> Problem:
        sizes = (closure,)
        spec = registries.Spec(
            versions=0, closures=() if contradiction else sizes, contradictions=sizes if contradiction else ()
        ).plain()
        made = tuple(one for module in registries.planted_modules(spec) for one in registries.module_versions(module))
        request = registries.request(spec, closure, contradiction=contradiction)
        return Problem(
            name=name,
            module_versions=made,
            host=registries.HOST,
            request=request,
            facts=_count(made)
            | {
                "reachable modules": _reachable(made, request),
                "modules in the planted answer": closure,
                "seed": spec.seed,
            },
            has_answer=not contradiction,
        )

    return load


def _family(name: str) -> Callable[[], Problem]:
    def load() -> Problem:
        made = FAMILIES[name]()
        return Problem(
            name=name,
            module_versions=made.module_versions,
            host=registries.HOST,
            request=made.request,
            facts=_count(made.module_versions),
            has_answer=made.has_answer,
        )

    return load


def _gems(name: str) -> Callable[[], Problem]:
    def load() -> Problem:
        asked = gems.GEM_REQUESTS[name]
        try:
            made = gems.load_slice(corpus_folder(), asked.index).module_versions
        except FileNotFoundError:
            raise ProblemMissing(
                f"there is no rubygems/{asked.index}.json in the corpus (LAS_SOLVE_CORPUS names its folder)"
            ) from None
        facts = _count(made) | {"reachable modules": _reachable(made, asked.request)}
        return Problem(name=name, module_versions=made, host=gems.HOST, request=asked.request, facts=facts)

    return load


def _reachable(made: tuple[ModuleVersion, ...], request: Request) -> int:
    """How many modules the request leads to, whatever versions are chosen."""
    needs: dict[str, set[str]] = {}
    for one in made:
        needs.setdefault(one.name, set()).update(need.name for need in one.requirements)
    reached: set[str] = set()
    ahead = [requirement.name for requirement in request.requirements]
    while ahead:
        name = ahead.pop()
        if name not in reached and name in needs:
            reached.add(name)
            ahead += needs[name]
    return len(reached)


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
    **{f"closure-{size}": _closure(f"closure-{size}", size) for size in _CLOSURES},
    **{
        f"contradiction-{size}": _closure(f"contradiction-{size}", size, contradiction=True) for size in _CONTRADICTIONS
    },
    **{name: _gems(name) for name in gems.GEM_REQUESTS},
    **{name: _family(name) for name in FAMILIES},
}
"""Every problem by name: RubyGems' rails, synthetic registries, the same with an answer that is easier to find, planted
requests of many sizes, planted contradictions, more of RubyGems, and what is hard on purpose."""
