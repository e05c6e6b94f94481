"""resolvelib, the resolver of pip, asked for the same plan.

It gets the help that a good provider gives it, and nothing that the contract forbids:

- Candidates are the versions that pass by themselves (hardware, modes), newest first, made once a module, when it is
  met.
- Which candidates a constraint admits is computed once a constraint and kept as a bit set over the candidates, so that
  matching several requirements is one ``and`` of integers; the list of candidates of a bit set is kept too.
- Pre-releases count where a requirement names one, or all versions are pre-releases, as in pip.

The preference decides much, so there are several, and the best one counts:

- ``pip``: the rules of pip 26: causes of the last conflict first, then what often conflicts, then pinned, capped,
  requested, constrained, by name.
- ``fewest``: causes of the last conflict first, then the module with the fewest candidates left.
- ``discovery``: causes of the last conflict first, then in the order in which modules were met, as the contract's
  layers.
- ``plain``: the order of discovery and nothing else.

resolvelib answers with *an* answer, not with the newest one, and does not forbid cycles.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, Resolver
from resolvelib.resolvers import RequirementInformation

from las_solver.constraint import Constraint, Requirement
from las_solver.model import Host, ModuleVersion, Request
from las_solver.source import Source

__all__ = ["PREFERENCES", "Candidate", "CandidateIndex", "resolve"]

PREFERENCES = ("pip", "fewest", "discovery", "plain")

_MANY_ROUNDS = 10_000_000
_OFTEN = 5  # conflicts after which pip decides a module early

Information = RequirementInformation[Requirement, "Candidate"]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A module version that passes by itself; `bit` is its place in the bit sets of its module, newest lowest."""

    name: str
    version: Version
    requirements: tuple[Requirement, ...]
    bit: int


class CandidateIndex:
    """The candidates of a source for one host, and what constraints admit of them: made when first asked for, and
    kept."""

    def __init__(self, source: Source, host: Host) -> None:
        self._source = source
        self._host = host
        self._candidates: dict[str, tuple[Candidate, ...]] = {}
        self._finals: dict[str, int] = {}
        self._admitted: dict[tuple[str, str], int] = {}
        self._names_prerelease: dict[str, bool] = {}
        self._listed: dict[tuple[str, int], tuple[Candidate, ...]] = {}

    def candidates(self, name: str) -> tuple[Candidate, ...]:
        """The versions of the module called `name` that pass by themselves, newest first."""
        found = self._candidates.get(name)
        if found is None:
            passing = [one for one in self._source.versions(name) if _passes(one, self._host)]
            found = self._candidates[name] = tuple(
                Candidate(name, one.version, one.requirements, 1 << place) for place, one in enumerate(passing)
            )
            finals = sum(one.bit for one in found if not one.version.is_prerelease)
            self._finals[name] = finals or (1 << len(found)) - 1
        return found

    def admitted(self, requirement: Requirement) -> int:
        """The candidates that `requirement` admits, pre-releases counted in, as a bit set."""
        key = (requirement.name, requirement.constraint.text)
        found = self._admitted.get(key)
        if found is None:
            admits = requirement.constraint.admits
            found = sum(one.bit for one in self.candidates(requirement.name) if admits(one.version))
            self._admitted[key] = found
        return found

    def matching(
        self, name: str, requirements: Iterable[Requirement], without: Iterable[Candidate]
    ) -> tuple[Candidate, ...]:
        """The candidates called `name` that meet all `requirements` and are not among `without`, newest first."""
        bits = -1
        prereleases = False
        for requirement in requirements:
            bits &= self.admitted(requirement)
            prereleases = prereleases or self._admits_prereleases(requirement.constraint)
        everything = self.candidates(name)
        if not prereleases:
            bits &= self._finals[name]
        for candidate in without:
            bits &= ~candidate.bit
        found = self._listed.get((name, bits))
        if found is None:
            found = tuple(one for one in everything if one.bit & bits)
            self._listed[name, bits] = found
        return found

    def _admits_prereleases(self, constraint: Constraint) -> bool:
        found = self._names_prerelease.get(constraint.text)
        if found is None:
            found = self._names_prerelease[constraint.text] = constraint.names_prerelease
        return found


def resolve(index: CandidateIndex, request: Request, preference: str) -> dict[str, Version] | None:
    """The versions that resolvelib chooses for `request`; None if it says that there is no answer."""
    provider = _Provider(index, request, preference)
    resolver: Resolver[Requirement, Candidate, str] = Resolver(provider, BaseReporter())
    try:
        result = resolver.resolve(request.requirements, max_rounds=_MANY_ROUNDS)
    except ResolutionImpossible:
        return None
    return {name: candidate.version for name, candidate in result.mapping.items()}


