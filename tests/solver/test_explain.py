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
    heading, *reasons = str(answer["explanation"]).splitlines()
    assert heading.startswith("No plan for ") and heading.endswith(".")
    assert all(reason.startswith("  ") for reason in reasons)
    return [reason[2:] for reason in reasons]


def test_requirements_that_contradict_each_other() -> None:
    registry = [version("app 1.0", "lib@>=2"), *module("lib", "1.0", "2.0")]
    assert explanation(registry, "app", "lib@<2") == [
        "you asked for lib <2, which only 1.0 meets",
        "app 1.0 needs lib >=2",
    ]
    assert explanation(registry, "lib@>=2", "lib@==1.0") == [
        "you asked for lib >=2, which only 2.0 meets",
        "you asked for lib ==1.0",
    ]


def test_versions_that_say_the_same_are_one_line() -> None:
    registry = [version(f"app {number}.0", "lib@>=2") for number in range(1, 6)] + module("lib", "1.0", "2.0")
    assert explanation(registry, "app", "lib@<2") == [
        "you asked for lib <2, which only 1.0 meets",
        "every version of app needs lib >=2",
    ]


def test_constraints_that_differ_are_one_range_where_that_is_enough() -> None:
    registry = [
        *(version(f"app {number}.0", f"lib@=={number}.0") for number in range(2, 5)),
        *module("lib", *(f"{number}.0" for number in range(1, 9))),
    ]
    assert explanation(registry, "app", "lib@>=7") == [
        "you asked for lib >=7",
        "app, whatever its version, needs lib >=2.0,<=4.0",
    ]
    wanted = [*registry, version("tool 1.0", "lib@>=3,!=3.0,!=4.0")]
    assert explanation(wanted, "app", "tool", "lib@<4") == [
        "you asked for lib <4",
        "tool 1.0 needs lib >=3,!=3.0,!=4.0",
    ]
    assert explanation(wanted, "app@>=3", "tool") == [
        "you asked for app >=3",
        "app 3.0 and newer need lib >=3.0,<=4.0",
        "tool 1.0 needs lib >=3,!=3.0,!=4.0",
    ]


def test_a_range_that_would_be_too_coarse_is_not_used() -> None:
    registry = [
        version("app 1.0", "lib@==1.0"),
        version("app 2.0", "lib@==3.0"),
        version("tool 1.0", "lib@==2.0"),
        *module("lib", "1.0", "2.0", "3.0", "4.0"),
    ]
    assert explanation(registry, "app", "tool") == [
        "app, whatever its version, needs lib !=2.0,<=3.0",
        "tool 1.0 needs lib ==2.0",
    ]


def test_no_such_version() -> None:
    assert explanation(module("app", "1.0", "1.5"), "app@>=2") == [
        "no version of app meets >=2: there are 1.0 to 1.5",
    ]
    registry = [version("tool 1.0", "app@>=2"), version("tool 2.0", "app@>=2"), *module("app", "1.0", "1.5")]
    assert explanation(registry, "tool") == [
        "every version of tool needs app >=2",
        "no version of app meets >=2: there are 1.0 to 1.5",
    ]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("torchh", "there is no module named torchh; did you mean torch or torch2?"),
        ("Torch", "there is no module named Torch; did you mean torch or torch2?"),
        ("database", "database is an interface, not a module; it is provided by disk and vault"),
        (
            "zzz",
            "there is no module named zzz, nor one of a similar name (las-solve registry search WORD finds modules)",
        ),
    ],
)
def test_an_unknown_module_suggests_names_and_an_interface_lists_providers(wanted: str, reason: str) -> None:
    registry = [
        *map(version, ("torch 1", "torch2 1")),
        *(version(f"{name} 1", provides=("database",)) for name in ("vault", "disk")),
    ]
    assert explanation(registry, wanted) == [reason]


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
    assert explanation([version("app 1.0", **needs)], "app", host=host) == [f"app 1.0 needs {reason}"]


def test_modes_and_exclusions() -> None:
    registry = [version("app 1.0", modes=("container",))]
    assert explanation(registry, "app", host=Host(modes=frozenset(["native"]))) == [
        "app 1.0 runs only as container, and only native may be used",
    ]
    assert explanation(registry, "app", excluded=["app@<2"]) == ["you excluded app <2, which is app 1.0"]


def test_what_versions_that_are_no_neighbours_say_is_one_line() -> None:
    registry = [version(f"app {number}.0", vram_min=(number % 2 or 2) * 8 * GB) for number in range(1, 6)]
    host = Host(gpus=(Gpu(vram=4 * GB),))
    assert explanation(registry, "app", host=host) == [
        "every version of app needs at least 8 GB of GPU memory, and the largest GPU of this host has 4 GB",
    ]
    mixed = [version(f"app {number}.0", modes=("container",) if number % 2 else ("wsl",)) for number in range(1, 4)]
    mixed = [*mixed, *(version(f"app {number}.0", "lib") for number in range(4, 6))]
    assert explanation(mixed, "app", host=Host(modes=frozenset(["native"]))) == [
        "app 3.0 and older run only as container or wsl, and only native may be used",
        "app 4.0 and newer need lib",
        "there is no module named lib, nor one of a similar name (las-solve registry search WORD finds modules)",
    ]


