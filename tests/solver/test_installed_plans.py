"""Decision 0017 in small examples: what stays, what changes, what is invalid already, and the order of steps."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from registries import ask, document, machine, module, version

from las_solver.errors import InvalidInput
from las_solver.limit import Limit
from las_solver.model import Gpu, Host, ModuleVersion, Request, Strategy
from las_solver.planner import Planner
from las_solver.source import MemorySource


def steps(versions: Sequence[ModuleVersion], request: Request, host: Host) -> str:
    """The steps of the plan, as ``keep lib 1.0, install app 2.0``; held against brute force and the checker."""
    answer = document(versions, request, host)
    assert answer["status"] == "resolved", answer["explanation"]
    return ", ".join(f"{step['action']} {step['module']} {step['version']}" for step in answer["steps"])


def is_conflict(versions: Sequence[ModuleVersion], request: Request, host: Host) -> bool:
    return bool(document(versions, request, host)["status"] == "conflict")


LIB = module("lib", "1.0", "2.0", "3.0")
OLD = version("old 1.0", "lib@<3")
REGISTRY = [*LIB, OLD, version("app 1.0", "lib"), version("app 2.0", "lib@>=3")]
HOST = machine(OLD, LIB[0])


# What stays.


def test_what_is_installed_stays_and_changes_only_where_that_is_needed() -> None:
    assert steps(REGISTRY, ask("app"), HOST) == "upgrade lib 2.0, install app 1.0, keep old 1.0"
    assert steps([*REGISTRY, version("new 1.0")], ask("new"), HOST) == "keep lib 1.0, install new 1.0, keep old 1.0"


def test_a_request_that_what_stays_rules_out_is_a_conflict_unless_that_may_be_removed() -> None:
    assert is_conflict(REGISTRY, ask("app@2"), HOST)
    plan = "upgrade lib 3.0, install app 2.0, remove old 1.0"
    assert steps(REGISTRY, ask("app@2", released=frozenset(["old"])), HOST) == plan
    assert steps(REGISTRY, ask("app@2", allow_removal=True), HOST) == plan
    assert is_conflict(REGISTRY, ask("app@2", released=frozenset(["lib"])), HOST)


@pytest.mark.parametrize("strategy", [Strategy.NEWEST, Strategy.UPGRADE, Strategy.LOWEST])
@pytest.mark.parametrize("old", "abcd")
def test_what_is_the_newest_already_stays_in_place_of_what_is_not(old: str, strategy: Strategy) -> None:
    """All answers remove as many; the first by name stays only if that makes nothing older."""
    installed = [version(f"{name} 1.0") for name in "abcd"]
    host = machine(*installed)
    for most in (1, 2, 3):
        limit = Limit("modules", most, lambda one: 1)
        request = ask(strategy=strategy, allow_removal=True, limits=(limit,))
        kept = [name for name in "abcd" if name != old or strategy is Strategy.LOWEST][:most]
        found = steps([*installed, version(f"{old} 2.0")], request, host).split(", ")
        assert [one for one in found if "keep" in one] == [f"keep {name} 1.0" for name in kept]


def test_fewest_removals_come_before_newer_versions_of_what_is_requested() -> None:
    assert steps(REGISTRY, ask("app", allow_removal=True), HOST) == "upgrade lib 2.0, install app 1.0, keep old 1.0"


def test_what_consumes_a_provider_that_changes_gets_another_one() -> None:
    """`ghost` would rest, were d there for good; but b, for which it was tried, is served by f in the end."""
    registry = [
        version("a 1.1"),
        version("a 2.0", "d@<=1.0", provides=("store",)),
        version("d 1.0", "d"),
        version("d 1.1", provides=("store", "api")),
        version("f 2.0", provides=("api",)),
    ]
    host = machine(
        version("b 1.1", consumes=("api",)),
        version("ghost 1.0", consumes=("store",)),
        version("f 1.0", provides=("store",)),
    )
    plan = "install a 1.1, install d 1.1, upgrade f 2.0, keep b 1.1, keep ghost 1.0"
    assert steps(registry, ask("b", "a", pinned=["f@>=2.0"]), host) == plan


def test_a_request_for_nothing_leaves_everything_as_it_is() -> None:
    assert steps(REGISTRY, ask(), HOST) == "keep lib 1.0, keep old 1.0"
    with pytest.raises(InvalidInput, match="nothing is requested"):
        Planner(MemorySource(REGISTRY), Host()).plan(ask())


def test_what_is_excluded_and_released_is_removed_with_the_least_change_to_the_rest() -> None:
    remove = ask(excluded=["old"], released=frozenset(["old"]), strategy=Strategy.KEEP)
    assert steps(REGISTRY, remove, HOST) == "keep lib 1.0, remove old 1.0"
    assert is_conflict(REGISTRY, ask(excluded=["lib"], released=frozenset(["lib"])), HOST)


# Which of the answers.


def test_keep_takes_the_fewest_changes_before_the_newest() -> None:
    assert steps(REGISTRY, ask("app", strategy=Strategy.KEEP), HOST) == "keep lib 1.0, install app 1.0, keep old 1.0"
    assert steps(REGISTRY, ask("lib", strategy=Strategy.KEEP), HOST) == "keep lib 1.0, keep old 1.0"
    assert steps(REGISTRY, ask("lib"), HOST) == "upgrade lib 2.0, keep old 1.0"


def test_fewest_changes_of_what_stays_come_before_newer_versions_of_it() -> None:
    registry = [
        *module("a", "1.0", "2.0"),
        *module("b", "1.0", "2.0"),
        version("app 1.0", "n"),
        version("n 1.0", "a@2"),
    ]
    host = machine(version("a 1.0"), version("b 1.0"))
    assert steps(registry, ask("app"), host) == "upgrade a 2.0, keep b 1.0, install n 1.0, install app 1.0"


def test_a_present_provider_is_no_reason_to_install_another() -> None:
    registry = [version("app 1.0", consumes=("db",)), version("adb 1.0", provides=("db",))]
    host = machine(version("pg 1.0", provides=("db",)))
    assert steps(registry, ask("app"), host) == "keep pg 1.0, install app 1.0"


def test_upgrade_makes_providers_newer_that_are_preferred() -> None:
    pg = [version(f"pg {number}", provides=("db",)) for number in ("1.0", "2.0")]
    app = version("app 1.0", consumes=("db",))
    registry, host = [*pg, app, version("adb 1.0", provides=("db",))], machine(pg[0], app)
    upgrade = ask("app", strategy=Strategy.UPGRADE, preferred=("app", "pg"))
    assert steps(registry, ask("app"), host) == "keep pg 1.0, keep app 1.0"
    assert steps(registry, upgrade, host) == "upgrade pg 2.0, keep app 1.0"
    assert steps(registry, upgrade, machine(pg[1], app)) == "keep pg 2.0, keep app 1.0"


# Versions that only the machine knows of.


def test_a_version_that_is_gone_from_the_registry_may_stay() -> None:
    for number in ("0.9", "2.5", "4.0"):
        host = machine(version(f"lib {number}"))
        assert steps(LIB, ask("lib", strategy=Strategy.KEEP), host) == f"keep lib {number}"
        assert steps([OLD], ask("lib"), host) == f"keep lib {number}"
    assert steps(LIB, ask("lib"), machine(version("lib 4.0"))) == "keep lib 4.0"


def test_the_manifest_that_was_kept_describes_the_installed_version() -> None:
    registry = [version("app 1.0", "ghost"), *LIB]
    assert steps(registry, ask("app"), machine(version("app 1.0", "lib"), LIB[0])) == "upgrade lib 3.0, keep app 1.0"
    assert is_conflict(registry, ask("app"), machine(LIB[0]))


def test_newest_is_of_the_registry_where_it_has_the_module() -> None:
    def newest(versions: Sequence[ModuleVersion]) -> object:
        return document(versions, ask(), machine(version("lib 4.0")))["steps"][0]["newest"]

    assert newest(LIB) == "3.0"
    assert newest([OLD]) == "4.0"


def test_an_installed_pre_release_may_stay_and_admits_no_other() -> None:
    registry = module("lib", "1.0", "2.0rc1", "2.0rc2")
    assert steps(registry, ask("lib"), machine(registry[1])) == "keep lib 2.0rc1"
    assert is_conflict(registry, ask("lib@>2.0rc1"), machine(registry[0])) is False
    assert is_conflict(registry, ask("lib@!=2.0rc1,!=1.0"), machine(registry[1]))


def test_a_final_version_that_is_installed_counts_where_all_others_are_pre_releases() -> None:
    registry = module("lib", "2.0a1", "2.0a2")
    assert steps(registry, ask("lib"), machine(version("lib 1.0"))) == "keep lib 1.0"
    assert steps(registry, ask("lib"), machine(version("lib 2.0a0"))) == "upgrade lib 2.0a2"


def test_a_deprecated_version_may_stay_and_is_not_chosen_anew() -> None:
    assert steps(LIB, ask("lib"), machine(deprecated=["lib 3.0"])) == "install lib 2.0"
    assert steps(LIB, ask("lib"), machine(LIB[2], deprecated=["lib 3.0"])) == "keep lib 3.0"
    assert is_conflict(LIB, ask("lib@3"), machine(LIB[1], deprecated=["lib 3.0"]))


# Pins and locks.


def test_pins_hold_for_what_is_installed_and_ask_for_nothing() -> None:
    assert steps(LIB, ask("lib", pinned=["lib@<3"]), machine()) == "install lib 2.0"
    assert steps(LIB, ask(pinned=["lib@>=2"]), machine(LIB[0])) == "upgrade lib 3.0"
    assert steps([*LIB, version("app 1.0")], ask("app", pinned=["lib@2"]), machine()) == "install app 1.0"
    assert is_conflict(LIB, ask(pinned=["lib@>3"]), machine(LIB[0]))


def test_a_pin_that_names_a_pre_release_admits_pre_releases_of_its_module() -> None:
    registry = module("lib", "1.0", "2.0rc1")
    assert steps(registry, ask("lib", pinned=["lib@>=1.0rc1"]), machine()) == "install lib 2.0rc1"
    assert steps(registry, ask("lib", pinned=["lib@!=1.0rc1"]), machine()) == "install lib 1.0"


def test_a_lock_says_the_only_version_and_admits_no_other_module() -> None:
    assert steps(REGISTRY, ask("app", locked=["app 1.0", "lib 1.0"]), machine()) == "install lib 1.0, install app 1.0"
    assert is_conflict(REGISTRY, ask("app", locked=["app 1.0"]), machine())
    assert is_conflict(REGISTRY, ask("app", locked=["app 1.0", "lib 9.0"]), machine())
    locked = ask("app", locked=["app 1.0"])
    assert steps(REGISTRY, locked, machine(LIB[0])) == "keep lib 1.0, install app 1.0"
    free = ask("app", locked=["app 1.0"], unlocked=frozenset(["lib"]))
    assert steps(REGISTRY, free, machine()) == "install lib 3.0, install app 1.0"


def test_a_lock_admits_the_pre_releases_that_it_names() -> None:
    registry = module("lib", "1.0", "2.0rc1")
    assert steps(registry, ask("lib", locked=["lib 2.0rc1"]), machine()) == "install lib 2.0rc1"


# What is invalid already.

BROKEN = {
    "hardware": [version("x 1.0", "ghost", vram_min=10)],
    "mode": [version("x 1.0", "ghost", modes=("wsl",))],
    "need": [version("x 1.0", "y@2", consumes=("db",)), version("y 1.0")],
    "interface": [version("x 1.0", "y", consumes=("db",)), version("y 1.0", consumes=("db",))],
    "cycle": [version("x 1.0", "y"), version("y 1.0", "x")],
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_invalid_already_is_reported_and_does_not_block(kind: str) -> None:
    facts = {"modes": frozenset(["native"]), "gpus": (Gpu(vram=1),)}
    host = machine(*BROKEN[kind], **facts)
    answer = document([*LIB, OLD], ask("old"), host)
    invalid = {one["module"]: one["reason"] for one in answer["invalid"]}
    assert "x" in invalid
    assert {"hardware": "GPU", "mode": "wsl", "need": "y", "interface": "db", "cycle": "circle"}[kind] in invalid["x"]
    assert [step["action"] for step in answer["steps"] if step["module"] in ("old", "lib")] == ["install", "install"]
    assert all(step["module"] not in invalid for step in answer["steps"])


def test_what_needs_something_invalid_is_invalid_and_what_that_needs_may_stay() -> None:
    top, middle, low = version("top 1.0", "middle"), version("middle 1.0", "low", cores_min=8), version("low 1.0")
    answer = document([], ask(), machine(top, middle, low))
    assert [one["module"] for one in answer["invalid"]] == ["middle", "top"]
    assert [(step["action"], step["module"]) for step in answer["steps"]] == [("keep", "low")]


def test_an_invalid_module_that_is_needed_is_like_any_other() -> None:
    middle = version("middle 1.0", cores_min=8)
    registry = [version("app 1.0", "middle"), version("middle 0.9"), middle]
    assert steps(registry, ask("app"), machine(middle)) == "downgrade middle 0.9, install app 1.0"


# The order of steps.


def order(versions: Sequence[ModuleVersion], request: Request, host: Host) -> list[tuple[str, str, list[str]]]:
    found = document(versions, request, host)["steps"]
    return [(step["action"], step["module"], step["after"]) for step in found]


def test_a_removal_comes_after_what_still_needs_it() -> None:
    a, z = version("a 1.0"), version("z 1.0", "a")
    request = ask("z", excluded=["a"], released=frozenset(["a"]))
    assert order([a, z, version("z 2.0")], request, machine(a, z)) == [("upgrade", "z", []), ("remove", "a", ["z"])]
    both = ask(excluded=["a", "z"], released=frozenset(["a", "z"]))
    assert order([a, z], both, machine(a, z)) == [("remove", "z", []), ("remove", "a", ["z"])]


def test_a_removal_comes_after_what_consumes_what_it_provides_unless_the_host_does() -> None:
    a, z = version("a 1.0", provides=("db",)), version("z 1.0", consumes=("db",))
    registry, request = [a, z, version("z 2.0")], ask("z", excluded=["a"], released=frozenset(["a"]))
    assert order(registry, request, machine(a, z)) == [("upgrade", "z", []), ("remove", "a", ["z"])]
    outside = machine(a, z, interfaces=frozenset(["db"]))
    assert order(registry, request, outside) == [("remove", "a", []), ("upgrade", "z", [])]


def test_a_downgrade_comes_after_what_needs_the_version_that_goes() -> None:
    d, z = module("d", "1.0", "2.0"), version("z 1.0", "d@2")
    registry = [*d, z, version("z 2.0")]
    assert order(registry, ask("d@1"), machine(d[1], z)) == [("upgrade", "z", []), ("downgrade", "d", ["z"])]


def test_what_is_new_needs_comes_before_it_all_the_same() -> None:
    """'The new one's need wins.'"""
    d, z = module("d", "1.0", "2.0"), version("z 1.0", "d@2")
    registry = [*d, z, version("z 2.0", "d@1")]
    assert order(registry, ask("z"), machine(d[1], z)) == [("downgrade", "d", []), ("upgrade", "z", [])]


