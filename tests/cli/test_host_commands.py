"""``las-solve host show`` (contract, sections 3 and 10)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from packaging.version import Version

from las_cli.commands.host.show import readable_size
from las_cli.main import cli
from las_registry.host import detect as detection
from las_registry.host.detect import Detection, Note
from las_registry.host.profile import host_from_document, read_profile
from las_solver.model import Gpu, Host

HOST = Host(
    cores=16,
    ram=64 * 1024**3,
    gpus=(
        Gpu(name="NVIDIA GeForce RTX 4090", vendor="nvidia", vram=24564 * 1024**2),
        Gpu(name="Arc A770", vendor="intel", vram=16 * 1000**3),
    ),
    runtimes={"nvidia-driver": Version("550.54"), "cuda": Version("12.4")},
    modes=frozenset({"native", "container"}),
)
DETECTION = Detection(HOST, (Note("containers", "found docker"),))
UNKNOWN = Detection(Host(modes=frozenset({"native"})), (Note("nvidia", "no driver\x1b[2J"),))


def run(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, ["host", "show", *arguments], env={"COLUMNS": "", **(environment or {})})


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAS_SOLVE_PROFILE", raising=False)
    monkeypatch.setattr(detection, "examine", lambda: DETECTION)


@pytest.fixture
def unknown_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAS_SOLVE_PROFILE", raising=False)
    monkeypatch.setattr(detection, "examine", lambda: UNKNOWN)


@pytest.mark.usefixtures("machine")
class TestText:
    def test_all_facts(self) -> None:
        result = run()
        assert result.exit_code == 0
        assert (
            result.stdout
            == """\
Host: this machine

CPU cores        16
Memory           64 GiB (68.7 GB)
GPUs             NVIDIA GeForce RTX 4090, 24564 MiB (25.8 GB)
                 Arc A770 (intel), 14.9 GiB (16 GB)
Runtimes         cuda 12.4
                 nvidia-driver 550.54
Modes            container, native
Interfaces       none
System packages  none known

Notes
  containers: found docker
"""
        )

    def test_what_is_assumed_is_said(self) -> None:
        result = run("--assume", "cores=2", "--assume", "gpus=")
        assert result.stdout.startswith("Host: this machine, with cores=2, gpus=\n\nCPU cores        2\n")
        assert "GPUs             none\n" in result.stdout


@pytest.mark.usefixtures("unknown_machine")
def test_unknown_facts_say_how_to_state_them() -> None:
    lines = run().stdout.splitlines()
    assert lines[2] == "CPU cores        unknown, so that no minimum is met; state it with --assume cores=16"
    assert lines[3] == "Memory           unknown, so that no minimum is met; state it with --assume ram=64GB"


@pytest.mark.usefixtures("unknown_machine")
@pytest.mark.parametrize("form", ["text", "json", "yaml"])
def test_control_characters_do_not_reach_the_terminal(form: str) -> None:
    result = run("--format", form)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_is_printed_is_itself_a_profile(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"host.{form}"
    path.write_text(run("--format", form).stdout)
    assert read_profile(path) == HOST
    again = run("--profile", str(path), "--format", "json")
    assert host_from_document(json.loads(again.stdout)) == HOST


@pytest.mark.usefixtures("unknown_machine")
def test_an_unknown_fact_is_left_out_of_the_profile(tmp_path: Path) -> None:
    path = tmp_path / "host.yaml"
    path.write_text(run("--format", "yaml").stdout)
    assert read_profile(path) == UNKNOWN.host
    assert "# cpu: {cores: 16} would state the number of CPUs, which is unknown\n" in path.read_text()
    assert "cpu" not in json.loads(run("--format", "json").stdout)


@pytest.mark.usefixtures("machine")
def test_yaml_is_pleasant_to_correct() -> None:
    assert (
        run("--format", "yaml").stdout
        == """\
# A host profile: this machine. Correct it by hand and name it with --profile.
# containers: found docker
cpu: {cores: 16}
memory: {ram: 64GiB}
gpus:
- {name: NVIDIA GeForce RTX 4090, vendor: nvidia, vram: 24564MiB}
- {name: Arc A770, vendor: intel, vram: 16GB}
runtimes: {cuda: '12.4', nvidia-driver: '550.54'}
modes: [container, native]
interfaces: []
system_packages: []
"""
    )


@pytest.mark.usefixtures("machine")
def test_json_says_where_the_facts_are_from() -> None:
    document = json.loads(run("--format", "json", "--assume", "cores=2").stdout)
    assert document["cpu"] == {"cores": 2}
    assert document["x-source"] == "this machine, with cores=2"
    assert document["x-notes"] == [{"probe": "containers", "text": "found docker"}]


class TestProfile:
    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A profile, on a machine that must not be looked at (section 3: nothing is detected)."""

        def fail() -> Detection:
            raise AssertionError("nothing is detected for a profile")

        monkeypatch.setattr(detection, "examine", fail)
        path = tmp_path / "host.yaml"
        path.write_text("cpu: {cores: 3}\n")
        return path

    def test_it_is_named_by_an_option(self, path: Path) -> None:
        result = run("--profile", str(path))
        assert result.stdout.startswith(f"Host: the profile {path}\n\nCPU cores        3\n")
        assert "Modes            every mode\n" in result.stdout
        assert "Notes" not in result.stdout

    def test_it_is_named_by_the_environment(self, path: Path) -> None:
        result = run("--format", "json", environment={"LAS_SOLVE_PROFILE": str(path)})
        assert json.loads(result.stdout)["cpu"] == {"cores": 3}

    def test_facts_are_assumed_over_it(self, path: Path) -> None:
        result = run("--profile", str(path), "--assume", "ram=1GiB", "--format", "json")
        assert json.loads(result.stdout)["memory"] == {"ram": "1GiB"}

    def test_one_with_nonsense_is_bad_input(self, path: Path) -> None:
        path.write_text("cpu: {cores: 3}\nmemory: {ram: much}\n")
        result = run("--profile", str(path))
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"{path}:2: memory.ram: 'much' is not a size" in result.stderr

    def test_one_that_is_not_there_is_bad_input(self, path: Path) -> None:
        result = run("--profile", str(path / "missing"))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "the profile cannot be read" in result.stderr

    def test_errors_are_json_where_json_was_asked_for(self, path: Path) -> None:
        path.write_text("cpu: {cores: 0}\n")
        result = run("--profile", str(path), "--format", "json")
        document = json.loads(result.stdout)
        assert result.exit_code == 2
        assert document["status"] == "error"
        assert (document["details"][0]["line"], document["details"][0]["field"]) == (1, "cpu.cores")


@pytest.mark.usefixtures("machine")
def test_a_wrong_assumption_is_bad_input() -> None:
    result = run("--assume", "vram=24GB")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--assume vram=24GB: there is no such fact" in result.stderr
    assert "hint: write it like gpus=24GB,24GB" in result.stderr


def test_help_has_examples() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "las-solve host show --format yaml > workstation.yaml" in result.stdout


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1, "1 bytes"),
        (1024**2, "1 MiB (1 MB)"),
        (500 * 1000**2, "476.8 MiB (500 MB)"),
        (24564 * 1024**2, "24564 MiB (25.8 GB)"),
        (24 * 1000**3, "22.4 GiB (24 GB)"),
        (64 * 1024**3, "64 GiB (68.7 GB)"),
        (25276514304, "23.5 GiB (25.3 GB)"),
        (2 * 1024**4, "2048 GiB (2199 GB)"),
    ],
)
def test_sizes_are_readable(size: int, text: str) -> None:
    assert readable_size(size) == text