class _Provider(AbstractProvider[Requirement, Candidate, str]):
    """What resolvelib asks about one resolution."""

    def __init__(self, index: CandidateIndex, request: Request, preference: str) -> None:
        self._index = index
        self._requested: dict[str, int] = {}
        for one in request.requirements:
            self._requested.setdefault(one.name, len(self._requested))
        self._conflicts: defaultdict[str, int] = defaultdict(int)
        self._often: set[str] = set()
        self._met: dict[str, int] = {}
        self._causes: set[str] = set()
        self._narrows = preference != "plain"
        self._promotes = preference == "pip"
        self._shape: dict[str, tuple[bool, bool]] = {}
        self._rank = {
            "pip": self._rank_as_pip,
            "fewest": self._rank_by_candidates,
            "discovery": self._rank_by_discovery,
            "plain": self._rank_by_discovery,
        }[preference]

    def identify(self, requirement_or_candidate: Requirement | Candidate) -> str:
        return requirement_or_candidate.name

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Requirement]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> tuple[Candidate, ...]:
        self._met.setdefault(identifier, len(self._met))
        return self._index.matching(identifier, requirements[identifier], incompatibilities[identifier])

    def is_satisfied_by(self, requirement: Requirement, candidate: Candidate) -> bool:
        return bool(self._index.admitted(requirement) & candidate.bit)

    def get_dependencies(self, candidate: Candidate) -> tuple[Requirement, ...]:
        return candidate.requirements

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[Information]],
        backtrack_causes: Sequence[Information],
    ) -> Iterable[str]:
        if not self._narrows:
            return identifiers
        causes: set[str] = set()
        for one in backtrack_causes:
            for name in (one.requirement.name, *(() if one.parent is None else (one.parent.name,))):
                causes.add(name)
                if self._promotes and name not in resolutions:
                    self._conflicts[name] += 1
                    if self._conflicts[name] >= _OFTEN:
                        self._often.add(name)
        everything = list(identifiers)
        return (
            [name for name in everything if name in causes]
            or [name for name in everything if name in self._often]
            or everything
        )

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[Information]],
        backtrack_causes: Sequence[Information],
    ) -> Any:
        return self._rank(identifier, candidates, information)

    def _rank_as_pip(
        self, name: str, candidates: Mapping[str, Iterator[Candidate]], information: Mapping[str, Iterator[Information]]
    ) -> tuple[object, ...]:
        pinned = capped = constrained = False
        for one in information[name]:
            constraint = one.requirement.constraint
            shape = self._shape.get(constraint.text)
            if shape is None:
                shape = self._shape[constraint.text] = _shape(constraint)
            pinned, capped = pinned or shape[0], capped or shape[1]
            constrained = constrained or bool(constraint.text)
        return (
            name not in self._often,
            not pinned,
            not capped,
            self._requested.get(name, math.inf),
            not constrained,
            name,
        )

    def _rank_by_candidates(
        self, name: str, candidates: Mapping[str, Iterator[Candidate]], information: Mapping[str, Iterator[Information]]
    ) -> tuple[object, ...]:
        return (sum(1 for _ in candidates[name]), self._met[name])

    def _rank_by_discovery(
        self, name: str, candidates: Mapping[str, Iterator[Candidate]], information: Mapping[str, Iterator[Information]]
    ) -> tuple[object, ...]:
        return (self._requested.get(name, math.inf), self._met[name])


def _shape(constraint: Constraint) -> tuple[bool, bool]:
    """Whether `constraint` pins one version, and whether it has an upper bound."""
    pinned = any(one.operator == "==" and "*" not in one.version for one in constraint.specifiers)
    capped = any(
        one.operator in ("<", "<=", "~=") or (one.operator == "==" and "*" in one.version)
        for one in constraint.specifiers
    )
    return pinned, capped


def _passes(one: ModuleVersion, host: Host) -> bool:
    """Whether `one` passes by itself: hardware and modes (contract, section 4, items 4 and 5)."""
    need = one.hardware
    if need.cores_min is not None and (host.cores is None or host.cores < need.cores_min):
        return False
    if need.ram_min is not None and (host.ram is None or host.ram < need.ram_min):
        return False
    if need.multi_gpu and len(host.gpus) < 2:
        return False
    if need.vram_min is not None:
        cards = [card.vram for card in host.gpus]
        have = sum(cards) if need.multi_gpu else max(cards, default=0)
        if have < need.vram_min:
            return False
    return host.modes is None or any(mode in host.modes for mode in one.modes)
