"""The benchmarks' own checker of answers finds what is wrong with them."""

from __future__ import annotations

import pytest
from benchmarks.check import check_answer
from benchmarks.problems import Problem
from registries import version

from las_solver.constraint import Requirement, parse_version
from las_solver.model import Hardware, Host, ModuleVersion, Request


def problem() -> Problem:
    def one(name: str, version: str, *needs: str, vram: int | None = None) -> ModuleVersion:
        return ModuleVersion(
            name=name,
            version=parse_version(version),
            requirements=tuple(map(Requirement.parse, needs)),
            hardware=Hardware(vram_min=vram),
        )

    return Problem(
        name="small",
        module_versions=(
            one("app", "1.0", "lib@<2"),
            one("app", "2.0", "lib@>=2"),
            one("lib", "1.0"),
            one("lib", "1.5b1"),
            one("lib", "2.0", vram=8),
            one("lib", "2.1", "app"),
            one("other", "1.0"),
        ),
        host=Host(cores=1, ram=1),
        request=Request(requirements=(Requirement.parse("app"),)),
    )


@pytest.mark.parametrize(
    ("chosen", "problems"),
    [
        ({"app": "1.0", "lib": "1.0"}, ()),
        ({"app": "1.0"}, ("app 1.0 needs lib, which is absent",)),
        ({"lib": "1.0"}, ("the request needs app, which is absent", "nothing needs lib")),
        ({"app": "3.0"}, ("there is no app 3.0", "the request needs app, which is absent")),
        ({"app": "1.0", "lib": "1.5b1"}, ("lib 1.5b1 is a pre-release that nothing names",)),
        ({"app": "2.0", "lib": "1.0"}, ("app 2.0 needs lib@>=2, but 1.0 is present",)),
        ({"app": "2.0", "lib": "2.0"}, ("lib 2.0 does not run on the host",)),
        ({"app": "1.0", "lib": "1.0", "other": "1.0"}, ("nothing needs other",)),
    ],
)
def test_problems(chosen: dict[str, str], problems: tuple[str, ...]) -> None:
    assert check_answer(problem(), chosen).problems == problems


def test_cycles_are_told_apart_from_problems() -> None:
    verdict = check_answer(problem(), {"app": "2.0", "lib": "2.1"})
    assert verdict.problems == ()
    assert verdict.cycle == ("app", "lib")


def test_versions_behind_count_what_the_host_and_the_rule_for_prereleases_let_in() -> None:
    assert check_answer(problem(), {"app": "1.0", "lib": "1.0"}).versions_behind == 2  # app 2.0 and lib 2.1


def test_runtimes_and_interfaces_are_checked() -> None:
    asked = Problem(
        name="small",
        module_versions=(
            version("app 1.0", runtimes=("cuda>=12", "rocm>=6"), consumes=("store", "mail")),
            version("rocm 6.0"),
            version("rocm 5.0"),
            version("red 1.0", provides=("store",)),
        ),
        host=Host(runtimes={"cuda": parse_version("12.4")}, interfaces=frozenset({"mail"})),
        request=Request(requirements=(Requirement.parse("app"),)),
    )
    assert check_answer(asked, {"app": "1.0", "rocm": "6.0", "red": "1.0"}).is_valid
    assert check_answer(asked, {"app": "1.0", "rocm": "5.0"}).problems == (
        "app 1.0 needs rocm@>=6, but 5.0 is present",
        "app 1.0 consumes store, which nothing provides",
    )