def test_edges_of_downgrades_come_before_those_of_removals() -> None:
    d, y, z = module("d", "1.0", "2.0"), version("y 1.0", "d@2"), version("z 1.0", "y")
    request = ask("z@2", excluded=["y"], released=frozenset(["y"]))
    found = order([*d, y, z, version("z 2.0", "d@1")], request, machine(d[1], y, z))
    assert found == [("remove", "y", []), ("downgrade", "d", ["y"]), ("upgrade", "z", [])]


def test_a_removal_says_what_was_installed() -> None:
    kept = version("a 1.0", category="service", system_packages=("gcc",), checksum="sha256:" + "0" * 64)
    request = ask(excluded=["a"], released=frozenset(["a"]))
    step = document(module("a", "1.0", "2.0"), request, machine(kept))["steps"][0]
    wanted = {
        "action": "remove", "version": "1.0", "installed": "1.0", "mode": None, "category": "service", "newest": "2.0",
        "versions_behind": 0, "system_packages": [], "held_back_by": [], "checksum": kept.checksum,
        "source": kept.source,
    }  # fmt: skip
    assert {key: step[key] for key in wanted} == wanted


def test_under_keep_what_is_invalid_and_needed_as_it_is_counts_as_what_may_not_change() -> None:
    registry = [version("app 2.0", "lib@<2"), *module("lib", "1.0", "2.0"), *module("dep", "4.0")]
    answer = document(
        registry, ask("app", strategy=Strategy.KEEP), machine(version("app 1.0", "dep"), version("lib 2.0"))
    )
    reasons = {step["module"]: [one["kind"] for one in step["held_back_by"]] for step in answer["steps"]}
    assert reasons == {"app": ["installed"], "dep": [], "lib": []}
