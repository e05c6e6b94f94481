"""Small random registries, hosts and requests for property tests, with every feature of sections 1 to 5.

Sizes are such that :mod:`brute_force` can look at every answer; the pools are narrow, so that conflicts,
ties, cycles, choices of a provider and pre-releases that only a requirement admits really occur.
:func:`features` names what occurs in a case; a test holds that all of it does.

A case is made from a string of bytes, one a choice, because hypothesis draws and shrinks one string much
faster than hundreds of values: a smaller byte is a simpler choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from brute_force import Answer, BruteForce
from hypothesis import strategies as st

from las_solver.constraint import Requirement, parse_version
from las_solver.model import Gpu, Hardware, Host, ModuleVersion, Request, Strategy

__all__ = ["Case", "Dice", "cases", "features", "make_case", "make_requirement", "make_version"]

T = TypeVar("T")

GB = 1000**3

NAMES = ("b", "a", "d", "c", "f", "e")
"""Not in alphabetical order, so that order of need and order of name differ."""

UNKNOWN = "ghost"

FINAL_VERSIONS = ("1.0", "1.1", "2.0", "2.1", "1.1.post1", "2.0+local", "0.9")
PRE_RELEASES = ("1.1rc1", "2.0.dev1", "2.1b2", "3.0a1")

OPERATORS = (">=", ">=", "<=", "<", ">", "==", "!=", "~=", "==*", "!=*")
INTERFACES = ("api", "store")
MODES = ("native", "container", "wsl")
SYSTEM_PACKAGES = ("gcc", "cmake", "git")

_CHOICES = 500
"""Hardly a case takes as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to plan."""

    module_versions: tuple[ModuleVersion, ...]
    host: Host
    request: Request

    def __str__(self) -> str:
        return "\n".join(map(repr, (*self.module_versions, self.host, self.request)))


class Dice:
    """Choices that a string of bytes makes, one byte each; the first choice once the bytes are used up."""

    def __init__(self, numbers: bytes) -> None:
        self._numbers: Iterator[int] = iter(numbers)
        self.is_tight = self.one_in(3)
        """Whether the case is to be full of constraints, for many totals that tie, and otherwise plain."""

    def pick(self, choices: Sequence[T]) -> T:
        """One of `choices`."""
        return choices[next(self._numbers, 0) % len(choices)]

    def one_in(self, count: int) -> bool:
        """True once in `count` times; the last of the choices."""
        return next(self._numbers, 0) % count == count - 1

    def some(self, choices: Sequence[T], most: int) -> tuple[T, ...]:
        """Up to `most` of `choices`, each at most once, in any order."""
        return tuple(dict.fromkeys(self.pick(choices) for _ in range(self.pick(range(1, most + 1)))))


def cases() -> st.SearchStrategy[Case]:
    """Something to plan: two to six modules with one to four versions each."""
    return st.binary(min_size=_CHOICES, max_size=_CHOICES).map(lambda numbers: make_case(Dice(numbers)))


def make_case(dice: Dice) -> Case:
    """The case that `dice` makes."""
    names = NAMES[: dice.pick([2, 3, 3, 4, 4, 4, 5, 5, 6])]
    texts = {name: _version_texts(dice) for name in names}
    request = _request(dice, names, texts)
    host = _host(dice, names)
    module_versions = tuple(
        make_version(dice, names, place, text, texts) for place, name in enumerate(names) for text in texts[name]
    )
    return Case(module_versions=module_versions, host=host, request=request)


def _version_texts(dice: Dice) -> tuple[str, ...]:
    """From one to four versions, some of them pre-releases; now and then only those."""
    if dice.is_tight:
        return ("1.0", "1.1", "2.0", "2.1b2")[: dice.pick([2, 3, 3, 3, 4])]
    finals = dice.some(FINAL_VERSIONS, 4)
    if dice.one_in(2):
        pre_releases = dice.some(PRE_RELEASES, 2)
        return pre_releases if dice.one_in(6) else (*finals, *pre_releases)[:4]
    return finals


def make_version(
    dice: Dice, names: Sequence[str], place: int, text: str, texts: dict[str, tuple[str, ...]]
) -> ModuleVersion:
    """One version of `names[place]`, which needs mostly modules that come after it in `names`."""
    later = [*names[place + 1 :]] or [names[0]]
    with_cycles = [*later * 2, *names[: place + 1]]
    if dice.is_tight:
        later = [*later * 3, *names]
    with_unknown = [*later * 2, UNKNOWN]
    pool = dice.pick([later] * 7 + [with_cycles] * 3 + [with_unknown])
    is_leaf = place + 1 == len(names)
    entries = dice.pick([0, 0, 0, 0, 0, 1] if is_leaf else [0, 1, 1, 1, 2])
    modes = dice.some(MODES, 3) if dice.one_in(4) and not dice.is_tight else ("native", "container")
    return ModuleVersion(
        name=names[place],
        version=parse_version(text),
        category=dice.pick(["tool", "runtime"]),
        requirements=tuple(make_requirement(dice, pool, texts) for _ in range(entries)),
        runtimes=(make_requirement(dice, [*pool, *names], texts),) if not is_leaf and dice.one_in(4) else (),
        hardware=_hardware(dice) if dice.one_in(9) and not dice.is_tight else Hardware(),
        modes=modes,
        preferred_mode=dice.pick(modes) if dice.one_in(3) else None,
        provides=dice.some(INTERFACES, 2) if dice.one_in(2) else (),
        consumes=dice.some(INTERFACES, 2) if dice.one_in(4) else (),
        system_packages=dice.some(SYSTEM_PACKAGES, 2) if dice.one_in(4) else (),
        source=f"{names[place]}/{text}.manifest.yaml",
        checksum="sha256:" + "0" * 64 if dice.one_in(4) else None,
    )


def make_requirement(dice: Dice, names: Sequence[str], texts: dict[str, tuple[str, ...]]) -> Requirement:
    """A requirement on one of `names`, mostly about versions of which there are `texts`."""
    name = dice.pick(names)
    if dice.one_in(5 if dice.is_tight else 2):
        return Requirement.parse(name)
    constraint = _specifier(dice, texts.get(name, FINAL_VERSIONS))
    if dice.one_in(8):
        constraint += "," + _specifier(dice, texts.get(name, FINAL_VERSIONS))
    return Requirement.parse(f"{name}@{constraint}")


def _specifier(dice: Dice, texts: Sequence[str]) -> str:
    """One specifier, mostly of a version that is there."""
    operator = dice.pick(("<=", "==", ">=") if dice.is_tight else OPERATORS)
    text = dice.pick(texts if dice.is_tight else [*texts * 2, *PRE_RELEASES, "1.0", "2.0"])
    if operator.endswith("*"):
        return f"{operator[:2]}{text[0]}.*"
    if operator not in ("==", "!="):
        text = text.removesuffix("+local")
    return f"{operator}{text}"


def _hardware(dice: Dice) -> Hardware:
    """Around what :func:`_host` has."""
    return Hardware(
        cores_min=dice.pick([None, None, 1, 8]),
        ram_min=dice.pick([None, None, 8 * GB, 32 * GB]),
        vram_min=dice.pick([None, 8 * GB, 24 * GB, 40 * GB]),
        multi_gpu=dice.one_in(4),
    )


def _host(dice: Dice, names: Sequence[str]) -> Host:
    vrams = dice.pick([(24,), (24, 24), (8, 40), (24,), (), (8,), (80, 80)])
    modes = dice.pick([None, None, None, None, ("native", "container"), ("native",), ("container", "wsl")])
    runtimes = {name: dice.pick(["1.0", "2.0", "2.1b2"]) for name in (*names, UNKNOWN) if dice.one_in(4)}
    return Host(
        cores=dice.pick([16, 16, 4, None]),
        ram=dice.pick([64 * GB, 64 * GB, 16 * GB, None]),
        gpus=tuple(Gpu(vram=vram * GB) for vram in vrams),
        runtimes=MappingProxyType({name: parse_version(text) for name, text in runtimes.items()}),
        modes=None if modes is None else frozenset(modes),
        interfaces=frozenset(["store"]) if dice.one_in(6) else frozenset(),
        system_packages=frozenset(["gcc"]) if dice.one_in(3) else frozenset(),
    )


def _request(dice: Dice, names: Sequence[str], texts: dict[str, tuple[str, ...]]) -> Request:
    """One to three requirements, mostly on the modules that need others."""
    if dice.is_tight:
        wanted = names[: dice.pick([2, 3, 3])]
        return Request(
            requirements=tuple(map(Requirement.parse, wanted)), strategy=dice.pick([Strategy.NEWEST, Strategy.LOWEST])
        )
    wanted = [*names[:1] * 2, *names[:3] * 2, *names] + ([UNKNOWN] if dice.one_in(20) else [])
    count = dice.pick([1, 1, 2, 2, 3])
    modes = dice.pick([None] * 12 + [("native", "container"), ("native",), ("container",)])
    forced = {dice.pick(names): dice.pick(["native", *MODES])} if dice.one_in(8) else {}
    return Request(
        requirements=tuple(
            make_requirement(dice, wanted, texts) if dice.one_in(4) else Requirement.parse(dice.pick(wanted))
            for _ in range(count)
        ),
        strategy=dice.pick([Strategy.NEWEST, Strategy.NEWEST, Strategy.LOWEST]),
        prereleases=dice.one_in(8),
        modes=None if modes is None else frozenset(modes),
        forced_modes=MappingProxyType(forced),
        preferred=dice.some([*names, UNKNOWN], 2) if dice.one_in(3) else (),
        excluded=(make_requirement(dice, [*names, UNKNOWN], texts),) if dice.one_in(6) else (),
    )


def features(case: Case) -> frozenset[str]:
    """What occurs in `case`, in words; for measuring the mix."""
    oracle = BruteForce(case.module_versions, case.host, case.request)
    answers = list(oracle.answers())
    if not answers:
        return frozenset(["conflict"])
    best = min(answers, key=lambda answer: answer.key)
    return frozenset(
        [
            "plan",
            *_features_of_request(case, best),
            *_features_of_answer(oracle, best),
            *_features_of_choice(answers),
        ]
    )


def _features_of_request(case: Case, best: Answer) -> Iterator[str]:
    request = case.request
    names = [requirement.name for requirement in request.requirements]
    if request.strategy is Strategy.LOWEST:
        yield "lowest"
    if len(set(names)) < len(names):
        yield "same module twice"
    if any(name in request.forced_modes for name in best.chosen):
        yield "forced mode"
    if any(excluded.name in best.chosen for excluded in request.excluded):
        yield "other version excluded"


def _features_of_answer(oracle: BruteForce, best: Answer) -> Iterator[str]:
    chosen = best.chosen
    edges = oracle.edges(chosen)
    layers = [part for part in best.key if isinstance(part, tuple)]
    if len(chosen) > 2:
        yield "three modules or more"
    if len(layers) > 2:
        yield "three layers or more"
    if any(part[0] for part in layers):
        yield "not all newest"
    if any(one.version.is_prerelease for one in chosen.values()):
        yield "pre-release"
    if not all(map(oracle.is_eligible, chosen.values())):
        yield "pre-release that only a requirement admits"
    if any(len(oracle.needs(one)) < len(one.requirements) + len(one.runtimes) for one in chosen.values()):
        yield "runtime of the host"
    if any(need in one.runtimes for one in chosen.values() for need in oracle.needs(one)):
        yield "runtime that is a module"
    if any(
        interface in other.provides and interface not in oracle.host.interfaces
        for one in chosen.values()
        for interface in one.consumes
        for name, other in chosen.items()
        if name != one.name and name not in edges[one.name]
    ):
        yield "edge of a provider left out"


def _features_of_choice(answers: Sequence[Answer]) -> Iterator[str]:
    best = min(answers, key=lambda answer: answer.key)
    if len({tuple(sorted(map(str, answer.chosen.values()))) for answer in answers}) > 1:
        yield "more than one answer"
    if min(answer.key[0][0] for answer in answers) > 0:  # type: ignore[index]
        yield "first layer not free"
    for other in answers:
        differing = [pair for pair in zip(best.key, other.key, strict=False) if pair[0] != pair[1]]
        match differing[:1]:
            case [((total, distances, _), (other_total, other_distances, _))]:
                if total != other_total:
                    yield "decided by the total"
                elif distances != other_distances:
                    yield "decided by the earlier module"
                else:
                    yield "decided by the version"
    if any(isinstance(part, int) for part in best.key):
        yield "provider"
    if any(part for part in best.key if isinstance(part, int)):
        yield "provider that is not the first"
