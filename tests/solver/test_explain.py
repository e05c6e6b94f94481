"""Section 7: whole explanations, one for each kind of statement."""

from __future__ import annotations

import pytest
from registries import ask, document, module, version

from las_solver.constraint import parse_version
from las_solver.model import Gpu, Host, ModuleVersion

GB = 1000**3


def explanation(versions: list[ModuleVersion], *wanted: str, host: Host | None = None, **options: object) -> list[str]:
    """The reasons, a line each."""
    answer = document(versions, ask(*wanted, **options), host)
    assert answer["minimal"] is True
    first, *reasons = str(answer["explanation"]).splitlines()
    assert first.startswith("There is no plan for ")
    return [reason.removeprefix("  - ") for reason in reasons]


def test_requirements_that_contradict_each_other() -> None:
    registry = [version("app 1.0", "lib@>=2"), *module("lib", "1.0", "2.0")]
    assert explanation(registry, "app", "lib@<2") == [
        "you asked for app",
        "you asked for lib <2",
        "app 1.0 needs lib >=2",
    ]


def test_versions_that_say_the_same_are_one_statement() -> None:
    registry = [version(f"app {number}.0", "lib@>=2") for number in range(1, 6)] + module("lib", "1.0", "2.0")
    assert explanation(registry, "app", "lib@<2") == [
        "you asked for app",
        "you asked for lib <2",
        "every version of app needs lib >=2",
    ]


def test_no_such_version() -> None:
    assert explanation(module("app", "1.0", "1.5"), "app@>=2") == [
        "you asked for app >=2",
        "no version of app meets >=2: there are 1.0 to 1.5",
    ]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("torchh", "there is no module named torchh; did you mean torch or torch2?"),
        ("Torch", "there is no module named Torch; did you mean torch or torch2?"),
        ("database", "database is an interface, not a module; it is provided by disk and vault"),
        ("zzz", "there is no module named zzz, nor one of a similar name (las-solve registry search WORD finds modules)"),
    ],
)
def test_an_unknown_module_suggests_names_and_an_interface_lists_providers(wanted: str, reason: str) -> None:
    registry = [
        *map(version, ("torch 1", "torch2 1")),
        *(version(f"{name} 1", provides=("database",)) for name in ("vault", "disk")),
    ]
    assert explanation(registry, wanted) == [f"you asked for {wanted}", reason]


@pytest.mark.parametrize(
    ("needs", "host", "reason"),
    [
        ({"vram_min": 24 * GB}, Host(), "24 GB of GPU memory, and this host has no GPU"),
        (
            {"vram_min": 24 * GB},
            Host(gpus=(Gpu(vram=8 * GB),)),
            "24 GB of GPU memory, and the largest GPU of this host has 8 GB",
        ),
        ({"cores_min": 8}, Host(cores=4), "8 CPU cores, and this host has 4"),
        (
            {"cores_min": 8},
            Host(),
            "8 CPU cores, and it is not known how many this host has (state it with --assume cores=16)",
        ),
        ({"ram_min": 64 * GB}, Host(ram=16 * GB), "64 GB of memory, and this host has 16 GB"),
        ({"multi_gpu": True}, Host(gpus=(Gpu(vram=1),)), "two GPUs or more, and this host has 1"),
        (
            {"multi_gpu": True, "vram_min": 20 * GB},
            Host(gpus=(Gpu(vram=8 * GB),) * 2),
            "20 GB of GPU memory, and all GPUs of this host together have 16 GB",
        ),
    ],
)
def test_hardware(needs: dict[str, int], host: Host, reason: str) -> None:
    reasons = explanation([version("app 1.0", **needs)], "app", host=host)
    assert reasons == ["you asked for app", f"app 1.0 needs {reason}"]


def test_modes_and_exclusions() -> None:
    registry = [version("app 1.0", modes=("container",))]
    assert explanation(registry, "app", host=Host(modes=frozenset(["native"]))) == [
        "you asked for app",
        "app 1.0 runs only as container, and only native may be used",
    ]
    assert explanation(registry, "app", excluded=["app@<2"]) == [
        "you asked for app",
        "you excluded app <2, which is app 1.0",
    ]


def test_runtimes() -> None:
    registry = [version("app 1.0", runtimes=["cuda>=12"])]
    assert explanation(registry, "app", host=Host(runtimes={"cuda": parse_version("11.8")})) == [
        "you asked for app",
        "app 1.0 needs the runtime cuda >=12, and this host has 11.8",
        "no module provides the runtime cuda either",
    ]


def test_interfaces() -> None:
    assert explanation([version("app 1.0", consumes=("db",))], "app") == [
        "you asked for app",
        "app 1.0 consumes the interface db, which no other module provides",
    ]


def test_pre_releases() -> None:
    registry = [*module("app", "1.0", "2.0rc1"), version("tool 1.0", "app@>1.0")]
    assert explanation(registry, "tool") == [
        "you asked for tool",
        "tool 1.0 needs app >1.0",
        "app 2.0rc1 is a pre-release, and nothing that is needed here names one of app (--pre admits it)",
    ]


def test_cycles() -> None:
    assert explanation([version("app 1.0", "lib"), version("lib 1.0", "app")], "app") == [
        "you asked for app",
        "app 1.0 needs lib",
        "lib 1.0 needs app",
        "app and lib need each other, so that neither can come first",
    ]
