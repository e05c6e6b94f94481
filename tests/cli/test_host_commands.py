"""``las-solve host`` (contract, sections 3 and 10)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from command_line import RunCli
from packaging.version import Version

from las_cli.main import cli
from las_cli.render.host import readable_size
from las_registry.host import detect as detection
from las_registry.host.detect import Detection, Note
from las_registry.host.examples import example_host, example_names
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


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `host save` writes; the directory is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return tmp_path / "settings" / "las-solve" / "host.yaml"


def saves(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)


@pytest.mark.usefixtures("machine")
class TestSave:
    def test_it_is_used_from_then_on(self, run_cli: RunCli, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        result = run_cli("host", "save", "--assume", "ram=32GB")
        assert (result.exit_code, result.stderr) == (0, "")
        assert (
            result.stdout
            == f"""\
this machine, with ram=32GB: saved to {saved}
It is used in place of detection from now on; las-solve host forget undoes that.
"""
        )
        assert read_profile(saved) == replace(HOST, ram=32 * 1000**3)
        monkeypatch.setattr(detection, "examine", lambda: UNKNOWN)
        document = json.loads(run("--format", "json").stdout)
        assert host_from_document(document) == replace(HOST, ram=32 * 1000**3)
        assert document["x-source"] == f"this machine, as saved in {saved}"

    def test_the_file_says_what_it_is(self, run_cli: RunCli, saved: Path) -> None:
        run_cli("host", "save")
        assert saved.read_text().startswith(
            """\
# Saved by las-solve host save: this machine. Correct it by hand.
# It is used in place of detection until las-solve host forget removes it; --profile detect does without it.
# containers: found docker
cpu: {cores: 16}
"""
        )

    def test_the_machine_is_looked_at_whatever_is_saved(self, run_cli: RunCli, saved: Path) -> None:
        saves(saved, "cpu: {cores: 2}\n")
        assert run_cli("host", "save", "--force").exit_code == 0
        assert read_profile(saved) == HOST

    def test_another_machine_can_be_saved(self, run_cli: RunCli, saved: Path) -> None:
        assert run_cli("host", "save", "--profile", "gpu-24gb").exit_code == 0
        assert read_profile(saved) == example_host("gpu-24gb")

    def test_what_differs_is_not_written_over(self, run_cli: RunCli, saved: Path) -> None:
        run_cli("host", "save", "--assume", "cores=2", "--assume", "runtime.cuda=")
        before = saved.read_bytes()
        result = run_cli("host", "save")
        assert (result.exit_code, result.stdout) == (2, "")
        assert (
            result.stderr
            == f"""\
error: {saved} exists, and says otherwise
  cores: 2 there, 16 now
  runtime.cuda: none there, 12.4 now
