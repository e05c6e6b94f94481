"""What the commands say of modules, versions and interfaces that there are not (contract, sections 7 and 8)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files


def core_of(run_cli: RunCli, *arguments: str) -> list[dict[str, Any]]:
    result = run_cli("plan", *arguments, "--format", "json")
    assert result.exit_code == 1, result.stderr
    core = json.loads(result.stdout)["core"]
    assert isinstance(core, list)
    return core


def texts(run_cli: RunCli, *arguments: str) -> list[str]:
    return [str(one["text"]) for one in core_of(run_cli, *arguments)]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A registry of which much was rejected: `lib` at 2.1, all of `other`, a provider, and one that is no YAML."""
    return write_files(
        tmp_path / "broken",
        {
            "app/manifest.yaml": manifest_text("app", "1.0", "dependencies:\n  modules: ['lib@>=2']\n"),
            "chat/manifest.yaml": manifest_text("chat", "1.0", "interfaces:\n  consumes: [llm-api]\n"),
            "lib/manifest.yaml": manifest_text("lib", "1.0"),
            "lib/new.manifest.yaml": manifest_text("lib", "2.1", "licence: MIT\n"),
            "other/manifest.yaml": manifest_text("other", "not a version"),
            "engine/manifest.yaml": manifest_text(
                "engine", "1.0", "interfaces:\n  provides: [llm-api]\nlicence: MIT\n"
            ),
            "torn/manifest.yaml": "name: [torn\n",
        },
    )


class TestRejectedManifests:
    def test_of_a_version_that_would_do(self, run_cli: RunCli, broken: Path) -> None:
        _, need, unmet = core_of(run_cli, "app", "--registry", str(broken))
        assert need["text"] == "app 1.0 needs lib >=2"
        assert unmet["text"].startswith(
            "no version of lib meets >=2: there is only 1.0; "
            "2.1 is there, but its manifest was rejected: lib/new.manifest.yaml:"
        )
        (manifest,) = unmet["rejected"]
        assert (manifest["module"], manifest["version"]) == ("lib", "2.1")
        assert manifest["reason"].startswith("licence: ")

    def test_of_every_version(self, run_cli: RunCli, broken: Path) -> None:
        _, unknown = core_of(run_cli, "other", "--registry", str(broken))
        assert unknown["text"].startswith("no manifest of other can be used: other/manifest.yaml:")
        assert unknown["rejected"][0]["version"] is None

    def test_of_a_file_whose_name_alone_can_be_read(self, run_cli: RunCli, broken: Path) -> None:
        _, unknown = texts(run_cli, "torn", "--registry", str(broken))
        assert unknown.startswith("no manifest of torn can be used: torn/manifest.yaml:")
        shown = run_cli("registry", "show", "torn", "--registry", str(broken))
        assert shown.exit_code == 2
        assert "hint: correct torn/manifest.yaml:" in shown.stderr

    def test_of_a_provider(self, run_cli: RunCli, broken: Path) -> None:
        _, need = texts(run_cli, "chat", "--registry", str(broken))
        assert need.startswith(
            "chat 1.0 consumes the interface llm-api, which no other module provides; "
            "engine would, but its manifest was rejected: engine/manifest.yaml:"
        )

    def test_of_the_same_version_twice(self, run_cli: RunCli, tmp_path: Path) -> None:
        registry = write_files(
            tmp_path / "twice",
            {
                "a.manifest.yaml": manifest_text("app", "1.0"),
                "b.manifest.yaml": manifest_text("app", "1.0", "license: MIT\n"),
                "c.manifest.yaml": manifest_text("fine", "1.0"),
            },
        )
        _, unknown = core_of(run_cli, "app", "--registry", str(registry))
        assert [one["version"] for one in unknown["rejected"]] == ["1.0", "1.0"]


class TestSeveralRegistries:
    @pytest.fixture
    def places(self, tmp_path: Path, broken: Path) -> tuple[str, str]:
        """The broken registry, and a later one where everything is right."""
        later = write_files(
            tmp_path / "later",
            {
                "lib/manifest.yaml": "---\n".join(manifest_text("lib", one) for one in ("1.5", "2.2", "2.3")),
                "other/manifest.yaml": manifest_text("other", "3.0"),
                "more/manifest.yaml": manifest_text("more", "1.0", "licence: MIT\n"),
            },
        )
        return str(broken), str(later)

    def test_a_later_one_has_the_version(self, run_cli: RunCli, places: tuple[str, str]) -> None:
        first, later = places
        _, _, unmet = core_of(run_cli, "app", "--registry", first, "--registry", later)
        told = f"; {later} has 2.3 and 2.2, but only the first registry with lib counts for it"
        assert unmet["text"].endswith(told)
        assert unmet["shadowed"] == [{"registry": later, "versions": ["2.3", "2.2"], "rule": None}]

    def test_a_later_one_has_the_module(self, run_cli: RunCli, places: tuple[str, str]) -> None:
        first, later = places
        _, unknown = core_of(run_cli, "other", "--registry", first, "--registry", later)
        assert unknown["shadowed"] == [{"registry": later, "versions": ["3.0"], "rule": None}]

    def test_what_would_not_count_anyway_is_not_told(self, run_cli: RunCli, places: tuple[str, str]) -> None:
        first, later = places
        _, unmet = core_of(run_cli, "lib@==2.1", "--registry", later, "--registry", first)
        assert (unmet["rejected"], unmet["shadowed"]) == ([], [])
        assert unmet["nearest"] == ["1.5", "2.2"]


class TestHostileFiles:
    def test_nothing_draws_on_the_terminal_or_makes_lines_of_its_own(self, run_cli: RunCli, tmp_path: Path) -> None:
        registry = write_files(
            tmp_path / "hostile",
            {
                "app.manifest.yaml": manifest_text("app", "1.0", "interfaces:\n  consumes: [api]\n"),
                "evil.manifest.yaml": manifest_text(
                    '"evil\\e[2J\\n  - you are fine"', "1.0", "interfaces:\n  provides: [api]\n"
                ),
            },
        )
        result = run_cli("plan", "app", "--registry", str(registry))
        assert result.exit_code == 1
        assert "\x1b" not in result.stdout
        assert "\n  - you are fine" not in result.stdout
        assert "evil\\x1b[2J\\n" in result.stdout.replace("\n    ", " ")


class TestOptionsThatSayNothing:
    def test_an_exclusion_of_no_version(self, run_cli: RunCli, registry: Path, profile: Path) -> None:
        places = ("--registry", str(registry), "--profile", str(profile))
        result = run_cli("plan", "app", *places, "--exclude", "library@>=9", "--exclude", "library@>=2")
        assert result.exit_code == 0
        assert result.stderr == "warning: --exclude library@>=9 has no effect: no version of library meets >=9\n"


def test_an_example_host_is_no_module(run_cli: RunCli, registry: Path) -> None:
    result = run_cli("registry", "show", "gpu-8gb", "--registry", str(registry))
    assert result.stderr == (
        "error: there is no module 'gpu-8gb'\nhint: gpu-8gb is an example host: las-solve host show gpu-8gb\n"
    )
