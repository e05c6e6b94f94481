"""Rules and examples of sections 4 to 7 one by one, where no other test has them. Brute force and the checker agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from registries import ask, chosen, document, kinds, module, version

from las_solver.constraint import parse_version
from las_solver.model import Gpu, Hardware, Host, Strategy

GB = 1000**3
LIBS = module("lib", "1.0", "2.0", "3.0")
BUSY = [version("app 1.0", "lib@<2"), version("tool 1.0", "lib@>=2"), *LIBS]


def steps(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The steps of a plan by module."""
    return {step["module"]: step for step in answer["steps"]}


def test_section_4_item_1_no_module_has_two_versions() -> None:
    assert kinds(BUSY, "app", "tool") == ["dependency", "dependency", "requested", "requested"]
    assert kinds(BUSY, "lib@1.0", "lib@2.0") == ["requested", "requested"]


def test_section_4_item_2_all_entries_of_all_that_is_present_hold() -> None:
    registry = [version("top 1.0", "app", "lib"), *BUSY]
    assert chosen(registry, "top") == "lib 1.0, app 1.0, top 1.0"
    assert chosen(registry, "lib@<3", "lib@>1") == "lib 2.0"


def test_section_4_item_3_a_module_stands_in_only_at_a_version_that_the_entry_admits() -> None:
    registry = [version("app 1.0", runtimes=["cuda>=12"]), version("cuda 11.8")]
    assert kinds(registry, "app") == ["no-version", "requested", "runtime"]
    assert chosen([*registry, version("cuda 12.4")], "app") == "cuda 12.4, app 1.0"


def test_section_4_item_3_what_the_host_meets_is_met_whatever_module_of_that_name_is_present() -> None:
    registry = [version("app 1.0", runtimes=["cuda>=12"]), version("cuda 11.8")]
    host = Host(runtimes={"cuda": parse_version("12.1")})
    assert chosen(registry, "app", "cuda", host=host) == "app 1.0, cuda 11.8"


@pytest.mark.parametrize("caller", ["native", "container"])
def test_section_4_item_5_the_host_and_the_caller_both_allow_the_mode(caller: str) -> None:
    registry = [version("app 1.0", modes=("container",)), version("app 2.0", modes=("native",))]
    versions = {"native": "app 2.0", "container": "app 1.0"}
    assert chosen(registry, "app", modes=frozenset([caller])) == versions[caller]
    assert chosen(registry, "app", host=Host(modes=frozenset([caller]))) == versions[caller]
    other = frozenset(["native", "container"]) - {caller}
    assert set(kinds(registry, "app", host=Host(modes=other), modes=frozenset([caller]))) == {"mode", "requested"}
    assert "mode" in kinds(registry, "app", host=Host(modes=other), forced_modes={"app": caller})


@pytest.mark.parametrize(("mode", "plan"), [("native", "app 3"), ("container", "app 8")])
def test_section_4_item_5_a_forced_mode_tells_apart_versions_of_the_same_hardware(mode: str, plan: str) -> None:
    """Versions of a registry share what is alike in them, and what is alike is asked about once."""
    hardware, native, container = Hardware(), ("native",), ("container",)
    registry = [
        replace(one, hardware=hardware, modes=native if rank < 3 else container)
        for rank, one in enumerate(module("app", *"12345678"))
    ]
    assert chosen(registry, "app", forced_modes={"app": mode}) == plan


def test_section_4_item_7_a_runtime_entry_that_the_host_meets_is_no_edge_of_a_cycle() -> None:
    registry = [version("app 1.0", runtimes=["lib"]), version("lib 1.0", "app")]
    assert chosen(registry, "app", "lib", host=Host(runtimes={"lib": parse_version("1.0")})) == "app 1.0, lib 1.0"
    assert kinds(registry, "app") == ["cycle", "dependency", "requested", "runtime"]


def test_section_4_item_9_what_only_an_older_version_needs_is_not_present() -> None:
    registry = [version("app 1.0", "lib"), version("app 2.0"), *LIBS]
    assert chosen(registry, "app") == "app 2.0"


def test_section_4_item_10_exclusions_hold_for_what_is_needed() -> None:
    registry = [version("app 1.0", "lib"), *LIBS]
    assert chosen(registry, "app", excluded=["lib@>=2"]) == "lib 1.0, app 1.0"
    assert kinds(registry, "app", excluded=["lib"]) == ["dependency", "excluded", "requested"]


def test_section_4_system_packages_never_make_an_answer_invalid() -> None:
    registry = [
        version("app 1.0", "lib", system_packages=("make", "git")),
        version("lib 1.0", system_packages=("gcc",)),
    ]
    answer = document(registry, ask("app"), Host(system_packages=frozenset(["git"])))
    assert answer["system_packages"] == ["gcc", "make"]
    assert [step["system_packages"] for step in answer["steps"]] == [["gcc"], ["make"]]


def test_section_5_requirements_runtimes_and_interfaces_do_not_count_for_eligible() -> None:
    registry = [
        *(version("app 1.0"), version("app 2.0", "ghost")),
        *(version("app 3.0", runtimes=["ghost"]), version("app 4.0", consumes=("ghost",))),
    ]
    step = steps(document(registry, ask("app")))["app"]
    assert (step["version"], step["newest"], step["versions_behind"]) == ("1.0", "4.0", 3)


