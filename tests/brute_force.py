"""The contract by brute force: every answer of a small registry, and the one that is wanted.

Nothing here is clever. Answers are built in every possible way, each is held against section 4 as a whole,
and the least by section 5 is taken. No SAT, no propagation, nothing shared with the solver or its checker but
the vocabulary. What is installed counts as decision 0017 says (:mod:`brute_force_machine`); steps and their order
are in :mod:`brute_force_steps`, and what holds together, by decision 0022, in :mod:`brute_force_together`. Docstrings
quote the contract, or a decision, in single quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from brute_force_machine import Machine
from brute_force_steps import arranged, document_of, edges_of
from brute_force_together import do_fit
from packaging.version import Version

from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion, Request, Strategy

__all__ = ["Answer", "BruteForce", "as_far_as"]

Key = tuple[object, ...]
Chosen = dict[str, ModuleVersion]
Names = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A valid answer: its versions in order of discovery, and by what section 5 compares it.

    `changes` come first: how many staying modules are removed and, under `keep`, how many installed ones change.
    """

    chosen: Mapping[str, ModuleVersion]
    key: Key
    changes: tuple[int, int] = (0, 0)


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
        """'That manifest describes this version from then on, whatever the registry says of it now; where the
        registry has no such version (or no such module), it counts as one version more.'
        """
        registered = tuple(module_versions)
        kept = host.installed.values()
        gone = {(one.name, one.version) for one in kept}
        self.registered: dict[str, list[ModuleVersion]] = {}
        for one in sorted(registered, key=lambda one: (one.name, one.version)):
            self.registered.setdefault(one.name, []).append(one)
        self.registry: dict[str, list[ModuleVersion]] = {}
        others = [one for one in registered if (one.name, one.version) not in gone]
        for one in sorted([*others, *kept], key=lambda one: (one.name, one.version)):
            self.registry.setdefault(one.name, []).append(one)
        self.host = host
        self.machine = Machine(host)
        self.request = request
        self._allowed: dict[str, list[ModuleVersion]] = {}
        self._distances: dict[tuple[str, Version], int] = {}

    def best(self) -> Answer | None:
        """The answer that section 5 wants, or None if no valid answer exists."""
        return min(self.answers(), key=lambda answer: (answer.changes, answer.key), default=None)

    def answers(self) -> Iterator[Answer]:
        """Every valid answer, once for each way to come upon it."""
        requested = tuple(dict.fromkeys(requirement.name for requirement in self.request.requirements))
        return self._extend({}, requested, None, (), None)

    # Decision 0017: what changes.

    def removed(self, chosen: Chosen) -> list[str]:
        """The staying modules that are not in the answer."""
        return [name for name in sorted(self.machine.staying) if name not in chosen]

    def changed(self, chosen: Chosen) -> list[str]:
        """'An installed module that is in the answer at another version than the installed one, or a staying one
        that is not in it.'
        """
        other = [name for name in self.host.installed if name in chosen and not self.machine.has(chosen[name])]
        return sorted([*other, *self.removed(chosen)])

    def _changes(self, chosen: Chosen) -> tuple[int, int]:
        """'The number of staying modules that are removed is the least. Under `keep`: the number of changed
        modules is the least. The layers of the request' come after both.
        """
        is_keep = self.request.strategy is Strategy.KEEP
        return len(self.removed(chosen)), len(self.changed(chosen)) if is_keep else 0

    def may_be_removed(self, name: str) -> bool:
        """Item 8: 'unless the caller allows removal'."""
        return self.request.allow_removal or name in self.request.released

    # Section 5: the construction of answers and their order.

    def _extend(
        self, chosen: Chosen, layer: Sequence[str], interface: str | None, key: Key, removed: Names | None
    ) -> Iterator[Answer]:
        """Every answer that goes on from `chosen` with `layer`, which is to provide `interface` if given.

        `removed` are the staying modules that are not in the answer, once that is settled.
        """
        candidates = [
            [one for one in self._candidates(name) if interface is None or interface in one.provides] for name in layer
        ]
        for versions in product(*candidates):
            now = chosen | dict(zip(layer, versions, strict=True))
            yield from self._go_on(now, versions, (*key, self._layer_key(versions)), removed)

    def _go_on(
        self, now: Chosen, versions: Sequence[ModuleVersion], key: Key, removed: Names | None
    ) -> Iterator[Answer]:
        """Every answer that goes on from `now`, where `versions` were decided last.

        'Each next layer is the modules that the versions just decided need and that are not decided yet. ...
        When no layer is left, the installed modules that are not decided are settled together. ...
        When nothing is left again, the first module, in order of discovery, with a consumed interface (in the order
        of its manifest) that neither the host nor another present module provides gets a provider ... It is
        the next layer.' `upgrade`: providers 'before' what is settled.
        """
        if not self._needs_agree(now):
            return  # only to be quicker: is_valid below would say the same in the end
        following = self._needed(versions, now)
        missing = self._missing_interface(now)
        if removed and any(name in removed for name in following):
            return
        if following:
            yield from self._extend(now, following, None, key, removed)
        elif removed is None and (missing is None or self.request.strategy is not Strategy.UPGRADE):
            yield from self._settle(now, key)
        elif missing is not None:
            for place, provider in enumerate(self._providers(missing)):
                if provider not in now and provider not in (removed or ()):
                    yield from self._extend(now, (provider,), missing, (*key, place), removed)
        elif self.is_valid(now):
            yield Answer(chosen=now, key=key, changes=self._changes(now))

    def _settle(self, now: Chosen, key: Key) -> Iterator[Answer]:
        """'The staying modules that are not decided are settled together', in order of name."""
        names = [name for name in sorted(self.machine.staying) if name not in now]
        if not names:
            yield from self._go_on(now, (), key, frozenset())
            return
        candidates: list[list[ModuleVersion | None]] = [
            [*self._candidates(name), None] if self.may_be_removed(name) else [*self._candidates(name)]
            for name in names
        ]
        for choice in product(*candidates):
            present = [one for one in choice if one is not None]
            removed = frozenset(set(names) - {one.name for one in present})
            then = now | {one.name: one for one in present}
            yield from self._go_on(then, present, (*key, self._settled_key(choice)), removed)

    def _candidates(self, name: str) -> list[ModuleVersion]:
        """The versions that pass by themselves; to be quicker: is_valid would refuse the others in the end."""
        if name not in self._allowed:
            self._allowed[name] = list(filter(self.is_allowed, self.registry.get(name, ())))
        return self._allowed[name]

    def _settled_key(self, choice: Sequence[ModuleVersion | None]) -> Key:
        """'The number of them that are changed (or removed) is the least; then the total of versions behind over
        those of them that are present; then, module by module in order of name: present before removed; less
        behind before more', and ties as in a layer: the newer version of the earlier module.
        """
        changes = [one is None or not self.machine.has(one) for one in choice]
        distances = [(1, 0) if one is None else (0, self._distance(one)) for one in choice]
        places = [0 if one is None else self._place(one) for one in choice]
        return (sum(changes), sum(distance for _, distance in distances), distances, places)

    def _layer_key(self, versions: Sequence[ModuleVersion]) -> Key:
        """The total, then the distance of each module, then the version of each.

        '... the total of versions behind over the layer's modules is the least possible ... Of answers that
        tie, the one that is less behind on the earlier module of the layer wins; of those that still tie, the
        one with the newer version of the earlier module.' `lowest` is the mirror image: versions ahead, older
        versions.
        """
        distances = tuple(map(self._distance, versions))
        return (sum(distances), distances, tuple(map(self._place, versions)))

    def _distance(self, one: ModuleVersion) -> int:
        known = (one.name, one.version)
        if known not in self._distances:
            self._distances[known] = self.versions_ahead(one) if self._is_lowest else self.versions_behind(one)
        return self._distances[known]

    def _place(self, one: ModuleVersion) -> int:
        """The place of the version among all: the lower, the sooner it is wanted."""
        place = self.registry[one.name].index(one)
        return place if self._is_lowest else -place

    @property
    def _is_lowest(self) -> bool:
        return self.request.strategy is Strategy.LOWEST

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
        exclusions and deprecation, and is final, or a pre-release that the caller, the request, the installed
        state or "all are pre-releases" admits.' Pins admit like the request, and so does a lock.
        """
        asked = (*self.request.requirements, *self.request.pinned)
        return self.is_allowed(one) and (
            not one.version.is_prerelease
            or self.request.prereleases
            or any(asked_for.name == one.name and asked_for.constraint.names_prerelease for asked_for in asked)
            or self.machine.has(one)
            or self._does_the_lock_admit(one.name)
            or all(other.version.is_prerelease for other in self.registry[one.name])
        )

    # Section 4: a valid answer.

    def is_valid(self, chosen: Chosen) -> bool:
        """Items 1 to 8 and 10, section 2 on pre-releases, and decision 0022; item 9 holds by construction."""
        return (
            all(requirement.name in chosen for requirement in self.request.requirements)
            and all(map(self.may_be_removed, self.removed(chosen)))
            and all(map(self.is_allowed, chosen.values()))
            and all(need.name in chosen for one in chosen.values() for need in self.needs(one))
            and self._needs_agree(chosen)
            and self._missing_interface(chosen) is None
            and not self._has_cycle(chosen)
            and all(self._is_final_or_admitted(one, chosen) for one in chosen.values())
            and do_fit(chosen, self.host, self.request)
        )

    def needs(self, one: ModuleVersion) -> list[Requirement]:
        """Item 7: 'its edges are module entries, and runtime entries that the host does not meet'."""
        return self.machine.needs(one)

    def is_allowed(self, one: ModuleVersion) -> bool:
        """What a version must pass by itself, be it a pre-release or not: items 2 (request), 4, 5 and 10."""
        return (
            all(
                requirement.constraint.admits(one.version)
                for requirement in self.request.requirements
                if requirement.name == one.name
            )
            and all(pin.constraint.admits(one.version) for pin in self.request.pinned if pin.name == one.name)
            and self._is_in_the_lock(one)
            and ((one.name, one.version) not in self.host.deprecated or self.machine.has(one))
            and self.machine.meets_hardware(one)
            and self.mode(one) is not None
            and not any(
                excluded.name == one.name and excluded.constraint.admits(one.version)
                for excluded in self.request.excluded
            )
        )

    def _is_locked(self, name: str) -> bool:
        return self.request.locked is not None and name not in self.request.unlocked

    def _is_in_the_lock(self, one: ModuleVersion) -> bool:
        """'A lock says for each of its modules the only version, which is the only one eligible or present; a module
        that is not in the lock may be present only if it is installed, at its installed version.'
        """
        if not self._is_locked(one.name):
            return True
        locked = (self.request.locked or {}).get(one.name)
        return self.machine.has(one) if locked is None else one.version == locked

    def _does_the_lock_admit(self, name: str) -> bool:
        """'A lock admits the pre-releases that it has, but for those that an entry of a version in the lock names.'"""
        locked = self.request.locked or {}
        in_the_lock = [one for other in locked for one in self.registry.get(other, ()) if one.version == locked[other]]
        entries = [entry for one in in_the_lock for entry in (*one.requirements, *one.runtimes)]
        named = {entry.name for entry in entries if entry.constraint.names_prerelease}
        return name in locked and self._is_locked(name) and name not in named

    def mode(self, one: ModuleVersion) -> str | None:
        """'The one forced by the caller, else `preferred` if allowed, else the first allowed in its list.'"""
        allowed = self.machine.modes(one)
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
        return document_of(self, chosen)

    def edges(self, chosen: Mapping[str, ModuleVersion]) -> dict[str, set[str]]:
        """What comes before each module that is chosen, as far as the answer itself says."""
        return edges_of(self.machine, chosen)

    def order(self, edges: Mapping[str, set[str]]) -> list[str]:
        """'Among steps free to go next, by name (code points).'"""
        return arranged(edges)
