"""Which machine counts: ``--profile``, ``LAS_SOLVE_PROFILE``, the saved profile, detection, in this order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import RunCli

from las_cli.machine import Profile, find_profile, place_of, read_host
from las_registry.host import detect as detection
from las_registry.host.detect import Detection
from las_registry.host.examples import example_names, example_path
from las_solver.errors import InvalidInput
from las_solver.model import Host


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory; detection finds a machine of 1 core, and nothing is saved."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setattr(detection, "examine", lambda: Detection(Host(cores=1), ()))
    directory = tmp_path / "work"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A saved profile of 2 cores."""
    path = tmp_path / "settings" / "las-solve" / "host.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("cpu: {cores: 2}\n")
    return path


class TestNames:
    @pytest.mark.parametrize("name", example_names())
    def test_an_example_host(self, name: str) -> None:
        assert find_profile(name) == Profile(example_path(name), "example")
        assert place_of(name) == f"on {name}"

    def test_a_file_comes_before_an_example_host_of_its_name(self, directory: Path) -> None:
        (directory / "laptop").write_text("cpu: {cores: 3}\n")
        assert read_host("laptop").cores == 3
        assert place_of("laptop") == "on the machine of laptop"

    def test_a_directory_is_no_profile_and_does_not_hide_an_example_host(self, directory: Path) -> None:
        (directory / "laptop").mkdir()
        assert find_profile("laptop") == Profile(example_path("laptop"), "example")

    @pytest.mark.parametrize("path", ["./laptop", "laptop.yaml", "laptop.yml", "laptop.json", "machines/laptop"])
    def test_what_looks_like_a_file_is_one_also_where_it_is_missing(self, path: str) -> None:
        assert find_profile(path) == Profile(Path(path), "file")
        with pytest.raises(InvalidInput, match="the profile cannot be read: No such file"):
            read_host(path)

    def test_another_directory_is_said_to_be_one(self, directory: Path) -> None:
        (directory / "machines").mkdir()
        with pytest.raises(InvalidInput, match="machines: the profile cannot be read: "):
            read_host("machines")

    def test_a_broken_link_is_a_file_that_cannot_be_read(self, directory: Path) -> None:
        (directory / "laptop").symlink_to("missing")
        with pytest.raises(InvalidInput, match="laptop: the profile cannot be read: No such file"):
            read_host("laptop")

    @pytest.mark.parametrize("name", ["a" * 5000, "a\0b"])
    def test_a_name_that_nothing_can_have_is_that_of_a_file(self, name: str) -> None:
        with pytest.raises(InvalidInput, match="the profile cannot be read: "):
            read_host(name)

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("gpu-2x24", "did you mean gpu-2x24gb? las-solve host list shows the example hosts"),
            ("Laptop", "did you mean laptop? las-solve host list shows the example hosts"),
            ("dtect", "did you mean detect? las-solve host list shows the example hosts"),
            ("zzz", "las-solve host list shows the example hosts"),
        ],
    )
    def test_a_name_that_is_neither(self, name: str, hint: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            find_profile(name)
        assert caught.value.message == f"{name!r} is neither a profile file nor an example host"
        assert caught.value.hint == hint


@pytest.mark.usefixtures("saved")
class TestPrecedence:
    def test_the_saved_profile_comes_before_detection(self) -> None:
        assert read_host(None).cores == 2
        assert place_of(None) == "on this machine (saved profile)"
        assert place_of(None, ["ram=1GB"]) == "on this machine (saved profile) with ram=1GB"

    def test_facts_are_assumed_over_it(self) -> None:
        host = read_host(None, ["ram=1GB"])
        assert (host.cores, host.ram) == (2, 1000**3)

    def test_detection_can_be_asked_for(self) -> None:
        assert read_host("detect").cores == 1
        assert place_of("detect") == "on this machine"

    def test_a_file_can_have_that_name_too(self, directory: Path) -> None:
        (directory / "detect").write_text("cpu: {cores: 3}\n")
        assert read_host("detect").cores == 3

    def test_the_environment_comes_before_the_saved_profile(self, run_cli: RunCli) -> None:
        assert self._cores(run_cli, LAS_SOLVE_PROFILE="small-vm") == 2
        assert self._cores(run_cli, LAS_SOLVE_PROFILE="detect") == 1
        assert self._cores(run_cli, LAS_SOLVE_PROFILE="") == 2

    def test_the_option_comes_before_the_environment(self, run_cli: RunCli) -> None:
        assert self._cores(run_cli, "--profile", "laptop", LAS_SOLVE_PROFILE="small-vm") == 8

    def _cores(self, run_cli: RunCli, *arguments: str, **environment: str) -> object:
        result = run_cli("host", "show", "--format", "json", *arguments, **environment)
        assert result.exit_code == 0
        return json.loads(result.stdout)["cpu"]["cores"]


class TestCommands:
    def test_plan_says_which_example_it_is_for(self, run_cli: RunCli, registry: Path) -> None:
        result = run_cli("plan", "heavy", "--registry", str(registry), "--profile", "gpu-24gb")
        assert (result.exit_code, result.stdout.partition("\n")[0]) == (
            0,
            "Plan for heavy on gpu-24gb: 1 module, proven newest",
        )

    def test_a_conflict_says_so_too(self, run_cli: RunCli, registry: Path) -> None:
        result = run_cli("plan", "heavy", "--registry", str(registry), "--profile", "gpu-8gb")
        assert result.exit_code == 1
        assert "on gpu-8gb" in result.stdout.partition("\n")[0]

    def test_plan_uses_the_saved_profile(self, run_cli: RunCli, registry: Path, saved: Path) -> None:
        saved.write_text("gpus: [{vram: 24GB}]\n")
        result = run_cli("plan", "heavy", "--registry", str(registry))
        assert result.stdout.startswith("Plan for heavy on this machine (saved profile): 1 module, proven newest\n")

    def test_check_takes_the_host_of_the_document_whatever_is_saved(
        self, run_cli: RunCli, registry: Path, saved: Path
    ) -> None:
        plan = ("plan", "heavy", "--registry", str(registry), "--profile", "gpu-24gb", "--format", "json")
        document = run_cli(*plan).stdout
        saved.write_text("?")  # would be an error if it were read
        check = ("check", "-", "--registry", str(registry))
        assert run_cli(*check, stdin=document).exit_code == 0
        assert run_cli(*check, stdin=document, LAS_SOLVE_PROFILE="small-vm").exit_code == 0
        assert run_cli(*check, "--profile", "gpu-8gb", stdin=document).exit_code == 1

    def test_a_damaged_saved_profile_is_bad_input(self, run_cli: RunCli, registry: Path, saved: Path) -> None:
        saved.write_text("cpu: {cores: 0}\n")
        result = run_cli("plan", "app", "--registry", str(registry), "--format", "json")
        document = json.loads(result.stdout)
        assert result.exit_code == 2
        assert document["message"] == f"{saved}:1: cpu.cores: '0' is not a number of CPUs"
        assert "las-solve host forget removes it" in document["hint"]
        assert run_cli("plan", "app", "--registry", str(registry), "--profile", "detect").exit_code == 0

    def test_an_empty_name_is_wrong_usage(self, run_cli: RunCli) -> None:
        result = run_cli("host", "show", "--profile", "")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "the name of a profile is empty" in result.stderr

    def test_the_shell_completes_names_and_files(self, run_cli: RunCli) -> None:
        words = ["las-solve", "plan", "app", "--profile", "gpu-8"]
        result = run_cli(
            _LAS_SOLVE_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1)
        )
        assert result.stdout.splitlines() == ["file,gpu-8", "plain,gpu-80gb", "plain,gpu-8gb", "plain,gpu-8x80gb"]
