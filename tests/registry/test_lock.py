"""Lock files: read as they were written, obeyed they give the same answer again, and mistakes are named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from manifests import load, manifest_text
from registries import version
from strategies import Case, cases

from las_registry.lock import Lock, LockedModule, lock_of, read_lock
from las_registry.lock_changes import Change, LockNotObeyed, changed_facts, changed_manifests, unlike_plan
from las_registry.lock_facts import fact_of, is_same, parse_fact
from las_registry.lock_text import lock_text
from las_registry.manifest import is_label
from las_registry.problem import InvalidFile
from las_registry.registry import Registry
from las_registry.replay import Replay
from las_solver.constraint import Requirement, parse_version
from las_solver.model import Gpu, Host, ModuleVersion, Request, Strategy
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.recording import record
from las_solver.source import MemorySource

SUM = "sha256:" + 64 * "a"
OTHER = "sha256:" + 64 * "b"
LEAST = f"""las-solve-lock: 1
request: [app]
registry: {SUM}
modules:
  app: {{version: 1.0, mode: native, checksum: {SUM}}}
"""


def _read(text: str | bytes) -> Lock:
    return read_lock(text.encode() if isinstance(text, str) else text, "las-solve.lock")


def _problems(text: str | bytes) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        _read(text)
    return [str(problem) for problem in caught.value.problems]


def _of_a_bare_machine(case: Case) -> Case:
    """`case` with nothing installed, pinned or locked."""
    return replace(
        case,
        host=replace(case.host, installed=MappingProxyType({}), deprecated=frozenset()),
        request=Request(
            requirements=case.request.requirements,
            strategy=Strategy.LOWEST if case.request.strategy is Strategy.LOWEST else Strategy.NEWEST,
            prereleases=case.request.prereleases,
            modes=case.request.modes,
            forced_modes=case.request.forced_modes,
            preferred=case.request.preferred,
            excluded=case.request.excluded,
        ),
    )


def _plan(registry: Registry, host: Host, request: Request) -> Plan:
    found = Planner(registry, host).plan(request)
    assert isinstance(found, Plan), found
    return found


def _lock(registry: Registry, *requirements: str, host: Host | None = None) -> Lock:
    host = host or Host()
    request = Request(requirements=tuple(map(Requirement.parse, requirements)))
    return lock_of(_plan(registry, host, request), registry, host)


def test_a_provider_that_is_there_for_the_pre_release_it_admits_stays_in_the_plan_of_its_lock() -> None:
    modules = [
        version("app 1.0", "tool", consumes=("api",)),
        version("tool 1.0rc1"),
        version("tool 1.0"),
        version("first 1.0", provides=("api",)),
        version("second 1.0", "tool@>=1.0rc1", provides=("api",)),
    ]
    request = Request(requirements=(Requirement.parse("app"),), strategy=Strategy.LOWEST)
    registry = Replay(recording=record(MemorySource(modules), Host(), request)).registry()
    plan = _plan(registry, Host(), request)
    chosen = [(step.module, str(step.version)) for step in plan.steps]
    assert sorted(chosen) == [("app", "1.0"), ("second", "1.0"), ("tool", "1.0rc1")]
    lock = lock_of(plan, registry, Host())
    again = _plan(registry, Host(), replace(request, locked=lock.versions))
    assert [(step.module, str(step.version)) for step in again.steps] == chosen
    assert list(unlike_plan(lock, again)) == []


@given(cases())
def test_the_lock_of_an_answer_leads_to_that_answer(case: Case) -> None:
    case = _of_a_bare_machine(case)
    assume(case.request.requirements)
    source = MemorySource(case.module_versions)
    registry = Replay(recording=record(source, case.host, case.request)).registry()
    plan = Planner(registry, case.host).plan(case.request)
    assume(isinstance(plan, Plan))
    assert isinstance(plan, Plan)
    lock = lock_of(plan, registry, case.host)
    text = lock_text(lock)
    assert _read(text) == lock
    assert lock_text(_read(text)) == text
    assert list(changed_manifests(lock, registry, case.host)) == list(changed_facts(lock, case.host)) == []
    again = _plan(registry, case.host, replace(case.request, locked=lock.versions))
    assert [(step.module, step.version, step.mode) for step in again.steps] == [
        (step.module, step.version, step.mode) for step in plan.steps
    ]
    assert list(unlike_plan(lock, again)) == []


LABELS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(is_label)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,8}", fullmatch=True)


@given(
    st.dictionaries(
        NAMES, st.tuples(st.sampled_from(["1", "1.10", "2!1.0rc1+x.1", "0"]), LABELS), min_size=1, max_size=5
    ),
    st.lists(LABELS, max_size=5),
    st.data(),
)
def test_any_names_are_read_as_written(
    modules: Mapping[str, tuple[str, str]], labels: list[str], data: st.DataObject
) -> None:
    names = sorted(modules)
    facts = {f"interface.{one}": "none" for one in labels}
    modes = [one for one in labels if one.isprintable() and "," not in one]
    facts |= {"modes": fact_of(Host(modes=frozenset(modes)), "modes")} if modes else {}
    lock = Lock(
        request=Request(
            requirements=(Requirement.parse(data.draw(st.sampled_from(names))),),
            strategy=data.draw(st.sampled_from(Strategy)),
            prereleases=data.draw(st.booleans()),
            modes=frozenset(labels) if labels else None,
            forced_modes=MappingProxyType({name: mode for name, (_, mode) in modules.items()}),
            preferred=tuple(names),
            excluded=tuple(Requirement.parse(f"{name}@>=9,!=9.5") for name in names),
        ),
        registry=SUM,
        facts=MappingProxyType(facts),
        modules=tuple(
            LockedModule(name=name, version=parse_version(modules[name][0]), mode=modules[name][1], checksum=OTHER)
            for name in names
        ),
    )
    assert _read(lock_text(lock)) == lock


def test_other_readers_of_yaml_take_every_value_for_a_text() -> None:
    names = ("no", "1e3", "app", "2024-01-01", "on", "0x10", "1.10")
    modules = tuple(
        LockedModule(name=name, version=parse_version("1.10"), mode="yes", checksum=SUM) for name in sorted(names)
    )
    requirements = tuple(map(Requirement.parse, names))
    lock = Lock(request=Request(requirements=requirements), registry=SUM, facts={"cores": "16"}, modules=modules)
    read = yaml.safe_load(lock_text(lock))
    assert read["request"] == list(names)
    assert read["host"] == {"cores": "16"}
    assert read["modules"] == {name: {"version": "1.10", "mode": "yes", "checksum": SUM} for name in names}


STACK = {
    "app.manifest.yaml": manifest_text(
        "app",
        "2.0",
        "hardware: {cpu: {cores_min: 4}, gpu: {vram_min: 8GB}}\n"
        "dependencies: {modules: [lib], runtime: [cuda>=12]}\ninterfaces: {consumes: [store]}\n",
        modes="[native, container]",
    ),
    "lib.manifest.yaml": "---\n".join(
        (
            manifest_text("lib", "1.0"),
            manifest_text("lib", "2.0", "hardware: {memory: {ram_min: 128GB}}\n"),
            manifest_text("lib", "3.0", "dependencies: {runtime: [driver]}\n"),
        )
    ),
    "other.manifest.yaml": manifest_text("other", "1.0", "hardware: {gpu: {multi_gpu: true}}\n"),
}
MACHINE = Host(
    cores=8,
    ram=64 * 10**9,
    gpus=(Gpu(vram=8 * 10**9), Gpu(vram=24 * 10**9)),
    runtimes=MappingProxyType({"cuda": parse_version("12.4"), "unused": parse_version("1")}),
    modes=frozenset(["native"]),
    interfaces=frozenset(["store", "unused"]),
    system_packages=frozenset(["git"]),
)


def test_a_lock_is_a_block_a_module_with_the_facts_that_mattered(tmp_path: Path) -> None:
    registry = load(tmp_path, STACK)
    oldest = [registry.manifest(name, registry.versions(name)[-1].version) for name in ("app", "lib")]
    sums = {found.module.name: found.checksum for found in oldest if found is not None}
    assert lock_text(_lock(registry, "app@>=1", host=MACHINE)) == (
        "# Written by las-solve lock; las-solve plan --locked obeys it. Keep it with what needs these modules.\n"
        "las-solve-lock: 1\n"
        "request:\n"
        "  - app@>=1\n"
        f'registry: "{registry.digest}"\n'
        "host:\n"
        '  cores: "8"\n'
        '  ram: "64GB"\n'
        '  gpus: "24GB, 8GB"\n'
        "  modes: native\n"
        "  interface.store: provided\n"
        '  runtime.cuda: "12.4"\n'
        "  runtime.driver: none\n"
        "modules:\n"
        "  app:\n"
        '    version: "2.0"\n'
        "    mode: native\n"
        f'    checksum: "{sums["app"]}"\n'
        "  lib:\n"
        '    version: "1.0"\n'
        "    mode: native\n"
        f'    checksum: "{sums["lib"]}"\n'
    )


def test_what_did_not_matter_is_not_in_a_lock(tmp_path: Path) -> None:
    registry = load(tmp_path, {"app.manifest.yaml": manifest_text("app", "1")})
    assert _lock(registry, "app", host=MACHINE).facts == {}


@pytest.mark.parametrize(
    ("host", "changes"),
    [
        (MACHINE, []),
        (replace(MACHINE, interfaces=frozenset(["store"]), system_packages=frozenset()), []),
        (replace(MACHINE, gpus=MACHINE.gpus[::-1]), []),
        (replace(MACHINE, runtimes={"cuda": parse_version("12.4.0")}), []),
        (replace(MACHINE, cores=None), ["cores: unknown here, 8 where it was locked"]),
        (replace(MACHINE, ram=10**9), ["ram: 1GB here, 64GB where it was locked"]),
        (replace(MACHINE, gpus=()), ["gpus: none here, 24GB, 8GB where it was locked"]),
        (replace(MACHINE, modes=None), ["modes: any here, native where it was locked"]),
        (replace(MACHINE, interfaces=frozenset()), ["interface.store: none here, provided where it was locked"]),
        (
            replace(MACHINE, runtimes={"driver": parse_version("1")}),
            [
                "runtime.cuda: none here, 12.4 where it was locked",
                "runtime.driver: 1 here, none where it was locked",
            ],
        ),
    ],
)
def test_facts_that_mattered_are_compared(host: Host, changes: list[str], tmp_path: Path) -> None:
    lock = _lock(load(tmp_path, STACK), "app", host=MACHINE)
    assert [str(one) for one in changed_facts(lock, host)] == changes


def test_versions_that_are_gone_and_other_manifests_are_named(tmp_path: Path) -> None:
    lock = _lock(load(tmp_path / "old", STACK), "app", host=MACHINE)
    changed = STACK["app.manifest.yaml"].replace("description: Something", "description: Else")
    newer = {"app.manifest.yaml": changed, "lib.manifest.yaml": manifest_text("lib", "1.5")}
    registry = load(tmp_path / "new", newer)
    other, gone = changed_manifests(lock, registry, MACHINE)
    assert (other.kind, other.name, other.locked) == ("manifest", "app", lock.modules[0].checksum)
    assert gone == Change("gone", "lib", "1.0", "1.5")
    unknown = load(tmp_path / "none", {"app.manifest.yaml": STACK["app.manifest.yaml"]})
    assert list(changed_manifests(lock, unknown, MACHINE)) == [Change("gone", "lib", "1.0", None)]
    error = LockNotObeyed("las-solve.lock", [other, gone])
    assert str(error).splitlines() == [
        "las-solve.lock cannot be obeyed: not everything is as it was locked",
        f"  app has another manifest: {other.now} in place of {other.locked}",
        "  lib 1.0 is no longer there, the newest is 1.5",
    ]


def test_the_manifest_that_was_kept_counts_for_what_is_installed(tmp_path: Path) -> None:
    lock = _lock(load(tmp_path / "old", STACK), "app", host=MACHINE)
    registry = load(tmp_path / "new", {"app.manifest.yaml": STACK["app.manifest.yaml"]})
    kept = ModuleVersion(name="lib", version=parse_version("1.0"), checksum=lock.modules[1].checksum)
    assert list(changed_manifests(lock, registry, replace(MACHINE, installed={"lib": kept}))) == []
    other = replace(kept, checksum=OTHER)
    assert list(changed_manifests(lock, registry, replace(MACHINE, installed={"lib": other}))) == [
        Change("manifest", "lib", lock.modules[1].checksum, OTHER)
    ]
    bare = replace(kept, checksum=None)
    assert list(changed_manifests(lock, registry, replace(MACHINE, installed={"lib": bare}))) == []
    both = load(tmp_path / "both", STACK)
    assert list(changed_manifests(lock, both, replace(MACHINE, installed={"lib": bare}))) == []
    needy = replace(bare, consumes=("store",))
    (change,) = changed_manifests(lock, both, replace(MACHINE, installed={"lib": needy}))
    assert str(change) == f"lib has another manifest: the one that is installed in place of {change.locked}"


def test_modules_that_are_not_needed_and_other_modes_are_named(tmp_path: Path) -> None:
    registry = load(tmp_path, STACK)
    lock = _lock(registry, "app", host=MACHINE)
    extra = LockedModule(name="zlib", version=parse_version("1"), mode="native", checksum=SUM)
    moved = (replace(lock.modules[0], mode="container"), *lock.modules[1:], extra)
    plan = _plan(registry, MACHINE, replace(lock.request, locked=lock.versions))
    assert list(unlike_plan(replace(lock, modules=moved), plan)) == [
        Change("mode", "app", "container", "native"),
        Change("unneeded", "zlib", "1", None),
    ]


def test_order_of_files_does_not_matter_and_that_of_registries_does(tmp_path: Path) -> None:
    shuffled = {f"deep/{place}/{name}": text for place, (name, text) in enumerate(reversed(STACK.items()))}
    first, second = load(tmp_path / "a", STACK), load(tmp_path / "b", shuffled)
    wanted = lock_text(_lock(first, "app", host=MACHINE))
    assert lock_text(_lock(second, "app", host=MACHINE)) == wanted
    newer = load(tmp_path / "c", {"lib.manifest.yaml": manifest_text("lib", "1.1")})
    assert newer
    places = [tmp_path / "a", tmp_path / "c"]
    assert lock_text(_lock(Registry.load(places), "app", host=MACHINE)) == wanted
    assert lock_text(_lock(Registry.load(places[::-1]), "app", host=MACHINE)) != wanted


REMEDY = "\n  hint: las-solve lock MODULE... writes it anew"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "",
            [
                "las-solve.lock:1: this is not a lock file\n"
                "  hint: a lock file begins with las-solve-lock: 1; las-solve lock MODULE... writes it anew"
            ],
        ),
        (
            "las-solve-lock: 2\nmodules: 7\n",
            [
                "las-solve.lock:1: las-solve-lock: expected version 1 of the format, found '2'\n"
                "  hint: a newer las-solve reads it"
            ],
        ),
        (
            f"las-solve-lock: 1\nrequests: [a]\nrequest: [app]\nregistry: {SUM}\nmodules: []\n",
            [
                "las-solve.lock:2: requests: there is no such key\n  hint: did you mean request?",
                "las-solve.lock:5: modules: expected a mapping, found a list\n  hint: write it like {key: value}",
            ],
        ),
        (
            LEAST.replace("version: 1.0", "version: one").replace(f"registry: {SUM}", "registry: sha1"),
            [
                "las-solve.lock:3: registry: 'sha1' is not a checksum\n"
                "  hint: it is sha256: and 64 hex digits; las-solve lock MODULE... writes it anew",
                "las-solve.lock:5: modules.app.version: 'one' is not a PEP 440 version\n"
                "  hint: write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1",
            ],
        ),
        (
            LEAST.replace("mode: native, ", ""),
            ["las-solve.lock:5: modules.app: its mode is missing\n  hint: write {mode: ...}"],
        ),
        (
            LEAST + "  lib: 1.0\n",
            ["las-solve.lock:6: modules.lib: expected version, mode and checksum, found '1.0'" + REMEDY],
        ),
        (LEAST.replace("[app]", "[app, lib]"), ["las-solve.lock:2: request[1]: the lock has no lib" + REMEDY]),
        (LEAST.replace("[app]", "[app@>=2]"), ["las-solve.lock:2: request[0]: the lock has app at 1.0" + REMEDY]),
        (
            LEAST + "host: {cores: many, gpu: 1, ram: 64G, modes: , interface.x: 1, runtime.y: {}}\n",
            [
                "las-solve.lock:6: host.cores: 'many' is not a number of CPUs\n"
                "  hint: write a whole number from 1, like 16",
                "las-solve.lock:6: host.gpu: there is no such fact\n"
                "  hint: facts are cores, ram, gpus, modes, runtime.NAME, interface.NAME",
            ],
        ),
        (
            LEAST + "<<<<<<< ours\n",
            ["las-solve.lock:6: a merge left its marks here\n  hint: keep one side, and let las-solve lock renew it"],
        ),
        (LEAST + "modules: {}\n", []),
        ("[" * 100_000, []),
        (b"\xff\xfe", []),
        (b"las-solve-lock: 1\nx: \x00\n", []),
        ("las-solve-lock: &a 1\nrequest: [" + "*a, " * 300_000 + "]\n", []),
    ],
)
def test_mistakes_are_named_with_their_lines(text: str | bytes, problems: list[str]) -> None:
    found = _problems(text)
    assert found[: len(problems)] == problems
    assert all("\n  hint: " in one and one.startswith("las-solve.lock") for one in found)
    assert len(found) <= 50 + len(problems)


def test_only_so_many_mistakes_are_named() -> None:
    many = "".join(f"  m{number}: {number}\n" for number in range(10_000))
    assert 1 < len(_problems(LEAST + many)) < 60


@pytest.mark.parametrize(
    ("fact", "value", "spelled"),
    [
        ("cores", "16", "16"),
        ("cores", "unknown", "unknown"),
        ("ram", "64 gb", "64GB"),
        ("gpus", "8GB,24564 MiB", "24564MiB, 8GB"),
        ("gpus", "none", "none"),
        ("modes", "native,container", "container, native"),
        ("modes", "any", "any"),
        ("runtime.driver", "570.124.06", "570.124.06"),
        ("runtime.driver", "none", "none"),
        ("interface.store", "provided", "provided"),
    ],
)
def test_facts_are_spelled_in_one_way(fact: str, value: str, spelled: str) -> None:
    assert parse_fact(fact, value) == spelled


def test_versions_of_runtimes_may_be_spelled_in_several_ways() -> None:
    assert is_same("runtime.cuda", "12.4", "12.4.0")
    assert not is_same("runtime.cuda", "12.4", "none")
    assert not is_same("modes", "1.0", "1")
