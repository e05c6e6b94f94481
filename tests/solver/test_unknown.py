"""Section 7: what conflicts say of names and constraints that nothing meets."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registries import ask, module, version

import las_solver.nearest
from las_solver.check import check
from las_solver.constraint import parse_version
from las_solver.document import conflict_document
from las_solver.model import Host, ModuleVersion
from las_solver.nearest import nearest
from las_solver.planner import Planner
from las_solver.source import MemorySource, Note, RejectedManifest, ShadowedModule, Source

NAMES = ("comfyui", "llama.cpp", "numpy", "open-webui", "python", "pytorch", "stable-diffusion-webui", "torch", "vllm")


def reason(source: Source, *wanted: str, host: Host | None = None) -> dict[str, Any]:
    """The statement of the core that says what is unknown; fails unless the checker agrees with the conflict."""
    host = host or Host()
    found = conflict_document(Planner(source, host).plan(ask(*wanted)))
    assert check(found, source, host) == ()
    core = found["core"]
    assert isinstance(core, list)
    (unknown,) = (one for one in core if one["kind"] in ("unknown-module", "no-version", "interface"))
    assert isinstance(unknown, dict)
    return unknown


def text(versions: Iterable[ModuleVersion], *wanted: str, notes: Iterable[Note] = (), host: Host | None = None) -> str:
    return str(reason(MemorySource(versions, notes), *wanted, host=host)["text"])


def rejected(module: str, number: str | None, place: str = "lib/manifest.yaml:7", *provides: str) -> RejectedManifest:
    number = None if number is None else parse_version(number)
    return RejectedManifest(
        module=module, version=number, provides=provides, place=place, reason="version: not a version"
    )


def shadowed(module: str, *numbers: str, registry: str = "/more") -> ShadowedModule:
    return ShadowedModule(module=module, versions=tuple(map(parse_version, numbers)), registry=registry)


class Plain:
    """A source with the four methods of :class:`Source` alone."""

    def __init__(self, versions: Iterable[ModuleVersion]) -> None:
        source = MemorySource(versions)
        self.versions, self.providers = source.versions, source.providers
        self.prerelease_namers, self.names = source.prerelease_namers, source.names


class TestModules:
    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("Torch", "torch or pytorch"),  # case
            ("tocrh", "torch"),  # two letters swapped
            ("llama_cpp", "llama.cpp"),  # separators
            ("webui-open", "open-webui"),  # words in another order
            ("comfy", "comfyui"),  # beginning
            ("webui", "open-webui or stable-diffusion-webui"),  # a word
            ("numppy", "numpy"),
            ("python3", "python"),
        ],
    )
    def test_the_nearest_names(self, name: str, meant: str) -> None:
        registry = [version(f"{known} 1") for known in NAMES]
        assert text(registry, name) == f"there is no module named {name}; did you mean {meant}?"

    def test_deep_in_the_graph_as_in_the_request(self) -> None:
        registry = [version("app 1", "mid"), version("mid 1", "nmupy"), version("numpy 1")]
        assert text(registry, "app") == "there is no module named nmupy; did you mean numpy?"

    def test_a_near_interface(self) -> None:
        registry = [version("disk 1", provides=("database",))]
        assert text(registry, "databse") == "there is no module named databse, but an interface database"

    def test_nothing_near_says_how_to_search(self) -> None:
        told = "there is no module named zzz, nor one of a similar name (las-solve registry search WORD finds modules)"
        assert text([version("app 1")], "zzz") == told

    def test_rejected_manifests(self) -> None:
        notes = [rejected("lib", "2", "lib/b.yaml:9"), rejected("lib", "1", "lib/a.yaml:3"), rejected("other", "1")]
        found = reason(MemorySource([version("libs 1")], notes), "lib")
        assert found["text"] == "no manifest of lib can be used: lib/a.yaml:3: version: not a version (and 1 more)"
        assert [one["place"] for one in found["rejected"]] == ["lib/a.yaml:3", "lib/b.yaml:9"]
        assert found["rejected"][0] == {
            "module": "lib",
            "version": "1",
            "place": "lib/a.yaml:3",
            "reason": "version: not a version",
        }

    def test_rejected_here_and_fine_in_a_later_registry(self) -> None:
        notes = [rejected("lib", None), shadowed("lib", "2.0", "1.0")]
        found = reason(MemorySource([version("app 1")], notes), "lib")
        assert found["text"] == (
            "no manifest of lib can be used: lib/manifest.yaml:7: version: not a version; "
            "/more has 2.0 and 1.0, but only the first registry with lib counts for it"
        )
        assert found["shadowed"] == [{"registry": "/more", "versions": ["2.0", "1.0"], "rule": None}]

    def test_in_a_registry_to_which_the_user_does_not_map_the_name(self) -> None:
        note = ShadowedModule(module="lib", versions=(parse_version("99"),), registry="/public", rule="li*")
        found = reason(MemorySource(module("libs", "1"), [note]), "lib")
        told = "there is no module named lib; /public has 99, but does not count for li*, by your registries.yaml"
        assert found["text"] == told
        assert found["shadowed"] == [{"registry": "/public", "versions": ["99"], "rule": "li*"}]
        runtime = [version("app 1", runtimes=["lib"])]
        assert text(runtime, "app", notes=[note]) == (
            "no module provides the runtime lib either; /public has 99, but does not count for li*, "
            "by your registries.yaml"
        )

    def test_a_misspelt_runtime(self) -> None:
        registry = [version("app 1", runtimes=["cudda>=12"])]
        host = Host(runtimes={"cuda": parse_version("12.4")})
        assert text(registry, "app", host=host) == "no module provides the runtime cudda either; did you mean cuda?"

    def test_a_runtime_whose_manifest_was_rejected(self) -> None:
        registry = [version("app 1", runtimes=["cuda"])]
        assert text(registry, "app", notes=[rejected("cuda", "12")]) == (
            "no module provides the runtime cuda either, since its manifest was rejected: "
            "lib/manifest.yaml:7: version: not a version"
        )


class TestConstraints:
    @pytest.mark.parametrize(
        ("numbers", "constraint", "rest"),
        [
            (["1.0"], ">=2", "there is only 1.0"),
            (["1.0", "1.5"], ">=2", "there are 1.0 to 1.5"),
            (["1.0", "1.5"], "<1", "there are 1.0 to 1.5"),
            (["1.0", "1.4", "1.6", "2.0"], "==1.5", "there are 1.0 to 2.0, the nearest 1.4 and 1.6"),
            (["1.0", "1.4.9", "1.6", "2.0"], "==1.5.*", "there are 1.0 to 2.0, the nearest 1.4.9 and 1.6"),
            (["1.0", "1.4", "2.0", "3.0"], "~=1.5", "there are 1.0 to 3.0, the nearest 1.4 and 2.0"),
            (["1.0", "1.4", "2.0", "3.0"], ">1.4,<2", "there are 1.0 to 3.0, the nearest 1.4 and 2.0"),
            (["1.0", "1.5", "2.0"], ">1,!=1.5,<2", "there are 1.0 to 2.0"),
            (["1.0", "2.0", "3.0"], ">=3,<2", "there are 1.0 to 3.0"),  # nothing can meet that: nothing is near
            (["1.0", "2.0rc1"], ">=2", "there are 1.0 to 2.0rc1; 2.0rc1 is only a pre-release of 2.0"),
            (
                ["1.0", "2.0rc1", "2.0rc2", "3.0"],
                "==2.0",
                "there are 1.0 to 3.0, the nearest 2.0rc2 and 3.0; 2.0rc1 and 2.0rc2 are only pre-releases of 2.0",
            ),
        ],
    )
    def test_the_nearest_versions(self, numbers: list[str], constraint: str, rest: str) -> None:
        assert text(module("app", *numbers), f"app@{constraint}") == f"no version of app meets {constraint}: {rest}"

    def test_only_prereleases_meet_it(self) -> None:
        source = MemorySource(module("app", "1.0", "2.0rc1"))
        core = conflict_document(Planner(source, Host()).plan(ask("app@>=1.5")))["core"]
        assert isinstance(core, list)
        assert [one["text"] for one in core] == [
            "you asked for app >=1.5",
            "app 2.0rc1 is a pre-release, and nothing that is needed here names one of app (--pre admits it)",
        ]

    def test_deep_in_the_graph_as_in_the_request(self) -> None:
        registry = [version("app 1", "mid"), version("mid 1", "lib@==1.5"), *module("lib", "1.0", "1.4", "1.6", "2.0")]
        assert text(registry, "app") == "no version of lib meets ==1.5: there are 1.0 to 2.0, the nearest 1.4 and 1.6"

    def test_rejected_manifests_and_later_registries_count_where_they_would_do(self) -> None:
        notes = [
            rejected("lib", "1.5", "a:1"),
            rejected("lib", "2.1", "b:2"),
            rejected("lib", None, "c:3"),
            shadowed("lib", "2.2", "2.1", "1.7"),
            shadowed("lib", "1.8", registry="/most"),
        ]
        found = reason(MemorySource(module("lib", "1.0"), notes), "lib@>=2")
        assert found["text"] == (
            "no version of lib meets >=2: there is only 1.0; "
            "2.1 is there, but its manifest was rejected: b:2: version: not a version (and 1 more); "
            "/more has 2.2 and 2.1, but only the first registry with lib counts for it"
        )
        assert [one["version"] for one in found["rejected"]] == ["2.1", None]
        assert found["shadowed"] == [{"registry": "/more", "versions": ["2.2", "2.1"], "rule": None}]
        assert found["nearest"] == ["1.0"]

    def test_long_lists_are_cut(self) -> None:
        notes = [rejected("lib", f"2.{minor}", f"m.yaml:{minor}") for minor in range(1000)]
        notes.append(shadowed("lib", *(f"3.{minor}" for minor in range(1000, 0, -1))))
        found = reason(MemorySource(module("lib", *(f"2.0rc{at}" for at in range(100))), notes), "lib@>=2.0")
        assert (len(found["rejected"]), len(found["shadowed"][0]["versions"]), len(found["prereleases"])) == (5, 5, 5)
        assert len(found["text"]) < 500


class TestInterfaces:
    def test_a_near_interface(self) -> None:
        registry = [version("app 1", consumes=("databse",)), version("disk 1", provides=("database",))]
        found = reason(MemorySource(registry), "app")
        assert found["text"] == (
            "app 1 consumes the interface databse, which no other module provides; did you mean database?"
        )
        assert found["suggestions"] == ["database"]

    def test_a_provider_whose_manifest_was_rejected(self) -> None:
        notes = [rejected("disk", "1", "disk.yaml:2", "database"), rejected("database", "1"), shadowed("database", "1")]
        found = reason(MemorySource([version("app 1", consumes=("database",))], notes), "app")
        assert found["text"] == (
            "app 1 consumes the interface database, which no other module provides; "
            "disk would, but its manifest was rejected: disk.yaml:2: version: not a version"
        )
        assert [one["module"] for one in found["rejected"]] == ["disk"]

    def test_nothing_is_added_where_there_are_providers(self) -> None:
        registry = [
            version("app 1", consumes=("database",)),
            version("disk 1", provides=("database",), vram_min=1),
        ]
        found = reason(MemorySource(registry, [rejected("vault", "1", "v:1", "database")]), "app")
        assert found["text"] == "app 1 consumes the interface database, which only disk can provide"
        assert (found["suggestions"], found["rejected"]) == ([], [])


class TestSources:
    def test_the_four_methods_are_enough(self) -> None:
        source = Plain([version("app 1", consumes=("databse",)), *module("torch", "1.0")])
        assert reason(source, "torhc")["suggestions"] == ["torch"]
        assert reason(source, "torch@>=2")["nearest"] == ["1.0"]
        assert str(reason(source, "app")["text"]).endswith("which no other module provides")

    def test_the_order_in_which_a_source_tells_does_not_matter(self) -> None:
        notes = [rejected("lib", f"2.{at % 3}", f"{at}:1", "lib") for at in range(9)]
        versions = [*module("lib", "1.0"), version("libs 1", consumes=("lib",)), version("app 1", "lib@>=2")]
        found = [reason(MemorySource(versions, notes), "app")]
        for seed in range(5):
            random.Random(seed).shuffle(notes)
            random.Random(seed).shuffle(versions)
            found.append(reason(MemorySource(versions, notes), "app"))
        assert all(one == found[0] for one in found)


class TestNearest:
    @given(
        st.lists(st.text("abc-_.", min_size=1, max_size=6), max_size=12, unique=True),
        st.text("abcABC-_.", min_size=1, max_size=7),
        st.randoms(use_true_random=False),
    )
    def test_known_names_in_any_order(self, known: list[str], name: str, chance: random.Random) -> None:
        found = nearest(name, known)
        chance.shuffle(known)
        assert nearest(name, known) == found
        assert len(found) <= 3
        assert set(found) <= set(known) - {name}

    @given(st.text("abcdefgh", min_size=6, max_size=12), st.data())
    def test_one_mistake_in_six_letters_is_always_seen_through(self, known: str, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(known) - 1))
        letter = data.draw(st.sampled_from("abcdefgh"))
        for mistaken in (
            known[:at] + known[at + 1 :],
            known[:at] + letter + known[at:],
            known[:at] + letter + known[at + 1 :],
            known[:at] + known[at : at + 2][::-1] + known[at + 2 :],
        ):
            others: Sequence[str] = ("zzzzzzz", "yyyy-xxxx")
            assert mistaken == known or nearest(mistaken, (*others, known)) == (known,)

    def test_of_many_names_few_are_compared_letter_by_letter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        compared = Mock(wraps=las_solver.nearest._distance)
        monkeypatch.setattr(las_solver.nearest, "_distance", compared)
        assert nearest("module-1234x", [f"module-{number}" for number in range(50_000)])[0] == "module-1234"
        assert compared.call_count <= 300
