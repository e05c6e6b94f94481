"""The contract by brute force: every answer of a small registry, and the one that is wanted.

Nothing here is clever. Answers are built in every possible way, each is held against section 4 as a whole,
and the least by section 5 is taken. No SAT, no propagation, nothing shared with the solver or its checker but
the vocabulary. Docstrings quote the contract in single quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion, Request, Strategy

__all__ = ["Answer", "BruteForce", "as_far_as"]

Key = tuple[object, ...]
Chosen = dict[str, ModuleVersion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A valid answer: its versions in order of discovery, and the key by which section 5 compares it."""

    chosen: Mapping[str, ModuleVersion]
    key: Key


def as_far_as(wanted: object, found: object) -> object:
    """`found`, without the keys of objects that `wanted` says nothing of."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {key: as_far_as(value, found.get(key)) for key, value in wanted.items()}
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [as_far_as(*pair) for pair in zip(wanted, found, strict=True)]
    return found


class BruteForce:
    """All answers to one request, from the registry `module_versions`, on `host`."""

    def __init__(self, module_versions: Iterable[ModuleVersion], host: Host, request: Request) -> None:
        self.registry: dict[str, list[ModuleVersion]] = {}
        for one in sorted(module_versions, key=lambda one: (one.name, one.version)):
            self.registry.setdefault(one.name, []).append(one)
        self.host = host
        self.request = request

    def best(self) -> Answer | None:
        """The answer that section 5 wants, or None if no valid answer exists."""
        return min(self.answers(), key=lambda answer: answer.key, default=None)

    def answers(self) -> Iterator[Answer]:
        """Every valid answer, once for each way to come upon it."""
        requested = tuple(dict.fromkeys(requirement.name for requirement in self.request.requirements))
        return self._extend({}, requested, None, ())

    # Section 5: the construction of answers and their order.

    def _extend(self, chosen: Chosen, layer: Sequence[str], interface: str | None, key: Key) -> Iterator[Answer]:
        """Every answer that goes on from `chosen` with `layer`, which is to provide `interface` if given.

        'Each next layer is the modules that the versions just decided need and that are not decided yet. ...
        When nothing is left, the first module, in order of discovery, with a consumed interface (in the order
        of its manifest) that neither the host nor another present module provides gets a provider ... It is
        the next layer.'
        """
        candidates = [
            [one for one in self.registry.get(name, ()) if interface is None or interface in one.provides]
            for name in layer
        ]
        for versions in product(*candidates):
            now = chosen | dict(zip(layer, versions, strict=True))
            if not all(map(self.is_allowed, versions)) or not self._needs_agree(now):
                continue  # only to be quicker: is_valid below would say the same in the end
            now_key = (*key, self._layer_key(versions))
            following = self._needed(versions, now)
            missing = self._missing_interface(now)
            if following:
                yield from self._extend(now, following, None, now_key)
            elif missing is not None:
                for place, provider in enumerate(self._providers(missing)):
                    if provider not in now:
                        yield from self._extend(now, (provider,), missing, (*now_key, place))
            elif self.is_valid(now):
                yield Answer(chosen=now, key=now_key)

    def _layer_key(self, versions: Sequence[ModuleVersion]) -> Key:
        """The total, then the distance of each module, then the version of each.

        '... the total of versions behind over the layer's modules is the least possible ... Of answers that
        tie, the one that is less behind on the earlier module of the layer wins; of those that still tie, the
        one with the newer version of the earlier module.' `lowest` is the mirror image: versions ahead, older
        versions.
        """
        if self.request.strategy is Strategy.NEWEST:
            distances = tuple(self.versions_behind(one) for one in versions)
            places = tuple(-self.registry[one.name].index(one) for one in versions)
        else:
            distances = tuple(self.versions_ahead(one) for one in versions)
            places = tuple(self.registry[one.name].index(one) for one in versions)
        return (sum(distances), distances, places)

    def _needed(self, versions: Sequence[ModuleVersion], now: Chosen) -> tuple[str, ...]:
        """The next layer: 'in order of the module that needs them, then as its manifest lists them'."""
        needed = (need.name for one in versions for need in self.needs(one))
        return tuple(name for name in dict.fromkeys(needed) if name not in now)

    def _missing_interface(self, now: Chosen) -> str | None:
        for one in now.values():
            for interface in one.consumes:
                if not self._is_provided(interface, one.name, now):
                    return interface
        return None

    def _providers(self, interface: str) -> list[str]:
        """'One that the caller prefers (in the order given), then by name.'"""
        names = sorted(
            {one.name for versions in self.registry.values() for one in versions if interface in one.provides}
        )
        preferred = [name for name in dict.fromkeys(self.request.preferred) if name in names]
        return preferred + [name for name in names if name not in preferred]

    def versions_behind(self, chosen: ModuleVersion) -> int:
        """'The number of eligible versions newer than it.'"""
        newer = [one for one in self.registry[chosen.name] if one.version > chosen.version]
        return sum(map(self.is_eligible, newer))

    def versions_ahead(self, chosen: ModuleVersion) -> int:
        older = [one for one in self.registry[chosen.name] if one.version < chosen.version]
        return sum(map(self.is_eligible, older))

    def is_eligible(self, one: ModuleVersion) -> bool:
        """'If it passes, by itself, its own hardware minimums, modes, the request's constraint on its module,
        exclusions ..., and is final, or a pre-release that the caller, the request, ... or "all are
        pre-releases" admits.'
        """
        return self.is_allowed(one) and (
            not one.version.is_prerelease
            or self.request.prereleases
            or any(
                requirement.name == one.name and requirement.constraint.names_prerelease
                for requirement in self.request.requirements
            )
            or all(other.version.is_prerelease for other in self.registry[one.name])
        )

    # Section 4: a valid answer.

    def is_valid(self, chosen: Chosen) -> bool:
        """Items 1 to 7 and 10, and section 2 on pre-releases; item 9 holds by construction."""
        return (
            all(requirement.name in chosen for requirement in self.request.requirements)
            and all(map(self.is_allowed, chosen.values()))
            and all(need.name in chosen for one in chosen.values() for need in self.needs(one))
            and self._needs_agree(chosen)
            and self._missing_interface(chosen) is None
            and not self._has_cycle(chosen)
            and all(self._is_final_or_admitted(one, chosen) for one in chosen.values())
        )

    def needs(self, one: ModuleVersion) -> list[Requirement]:
        """Item 7: 'its edges are module entries, and runtime entries that the host does not meet'."""
        return [*one.requirements, *(runtime for runtime in one.runtimes if not self._host_meets(runtime))]

    def _host_meets(self, runtime: Requirement) -> bool:
        have = self.host.runtimes.get(runtime.name)
        return have is not None and runtime.constraint.admits(have)

    def is_allowed(self, one: ModuleVersion) -> bool:
        """What a version must pass by itself, be it a pre-release or not: items 2 (request), 4, 5 and 10."""
        return (
            all(
                requirement.constraint.admits(one.version)
                for requirement in self.request.requirements
                if requirement.name == one.name
            )
            and self._hardware_is_met(one)
            and self.mode(one) is not None
            and not any(
                excluded.name == one.name and excluded.constraint.admits(one.version)
                for excluded in self.request.excluded
            )
        )

    def _hardware_is_met(self, one: ModuleVersion) -> bool:
        """Item 4. A fact that is not known meets no minimum (section 3)."""
        need, host = one.hardware, self.host
        if need.cores_min is not None and (host.cores is None or host.cores < need.cores_min):
            return False
        if need.ram_min is not None and (host.ram is None or host.ram < need.ram_min):
            return False
        if need.multi_gpu and len(host.gpus) < 2:
            return False
        if need.vram_min is None:
            return True
        if need.multi_gpu:
            return sum(gpu.vram for gpu in host.gpus) >= need.vram_min
        return any(gpu.vram >= need.vram_min for gpu in host.gpus)

    def mode(self, one: ModuleVersion) -> str | None:
        """'The one forced by the caller, else `preferred` if allowed, else the first allowed in its list.'"""
        allowed = [mode for mode in one.modes if self.host.modes is None or mode in self.host.modes]
        forced = self.request.forced_modes.get(one.name)
        if forced is not None:
            return forced if forced in allowed else None
        allowed = [mode for mode in allowed if self.request.modes is None or mode in self.request.modes]
        if one.preferred_mode in allowed:
            return one.preferred_mode
        return allowed[0] if allowed else None

    def _needs_agree(self, chosen: Chosen) -> bool:
        """Items 2 and 3, as far as the modules needed are present."""
        return all(
            need.constraint.admits(chosen[need.name].version)
            for one in chosen.values()
            for need in self.needs(one)
            if need.name in chosen
        )

    def _is_provided(self, interface: str, consumer: str, chosen: Chosen) -> bool:
        """Item 6: 'by another present module, or by the host profile'."""
        return interface in self.host.interfaces or any(
            interface in other.provides for other in chosen.values() if other.name != consumer
        )

    def _has_cycle(self, chosen: Chosen) -> bool:
        """Item 7: take away what needs nothing that is left, until nothing can be taken."""
        left = set(chosen)
        while True:
            free = {name for name in left if not any(need.name in left for need in self.needs(chosen[name]))}
            if not free:
                return bool(left)
            left -= free

    def _is_final_or_admitted(self, one: ModuleVersion, chosen: Chosen) -> bool:
        """Section 2: a pre-release is eligible, or 'a constraint that is active in the answer' names one."""
        return (
            not one.version.is_prerelease
            or self.is_eligible(one)
            or any(
                need.name == one.name and need.constraint.names_prerelease
                for other in chosen.values()
                for need in self.needs(other)
            )
        )

    # Section 6: the plan.

    def document(self) -> dict[str, object] | None:
        """What the JSON of the wanted plan says, as far as the contract fixes it; None for a conflict."""
        answer = self.best()
        return None if answer is None else self.plan(answer.chosen)

    def plan(self, chosen: Mapping[str, ModuleVersion]) -> dict[str, object]:
        """The plan of the answer `chosen`."""
        edges = self.edges(chosen)
        steps = [self._step(chosen[name], edges) for name in self.order(edges)]
        packages = {package for one in chosen.values() for package in one.system_packages}
        return {
            "status": "resolved",
            "optimal": True,
            "steps": steps,
            "system_packages": sorted(packages - self.host.system_packages),
        }

    def _step(self, one: ModuleVersion, edges: Mapping[str, set[str]]) -> dict[str, object]:
        versions = [other.version for other in self.registry[one.name]]
        return {
            "module": one.name,
            "version": str(one.version),
            "category": one.category,
            "action": "install",
            "mode": self.mode(one),
            "requires": sorted(edges[one.name]),
            "required_by": sorted(name for name in edges if one.name in edges[name]),
            "newest": str(max([each for each in versions if not each.is_prerelease] or versions)),
            "versions_behind": self.versions_behind(one),
            "system_packages": [it for it in one.system_packages if it not in self.host.system_packages],
            "source": one.source,
            "checksum": one.checksum,
        }

    def edges(self, chosen: Mapping[str, ModuleVersion]) -> dict[str, set[str]]:
        """'What a module needs comes before it. Present providers of what it consumes, where the host does
        not provide it, come before it too as far as that makes no cycle: these edges are added in order of
        consumer name, then provider name, each unless it closes a cycle with those before.'
        """
        edges = {name: {need.name for need in self.needs(one)} for name, one in chosen.items()}
        for consumer in sorted(chosen):
            consumed = set(chosen[consumer].consumes) - self.host.interfaces
            for provider in sorted(chosen):
                provides = consumed & set(chosen[provider].provides)
                if provider != consumer and provides and consumer not in self._below(provider, edges):
                    edges[consumer].add(provider)
        return edges

    def _below(self, name: str, edges: Mapping[str, set[str]]) -> set[str]:
        below: set[str] = set()
        new = {name}
        while new:
            below |= new
            new = {lower for upper in new for lower in edges[upper]} - below
        return below

    def order(self, edges: Mapping[str, set[str]]) -> list[str]:
        """'Among steps free to go next, by name (code points).'"""
        order: list[str] = []
        while len(order) < len(edges):
            order.append(min(name for name in edges if name not in order and edges[name] <= set(order)))
        return order
