"""Where in the construction of an answer its modules were chosen: what came before each, and what beside it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from las_solver.answer import Demand, Modules, unmet_demand
from las_solver.lazy_dataclass import dataclass
from las_solver.model import ModuleVersion, Strategy
from las_solver.order import versions_of
from las_solver.problem import Problem
from las_solver.statement import Span

__all__ = ["Place", "places", "rank_of", "span_of"]


class Turns:
    """The chosen versions in the order in which they were chosen, so far as that has come."""

    def __init__(self, chosen: Mapping[str, ModuleVersion]) -> None:
        self._chosen = chosen
        self._names: list[str] = []
        self._turns: dict[str, int] = {}
        self._users: dict[str, list[str]] = {}

    def take(self, name: str) -> None:
        """The next one is that of the module `name`."""
        self._turns[name] = len(self._names)
        self._names.append(name)
        chosen = self._chosen[name]
        for target in {one.name for one in (*chosen.requirements, *chosen.runtimes)}:
            self._users.setdefault(target, []).append(name)

    def users(self, name: str) -> Sequence[str]:
        """The modules of which the chosen version has an entry on the module `name`, in their order."""
        return self._users.get(name, ())

    def turn(self, name: object) -> int | None:
        """How many were chosen before the version of the module `name`; None if it was not chosen yet."""
        return self._turns.get(name) if isinstance(name, str) else None

    def first(self, count: int) -> Mapping[str, ModuleVersion]:
        """The first `count` versions, by module."""
        return _First(self, self._names, self._chosen, count)


class _First(Mapping[str, ModuleVersion]):
    """Those that were chosen first; what is chosen later is not seen."""

    __slots__ = ("_chosen", "_count", "_names", "_turns")

    def __init__(self, turns: Turns, names: Sequence[str], chosen: Mapping[str, ModuleVersion], count: int) -> None:
        self._turns = turns
        self._names = names
        self._chosen = chosen
        self._count = count

    def __contains__(self, name: object) -> bool:
        turn = self._turns.turn(name)
        return turn is not None and turn < self._count

    def __getitem__(self, name: str) -> ModuleVersion:
        if name not in self:
            raise KeyError(name)
        return self._chosen[name]

    def __iter__(self) -> Iterator[str]:
        return islice(self._names, self._count)

    def __len__(self) -> int:
        return self._count


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One module of an answer: `before` are the modules chosen before it, `after` those chosen after it in its layer.

    `picks` are the providers chosen so far. The last of them is this module if `is_picked`. `is_settled`: the module is
    installed, and nothing asked for it. `turns` are all that were chosen before it, and maybe more.
    """

    chosen: ModuleVersion
    before: Mapping[str, ModuleVersion]
    after: Mapping[str, ModuleVersion]
    layer: tuple[str, ...]
    picks: Mapping[Demand, str]
    is_picked: bool
    turns: Turns
    is_settled: bool = False

    @property
    def name(self) -> str:
        """The name of the module."""
        return self.chosen.name

    def users(self, name: str) -> list[ModuleVersion]:
        """Of the versions chosen before, those with an entry on the module `name`, in the order in which they were."""
        return [self.before[user] for user in self.turns.users(name) if user in self.before]


def places(problem: Problem, answer: Modules) -> Iterator[Place]:
    """The places of the modules of `answer` that are older than their newest final version.

    `problem` is the one that was solved. Of what was settled, only modules that are not as they were installed.
    """
    chosen = versions_of(problem, answer)
    installed = problem.installed.modules
    picks: dict[Demand, str] = {}
    turns = Turns(chosen)
    for layer in layers(problem, answer):
        if layer.demand is not None:
            picks[layer.demand] = layer.modules[0]
        for place, name in enumerate(layer.modules):
            if chosen[name].version < problem.newest(name) and not (
                layer.is_settled and chosen[name] == installed[name]
            ):
                after = () if layer.is_settled else layer.modules[place + 1 :]
                yield Place(
                    chosen=chosen[name],
                    before=turns.first(layer.earlier + place),
                    after={other: chosen[other] for other in after},
                    layer=(name,) if layer.is_settled else layer.modules,
                    picks=dict(picks),
                    is_picked=name in picks.values(),
                    turns=turns,
                    is_settled=layer.is_settled,
                )
            turns.take(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Modules that were decided together, after `earlier` others. `demand` is what its provider was chosen for.

    `is_settled`: they are installed, and nothing asked for them.
    """

    modules: tuple[str, ...]
    earlier: int
    demand: Demand | None = None
    is_settled: bool = False


def layers(problem: Problem, answer: Modules) -> Iterator[Layer]:
    """The layers of `answer`, which is in order of discovery; of what was settled, in order of name."""
    decided: dict[str, None] = {}
    gone = frozenset(name for name in problem.installed.staying if name not in answer)
    settles_last = problem.request.strategy is Strategy.UPGRADE
    is_settled = False
    layer = Layer(modules=problem.requested, earlier=0)
    while True:
        while layer.modules:
            yield layer
            decided.update(dict.fromkeys(layer.modules))
            moved = (name for name in layer.modules if name in answer.active)  # what rests needs nothing more
            needed = (need.name for name in moved for need in problem.domain(name).needs(answer[name]))
            following = tuple(name for name in dict.fromkeys(needed) if name not in decided)
            layer = Layer(modules=following, earlier=len(decided))
        active = {name: answer[name] for name in decided if name in answer.active}
        demand = unmet_demand(problem, Modules(problem, active, gone) if is_settled else active)
        if not is_settled and (demand is None or not settles_last):
            is_settled = True
            settled = (name for name in problem.installed.staying if name in answer and name not in decided)
            layer = Layer(modules=tuple(settled), earlier=len(decided), is_settled=True)
        elif demand is None:
            return
        else:
            provider = next(name for name in answer.active if name not in decided)
            layer = Layer(modules=(provider,), earlier=len(decided), demand=demand)


def rank_of(problem: Problem, chosen: ModuleVersion) -> int:
    """The rank of a version in `problem`, which has it."""
    return bisect_left(problem.domain(chosen.name).versions, chosen.version)


def span_of(problem: Problem, chosen: ModuleVersion) -> Span:
    """One version as a span; `problem` is not pruned."""
    rank = rank_of(problem, chosen)
    return Span(chosen.name, rank, rank, problem.domain(chosen.name).versions)
