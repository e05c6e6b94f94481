"""The smallest hosts and what upgrades buy, against every host that small registries tell apart."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import Any

import pytest
from brute_force import Answer, BruteForce
from packaging.version import Version
from registries import ask, machine, module, version
from strategies import GB, Case, Dice, make_case

from las_solver.change import ProvideRuntime, RaiseHardware, apply_changes
from las_solver.conflict import Conflict
from las_solver.constraint import parse_version
from las_solver.errors import InvalidInput, OutOfTime
from las_solver.model import Gpu, Host, ModuleVersion, Request
from las_solver.needs import Needs, NoHost
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.runtime_versions import versions_named
from las_solver.smallest_hosts import Minimum
from las_solver.source import MemorySource
from las_solver.statement_document import statement_document

Amounts = tuple[int, ...]
Runtimes = tuple[Version | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a host has: the number of its cards, the memory of the largest and of all, memory, cores; and runtimes."""

    hardware: Amounts
    runtimes: tuple[tuple[str, Version], ...]


class EveryHost:
    """Every host that differs from others in what a version of `case` asks for; and which of them have a plan."""

    def __init__(self, case: Case) -> None:
        self.case = case
        hardware = [one.hardware for one in case.module_versions]
        self.cores = [0, *sorted({one.cores_min for one in hardware if one.cores_min})]
        self.ram = [0, *sorted({one.ram_min for one in hardware if one.ram_min})]
        vram = sorted({one.vram_min for one in hardware if one.vram_min and not one.multi_gpu})
        together = sorted({one.vram_min for one in hardware if one.vram_min and one.multi_gpu})
        self.cards = [(0, 0, 0), *((1, one, one) for one in vram)]
        for one in [0, *vram]:
            self.cards += [(2, one, total) for total in [one, *(more for more in together if more > one)]]
        constraints: dict[str, dict[object, None]] = {}
        for each in case.module_versions:
            for runtime in each.runtimes:
                constraints.setdefault(runtime.name, {})[runtime.constraint] = None
        self.names = sorted(constraints)
        self.versions: list[list[Version | None]] = [
            [None, *versions_named(constraints[name])]  # type: ignore[arg-type]
            for name in self.names
        ]
        self._known: dict[tuple[Amounts, Runtimes], bool] = {}

    def __len__(self) -> int:
        count = len(self.cores) * len(self.ram) * len(self.cards)
        for versions in self.versions:
            count *= len(versions)
        return count

    def rows(self) -> set[Row]:
        """The smallest hosts: no hardware can be less with these runtimes, and with it none of the runtimes older."""
        least: dict[Amounts, list[Runtimes]] = {}
        amounts = [(*cards, ram, cores) for cards, ram, cores in product(self.cards, self.ram, self.cores)]
        for runtimes in product(*self.versions):
            able = [one for one in amounts if self.has_plan(one, runtimes)]
            for one in able:
                if not any(other != one and all(map(int.__le__, other, one)) for other in able):
                    least.setdefault(one, []).append(runtimes)
        return {
            Row(hardware=hardware, runtimes=self._named(runtimes))
            for hardware, several in least.items()
            for runtimes in several
            if not any(other != runtimes and _is_older(other, runtimes) for other in several)
        }

    def has_plan(self, hardware: Amounts, runtimes: Runtimes) -> bool:
        key = (hardware, runtimes)
        if key not in self._known:
            oracle = BruteForce(self.case.module_versions, self._host(hardware, runtimes), self.case.request)
            self._known[key] = next(oracle.answers(), None) is not None
        return self._known[key]

    def _host(self, hardware: Amounts, runtimes: Runtimes) -> Host:
        count, vram, together, ram, cores = hardware
        cards = [vram][:count]
        while sum(cards) < together:
            cards.append(min(vram or 4 * GB, together - sum(cards)))
        cards += [0] * (count - len(cards))
        return replace(
            self.case.host,
            cores=cores or None,
            ram=ram or None,
            gpus=tuple(Gpu(vram=one) for one in cards),
            runtimes=MappingProxyType(dict(self._named(runtimes))),
        )

    def _named(self, runtimes: Runtimes) -> tuple[tuple[str, Version], ...]:
        pairs = zip(self.names, runtimes, strict=True)
        return tuple((name, one) for name, one in pairs if one is not None)


