"""Synthetic registries from a seed: 1,000 to 1,000,000 versions, made one module at a time.

How a module comes about (its place in the row: :mod:`benchmarks.registries.row`):

- Its versions have moments in time. Their needs change in a few of them only; in between, a *run* of versions shares
  one :class:`Shape`. What a run needs is a range around what was there when it began: a floor, mostly a while back,
  often a ceiling, seldom one version.
- One version of each module, the newest at one moment, is its *planted* one. The run with it is never blocked, and its
  ranges admit the planted versions of what it needs; so the planted versions answer every request.
- Runs are *blocked* by a share: by hardware beyond the host's, or by a requirement that nothing meets.
- A planted contradiction makes every version of two modules of the planted answer need a third, in ranges without a
  version in common. Both are needed, through versions that are all that there are, by the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from random import Random

from benchmarks.registries.module import NO_HARDWARE, GeneratedModule, HardwareTexts, Shape
from benchmarks.registries.needs import Needs
from benchmarks.registries.row import History, Row
from benchmarks.registries.spec import HOST, Spec
from las_solver.constraint import Requirement
from las_solver.model import Request

__all__ = ["PLANTED_SIZES", "fitting", "generate", "planted", "planted_modules", "request"]

PLANTED_SIZES = (50, 500, 2500, 5000)
"""The sizes of planted requests that are measured."""

_CATEGORIES = ("language", "runtime", "framework", "service", "application", "tool", "model")
_HEAVY = ("framework", "service", "model")
_MODES = (("native",), ("native", "container"), ("native",), ("container", "native"))
_SYSTEM_PACKAGES = ((), (), (), ("gcc",), ("cmake", "git"))
_IMPOSSIBLE = ">=99"
_BLOCKED_LENGTHS = (2, 3, 4, 5)
_MEAN_BLOCKED = 2.95
"""Of these lengths, as they turn out: the end of a module and its planted version cut them short."""

_TIERS = (
    HardwareTexts(cores=2, ram="4GiB"),
    HardwareTexts(cores=4, ram="8GiB", vram="6GiB"),
    HardwareTexts(cores=8, ram="16GiB", vram="12GiB"),
    HardwareTexts(cores=8, ram="32GiB", vram="20GB"),
)
_BEYOND = (
    HardwareTexts(vram="48GB"),
    HardwareTexts(cores=8, vram="80GB"),
    HardwareTexts(ram="256GiB"),
    HardwareTexts(cores=64, ram="32GiB"),
    HardwareTexts(vram="20GB", multi_gpu=True),
)


def generate(spec: Spec) -> Iterator[GeneratedModule]:
    """The modules of the registry, so many versions as `spec` says; the same `spec` gives the same modules.

    The last module is cut short where the number demands it. Raises :class:`ValueError` where the planted requests
    alone have more versions.
    """
    left = spec.versions
    for module in planted_modules(spec):
        left -= len(module.versions)
        if left < 0:
            raise ValueError(f"the planted requests alone have more than {spec.versions} versions")
        yield module
    row = Row(spec, "m")
    place = 0
    while left:
        module = _module(row, place, None)
        if len(module.versions) > left:
            module = module._replace(
                versions=module.versions[:left],
                runs=[run for run in module.runs if run[0] < left],
                planted=min(module.planted, left - 1),
            )
        left -= len(module.versions)
        place += 1
        yield module


def planted_modules(spec: Spec) -> Iterator[GeneratedModule]:
    """The modules of the planted requests alone, with which the registry begins."""
    for size, contradiction in (
        *((one, False) for one in spec.closures),
        *((one, True) for one in spec.contradictions),
    ):
        row = _planted_row(spec, size, contradiction=contradiction)
        clashes = _clashes(row) if contradiction else {}
        for place in range(row.length or 0):
            yield _module(row, place, clashes.get(place))


def fitting(spec: Spec, sizes: Iterable[int] = PLANTED_SIZES) -> Spec:
    """`spec` with planted requests of these sizes, the smallest first, as many as fit beside its contradictions."""
    left = spec.versions - sum(len(module.versions) for module in planted_modules(replace(spec, closures=())))
    closures: list[int] = []
    for size in sorted(sizes):
        row = _planted_row(spec, size, contradiction=False)
        left -= sum(len(row.history(place).texts) for place in range(row.length or 0))
        if left < 0:
            break
        closures.append(size)
    return replace(spec, closures=tuple(closures))


def request(spec: Spec, closure: int, *, contradiction: bool = False) -> Request:
    """The planted request of that size: its planted answer has `closure` modules, and providers of what they consume.

    With `contradiction`, the one that has no answer. Needs nothing of `spec` but its seed and its shares.
    """
    row = _planted_row(spec, closure, contradiction=contradiction)
    return Request(requirements=tuple(Requirement.parse(row.name(place)) for place in row.roots))


def planted(spec: Spec, closure: int) -> Mapping[str, str]:
    """The planted answer to that request: a valid one, but hardly ever the newest."""
    row = _planted_row(spec, closure, contradiction=False)
    chosen: dict[int, GeneratedModule] = {}
    ahead = list(row.roots)
    while ahead:
        while ahead:
            place = ahead.pop()
            if place not in chosen:
                module = chosen[place] = _module(row, place, None)
                shape = module.planted_shape()
                names = [entry.partition("@")[0] for entry in shape.requirements]
                names += [Requirement.parse_runtime(entry).name for entry in shape.runtimes]
                ahead += [row.place(name) for name in names if name not in HOST.runtimes]
        consumed = {one for module in chosen.values() for one in module.planted_shape().consumes}
        provided = {one for module in chosen.values() for one in module.planted_shape().provides}
        ahead += [row.first_provider(interface) for interface in sorted(consumed - provided)[:1]]
    return {module.name: module.versions[module.planted] for _, module in sorted(chosen.items())}


def _planted_row(spec: Spec, closure: int, *, contradiction: bool) -> Row:
    return Row(spec, f"{'x' if contradiction else 'c'}{closure}", closure)


def _clashes(row: Row) -> Mapping[int, tuple[str, str]]:
    """Two modules of the planted answer, both always needed, and what every version of them is to need."""
    chance = row.chance(0, "contradiction")
    core = sorted(set(range(row.length or 0)) - row.optional)
    target = next(place for place in core if len(row.history(place).finals) > 1)
    above = [place for place in core[: len(core) // 2] if place > target]
    one, two = chance.sample(above, 2)
    finals = row.history(target).finals
    middle = row.history(target).texts[finals[len(finals) // 2]]
    name = row.name(target)
    return {one: (name, f"{name}@>={middle}"), two: (name, f"{name}@<{middle}")}


def _module(row: Row, place: int, clash: tuple[str, str] | None) -> GeneratedModule:
    history = row.history(place)
    chance = row.chance(place, "needs")
    needs = Needs(row, place, chance)
    category = _CATEGORIES[place % len(_CATEGORIES)]
    common = Shape(
        hardware=_TIERS[int(chance.random() * len(_TIERS))]
        if category in _HEAVY and chance.random() < 0.6
        else NO_HARDWARE,
        modes=_MODES[place % len(_MODES)],
        system_packages=_SYSTEM_PACKAGES[int(chance.random() * len(_SYSTEM_PACKAGES))],
    )
    provides = row.provides(place)
    consumes = row.consumes(place, row.chance(place, "interfaces")) if row.spec.interfaces else None
    runs = []
    starts = _runs(row.spec, history, chance)
    for at, (start, is_blocked, is_planted) in enumerate(starts):
        if not is_blocked or not at:
            needs.revise(start, is_planted=is_planted)
        requirements, runtimes = needs.entries()
        shape = common._replace(requirements=requirements, runtimes=runtimes)
        if provides and (is_planted or chance.random() < 0.8):
            shape = shape._replace(provides=(provides,))
        if consumes:
            shape = shape._replace(consumes=(consumes,))
        if is_blocked:
            shape = _block(shape, row, place, chance)
        if clash is not None:
            others = [entry for entry in shape.requirements if entry.partition("@")[0] != clash[0]]
            shape = shape._replace(requirements=(*others, clash[1]))
        runs.append((start, shape))
    return GeneratedModule(row.name(place), category, history.texts, runs, history.planted)


def _runs(spec: Spec, history: History, chance: Random) -> list[tuple[int, bool, bool]]:
    """Where runs begin, whether each is blocked, and whether it has the planted version."""
    random = chance.random
    count = len(history.texts)
    share = spec.blocked * count / (count - 1) if count > 1 else 0.0
    begins_blocked = share / (_MEAN_BLOCKED * max(0.05, 1 - share) + share)
    runs: list[tuple[int, bool, bool]] = []
    index = 0
    begins = True
    while index < count:
        if index != history.planted and random() < begins_blocked:
            runs.append((index, True, False))
            length = _BLOCKED_LENGTHS[int(random() * len(_BLOCKED_LENGTHS))]
            end = index + length
            index = min(end, count) if not index < history.planted < end else history.planted
            begins = True
        else:
            if begins or random() < spec.revised or (history.numbers[index][0] > history.numbers[index - 1][0]):
                runs.append((index, False, False))
            begins = False
            index += 1
    at = max(rank for rank, run in enumerate(runs) if run[0] <= history.planted)
    runs[at] = (runs[at][0], False, True)
    return runs


def _block(shape: Shape, row: Row, place: int, chance: Random) -> Shape:
    """`shape`, asking for hardware beyond the host's, or for what nothing meets."""
    if chance.random() < 0.5:
        beyond = _BEYOND[int(chance.random() * len(_BEYOND))]
        return shape._replace(hardware=beyond, blocked_by="hardware")
    entries = shape.requirements
    if not entries:
        if not place:
            return shape._replace(hardware=_BEYOND[0], blocked_by="hardware")
        return shape._replace(requirements=(f"{row.name(place - 1)}@{_IMPOSSIBLE}",), blocked_by="requirement")
    at = int(chance.random() * len(entries))
    name = entries[at].partition("@")[0]
    changed = (*entries[:at], f"{name}@{_IMPOSSIBLE}", *entries[at + 1 :])
    return shape._replace(requirements=changed, blocked_by="requirement")