hint: --force replaces it
"""
        )
        assert saved.read_bytes() == before

    def test_what_is_the_same_stays_with_the_users_comments(self, run_cli: RunCli, saved: Path) -> None:
        run_cli("host", "save")
        saved.write_text("# mine\n" + saved.read_text())
        result = run_cli("host", "save")
        assert (result.exit_code, result.stdout) == (0, f"{saved} says the same already\n")
        assert saved.read_text().startswith("# mine\n")

    @pytest.mark.parametrize("content", ["", "?", "cpu: {cores: 0}\n", "\0"])
    def test_a_damaged_one_is_replaced_by_force_alone(self, content: str, run_cli: RunCli, saved: Path) -> None:
        saves(saved, content)
        result = run_cli("host", "save")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"error: {saved} exists, and cannot be used: ")
        assert "hint: --force replaces it\n" in result.stderr
        assert run_cli("host", "save", "--force").exit_code == 0
        assert read_profile(saved) == HOST

    @pytest.mark.parametrize("name", ["", "-"])
    def test_what_names_no_file_is_not_written_to(
        self, name: str, run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.iterdir())
        result = run_cli("host", "save", "--output", name, "--force")
        assert (result.exit_code, result.stdout) == (2, "")
        assert ("the name of a file is empty" if name == "" else "--output - names no file") in result.stderr
        assert sorted(tmp_path.iterdir()) == before

    def test_a_directory_is_not_replaced(self, run_cli: RunCli, saved: Path) -> None:
        saved.mkdir(parents=True)
        result = run_cli("host", "save", "--force")
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"error: {saved} is a directory\n" in result.stderr

    def test_it_can_be_written_elsewhere_and_is_not_used(self, run_cli: RunCli, saved: Path, tmp_path: Path) -> None:
        path = tmp_path / "my machine.yaml"
        result = run_cli("host", "save", "--output", str(path))
        assert (result.exit_code, result.stdout) == (0, f"this machine: saved to {path}\n")
        assert read_profile(path) == HOST
        assert f"# las-solve plan MODULE --profile '{path}'\n" in path.read_text()
        assert not saved.exists()
        assert run_cli("host", "save", "--output", str(path), "--assume", "cores=1").exit_code == 2
        assert run_cli("host", "save", "--output", str(path), "--assume", "cores=1", "--force").exit_code == 0
        assert read_profile(path).cores == 1

    @pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="needs /dev/null")
    def test_a_device_is_not_replaced_by_force(self, run_cli: RunCli, saved: Path, tmp_path: Path) -> None:
        link = tmp_path / "link"
        link.symlink_to("/dev/null")
        result = run_cli("host", "save", "--output", str(link), "--force")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "is not a file, and is not written over" in result.stderr
        assert link.is_symlink()

    def test_without_a_directory_for_settings_the_error_says_what_to_do(
        self, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("las_registry.host.saved.saved_path", lambda: None)
        result = run_cli("host", "save")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "hint: write it to a file by --output FILE" in result.stderr
        assert run_cli("host", "forget").exit_code == 0
        assert run_cli("host", "show").exit_code == 0

    def test_a_variable_that_overrules_it_is_said(self, run_cli: RunCli, saved: Path) -> None:
        result = run_cli("host", "save", LAS_SOLVE_PROFILE="gpu-8gb")
        assert result.stdout.splitlines()[-1] == "As long as LAS_SOLVE_PROFILE is set, gpu-8gb is used all the same."

    def test_json(self, run_cli: RunCli, saved: Path) -> None:
        command = ("host", "save", "--format", "json")
        assert json.loads(run_cli(*command).stdout) == {"status": "saved", "file": str(saved)}
        assert json.loads(run_cli(*command).stdout) == {"status": "unchanged", "file": str(saved)}
        refused = json.loads(run_cli(*command, "--assume", "cores=1").stdout)
        assert (refused["status"], refused["hint"]) == ("error", "--force replaces it")


@pytest.mark.usefixtures("machine")
class TestForget:
    @pytest.mark.parametrize("content", ["cpu: {cores: 2}\n", "", "?"])
    def test_the_machine_is_looked_at_again(self, content: str, run_cli: RunCli, saved: Path) -> None:
        saves(saved, content)
        result = run_cli("host", "forget")
        assert (result.exit_code, result.stdout) == (0, f"{saved}: removed; this machine is looked at again\n")
        assert run().stdout.startswith("Host: this machine\n")

    def test_there_is_none(self, run_cli: RunCli, saved: Path) -> None:
        assert (run_cli("host", "forget").exit_code, run_cli("host", "forget").stdout) == (0, "No profile is saved.\n")

    def test_json(self, run_cli: RunCli, saved: Path) -> None:
        saves(saved, "")
        command = ("host", "forget", "--format", "json")
        assert json.loads(run_cli(*command).stdout) == {"status": "removed", "file": str(saved)}
        assert json.loads(run_cli(*command).stdout) == {"status": "nothing", "file": None}


@pytest.mark.usefixtures("machine")
class TestStaleness:
    def test_what_is_found_to_be_otherwise_is_shown(self, run_cli: RunCli, saved: Path) -> None:
        run_cli("host", "save", "--assume", "runtime.cuda=12.2", "--assume", "cores=8")
        result = run("--assume", "ram=1GB")  # an assumption is for this call: it makes nothing stale
        assert (
            result.stdout.partition("System packages  none known\n")[2]
            == """\