def _is_older(some: Runtimes, others: Runtimes) -> bool:
    """Whether all of `some` are as old as `others`, or older, or not there."""
    pairs = zip(some, others, strict=True)
    return all(one is None or (other is not None and one <= other) for one, other in pairs)


def _row(minimum: Minimum) -> Row:
    vram = minimum.vram or 0
    together = max(minimum.total_vram or 0, vram)
    return Row(
        hardware=(minimum.gpus, vram, together, minimum.ram or 0, minimum.cores or 0),
        runtimes=tuple(sorted((one.name, one.version) for one in minimum.runtimes[0])),
    )


def demanding_cases(law: str, count: int, *, prereleases: bool = True) -> Iterator[Case]:
    """Random cases in which many versions have minimums and runtime entries; the same every time.

    With `prereleases` every pre-release is allowed. Without, a module may admit one only because something needs it as
    a runtime, and then a host that provides this runtime can have no plan where one without it has.
    """
    for number in range(count):
        source = random.Random(f"{law} {number}")
        case = make_case(Dice(source.randbytes(700)))
        request = replace(case.request, prereleases=prereleases or case.request.prereleases)
        versions = tuple(_demanding(one, source) for one in case.module_versions)
        yield replace(case, module_versions=versions, request=request)


def _demanding(one: ModuleVersion, source: random.Random) -> ModuleVersion:
    hardware, runtimes = one.hardware, one.runtimes
    if source.random() < 0.5:
        hardware = replace(
            hardware,
            cores_min=source.choice([None, None, 4, 8]),
            ram_min=source.choice([None, None, 8 * GB, 32 * GB]),
            vram_min=source.choice([None, 8 * GB, 24 * GB, 40 * GB]),
            multi_gpu=source.random() < 0.3,
        )
    if source.random() < 0.4:
        entry = source.choice([">=1.0", ">=2.0", "<2.0", ">1.0", "!=1.0", "==1.*", "!=1.*", ">=1.0,<3", "~=2.1"])
        name = source.choice(["cuda", "cuda", "rocm"])
        runtimes = (*runtimes, version("x 1", runtimes=[f"{name}{entry}"]).runtimes[0])
    return replace(one, hardware=hardware, runtimes=runtimes)


def needs(case: Case, **options: bool) -> Needs | None:
    """What the request of `case` needs; None if no host will do."""
    found = Planner(MemorySource(case.module_versions), case.host).needs(case.request, **options)
    if isinstance(found, Needs):
        return found
    assert Planner(MemorySource(case.module_versions), found.host).plan(case.request) == found.conflict
    return None


def check_against_every_host(case: Case, every: EveryHost) -> int:
    """Holds what is found against every host; the number of smallest ones."""
    found = needs(case)
    rows = every.rows()
    if found is None:
        assert not rows
        return 0
    assert found.complete
    assert {_row(one) for one in found.minimums} == rows
    assert len(found.minimums) == len(rows)
    assert (found.plan is not None) == (_best(case, case.host) is not None)
    assert any(not one.lacks for one in found.minimums) == (found.plan is not None)
    for one in found.minimums:
        assert _plan(case, one.host) == one.plan
    return len(rows)


def _plan(case: Case, host: Host) -> Plan | Conflict:
    return Planner(MemorySource(case.module_versions), host).plan(case.request, held_back=False)


def _best(case: Case, host: Host) -> Answer | None:
    return next(BruteForce(case.module_versions, host, case.request).answers(), None)


def test_the_smallest_hosts_are_those_of_brute_force() -> None:
    counts = []
    for case in demanding_cases("smallest", 130):
        every = EveryHost(case)
        if len(every) <= 800:
            counts.append(check_against_every_host(case, every))
    assert sum(count > 1 for count in counts) > 8


