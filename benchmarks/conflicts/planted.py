"""Registries with a planted contradiction: two chains of needs that end in disjoint ranges of one module.

The registry is a synthetic one (``problems/synthetic.py``), for which an answer is always possible. In two disjoint
chains of its modules, beginning with the first two that are requested, every version is then made to need the next
module of the chain, at any version; the ends of the chains need the same module, one below a version and the other from
there on. So there is no answer, and two requirements and both chains are enough to contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from benchmarks.problems import Problem, synthetic
from benchmarks.problems.synthetic import SyntheticModule

__all__ = ["PLANTED", "Planted", "plant"]

_HOP = 20
"""How far along the row the next module of a chain is; the modules of a row lead on by up to twice as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A registry of `modules` modules from `seed`; the chains end at `depth`, a share of the row."""

    name: str
    modules: int
    depth: float
    seed: int = 1

    def load(self) -> Problem:
        """The problem, which has no answer."""
        registry = synthetic.generate(self.seed, modules=self.modules)
        made = tuple(synthetic.module_versions(plant(registry, round(self.depth * self.modules))))
        return Problem(
            name=self.name,
            module_versions=made,
            host=synthetic.HOST,
            request=synthetic.request(self.modules),
            facts={
                "modules": len(registry),
                "versions": len(made),
                "requirements": sum(len(one.requirements) for one in made),
                "seed": self.seed,
            },
        )


PLANTED = (
    Planted(name="planted-50", modules=50, depth=0.9),
    Planted(name="planted-500", modules=500, depth=0.9),
    Planted(name="planted-2500", modules=2500, depth=0.9),
    Planted(name="planted-2500-near", modules=2500, depth=0.05),
)


def plant(registry: Sequence[SyntheticModule], end: int) -> tuple[SyntheticModule, ...]:
    """`registry` with two chains from its first two modules to the one at `end`, which they need in disjoint ranges."""
    made = list(registry)
    target = registry[end]
    middle = target.versions[len(target.versions) // 2].version
    for first, constraint in ((0, f">={middle}"), (1, f"<{middle}")):
        chain = [*range(first, end - 1, _HOP), end]
        for place, following in pairwise(chain):
            needed = registry[following]
            oldest = needed.versions[0].version
            wanted = (f"@{constraint}",) * 2 if following == end else ("", f"@>={oldest}")
            made[place] = _needing(made[place], needed.name, wanted)
    return tuple(made)


def _needing(module: SyntheticModule, name: str, constraints: tuple[str, str]) -> SyntheticModule:
    """`module`, each version of which needs the module `name`, with one or the other of two constraints in turn."""
    versions = []
    for at, version in enumerate(module.versions):
        others = [text for text in version.requirements if text.partition("@")[0] != name]
        versions.append(replace(version, requirements=(*others, f"{name}{constraints[at // 3 % 2]}")))
    return replace(module, versions=tuple(versions))