@pytest.mark.parametrize(
    ("requirements", "options", "behind"),
    [
        (["app"], {}, 0),
        (["app"], {"prereleases": True}, 1),
        (["app", "lib@>=1.0a1"], {}, 1),
        (["app", "lib@!=1.0a1"], {}, 0),
    ],
)
def test_section_5_a_pre_release_that_only_a_requirement_admits_is_not_eligible(
    requirements: list[str], options: dict[str, object], behind: int
) -> None:
    registry = [version("app 1.0", "lib@>=1.0a1,!=2.0rc1"), *module("lib", "1.0", "2.0rc1")]
    step = steps(document(registry, ask(*requirements, **options)))["lib"]
    assert (step["version"], step["versions_behind"]) == ("1.0", behind)


def test_section_5_lowest_takes_the_older_of_versions_that_tie() -> None:
    registry = [version("app 1.0", "lib@>=1.0a1"), *module("lib", "1.0a1", "1.0rc1", "1.0", "2.0")]
    assert chosen(registry, "app", strategy=Strategy.LOWEST) == "lib 1.0a1, app 1.0"
    assert chosen(registry, "app") == "lib 2.0, app 1.0"


def test_section_5_what_a_layer_needs_twice_is_decided_once_in_the_first_layer_that_needs_it() -> None:
    """`lib` is in layer 1, so it comes before `deep`, which `mid` needs."""
    registry = [
        *(version("app 1.0", "mid", "lib"), version("mid 1.0", "deep", "lib")),
        *(version("deep 1.0"), version("deep 2.0", "lib@<3"), *LIBS),
    ]
    assert chosen(registry, "app") == "deep 1.0, lib 3.0, mid 1.0, app 1.0"


def test_section_5_a_provider_is_a_layer_of_its_own_and_what_it_lacks_is_provided_too() -> None:
    registry = [
        *(version("app 1.0", consumes=("db",)), version("disk 1.0", "lib", consumes=("fs",), provides=("db",))),
        *(version("ext 1.0", "lib@<3", provides=("fs",)), version("zfs 1.0", provides=("fs",))),
        *LIBS,
    ]
    assert chosen(registry, "app") == "lib 3.0, zfs 1.0, disk 1.0, app 1.0"
    assert chosen(registry, "app", "ext") == "lib 2.0, ext 1.0, disk 1.0, app 1.0"


def test_section_6_the_example() -> None:
    checksum = "sha256:" + "0" * 64
    cuda: dict[str, Any] = {"category": "runtime", "system_packages": ("gcc",), "checksum": checksum}
    registry = [
        *(version("app 1.0"), version("app 2.0", "torch"), version("torch 2.5", runtimes=["cuda<12.6"])),
        *(version("cuda 12.4.1", **cuda), version("cuda 12.6.0", **cuda)),
    ]
    answer = document(registry, ask("app@>=2"))
    assert (answer["status"], answer["optimal"], answer["request"]) == ("resolved", True, ["app@>=2"])
    assert answer["system_packages"] == ["gcc"]
    wanted = {
        "module": "cuda",
        "version": "12.4.1",
        "category": "runtime",
        "action": "install",
        "mode": "native",
        "requires": [],
        "required_by": ["torch"],
        "newest": "12.6.0",
        "versions_behind": 1,
        "system_packages": ["gcc"],
        "source": "cuda/12.4.1.manifest.yaml",
        "checksum": checksum,
    }
    first = answer["steps"][0]
    assert {key: first[key] for key in wanted} == wanted


def test_section_6_newest_is_the_newest_final_version_or_newest_at_all_if_there_is_none() -> None:
    final = steps(document(module("lib", "1.0", "2.0rc1"), ask("lib", prereleases=True)))["lib"]
    assert (final["version"], final["newest"], final["versions_behind"]) == ("2.0rc1", "1.0", 0)
    early = steps(document(module("lib", "1.0a1", "1.0b1"), ask("lib@<1.0b1")))["lib"]
    assert (early["version"], early["newest"]) == ("1.0a1", "1.0b1")


def test_section_7_the_example() -> None:
    registry = [
        *(version("app 1.0", "vllm@>=0.6,<0.9"), version("vllm 0.5"), version("vllm 0.9")),
        *(version(f"vllm 0.{number}", vram_min=24 * GB) for number in (6, 7, 8)),
    ]
    answer = document(registry, ask("app"), Host(gpus=(Gpu(vram=8 * GB),)))
    assert (answer["status"], answer["request"]) == ("conflict", ["app"])
    [hardware] = [statement for statement in answer["core"] if statement["kind"] == "hardware"]
    assert (hardware["module"], hardware["fact"]) == ("vllm", "vram")
    assert hardware["text"] and hardware["source"]
    assert [one["kind"] for one in answer["core"] if one is not hardware] == ["requested", "dependency"]
    assert hardware["versions"] == ">=0.6,<0.9"
