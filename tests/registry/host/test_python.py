"""The runtime ``python``: the first python3, else python, on the path (docs/host.md)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from executables import script
from packaging.version import Version

from las_registry.host.probes import python as module
from las_registry.host.probes.commands import Commands
from las_registry.host.probes.probe import Findings
from las_registry.host.probes.python import ask_python, probe_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are scripts of a shell")

THIS = {"python": Version(sys.version.split()[0].rstrip("+"))}


def fake(path: Path, answer: str) -> Path:
    return script(path, f"echo '{answer}'")


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("Python 3.12.3", "3.12.3"),
        ("Python 3.13.0rc1", "3.13.0rc1"),
        ("Python 3.12.0+", "3.12.0"),
        ("Python 3.11.5 :: Anaconda, Inc.", "3.11.5"),
        ("Python 3.10.14 (39dc8d3c85a7, Apr 27 2024)\n[PyPy 7.3.16 with GCC 10.2.1]", "3.10.14"),
        ("warning: something else\nPython 3.9.2", "3.9.2"),
    ],
)
def test_the_version_that_it_prints(tmp_path: Path, answer: str, version: str) -> None:
    fake(tmp_path / "python3", answer)
    assert probe_python(str(tmp_path)) == Findings(runtimes={"python": Version(version)})


def test_python_2_prints_it_as_an_error(tmp_path: Path) -> None:
    script(tmp_path / "python", "echo Python 2.7.18 >&2")
    assert probe_python(str(tmp_path)).runtimes == {"python": Version("2.7.18")}


def test_the_first_directory_comes_first_but_python3_before_python(tmp_path: Path) -> None:
    fake(tmp_path / "a/python", "Python 2.7.18")
    fake(tmp_path / "b/python3", "Python 3.12.3")
    fake(tmp_path / "c/python3", "Python 3.8.10")
    path = os.pathsep.join(str(tmp_path / name) for name in "abc")
    assert probe_python(path).runtimes == {"python": Version("3.12.3")}


def test_no_python(tmp_path: Path) -> None:
    assert probe_python(str(tmp_path)) == Findings(notes=("no Python was found (python3, python)",))


class TestThisInterpreter:
    @pytest.fixture
    def no_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: Commands, command: Path) -> None:
            raise AssertionError(f"{command} was started")

        monkeypatch.setattr(Commands, "ask", refuse)

    @pytest.mark.usefixtures("no_process")
    def test_no_process_is_needed(self, tmp_path: Path) -> None:
        (tmp_path / "python3").symlink_to(sys.executable)
        assert probe_python(str(tmp_path)) == Findings(runtimes=THIS)

    @pytest.mark.usefixtures("no_process")
    def test_nor_for_the_interpreter_that_a_virtual_environment_stands_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "python3").symlink_to(os.path.realpath(sys.executable))
        monkeypatch.setattr(sys, "executable", str(tmp_path / "venv-python"))
        (tmp_path / "venv-python").symlink_to(tmp_path / "python3")
        assert probe_python(str(tmp_path)).runtimes == THIS

    def test_where_it_is_unknown_the_command_is_asked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fake(tmp_path / "python3", "Python 3.12.3")
        monkeypatch.setattr(sys, "executable", "")
        assert probe_python(str(tmp_path)).runtimes == {"python": Version("3.12.3")}


class TestMisbehaviour:
    def test_a_placeholder_is_passed_over(self, tmp_path: Path) -> None:
        """As Windows has one, which offers to install Python."""
        script(tmp_path / "python3", "echo 'Python was not found; run without arguments to install'; exit 9")
        fake(tmp_path / "python", "Python 3.12.3")
        assert probe_python(str(tmp_path)) == Findings(
            runtimes={"python": Version("3.12.3")},
            notes=(f"{tmp_path}/python3 ends with status 9: 'Python was not found; run without arguments to install'",),
        )

    @pytest.mark.parametrize("answer", ["", "garbage", "Python", "Python three", "GNU Python 3.1"])
    def test_what_is_not_understood_is_unknown(self, tmp_path: Path, answer: str) -> None:
        fake(tmp_path / "python3", answer)
        assert probe_python(str(tmp_path)) == Findings(
            notes=(
                f"{tmp_path}/python3 does not say its version: {answer!r}",
                "no Python was found (python3, python)",
            )
        )

    def test_two_names_of_one_file_are_asked_once(self, tmp_path: Path) -> None:
        script(tmp_path / "python3", f"echo asked >> {tmp_path}/log")
        (tmp_path / "python").symlink_to("python3")
        probe_python(str(tmp_path))
        assert (tmp_path / "log").read_text() == "asked\n"

    def test_after_one_that_hangs_nothing_else_is_tried(self, tmp_path: Path) -> None:
        script(tmp_path / "python3", "sleep 1000")
        script(tmp_path / "python", f": > {tmp_path}/asked")
        with Commands(str(tmp_path), patience=0.3) as commands:
            assert ask_python(commands)() == Findings(
                notes=(f"{tmp_path}/python3 does not answer in time", "no Python was found (python3, python)")
            )
        assert not (tmp_path / "asked").exists()


class TestMacOs:
    """Without developer tools, macOS has a python3 that opens a window."""

    @pytest.fixture
    def tools(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(module, "_APPLE_PYTHON", fake(tmp_path / "bin/python3", "Python 3.9.6"))
        monkeypatch.setattr(module, "_APPLE_TOOLS", (tmp_path / "tools",))
        return tmp_path / "tools"

    def test_it_is_not_run(self, tools: Path) -> None:
        assert probe_python(str(tools.parent / "bin")).runtimes == {}

    def test_with_developer_tools_it_is_one_like_others(self, tools: Path) -> None:
        tools.mkdir()
        assert probe_python(str(tools.parent / "bin")).runtimes == {"python": Version("3.9.6")}

    def test_another_counts_without_them(self, tools: Path, tmp_path: Path) -> None:
        fake(tmp_path / "own/python3", "Python 3.12.3")
        assert probe_python(str(tmp_path / "own")).runtimes == {"python": Version("3.12.3")}


class TestPyenv:
    """A shim of pyenv takes 0.1 s to say what one file tells."""

    @pytest.fixture
    def shims(self, tmp_path: Path) -> Path:
        shim = fake(tmp_path / "shims/python3", "Python 3.0.0")
        fake(tmp_path / "versions/3.12.3/bin/python3", "Python 3.12.3")
        fake(tmp_path / "versions/3.8.10/bin/python3", "Python 3.8.10")
        return shim.parent

    @staticmethod
    def version(shims: Path, **environment: str) -> str:
        with Commands(str(shims), 30.0) as commands:
            return str(ask_python(commands, environment)().runtimes["python"])

    def test_the_version_that_is_chosen(self, shims: Path) -> None:
        (shims.parent / "version").write_text("3.12.3\n")
        assert self.version(shims) == "3.12.3"
        assert self.version(shims, PYENV_VERSION="3.8.10") == "3.8.10"

    @pytest.mark.parametrize("text", ["system", "3.12", "3.12.3\n3.8.10\n", "../versions/3.12.3", "", "9.9.9", "\n"])
    def test_anything_else_is_left_to_the_shim(self, shims: Path, text: str) -> None:
        (shims.parent / "version").write_text(text)
        assert self.version(shims) == "3.0.0"

    def test_a_pipe_in_place_of_the_file_is_not_waited_for(self, shims: Path) -> None:
        os.mkfifo(shims.parent / "version")
        assert self.version(shims) == "3.0.0"

    def test_several_at_once_are_left_to_the_shim(self, shims: Path) -> None:
        assert self.version(shims, PYENV_VERSION="3.12.3:3.8.10") == "3.0.0"

    def test_without_a_choice_the_shim_is_asked(self, shims: Path) -> None:
        assert self.version(shims) == "3.0.0"

    def test_another_folder_of_that_name_is_none_of_pyenv(self, tmp_path: Path) -> None:
        fake(tmp_path / "shims/python3", "Python 3.0.0")
        assert self.version(tmp_path / "shims", PYENV_VERSION="3.12.3") == "3.0.0"