def test_runtimes() -> None:
    registry = [version("app 1.0", runtimes=["cuda>=12"])]
    host = Host(runtimes={"cuda": parse_version("11.8")})
    assert explanation(registry, "app", host=host) == [
        "app 1.0 needs the runtime cuda >=12, and this host has 11.8",
        "no module provides the runtime cuda either",
    ]
    newer = [version(f"app {number}.0", runtimes=[f"cuda>=12.{number}"]) for number in range(1, 4)]
    assert explanation(newer, "app", host=host) == [
        "app, whatever its version, needs the runtime cuda >=12.1, and this host has 11.8",
        "no module provides the runtime cuda either",
    ]
    made = [*newer, *(version(f"cuda 12.{number}.1", runtimes=["driver>=500"]) for number in range(1, 4))]
    old = Host(runtimes={"cuda": parse_version("11.8"), "driver": parse_version("470")})
    assert explanation([*made, version("cuda 11.8.1")], "app", host=old)[0] == (
        "app, whatever its version, needs the runtime cuda >=12.1, and this host has 11.8"
    )
    either = [version("app 1.0", runtimes=["cuda<11"]), version("app 2.0", runtimes=["cuda>=12"])]
    assert explanation(either, "app", host=host) == [
        "app, whatever its version, needs another version of the runtime cuda than 11.8, which this host has: "
        "1.0 needs <11",
        "no module provides the runtime cuda either",
    ]


def test_a_runtime_whose_module_needs_another_one() -> None:
    registry = [
        version("comfyui 1.0", "torch@>=2.4"),
        version("comfyui 2.0", "torch@>=2.6"),
        *(version(f"torch 2.{number}", runtimes=["cuda>=12.1"]) for number in range(4, 8)),
        version("torch 2.3", runtimes=["cuda>=11.8"]),
        *(version(f"cuda 12.{number}", runtimes=["driver>=530"]) for number in range(4)),
        version("cuda 11.8"),
    ]
    host = Host(runtimes={"cuda": parse_version("11.8"), "driver": parse_version("470")})
    assert explanation(registry, "comfyui", host=host) == [
        "comfyui, whatever its version, needs torch >=2.4",
        "torch 2.4 and newer need the runtime cuda >=12.1, and this host has 11.8",
        "cuda 12.0 and newer need the runtime driver >=530, and this host has 470",
        "no module provides the runtime driver either",
    ]


def test_interfaces() -> None:
    assert explanation([version("app 1.0", consumes=("db",))], "app") == [
        "app 1.0 consumes the interface db, which no other module provides",
    ]
    registry = [
        version("app 1.0", consumes=("db",)),
        version("app 2.0", consumes=("db",)),
        version("disk 1.0", cores_min=8, provides=("db",)),
        version("vault 1.0", cores_min=8, provides=("db",)),
    ]
    assert explanation(registry, "app", host=Host(cores=4)) == [
        "every version of app consumes the interface db, which only disk and vault can provide",
        "disk 1.0 needs 8 CPU cores, and this host has 4",
        "vault 1.0 needs 8 CPU cores, and this host has 4",
    ]


def test_pre_releases() -> None:
    registry = [*module("app", "1.0", "2.0rc1"), version("tool 1.0", "app@>1.0")]
    assert explanation(registry, "tool") == [
        "tool 1.0 needs app >1.0",
        "app 2.0rc1 is a pre-release, and nothing that is needed here names one of app (--pre admits it)",
    ]
    elsewhere = [*registry, version("other 1.0", "app@>=2.0rc1")]
    assert explanation(elsewhere, "tool") == explanation(registry, "tool")


def test_the_heading_names_what_was_asked_for() -> None:
    answer = document([version("app 1.0", "lib@2"), *module("lib", "1.0")], ask("app", "lib@>=1,<2", "app"))
    assert answer["explanation"] == (
        "No plan for app and lib >=1,<2.\n  app 1.0 needs lib ==2\n  no version of lib meets ==2: there is only 1.0"
    )


def test_cycles() -> None:
    assert explanation([version("app 1.0", "lib"), version("lib 1.0", "app")], "app") == [
        "app 1.0 needs lib",
        "lib 1.0 needs app",
        "app and lib need each other, so that neither can come first",
    ]
    assert explanation([version("app 1.0", "app")], "app") == [
        "app 1.0 needs app",
        "app cannot come before itself",
    ]