def test_a_plan_is_promised_only_where_there_is_one() -> None:
    minimums = 0
    for case in demanding_cases("promised", 60, prereleases=False):
        found = needs(case)
        for one in found.minimums if found else ():
            assert _plan(case, one.host) == one.plan
            assert _best(case, one.host) is not None
            minimums += 1
    assert minimums > 60


def test_every_runtime_of_an_alternative_will_do() -> None:
    alternatives = 0
    for case in demanding_cases("alternatives", 100):
        found = needs(case)
        for minimum in found.minimums if found else ():
            for alternative in minimum.runtimes:
                runtimes = MappingProxyType({one.name: one.version for one in alternative})
                assert isinstance(_plan(case, replace(minimum.host, runtimes=runtimes)), Plan)
                alternatives += alternative is not minimum.runtimes[0]
    assert alternatives > 10


def test_upgrades_are_single_changes_and_none_is_missed() -> None:
    bought = 0
    for case in demanding_cases("upgrades", 80):
        found = needs(case)
        if found is None:
            continue
        before: dict[object, Plan | None] = {}
        for upgrade in found.upgrades:
            fact = _fact(upgrade.change)
            assert _plan(case, _changed(case, upgrade.change)) == upgrade.plan
            assert upgrade.before == before.get(fact, found.plan)
            before[fact] = upgrade.plan
            bought += 1
        if found.plan is None:
            for change in _hardware_changes(case):
                if isinstance(_plan(case, _changed(case, change)), Plan):
                    alike = _CARDS if change.fact in _CARDS else (change.fact,)
                    changes = [one.change for one in found.upgrades if _fact(one.change) in alike]
                    assert any(isinstance(one, RaiseHardware) and one.to <= change.to for one in changes)
    assert bought > 30


_CARDS = ("vram", "gpus", "total-vram")
"""More memory together can mean a larger card or a second one."""


def _fact(change: RaiseHardware | ProvideRuntime) -> object:
    return change.fact if isinstance(change, RaiseHardware) else ("runtime", change.name)


def _changed(case: Case, change: RaiseHardware | ProvideRuntime) -> Host:
    return apply_changes([change], case.host, case.request)[0]


def _hardware_changes(case: Case) -> Iterator[RaiseHardware]:
    for hardware in (one.hardware for one in case.module_versions):
        vram = "total-vram" if hardware.multi_gpu else "vram"
        for fact, to in (("cores", hardware.cores_min), ("ram", hardware.ram_min), (vram, hardware.vram_min)):
            if to:
                yield RaiseHardware(fact, to, None)


# By hand


def found_for(versions: Sequence[ModuleVersion], *requirements: str, host: Host | None = None, **options: Any) -> Needs:
    """What the requirements need; fails if no host will do."""
    newest = options.pop("newest", False)
    found = Planner(MemorySource(versions), host or Host()).needs(ask(*requirements, **options), newest=newest)
    assert isinstance(found, Needs)
    return found


def spelled(needs: Needs) -> list[str]:
    """The smallest hosts, readable: ``2 cards, 24 GB, 40 GB together, cuda >=12``."""
    return [", ".join(_words(minimum)) for minimum in needs.minimums]


def _words(minimum: Minimum) -> Iterator[str]:
    amounts = ((minimum.vram, " GB"), (minimum.total_vram, " GB together"), (minimum.ram, " GB RAM"))
    if minimum.gpus:
        yield f"{minimum.gpus} cards"
    yield from (f"{amount // GB}{unit}" for amount, unit in amounts if amount)
    if minimum.cores:
        yield f"{minimum.cores} cores"
    yield " or ".join(
        " and ".join(f"{one.name} {','.join(map(str, one.constraints))}".strip() for one in alternative)
        for alternative in minimum.runtimes
    )


