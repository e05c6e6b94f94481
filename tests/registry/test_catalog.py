"""The bundled catalog keeps the rules of its README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from las_registry.manifest import CATEGORIES
from las_registry.registry import Registry, default_directories
from las_registry.seal import unsealed
from las_registry.yaml_reader import read_documents
from las_solver.constraint import parse_version
from las_solver.model import ModuleVersion

HOST_RUNTIMES = {"amdgpu-driver", "linux", "macos", "metal", "nvidia-driver"}
"""What only a machine can provide; everything else that is needed is in the catalog."""

(MODULES,) = default_directories()
ADDRESS = re.compile(r"://|\bwww\.|\b[\w-]+\.(?:com|org|io|ai|net|co)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def catalog() -> Registry:
    return Registry.load([MODULES])


def all_versions(catalog: Registry) -> list[ModuleVersion]:
    return [version for name in catalog.names() for version in catalog.versions(name)]


def files() -> list[Path]:
    return sorted(MODULES.glob("*.manifest.yaml"))


def test_every_manifest_is_accepted(catalog: Registry) -> None:
    assert [str(problem) for problem in catalog.problems] == []


def test_it_is_worth_a_look(catalog: Registry) -> None:
    assert len(tuple(catalog.names())) >= 80
    assert len(all_versions(catalog)) >= 300
    assert {version.category for version in all_versions(catalog)} == set(CATEGORIES)


def test_a_module_keeps_its_category(catalog: Registry) -> None:
    for name in catalog.names():
        assert len({version.category for version in catalog.versions(name)}) == 1, name


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_a_file_holds_one_module_newest_first(path: Path, catalog: Registry) -> None:
    name = path.name.removesuffix(".manifest.yaml")
    written = []
    for document in read_documents(path.read_bytes(), path.name):
        assert isinstance(document.value, dict)
        assert document.value["name"] == name
        written.append(document.value["version"])
    assert written == [str(version.version) for version in catalog.versions(name)]


def test_every_manifest_names_its_source(catalog: Registry) -> None:
    for version in all_versions(catalog):
        manifest = catalog.manifest(version.name, version.version)
        assert manifest is not None
        assert manifest.text("x-source"), f"{version} has no x-source"


@pytest.mark.parametrize("path", [*files(), MODULES.parent / "README.md"], ids=lambda path: path.name)
def test_nothing_holds_an_address(path: Path) -> None:
    assert ADDRESS.search(path.read_text(encoding="utf-8")) is None


def test_every_manifest_is_sealed() -> None:
    assert [str(problem) for path in files() for problem in unsealed(path)] == []


def test_the_readme_lists_every_interface_with_its_providers(catalog: Registry) -> None:
    text = (MODULES.parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|", text, re.MULTILINE)
    listed = {
        interface: providers.split(", ")
        for names, providers in rows
        for interface in names.replace("`", "").split(", ")
    }
    assert listed == {interface: list(catalog.providers(interface)) for interface in catalog.interfaces()}


def test_modes(catalog: Registry) -> None:
    for version in all_versions(catalog):
        assert set(version.modes) <= {"native", "container"}, version
        assert len(version.modes) == 1 or version.preferred_mode in version.modes, f"{version} prefers no mode"


def test_every_cuda_needs_the_driver(catalog: Registry) -> None:
    assert len(catalog.versions("cuda")) >= 5
    for version in catalog.versions("cuda"):
        drivers = [entry for entry in version.runtimes if entry.name == "nvidia-driver"]
        assert drivers and drivers[0].constraint.text.startswith(">="), version


def test_a_newer_cuda_never_needs_an_older_driver(catalog: Registry) -> None:
    drivers = [
        parse_version(entry.constraint.text.removeprefix(">="))
        for version in catalog.versions("cuda")
        for entry in version.runtimes
        if entry.name == "nvidia-driver"
    ]
    assert drivers == sorted(drivers, reverse=True)


def test_every_requirement_is_met_by_something(catalog: Registry) -> None:
    for version in all_versions(catalog):
        for requirement in version.requirements:
            assert catalog.admitted(requirement), f"{version} needs {requirement}"
        for entry in version.runtimes:
            if entry.name not in HOST_RUNTIMES:
                assert catalog.admitted(entry), f"{version} needs the runtime {entry}"


def test_every_consumed_interface_is_provided(catalog: Registry) -> None:
    consumed = {interface for version in all_versions(catalog) for interface in version.consumes}
    assert consumed
    for interface in consumed:
        assert catalog.providers(interface), interface


def test_packages_that_share_an_interpreter_need_it_as_a_module(catalog: Registry) -> None:
    """docs/decisions/0011."""
    everything = all_versions(catalog)
    packages = {one.name for one in everything if any(entry.name == "python" for entry in one.requirements)}
    needed = {entry.name for one in everything for entry in one.requirements}
    alone = [one for one in everything if any(entry.name == "python" for entry in one.runtimes)]
    assert len(packages) >= 40 and alone
    for one in alone:
        assert one.name not in needed and not packages & {entry.name for entry in one.requirements}, one


@pytest.mark.parametrize("interface", ["openai-compatible-api", "sql-database", "vector-database"])
def test_there_is_a_choice_of_providers(catalog: Registry, interface: str) -> None:
    assert len(catalog.providers(interface)) >= 2


@pytest.mark.parametrize("name", ["llama.cpp", "ollama", "open-webui", "pytorch"])
def test_no_card_is_asked_of_what_runs_without_one(catalog: Registry, name: str) -> None:
    for version in catalog.versions(name):
        assert version.hardware.vram_min is None, version
        assert "cuda" not in {entry.name for entry in version.runtimes}, version


@pytest.mark.parametrize("name", ["vllm", "sglang", "unsloth"])
def test_what_runs_on_cuda_only_asks_for_it_and_for_a_card(catalog: Registry, name: str) -> None:
    for version in catalog.versions(name):
        assert version.hardware.vram_min is not None, version
        assert "cuda" in {entry.name for entry in version.runtimes}, version
