"""Section 5: which valid answer. Every example is also held against brute force and the checker."""

from __future__ import annotations

import pytest
from registries import ask, chosen, document, module, version

from las_solver.constraint import parse_version
from las_solver.model import Gpu, Host, Strategy

LIBS = module("lib", "1.0", "2.0", "3.0")


def test_layer_0_comes_before_what_it_needs() -> None:
    registry = [version("app 1.0", "lib"), version("app 2.0", "lib@<2"), *LIBS]
    assert chosen(registry, "app") == "lib 1.0, app 2.0"


def test_the_total_of_a_layer_counts_and_not_who_is_first() -> None:
    """The priority trap: the newest `a` would cost `b` two versions."""
    registry = [version("a 1.0", "lib"), version("a 2.0", "lib@<2"), *LIBS]
    registry += [version(f"b {number}.0", f"lib@>={number}") for number in (1, 2, 3)]
    assert chosen(registry, "a", "b") == "lib 3.0, a 1.0, b 3.0"


@pytest.mark.parametrize(
    ("wanted", "plan"), [(["a", "b"], "lib 1.0, a 2.0, b 1.0"), (["b", "a"], "lib 2.0, a 1.0, b 2.0")]
)
def test_of_equal_totals_the_one_that_is_newer_in_the_earlier_module_wins(wanted: list[str], plan: str) -> None:
    registry = [
        *(version("a 2.0", "lib@1.0"), version("a 1.0", "lib")),
        *(version("b 2.0", "lib@2.0"), version("b 1.0", "lib")),
        *module("lib", "1.0", "2.0"),
    ]
    assert chosen(registry, *wanted) == plan


def test_a_layer_is_in_the_order_of_its_needers_then_of_their_manifests() -> None:
    registry = [
        version("app 1.0", "z", runtimes=["a"]),
        *(version("z 2.0", "lib@1.0"), version("z 1.0", "lib")),
        *(version("a 2.0", "lib@2.0"), version("a 1.0", "lib")),
        *module("lib", "1.0", "2.0"),
    ]
    assert chosen(registry, "app") == "lib 1.0, a 1.0, z 2.0, app 1.0"


def test_of_versions_equally_far_behind_the_newer_wins() -> None:
    """Both pre-releases are as far behind as the final version: by none."""
    registry = [version("app 1.0", "lib@>=1.0a1"), *module("lib", "1.0", "2.0a1", "2.0rc1")]
    assert chosen(registry, "app") == "lib 2.0rc1, app 1.0"


def test_versions_behind_counts_only_what_is_eligible() -> None:
    registry = [*module("lib", "1.0", "4.0rc1"), version("lib 2.0", vram_min=99), version("lib 3.0")]
    step = document(registry, ask("lib", excluded=["lib@3.0"]), Host(gpus=(Gpu(vram=1),)))["steps"][0]
    assert (step["version"], step["newest"], step["versions_behind"]) == ("1.0", "3.0", 0)
    registry = [*registry, version("app 1.0", "lib@<3")]
    step = document(registry, ask("app"))["steps"][0]
    assert (step["version"], step["newest"], step["versions_behind"]) == ("1.0", "3.0", 1)


def test_a_runtime_that_the_host_meets_needs_no_module() -> None:
    registry = [version("app 1.0", runtimes=["cuda>=12"]), version("cuda 12.4")]
    assert chosen(registry, "app", host=Host(runtimes={"cuda": parse_version("12.1")})) == "app 1.0"
    assert chosen(registry, "app", host=Host(runtimes={"cuda": parse_version("11.8")})) == "cuda 12.4, app 1.0"


def test_the_strategy_lowest_takes_the_oldest_by_the_same_rules() -> None:
    registry = [version("app 1.0", "lib@>=2"), version("app 2.0", "lib"), *LIBS]
    assert chosen(registry, "app", strategy=Strategy.LOWEST) == "lib 2.0, app 1.0"
    assert document(registry, ask("app", strategy=Strategy.LOWEST))["steps"][1]["versions_behind"] == 1


STORES = [
    version("app 1.0", "driver", consumes=("store",)),
    *module("driver", "1.0", "2.0"),
    version("disk 1.0", "driver@<2", provides=("store",)),
    version("rack 1.0", provides=("store",)),
    version("tape 1.0", provides=("store",)),
]


def test_a_provider_never_makes_what_is_decided_older() -> None:
    assert chosen(STORES, "app") == "driver 2.0, rack 1.0, app 1.0"


def test_preferred_providers_come_first_in_their_order_if_an_answer_remains() -> None:
    assert chosen(STORES, "app", preferred=("tape", "rack")) == "driver 2.0, tape 1.0, app 1.0"
    assert chosen(STORES, "app", preferred=("disk", "tape")) == "driver 2.0, tape 1.0, app 1.0"
    assert chosen(STORES, "app", preferred=("ghost", "driver")) == "driver 2.0, rack 1.0, app 1.0"


def test_nothing_is_added_for_what_is_provided_already() -> None:
    assert chosen(STORES, "app", "tape") == "driver 2.0, tape 1.0, app 1.0"
    assert chosen(STORES, "app", host=Host(interfaces=frozenset(["store"]))) == "driver 2.0, app 1.0"


def test_a_provider_is_taken_at_a_version_that_provides() -> None:
    registry = [version("app 1.0", consumes=("store",)), version("disk 1.0", provides=("store",)), version("disk 2.0")]
    assert chosen(registry, "app") == "disk 1.0, app 1.0"


def test_no_module_provides_for_itself() -> None:
    registry = [version("app 1.0", consumes=("store",), provides=("store",))]
    assert chosen([*registry, version("disk 1.0", provides=("store",))], "app") == "disk 1.0, app 1.0"


def test_the_same_interface_consumed_twice_is_provided_once() -> None:
    registry = [version("app 1.0", "tool", consumes=("store", "store")), version("tool 1.0", consumes=("store",))]
    assert chosen([*registry, *STORES[3:]], "app") == "rack 1.0, tool 1.0, app 1.0"


def test_interfaces_are_met_in_order_of_discovery() -> None:
    registry = [
        version("app 1.0", consumes=("b", "a")),
        *(version("both 1.0", provides=("a", "b")), version("only 1.0", provides=("b",))),
        version("alone 1.0", provides=("a",)),
    ]
    assert chosen(registry, "app") == "both 1.0, app 1.0"
    assert chosen(registry, "app", preferred=("only",)) == "alone 1.0, only 1.0, app 1.0"


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ({}, "native"),
        ({"modes": frozenset(["container", "wsl"])}, "wsl"),
        ({"forced_modes": {"app": "container"}}, "container"),
        ({"forced_modes": {"app": "container"}, "modes": frozenset(["native"])}, "container"),
    ],
)
def test_the_mode_is_the_forced_one_else_the_preferred_else_the_first_allowed(
    options: dict[str, object], mode: str
) -> None:
    registry = [version("app 1.0", modes=("wsl", "container", "native"), preferred_mode="native")]
    assert document(registry, ask("app", **options))["steps"][0]["mode"] == mode