def test_cards_are_counted_and_their_memory_is_added_up() -> None:
    registry = [
        version("single 1.0", vram_min=24 * GB),
        version("split 1.0", vram_min=40 * GB, multi_gpu=True),
        version("small 1.0", vram_min=8 * GB, multi_gpu=True),
        version("pair 1.0", multi_gpu=True),
    ]
    assert spelled(found_for(registry, "single")) == ["1 cards, 24 GB, "]
    assert spelled(found_for(registry, "split")) == ["2 cards, 40 GB together, "]
    assert spelled(found_for(registry, "single", "split")) == ["2 cards, 24 GB, 40 GB together, "]
    assert spelled(found_for(registry, "single", "small")) == ["2 cards, 24 GB, "]
    assert spelled(found_for(registry, "pair")) == ["2 cards, "]
    uneven = Host(gpus=(Gpu(vram=16 * GB), Gpu(vram=24 * GB)))
    assert [one.lacks for one in found_for(registry, "single", "split", host=uneven).minimums] == [()]
    many = Host(gpus=(Gpu(vram=12 * GB),) * 4)
    assert [one.lacks for one in found_for(registry, "split", host=many).minimums] == [()]
    assert [one.lacks for one in found_for(registry, "single", "split", host=many).minimums] == [("vram",)]


def test_less_of_one_thing_can_be_made_up_by_more_of_another() -> None:
    registry = [
        version("app 1.0", ram_min=64 * GB, runtimes=["cuda>=11"]),
        version("app 2.0", vram_min=24 * GB, cores_min=8),
        version("app 3.0", vram_min=24 * GB, cores_min=16),
        version("cuda 12.0", ram_min=128 * GB),
    ]
    host = Host(cores=16, ram=128 * GB)
    found = found_for(registry, "app", host=host)
    assert spelled(found) == ["64 GB RAM, cuda >=11", "128 GB RAM, ", "1 cards, 24 GB, 8 cores, "]
    assert [one.lacks for one in found.minimums] == [("runtime.cuda",), (), ("gpus", "vram")]
    assert spelled(found_for(registry, "app", newest=True)) == ["1 cards, 24 GB, 16 cores, "]
    assert spelled(found_for(registry, "app@<2", newest=True)) == ["64 GB RAM, cuda >=11", "128 GB RAM, "]


def test_newer_runtimes_are_told_apart_where_they_need_more() -> None:
    registry = [
        version("app 1.0", runtimes=["cuda<12"]),
        version("app 2.0", runtimes=["cuda>=12,<13"], vram_min=24 * GB),
        version("app 3.0", runtimes=["cuda>=13"], vram_min=24 * GB),
    ]
    found = found_for(registry, "app", host=Host(runtimes=MappingProxyType({"cuda": parse_version("13.1")})))
    assert spelled(found) == ["cuda <12", "1 cards, 24 GB, cuda >=12,<13 or cuda >=13"]
    assert [one.lacks for one in found.minimums] == [("runtime.cuda",), ("gpus", "vram")]
    assert _changes(found) == [("vram", 24 * GB, 0)]


def test_versions_that_a_constraint_leaves_out_are_gone_round() -> None:
    registry = [version("app 1.0", runtimes=["cuda>=12,!=12.0"]), version("tool 1.0", runtimes=["cuda>12.4"])]
    versions = [
        [str(one.version) for each in found_for(registry, *names).minimums for one in each.runtimes[0]]
        for names in (["app"], ["tool"], ["app", "tool"])
    ]
    assert versions == [["12.0.1"], ["12.4.1"], ["12.4.1"]]


def test_upgrades_say_what_they_add_and_what_adds_nothing() -> None:
    registry = [
        version("app 1.0"),
        version("app 2.0", "model@>=1"),
        version("model 0.9"),
        *[version(f"model {number}.0", ram_min=number * 8 * GB) for number in range(1, 5)],
        version("other 1.0", cores_min=64),
        version("app 2.1", "other", "model@>=5"),
    ]
    host = Host(cores=4, ram=4 * GB)
    found = found_for(registry, "app", host=host)
    assert _changes(found) == [("ram", number * 8 * GB, 0) for number in range(1, 5)]
    assert [f"{step.module} {step.version}" for step in found.upgrades[0].plan.steps] == ["model 1.0", "app 2.0"]
    assert found.useless == (RaiseHardware("cores", 64, 4),)
    skipped = found_for(registry, "app", host=replace(host, ram=8 * GB), excluded=["model@2", "model@3"])
    assert _changes(skipped) == [("ram", 32 * GB, 2)]


