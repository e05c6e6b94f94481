"""When each module of a plan was chosen: the order of section 5 and decision 0017, worked out again for the checker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from las_solver.check_construction import constructions
from las_solver.check_document import Malformed
from las_solver.check_rules import Chosen, Rules
from las_solver.model import ModuleVersion, Strategy

__all__ = ["Turn", "turns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When a module was chosen: as number `place` of the `order` of all, in `layer`.

    `purpose` is the consumer and the interface for which it was chosen as provider, if it was. `is_settled`: its layer
    is what is installed and was not decided before.
    """

    plan: Chosen
    order: Sequence[str]
    place: int
    layer: tuple[str, ...]
    purpose: tuple[str, str] | None = None
    is_settled: bool = False

    @property
    def chosen(self) -> ModuleVersion:
        """The version whose turn it is."""
        return self.plan[self.order[self.place]]

    @property
    def before(self) -> dict[str, ModuleVersion]:
        """What was chosen before."""
        return {name: self.plan[name] for name in self.order[: self.place]}

    @property
    def after(self) -> dict[str, ModuleVersion]:
        """The modules that come after it in its layer."""
        return {name: self.plan[name] for name in self.layer[self.layer.index(self.chosen.name) + 1 :]}


def turns(rules: Rules, plan: Chosen) -> dict[str, Turn]:
    """The turn of each module of a valid `plan`, in the order of the turns."""
    return {turn.chosen.name: turn for turn in _Turns(rules, plan).all()}


class _Turns:
    def __init__(self, rules: Rules, plan: Chosen) -> None:
        self._rules = rules
        self._plan = plan
        self._order: list[str] = []
        self._decided: dict[str, ModuleVersion] = {}

    def all(self) -> Iterator[Turn]:
        yield from self._layers(self._rules.requested)
        if self._rules.request.strategy is Strategy.UPGRADE:
            yield from self._providers()
        settled = [name for name in self._rules.staying if name in self._plan and name not in self._decided]
        yield from self._layers(tuple(settled), is_settled=True)
        yield from self._providers()

    def _layers(
        self, layer: tuple[str, ...], *, purpose: tuple[str, str] | None = None, is_settled: bool = False
    ) -> Iterator[Turn]:
        """`layer`, chosen for `purpose` or as settled, and those that follow from it."""
        while layer:
            for name in layer:
                place = len(self._order)
                self._order.append(name)
                self._decided[name] = self._plan[name]
                yield Turn(
                    plan=self._plan, order=self._order, place=place, layer=layer, purpose=purpose, is_settled=is_settled
                )
            layer, purpose, is_settled = self._rules.next_layer(self._decided, layer), None, False

    def _providers(self) -> Iterator[Turn]:
        while (missing := self._rules.first_missing_interface(self._decided.values())) is not None:
            consumer, interface = missing
            yield from self._layers((self._provider(interface),), purpose=(consumer.name, interface))

    def _provider(self, interface: str) -> str:
        """The module chosen to provide `interface`: the first with which the whole plan can be constructed."""
        for name in self._rules.providers(interface):
            if name in self._plan and name not in self._decided and interface in self._plan[name].provides:
                begun = (*self._decided, name)
                if any(len(names) == len(self._plan) for names in constructions(self._rules, self._plan, begun)):
                    return name
        raise Malformed(f"nothing in the plan was chosen to provide {interface}")
