"""``--assume FACT=VALUE`` (contract, section 3)."""

from __future__ import annotations

import pytest
from packaging.version import Version

from las_registry.host.assume import EXAMPLES, assume
from las_solver.errors import InvalidInput
from las_solver.model import Gpu, Host

GB = 1000**3

KNOWN = Host(
    cores=4,
    ram=8 * GB,
    gpus=(Gpu(name="Arc", vendor="intel", vram=8 * GB),),
    runtimes={"cuda": Version("11.8"), "python": Version("3.11")},
    modes=frozenset({"native"}),
    interfaces=frozenset({"database"}),
    system_packages=frozenset({"git"}),
)


def refused(*facts: str) -> tuple[str, str | None]:
    with pytest.raises(InvalidInput) as caught:
        assume(KNOWN, facts)
    return caught.value.message, caught.value.hint


def test_nothing_assumed_changes_nothing() -> None:
    assert assume(KNOWN, ()) == KNOWN


def test_the_examples_of_section_3() -> None:
    host = assume(KNOWN, ("cores=16", "ram=64GB", "gpus=24GB,24GB", "runtime.cuda=12.4"))
    assert (host.cores, host.ram) == (16, 64 * GB)
    assert host.gpus == (Gpu(vram=24 * GB), Gpu(vram=24 * GB))
    assert host.runtimes == {"cuda": Version("12.4"), "python": Version("3.11")}
    assert (host.modes, host.interfaces) == (KNOWN.modes, KNOWN.interfaces)


def test_what_was_known_is_not_changed_in_place() -> None:
    assume(KNOWN, ("runtime.cuda=12.4",))
    assert KNOWN.runtimes["cuda"] == Version("11.8")


@pytest.mark.parametrize(
    ("value", "sizes"),
    [
        ("", []),
        ("none", []),
        ("24GB", [24 * GB]),
        ("2x24GB", [24 * GB] * 2),
        ("2 x 24GB, 80 GB", [24 * GB, 24 * GB, 80 * GB]),
        ("24564MiB", [24564 * 1024**2]),
    ],
)
def test_cards(value: str, sizes: list[int]) -> None:
    assert [gpu.vram for gpu in assume(KNOWN, (f"gpus={value}",)).gpus] == sizes


@pytest.mark.parametrize("value", ["", "none"])
def test_a_runtime_can_be_taken_away(value: str) -> None:
    assert assume(KNOWN, (f"runtime.cuda={value}",)).runtimes == {"python": Version("3.11")}
    assert assume(KNOWN, (f"runtime.rocm={value}",)) == KNOWN


def test_a_runtime_may_have_dots_in_its_name() -> None:
    assert assume(Host(), ("runtime.a.b=1",)).runtimes == {"a.b": Version("1")}


def test_modes_are_the_only_ones_and_any_is_every_one() -> None:
    assert assume(KNOWN, ("modes=native, container",)).modes == {"native", "container"}
    assert assume(KNOWN, ("modes=any",)).modes is None


@pytest.mark.parametrize("fact", ["interfaces", "system_packages"])
def test_lists_replace_what_was_known(fact: str) -> None:
    assert getattr(assume(KNOWN, (f"{fact}=a,b",)), fact) == {"a", "b"}
    assert getattr(assume(KNOWN, (f"{fact}=",)), fact) == frozenset()
    assert getattr(assume(KNOWN, (f"{fact}=none",)), fact) == frozenset()


def test_the_same_fact_twice_must_say_the_same() -> None:
    assert assume(KNOWN, ("cores=8", " cores = 8 ")).cores == 8
    assert refused("cores=8", "cores=16") == (
        "--assume cores is stated twice, as '8' and '16'",
        "keep one of them",
    )


@pytest.mark.parametrize(
    ("fact", "hint"),
    [
        ("vram=24GB", "write it like gpus=24GB,24GB"),
        ("gpu=24GB", "write it like gpus=24GB,24GB"),
        ("CORES=4", "write it like cores=16"),
        ("cpu.cores=4", "write it like cores=16"),
        ("memory=4GB", "write it like ram=64GB"),
        ("cuda=12.4", "write it like runtime.cuda=12.4"),
        ("mode=native", "write it like modes=native,container"),
        ("colour=red", "write one of " + ", ".join(EXAMPLES.values())),
        ("=4", "write one of " + ", ".join(EXAMPLES.values())),
    ],
)
def test_an_unknown_fact_names_the_one_that_was_meant(fact: str, hint: str) -> None:
    assert refused(fact) == (f"--assume {fact}: there is no such fact", hint)


def test_a_fact_without_a_value() -> None:
    assert refused("cores") == ("--assume cores: no value follows", "write it like cores=16")


@pytest.mark.parametrize(
    ("fact", "hint"),
    [
        ("cores=", "write a whole number from 1, like 16"),
        ("cores=0", "write a whole number from 1, like 16"),
        ("cores=-1", "write a whole number from 1, like 16"),
        ("cores=many", "write a whole number from 1, like 16"),
        ("ram=64G", "write 64GB or 64GiB"),
        ("ram=0", "leave it out if it is unknown"),
        ("ram=64", "name the unit, as in 24GB"),
        ("gpus=2", "name the unit, as in 24GB"),
        ("ram=999999999TB", "write it like 64GB"),
        ("gpus=24G", "write 24GB or 24GiB"),
        ("gpus=0x24GB", "gpus=24GB,24GB"),
        ("gpus=9999x24GB", "gpus=24GB,24GB"),
        ("runtime.cuda=new", "write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1"),
        ("runtime.=1", "a name begins with a letter or digit and goes on with letters, digits and . _ + -"),
        ("modes=", "name the modes that are allowed, or write modes=any for every mode"),
        ("modes=native,,", "write printable text of at most 200 characters"),
    ],
)
def test_a_value_that_makes_no_sense(fact: str, hint: str) -> None:
    message, given = refused(fact)
    assert message.startswith(f"--assume {fact}: ")
    assert given == hint


@pytest.mark.parametrize("value", ["24GB,", ",24GB", "two x 24GB", "2x", "-24GB"])
def test_cards_that_make_no_sense(value: str) -> None:
    refused(f"gpus={value}")


def test_every_example_is_right() -> None:
    assume(Host(), tuple(EXAMPLES.values()))
