"""Random cases in which memory, cards and limits matter.

Some are those of :mod:`strategies`, now and then with modules installed, with other hardware; the others have little
that is not about what fits: models of several sizes and a server, of which each version wants another amount.

:func:`together_features` names what occurs in a case; a test holds that all of it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from brute_force import Answer, BruteForce
from brute_force_together import placement_of
from hypothesis import strategies as st
from installed_strategies import make_installed_case
from packaging.version import Version
from strategies import GB, Case, Dice, make_case

from las_solver.constraint import Requirement, parse_version
from las_solver.limit import Limit
from las_solver.model import Gpu, Hardware, Host, ModuleVersion, Request, Strategy

__all__ = ["make_together_case", "together_cases", "together_features"]

_CHOICES = 700

CARDS = [(10, 6), (8, 8), (6, 10), (8, 6, 4), (6, 6, 6), (6, 10), (12, 4), (12,), ()]
SOME = (None, None, 2, 3, 4, 5)
MANY = (3, 4, 5, 6, 2, None, 0, 7)
NAMES = ("chat-big", "chat-small", "embed-big", "embed-small", "server", "store")

Key = tuple[str, Version]


def together_cases() -> st.SearchStrategy[Case]:
    """Something to plan whose modules weigh something together."""
    return st.binary(min_size=_CHOICES, max_size=_CHOICES).map(lambda numbers: make_together_case(Dice(numbers)))


def make_together_case(dice: Dice) -> Case:
    """The case that `dice` makes: with limits, or modules that run at the same time, or both."""
    kind = dice.pick(["together", "together", "together", "both", "both", "limits"])
    cards, ram = dice.pick(CARDS), dice.pick([16, 12, 10, 8, 30, None])
    case = dice.pick([_models, _models, _models, make_case, make_case, make_installed_case])(dice)
    versions = [*case.module_versions, *case.host.installed.values()]
    keys = sorted({(one.name, one.version) for one in versions})
    rams, vrams = dice.pick([(SOME, MANY), ([None], MANY), (SOME, SOME), (MANY, [None])])
    vrams = vrams if cards or dice.one_in(4) else [None]
    needs = {key: _hardware(dice, rams if ram else [None], vrams) for key in keys}
    host = replace(
        case.host,
        ram=None if ram is None else ram * GB,
        gpus=tuple(Gpu(vram=vram * GB) for vram in cards),
        installed=MappingProxyType({name: _with(one, needs) for name, one in case.host.installed.items()}),
    )
    request = replace(
        case.request,
        together=kind != "limits",
        limits=() if kind == "together" else _limits(dice, keys),
    )
    return Case(module_versions=tuple(_with(one, needs) for one in case.module_versions), host=host, request=request)


def _models(dice: Dice) -> Case:
    """Modules at up to three versions, of which most are requested; now and then some are installed."""
    names = NAMES[: dice.pick([4, 5, 6, 6])]
    versions = [
        ModuleVersion(
            name=name,
            version=parse_version(text),
            category="tool" if name in NAMES[4:] else "model",
            requirements=_needs(dice, name, names),
            provides=("api",) if name == "server" or dice.one_in(6) else (),
            consumes=("api",) if name in NAMES[:4] and dice.one_in(4) else (),
            source=f"{name}/{text}.manifest.yaml",
        )
        for name in names
        for text in ("1.0", "2.0", "3.0")[: dice.pick([1, 2, 2, 3])]
    ]
    wanted = dict.fromkeys(dice.pick(names) for _ in range(dice.pick([3, 3, 2, 4, 5, 1])))
    kept = dice.some(versions, 3) if dice.one_in(4) else ()
    request = Request(
        requirements=tuple(map(Requirement.parse, wanted)),
        strategy=dice.pick([Strategy.NEWEST, Strategy.NEWEST, *Strategy]),
        allow_removal=bool(kept) and dice.one_in(3),
    )
    host = Host(installed=MappingProxyType({one.name: one for one in kept}))
    return Case(module_versions=tuple(versions), host=host, request=request)


def _needs(dice: Dice, name: str, names: tuple[str, ...]) -> tuple[Requirement, ...]:
    """At most one need, of a module that comes later."""
    later = names[names.index(name) + 1 :]
    return (Requirement.parse(dice.pick(later) + dice.pick(["", "", "@>=2"])),) if later and dice.one_in(3) else ()


def _hardware(dice: Dice, rams: Sequence[int | None], vrams: Sequence[int | None]) -> Hardware:
    ram, vram = dice.pick(rams), dice.pick(vrams)
    return Hardware(
        ram_min=None if ram is None else ram * GB,
        vram_min=None if vram is None else vram * GB,
        multi_gpu=vram is not None and dice.one_in(6),
    )


def _with(one: ModuleVersion, needs: Mapping[Key, Hardware]) -> ModuleVersion:
    return replace(one, hardware=needs[one.name, one.version])


def _limits(dice: Dice, keys: list[Key]) -> tuple[Limit, ...]:
    """A cardinality constraint, a pseudo-Boolean one, or both."""
    weights = {key: dice.pick([0, 1, 1, 2, 3, 5]) for key in keys}
    servers = Limit("servers", dice.pick([1, 1, 0, 2]), lambda one: int("api" in one.provides))
    weight = Limit("weight", dice.pick([4, 6, 3, 9]), lambda one: weights[one.name, one.version])
    return dice.pick([(weight,), (servers,), (servers, weight)])


def together_features(case: Case) -> frozenset[str]:
    """What of decision 0022 occurs in `case`, in words; for measuring the mix."""
    return frozenset(_features(case))


def _features(case: Case) -> Iterator[str]:
    yield f"strategy {case.request.strategy}"
    free = replace(case.request, limits=(), together=False)
    without, best = (BruteForce(case.module_versions, case.host, request).best() for request in (free, case.request))
    if best is None:
        yield "conflict" if without is None else "conflict: " + _what_decides(case, case.request)
        return
    yield "plan"
    assert without is not None
    if dict(without.chosen) != dict(best.chosen):
        yield "decided by " + _what_decides(case, case.request)
    if case.host.installed:
        yield "installed"
    if case.request.together:
        yield from _features_of_placement(best, case.host)


def _what_decides(case: Case, request: Request) -> str:
    """Which of limits and machine alone changes the verdict or the answer."""
    answers = {
        what: BruteForce(case.module_versions, case.host, changed).best()
        for what, changed in {
            "both": request,
            "limits": replace(request, together=False),
            "machine": replace(request, limits=()),
        }.items()
    }
    chosen = {what: None if answer is None else dict(answer.chosen) for what, answer in answers.items()}
    return next(what for what in ("machine", "limits", "both") if chosen[what] == chosen["both"])


def _features_of_placement(best: Answer, host: Host) -> Iterator[str]:
    placed = placement_of(best.chosen, host) or {}
    cards = {share["card"] for shares in placed.values() for share in shares}
    if len(cards) > 1:
        yield "several cards"
    if any(len(shares) > 1 for shares in placed.values()):
        yield "spread"
