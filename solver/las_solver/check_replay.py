"""Section 5 replayed from a plan's own versions: nothing that it prefers to them is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from las_solver.check_encoding import Encoding, encode_answers
from las_solver.check_rules import Chosen, Rules
from las_solver.model import ModuleVersion, Strategy

__all__ = ["replay"]


def replay(rules: Rules, plan: Chosen) -> str | None:
    """What speaks against the valid answer `plan` being the one that section 5 wants; None if nothing does."""
    encoding = encode_answers(rules)
    try:
        return _Replay(encoding, plan).complaint()
    finally:
        encoding.close()


class _Replay:
    """Layer by layer: what the plan decided is fixed once nothing better than it was found."""

    def __init__(self, encoding: Encoding, plan: Chosen) -> None:
        self._encoding = encoding
        self._rules = encoding.rules
        self._plan = plan
        self._decided: list[str] = []

    def complaint(self) -> str | None:
        layer: tuple[str, ...] = self._rules.requested
        while True:
            if (found := self._check_layer(layer)) is not None:
                return found
            self._decided.extend(layer)
            decided = {name: self._plan[name] for name in self._decided}
            layer = self._rules.next_layer(decided, layer)
            if layer:
                continue
            missing = self._rules.first_missing_interface(decided.values())
            if missing is None:
                break
            consumer, interface = missing
            provider = self._first_provider(interface)
            if provider is None or provider not in self._plan or interface not in self._plan[provider].provides:
                return f"the provider of {interface} for {consumer.name} should be {provider}"
            self._encoding.sat.add(self._providing(provider, interface))
            layer = (provider,)
        if unreached := sorted(self._plan.keys() - set(self._decided)):
            return f"nothing that the plan decides leads to {', '.join(unreached)}"
        return None if self._is_possible([]) else "the second encoding holds the plan to be invalid"

    def _first_provider(self, interface: str) -> str | None:
        """The first module with which, as provider of `interface`, a valid answer remains."""
        for name in self._rules.providers(interface):
            literals = [] if name in self._decided else self._providing(name, interface)
            if literals and self._is_possible([self._encoding.any_of(literals)], [name]):
                return name
        return None

    def _providing(self, name: str, interface: str) -> list[int]:
        literals = self._encoding.literals(name)
        return [literal for one, literal in literals.items() if interface in one.provides]

    def _check_layer(self, layer: Sequence[str]) -> str | None:
        """What is better than the plan in `layer`, in words; if nothing is, fixes the plan's versions."""
        far = self._rules.distance
        rows = [[(literal, far(one)) for one, literal in self._encoding.literals(name).items()] for name in layer]
        total = sum(far(self._plan[name]) for name in layer)
        more_than = self._encoding.count(rows, total)
        if total and self._is_possible([-more_than[total - 1]], layer):
            far_off = "ahead" if self._rules.request.strategy is Strategy.LOWEST else "behind"
            return f"{', '.join(layer)} can be less than {total} versions {far_off} in total"
        self._forbid(more_than[total:])
        for name in layer:
            if (found := self._settle(name, layer, lambda one: (far(one),))) is not None:
                return f"{found}, at the cost of later modules of its layer"
        for name in layer:
            if (found := self._settle(name, layer, lambda one: (far(one), self._rules.age(one)))) is not None:
                return f"{found}, and no further behind"
        return None

    def _settle(self, name: str, layer: Sequence[str], key: Callable[[ModuleVersion], tuple[int, ...]]) -> str | None:
        """What is possible for `name` with a smaller `key` than the plan's; if nothing is, fixes that key."""
        mine = key(self._plan[name])
        literals = self._encoding.literals(name)
        smaller = [literal for one, literal in literals.items() if key(one) < mine]
        if smaller and self._is_possible([self._encoding.any_of(smaller)], layer):
            return f"one of {len(smaller)} better versions is possible in place of {self._plan[name]}"
        self._forbid(literal for one, literal in literals.items() if key(one) != mine)
        return None

    def _forbid(self, literals: Iterable[int]) -> None:
        for literal in literals:
            self._encoding.sat.add([-literal])

    def _is_possible(self, assumptions: Sequence[int], layer: Sequence[str] = ()) -> bool:
        """Whether a valid answer goes on from what is decided, and then `layer`."""
        begun = (*self._decided, *layer)
        admissible = self._encoding.find(assumptions, begun, lambda found: not any(self._rules.unadmitted(found)))
        return admissible is not None