def _changes(needs: Needs) -> list[tuple[object, object, int]]:
    return [(_fact(one.change), one.change.to, one.idle) for one in needs.upgrades]


def test_what_no_host_can_have_a_plan_for_is_a_conflict() -> None:
    registry = [
        version("app 1.0", "lib@>=2", vram_min=8 * GB, runtimes=["cuda>=12"]),
        *module("lib", "1.0"),
    ]
    found = Planner(MemorySource(registry), Host()).needs(ask("app"))
    assert isinstance(found, NoHost)
    assert [kind["kind"] for kind in map(statement_document, found.conflict.core)] == [
        "requested",
        "dependency",
        "no-version",
    ]
    assert (found.host.gpus[0].vram, dict(found.host.runtimes)) == (8 * GB, {"cuda": parse_version("12")})
    with pytest.raises(InvalidInput):
        Planner(MemorySource(registry), Host()).needs(Request(requirements=()))


def test_modes_and_interfaces_are_those_of_the_host() -> None:
    registry = [
        version("app 1.0", modes=("container",), vram_min=8 * GB),
        version("app 2.0", modes=("native",), vram_min=24 * GB),
        version("user 1.0", "app", consumes=("store",)),
    ]
    assert spelled(found_for(registry, "app", host=Host(modes=frozenset(["native"])))) == ["1 cards, 24 GB, "]
    assert spelled(found_for(registry, "user", host=Host(interfaces=frozenset(["store"])))) == ["1 cards, 8 GB, "]
    assert isinstance(Planner(MemorySource(registry), Host()).needs(ask("user")), NoHost)


def test_there_are_at_most_fifty_of_the_smallest_hosts() -> None:
    registry = [version(f"app {number}.0", ram_min=number * GB, cores_min=100 - number) for number in range(1, 61)]
    found = found_for(registry, "app")
    assert (len(found.minimums), found.complete) == (50, False)
    assert [one.ram for one in found.minimums] == [number * GB for number in range(1, 51)]


def test_order_of_versions_and_seed_change_nothing() -> None:
    for case in demanding_cases("order", 25):
        shuffled = list(case.module_versions)
        random.Random(7).shuffle(shuffled)
        assert needs(replace(case, module_versions=tuple(shuffled))) == needs(case)


def test_what_was_found_in_time_is_told() -> None:
    registry = [version("app 1.0", ram_min=8 * GB, runtimes=["cuda"]), version("app 2.0", ram_min=16 * GB)]
    planner = Planner(MemorySource(registry), Host(ram=4 * GB))
    with pytest.raises(OutOfTime):
        planner.needs(ask("app"), stop=lambda: True)
    counts = set()
    for limit in range(1, 60):
        asked = iter(range(limit))
        try:
            found = planner.needs(ask("app"), stop=lambda: next(asked, None) is None)  # noqa: B023
        except OutOfTime:
            continue
        assert isinstance(found, Needs)
        counts.add((len(found.minimums), found.complete))
    assert {(0, False), (1, False), (2, True)} <= counts


def test_what_is_installed_does_not_count() -> None:
    """A smallest host is any machine, on which nothing is installed."""
    registry = [version("app 1.0", "lib@<2"), version("app 2.0", "lib", ram_min=32 * GB), *module("lib", "1.0", "2.0")]
    installed = machine(version("tool 1.0", "lib@>=2"), version("lib 2.0"), version("app 3.0", ram_min=64 * GB))
    found = Planner(MemorySource(registry), installed).needs(ask("app"), newest=True)
    assert found == Planner(MemorySource(registry), Host()).needs(ask("app"), newest=True)
    assert isinstance(found, Needs)
    assert [minimum.ram for minimum in found.minimums] == [32 * GB]