Detected now
  cores: 16, where 8 is saved
  runtime.cuda: 12.4, where 12.2 is saved
  las-solve host save --force saves what is detected
"""
        )
        assert json.loads(run("--format", "json").stdout)["x-differences"] == [
            {"fact": "cores", "saved": "8", "detected": "16"},
            {"fact": "runtime.cuda", "saved": "12.2", "detected": "12.4"},
        ]
        assert "# detected now: runtime.cuda: 12.4, where 12.2 is saved\n" in run("--format", "yaml").stdout

    def test_so_is_that_nothing_is(self, run_cli: RunCli, saved: Path) -> None:
        run_cli("host", "save")
        assert run().stdout.endswith("\nDetected now\n  the same facts\n")
        assert json.loads(run("--format", "json").stdout)["x-differences"] == []

    def test_nothing_is_detected_for_another_profile(self, run_cli: RunCli, saved: Path) -> None:
        run_cli("host", "save")
        assert "Detected now" not in run("--profile", "laptop").stdout
        assert "x-differences" not in json.loads(run("--profile", "detect", "--format", "json").stdout)


class TestList:
    def test_every_example_host_with_its_main_facts(self, run_cli: RunCli, saved: Path) -> None:
        lines = run_cli("host", "list").stdout.splitlines()
        assert lines[0].split() == ["NAME", "CORES", "MEMORY", "GPUS", "RUNTIMES"]
        assert [line.split()[0] for line in lines[1:]] == list(example_names())
        (row,) = [line for line in lines if line.startswith("  gpu-2x24gb ")]
        assert " 2 x NVIDIA GeForce RTX 3090 (24 GiB) " in row

    def test_the_saved_one_is_marked(self, run_cli: RunCli, saved: Path) -> None:
        run_cli("host", "save", "--profile", "laptop")
        lines = run_cli("host", "list").stdout.splitlines()
        assert [line.split()[0] for line in lines if " (saved) " in line] == ["laptop"]
        assert lines[-1] == f"The saved profile {saved} is used in place of detection."
        document = json.loads(run_cli("host", "list", "--format", "json").stdout)
        assert [one["name"] for one in document["hosts"] if one["saved"]] == ["laptop"]
        assert document["saved"]["file"] == str(saved)
        assert host_from_document(document["saved"]["profile"]) == example_host("laptop")

    def test_a_damaged_one_does_not_hide_the_examples(self, run_cli: RunCli, saved: Path) -> None:
        saves(saved, "?")
        result = run_cli("host", "list")
        assert result.exit_code == 0
        assert result.stdout.splitlines()[-1] == (
            f"The saved profile {saved} cannot be used; las-solve host show says why."
        )
        document = json.loads(run_cli("host", "list", "--format", "json").stdout)
        assert document["saved"] == {"file": str(saved), "profile": None}

    def test_json_has_every_example_as_a_profile(self, run_cli: RunCli, saved: Path) -> None:
        document = json.loads(run_cli("host", "list", "--format", "json").stdout)
        assert document["saved"] is None
        for one in document["hosts"]:
            assert host_from_document(one["profile"]) == example_host(one["name"])


@pytest.mark.parametrize(
    ("command", "example"),
    [
        ("show", "las-solve host show --format yaml > workstation.yaml"),
        ("list", "las-solve plan vllm --profile gpu-24gb"),
        ("save", "las-solve host save --profile gpu-24gb"),
        ("forget", "las-solve host forget"),
    ],
)
def test_help_has_examples(command: str, example: str, run_cli: RunCli) -> None:
    result = run_cli("host", command, "--help")
    assert result.exit_code == 0
    assert example in result.stdout


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
