"""Section 5 and decision 0017 replayed from a plan's own versions: nothing that they prefer to them is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from las_solver.check_answers import changes, choices, encode_answers, nearest, removals
from las_solver.check_encoding import Encoding
from las_solver.check_rules import Chosen, Rules
from las_solver.model import ModuleVersion, Strategy

__all__ = ["replay"]

Measure: TypeAlias = Callable[[ModuleVersion | None], tuple[int, ...]]
"""Smaller for what is preferred of the versions of a module; None: it is absent."""


def replay(rules: Rules, plan: Chosen) -> str | None:
    """What speaks against the valid answer `plan` being the one that section 5 wants; None if nothing does."""
    encoding = encode_answers(rules)
    try:
        return next(_Replay(encoding, plan).complaints(), None)
    finally:
        encoding.close()


class _Replay:
    """Decision by decision: what the plan decided is fixed once nothing better than it was found.

    Each check yields what is better than the plan, in words. Only the first such complaint means anything.
    """

    def __init__(self, encoding: Encoding, plan: Chosen) -> None:
        self._encoding = encoding
        self._rules = encoding.rules
        self._plan = plan
        self._decided: list[str] = []

    def complaints(self) -> Iterator[str]:
        """What speaks against the plan."""
        rules = self._rules
        if rules.may_remove:
            yield from self._check_count(removals(self._encoding), rules.removed(self._plan), "removed")
        if rules.request.strategy is Strategy.KEEP:
            rows = changes(self._encoding, sorted(rules.installed))
            yield from self._check_count(rows, rules.changed(self._plan, rules.installed), "changed")
        yield from self._check_layers(rules.requested)
        if rules.request.strategy is Strategy.UPGRADE:
            yield from self._check_providers()
        yield from self._check_settled(tuple(name for name in rules.staying if name not in self._decided))
        yield from self._check_providers()
        if unreached := sorted(self._plan.keys() - set(self._decided)):
            yield f"nothing that the plan decides leads to {', '.join(unreached)}"
        if self._find([]) is None:
            yield "the second encoding holds the plan to be invalid"

    # The decisions.

    def _check_layers(self, layer: Sequence[str]) -> Iterator[str]:
        """`layer`, and those that follow from it."""
        while layer:
            yield from self._check_total(layer, layer, "can be less than {} versions {} in total")
            yield from self._check_ties(layer, layer)
            self._decided.extend(layer)
            layer = self._rules.next_layer({name: self._plan[name] for name in self._decided}, layer)

    def _check_settled(self, names: Sequence[str]) -> Iterator[str]:
        """The staying modules that are not decided, and the layers that follow from them."""
        changed = self._rules.changed(self._plan, names)
        yield from self._check_count(changes(self._encoding, names), changed, "changed where they are settled")
        yield from self._check_total(names, (), "can be settled with less than {} versions {} in total")
        yield from self._check_ties(names, ())
        present = [name for name in names if name in self._plan]
        self._decided.extend(present)
        decided = {name: self._plan[name] for name in self._decided}
        yield from self._check_layers(self._rules.next_layer(decided, present))

    def _check_providers(self) -> Iterator[str]:
        """The providers of what the decided modules miss, one after the other, each with the layers that follow."""
        while True:
            decided = {name: self._plan[name] for name in self._decided}
            missing = self._rules.first_missing_interface(decided.values())
            if missing is None:
                return
            consumer, interface = missing
            provider = self._first_provider(interface)
            if provider is None or provider not in self._plan or interface not in self._plan[provider].provides:
                yield f"the provider of {interface} for {consumer.name} should be {provider}"
                return
            self._encoding.sat.add(self._providing(provider, interface))
            yield from self._check_layers((provider,))

    def _first_provider(self, interface: str) -> str | None:
        """The first module with which, as provider of `interface`, a valid answer remains."""
        for name in self._rules.providers(interface):
            literals = [] if name in self._decided else self._providing(name, interface)
            if literals and self._find([self._encoding.any_of(literals)], [name]) is not None:
                return name
        return None

    def _providing(self, name: str, interface: str) -> list[int]:
        literals = self._encoding.literals(name)
        return [literal for one, literal in literals.items() if interface in one.provides]

    # What is least.

    def _check_count(self, rows: Sequence[Sequence[tuple[int, int]]], mine: int, what: str) -> Iterator[str]:
        """That no more than `mine` of the rows have to count; from then on, no more do."""
        if not mine:
            self._forbid(literal for row in rows for literal, _ in row)
            return
        more_than = self._encoding.count(rows, mine)
        if self._find([-more_than[mine - 1]]) is not None:
            yield f"less than {mine} installed modules have to be {what}"
        self._forbid(more_than[mine:])

    def _check_total(self, names: Sequence[str], layer: Sequence[str], complaint: str) -> Iterator[str]:
        """That the distances of `names` come to no less in total than the plan's.

        No module can be nearer than it is in any answer; so only what the plan is beyond that needs to be counted.
        """
        distance = self._rules.distance
        mine = {name: distance(self._plan.get(name)) for name in names}
        least = nearest(self._encoding, mine, lambda nearer: self._find(nearer, layer))
        total = sum(mine.values())
        beyond = total - sum(least.values())
        rows: list[list[tuple[int, int]]] = []
        for name in names:
            distances = [(literal, distance(one) - least[name]) for one, literal in choices(self._encoding, name)]
            self._forbid(literal for literal, further in distances if not 0 <= further <= beyond)
            rows.append(distances)
        if beyond:
            more_than = self._encoding.count(rows, beyond)
            if self._find([-more_than[beyond - 1]], layer) is not None:
                far_off = "ahead" if self._rules.request.strategy is Strategy.LOWEST else "behind"
                yield f"{', '.join(names)} " + complaint.format(total, far_off)
            self._forbid(more_than[beyond:])

    def _check_ties(self, names: Sequence[str], layer: Sequence[str]) -> Iterator[str]:
        """That of what ties in total the plan has what wins: present, near, and then new, the earlier module first."""

        def near(one: ModuleVersion | None) -> tuple[int, ...]:
            return (1,) if one is None else (0, self._rules.distance(one))

        def near_and_new(one: ModuleVersion | None) -> tuple[int, ...]:
            return (1,) if one is None else (0, self._rules.distance(one), self._rules.age(one))

        for name in names:
            yield from self._check_tie(name, layer, near, "at the cost of later modules of its layer")
        for name in names:
            yield from self._check_tie(name, layer, near_and_new, "no further behind")

    def _check_tie(self, name: str, layer: Sequence[str], key: Measure, and_is: str) -> Iterator[str]:
        """What is possible for `name` with a smaller `key` than the plan's; if nothing is, fixes that key."""
        plans = self._plan.get(name)
        mine = key(plans)
        keys = [(literal, key(one)) for one, literal in choices(self._encoding, name)]
        smaller = [literal for literal, other in keys if other < mine]
        if smaller and self._find([self._encoding.any_of(smaller)], layer) is not None:
            in_place = f"the removal of {name}" if plans is None else str(plans)
            yield f"one of {len(smaller)} better versions is possible in place of {in_place}, and {and_is}"
        self._forbid(literal for literal, other in keys if other != mine)

    # The solver.

    def _forbid(self, literals: Iterable[int]) -> None:
        for literal in literals:
            self._encoding.sat.add([-literal])

    def _find(self, assumptions: Sequence[int], layer: Sequence[str] = ()) -> Chosen | None:
        """A valid answer that goes on from what is decided, and then `layer`."""
        begun = (*self._decided, *layer) or self._rules.requested
        return self._encoding.find(assumptions, begun, lambda found: not any(self._rules.unadmitted(found)))
