"""The random cases of :mod:`strategies` on machines that have modules already, and requests that know of them.

What is installed is mostly an answer to some other request, so that much of it is staying; then single modules are
given other manifests, other versions, or are taken from the registry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from types import MappingProxyType

from brute_force import Answer, BruteForce
from hypothesis import strategies as st
from packaging.version import Version
from strategies import (
    FINAL_VERSIONS,
    NAMES,
    PRE_RELEASES,
    UNKNOWN,
    Case,
    Dice,
    make_case,
    make_requirement,
    make_version,
)

from las_solver.constraint import Requirement, parse_version
from las_solver.model import ModuleVersion, Request, Strategy

__all__ = ["installed_cases", "installed_features", "make_installed_case"]

_CHOICES = 550

Texts = dict[str, tuple[str, ...]]


def installed_cases() -> st.SearchStrategy[Case]:
    """Something to plan on a machine that has modules already."""
    return st.binary(min_size=_CHOICES, max_size=_CHOICES).map(lambda numbers: make_installed_case(Dice(numbers)))


def make_installed_case(dice: Dice) -> Case:
    """The case that `dice` makes; at least one module is installed."""
    case = make_case(dice)
    texts: Texts = {}
    for one in case.module_versions:
        texts[one.name] = (*texts.get(one.name, ()), str(one.version))
    installed, gone = {}, set()
    for one in _seeds(dice, case):
        changed = _as_kept(dice, one, texts)
        installed[changed.name] = changed
        if dice.one_in(6):
            gone |= {(changed.name, changed.version)}
        elif dice.one_in(12):
            gone |= {(changed.name, other.version) for other in case.module_versions if other.name == changed.name}
    left = tuple(one for one in case.module_versions if (one.name, one.version) not in gone)
    host = replace(case.host, installed=MappingProxyType(installed), deprecated=_deprecated(dice, case, installed))
    request = _request(dice, Case(module_versions=left, host=host, request=case.request), texts)
    return Case(module_versions=left, host=host, request=request)


def _seeds(dice: Dice, case: Case) -> list[ModuleVersion]:
    """Versions to install, at most one of a module: an answer on this host, some more, or only those."""
    versions = case.module_versions
    seeds: dict[str, ModuleVersion] = {}
    if not dice.one_in(6):
        names = list(dict.fromkeys(one.name for one in versions))
        strategy = dice.pick([Strategy.NEWEST, Strategy.LOWEST])
        for wanted in (dice.some(names, 3), *zip(names, strict=True)):
            request = Request(requirements=tuple(map(Requirement.parse, wanted)), strategy=strategy)
            answers = list(islice(BruteForce(versions, case.host, request).answers(), 60))
            if answers:
                largest = sorted(answers, key=lambda answer: len(answer.chosen))[-8:]
                seeds |= dice.pick(largest).chosen
                break
    if not seeds or dice.one_in(5):
        seeds |= {one.name: one for one in dice.some(versions, 3)}
    return list(seeds.values())


def _as_kept(dice: Dice, one: ModuleVersion, texts: Texts) -> ModuleVersion:
    """`one`, now and then with another manifest, at a version that may be in no registry, or of an unknown module."""
    if dice.one_in(12):
        names = NAMES[: len(texts)]
        one = make_version(dice, names, names.index(one.name), str(one.version), texts)
    if dice.one_in(12):
        one = replace(one, version=parse_version(dice.pick([*FINAL_VERSIONS, *PRE_RELEASES])))
    return replace(one, name=UNKNOWN) if dice.one_in(25) else one


def _deprecated(dice: Dice, case: Case, installed: dict[str, ModuleVersion]) -> frozenset[tuple[str, Version]]:
    found = dice.some(case.module_versions, 3) if dice.one_in(4) else ()
    if dice.one_in(8):
        found = (*found, dice.pick([*installed.values()]))
    return frozenset((one.name, one.version) for one in found)


def _request(dice: Dice, case: Case, texts: Texts) -> Request:
    """What the case is for already, or something else, or nothing, with options that speak of what is installed."""
    request = case.request
    installed = [*case.host.installed]
    names = [*installed, *installed, *texts, UNKNOWN]
    if dice.one_in(2):
        request = replace(request, requirements=() if dice.one_in(3) else (make_requirement(dice, installed, texts),))
    if dice.one_in(4):
        request = replace(request, pinned=tuple(make_requirement(dice, [name], texts) for name in dice.some(names, 2)))
    if dice.one_in(10):
        request = _locked(dice, request, case)
    if dice.one_in(3):
        request = replace(request, released=frozenset(dice.some(names, 2)))
    if dice.one_in(5):
        only_asked = [name for name in names if all(name != one.name for one in request.requirements)]
        removed = dice.some(only_asked or [UNKNOWN], 2)
        request = replace(
            request,
            excluded=(*request.excluded, *map(Requirement.parse, removed)),
            released=frozenset([*request.released, *removed]),
        )
    strategies = [Strategy.NEWEST, Strategy.NEWEST, Strategy.LOWEST, *[Strategy.KEEP, Strategy.UPGRADE] * 2]
    return replace(request, allow_removal=dice.one_in(4), strategy=dice.pick(strategies))


def _locked(dice: Dice, request: Request, case: Case) -> Request:
    """`request` with a lock: of one of its answers, where it has any, from which a module or a version may differ."""
    answers = list(islice(BruteForce(case.module_versions, case.host, request).answers(), 20))
    chosen = dict(dice.pick(answers).chosen) if answers else {}
    if dice.one_in(3) or not chosen:
        chosen |= {one.name: one for one in dice.some(case.module_versions or (*case.host.installed.values(),), 3)}
    if dice.one_in(4):
        chosen.pop(dice.pick([*chosen]))
    locked = {name: chosen[name].version for name in sorted(chosen)}
    unlocked = frozenset(dice.some([*chosen, *case.host.installed], 2)) if dice.one_in(3) else frozenset()
    return replace(request, locked=MappingProxyType(locked), unlocked=unlocked)


def installed_features(case: Case) -> frozenset[str]:
    """What occurs in `case` that a machine without modules has not, in words; for measuring the mix."""
    oracle = BruteForce(case.module_versions, case.host, case.request)
    best = oracle.best()
    invalid = [f"invalid: {kind}" for kind in oracle.machine.invalid.values()]
    if best is None:
        return frozenset(["conflict", *invalid])
    plan = oracle.plan(best.chosen)
    steps: list[dict[str, object]] = plan["steps"]  # type: ignore[assignment]
    return frozenset(
        [
            "plan",
            *invalid,
            *(f"{step['action']}" for step in steps),
            *("after" for step in steps if step["after"]),
            *_features_of_what_is_kept(oracle, best),
            *_features_of_request(oracle, best),
        ]
    )


def _features_of_what_is_kept(oracle: BruteForce, best: Answer) -> Iterator[str]:
    deprecated = oracle.host.deprecated
    for name, one in oracle.host.installed.items():
        registered = oracle.registered.get(name, [])
        if name in oracle.machine.invalid and name in best.chosen:
            yield "an invalid one is chosen"
        if name not in best.chosen or not oracle.machine.has(best.chosen[name]):
            continue
        if not registered:
            yield "kept: its module is gone"
        elif all(other.version != one.version for other in registered):
            yield "kept: its version is gone"
        elif one not in registered:
            yield "kept: its manifest differs"
        if one.version.is_prerelease:
            yield "kept: a pre-release"
        if (name, one.version) in deprecated:
            yield "kept: deprecated"
    if any((name, other.version) in deprecated for name in best.chosen for other in oracle.registered.get(name, ())):
        yield "a version of a chosen module is deprecated"


def _features_of_request(oracle: BruteForce, best: Answer) -> Iterator[str]:
    request = oracle.request
    yield f"strategy {request.strategy}"
    if not request.requirements:
        yield "for nothing"
    if any(pin.name in best.chosen for pin in request.pinned):
        yield "a chosen module is pinned"
    if request.locked is not None:
        yield "locked"
    if request.locked is not None and any(name in request.unlocked for name in best.chosen):
        yield "a chosen module is free of the lock"
    others = {
        "pins": replace(request, pinned=()),
        "lock": replace(request, locked=None),
        "strategy": replace(request, strategy=Strategy.NEWEST),
        "removal": replace(request, allow_removal=False, released=frozenset()),
    }
    for name, other in others.items():
        if other != request:
            found = BruteForce(chain(*oracle.registered.values()), oracle.host, other).best()
            if found is None or found.chosen != best.chosen:
                yield f"decided by {name}"
