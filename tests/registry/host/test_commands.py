"""Asking commands for their version: fake executables, some of which do not behave."""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from executables import script

from las_registry.host.probes.commands import Answer, Commands, read_version, shown

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are scripts of a shell")


def ask(path: Path, patience: float = 30.0) -> Answer:
    with Commands(str(path.parent), patience) as commands:
        return commands.ask(path).answer()


def runs(process: int) -> bool:
    """Whether the process still runs; one that has ended may still be in the table."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def ends(process: int) -> bool:
    """Whether the process, which was killed, is gone soon: the system takes a moment."""
    until = time.monotonic() + 10
    while runs(process) and time.monotonic() < until:
        time.sleep(0.01)
    return not runs(process)


class TestFinding:
    def test_the_first_executable_file_on_the_path(self, tmp_path: Path) -> None:
        (tmp_path / "a/tool").mkdir(parents=True)
        script(tmp_path / "b/tool", "", mode=0o644)
        first, _ = script(tmp_path / "c/tool", ""), script(tmp_path / "d/tool", "")
        path = os.pathsep.join(str(tmp_path / name) for name in ("missing", "a", "b", "c", "d"))
        assert Commands(path).find("tool") == first
        assert Commands(path).find("other") is None

    def test_nothing_is_found_by_the_current_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        script(tmp_path / "tool", "")
        script(tmp_path / "bin/tool", "")
        monkeypatch.chdir(tmp_path)
        assert Commands(os.pathsep.join(("", ".", "bin", "./bin"))).find("tool") is None

    def test_a_directory_that_cannot_be(self) -> None:
        assert Commands("/\0/bin").find("tool") is None

    def test_without_a_path_the_environment_says_where(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert Commands().find("tool") is None
        assert Commands().find(script(tmp_path / "tool", "").name) == tmp_path / "tool"


class TestAsking:
    def test_it_is_asked_for_its_version(self, tmp_path: Path) -> None:
        assert ask(script(tmp_path / "tool", 'echo "$# $1"')) == Answer("1 --version\n")

    def test_both_streams_are_read(self, tmp_path: Path) -> None:
        assert ask(script(tmp_path / "tool", "echo out; echo err >&2")) == Answer("out\nerr\n")

    def test_no_input_no_terminal_not_the_current_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        body = 'pwd; read line || echo no input; (: > /dev/tty) 2>/dev/null || echo no terminal; echo "$LC_ALL $KEPT"'
        monkeypatch.setenv("KEPT", "kept")
        assert ask(script(tmp_path / "tool", body)).text == "/\nno input\nno terminal\nC kept\n"

    def test_a_link_runs_by_its_own_name(self, tmp_path: Path) -> None:
        """Wrappers such as those of snaps tell by their name what to run."""
        script(tmp_path / "wrapper", 'basename "$0"')
        (tmp_path / "tool").symlink_to("wrapper")
        assert ask(tmp_path / "tool").text == "tool\n"

    def test_nothing_of_the_path_is_understood_by_a_shell(self, tmp_path: Path) -> None:
        assert ask(script(tmp_path / "a; echo $(id)/tool", "echo 1")).text == "1\n"

    def test_they_run_beside_each_other(self, tmp_path: Path) -> None:
        """Each of the two waits for the other, so one after the other they would not end."""
        wait = "for i in 1 2 3 4 5 6 7 8 9; do [ -e {0}/{1} ] && echo met && exit; sleep 0.3; done"
        first = script(tmp_path / "first", f": > {tmp_path}/1; " + wait.format(tmp_path, 2))
        second = script(tmp_path / "second", f": > {tmp_path}/2; " + wait.format(tmp_path, 1))
        with Commands(str(tmp_path), 30.0) as commands:
            questions = [commands.ask(first), commands.ask(second)]
            assert [question.answer().text for question in questions] == ["met\n", "met\n"]


class TestMisbehaviour:
    def test_a_failure_is_told_with_what_it_printed(self, tmp_path: Path) -> None:
        assert ask(script(tmp_path / "tool", "echo could not be found >&2; exit 3")) == Answer(
            "could not be found\n", "ends with status 3: 'could not be found'", has_failed=True
        )
        assert ask(script(tmp_path / "tool", "exit 127")).problem == "ends with status 127"

    def test_a_crash(self, tmp_path: Path) -> None:
        assert ask(script(tmp_path / "tool", "kill -SEGV $$")).problem == "ends with status -11"

    @pytest.mark.parametrize("content", [b"\x7fELF nonsense", b"\0\1\2", b"#!/there/is/no/such/shell\n"])
    def test_what_cannot_be_started(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "tool").write_bytes(content)
        (tmp_path / "tool").chmod(0o755)
        answer = ask(tmp_path / "tool")
        assert answer.has_failed
        assert answer.problem is not None and answer.problem.startswith("cannot be started (")

    @pytest.mark.parametrize("number", [errno.EAGAIN, errno.EMFILE, errno.ENOMEM])
    def test_what_cannot_be_started_for_want_of_processes_or_files(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        def refuse(*arguments: object, **options: object) -> None:
            raise OSError(number, "not now")

        monkeypatch.setattr(subprocess, "Popen", refuse)
        assert ask(script(tmp_path / "tool", "")) == Answer(problem="cannot be started (not now)")

    def test_one_that_cannot_be_read_for_want_of_threads_is_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)
        tool = script(tmp_path / "tool", "sleep 1000")
        with pytest.raises(RuntimeError, match="thread"), Commands(str(tmp_path)) as commands:
            commands.ask(tool)
        (question,) = commands.questions
        assert question.process is not None and question.process.returncode == -signal.SIGKILL
        assert question.process.stdout is not None and question.process.stdout.closed

    def test_what_is_no_text(self, tmp_path: Path) -> None:
        assert ask(script(tmp_path / "tool", r"printf '\377\000v'")) == Answer("\ufffd\0v")

    def test_endless_output_is_not_waited_for(self, tmp_path: Path) -> None:
        assert ask(script(tmp_path / "tool", "while :; do echo y; done")).problem == "prints more than 4096 bytes"

    def test_one_that_hangs_is_ended_with_what_it_started(self, tmp_path: Path) -> None:
        tool = script(tmp_path / "tool", f"sleep 1000 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/self; wait")
        with Commands(str(tmp_path), 0.5) as commands:
            assert commands.ask(tool).answer() == Answer(problem="does not answer in time")
        started = [(tmp_path / name).read_text() for name in ("self", "child") if (tmp_path / name).exists()]
        if Path("/proc/self/stat").exists():
            for process in filter(None, map(str.strip, started)):  # on a busy machine none may have come so far
                assert ends(int(process))

    def test_one_that_closes_its_output_and_hangs(self, tmp_path: Path) -> None:
        tool = script(tmp_path / "tool", "echo 1; exec >&- 2>&-; sleep 1000")
        assert ask(tool, patience=0.5) == Answer(problem="does not answer in time")

    def test_one_that_nobody_waited_for_is_ended(self, tmp_path: Path) -> None:
        tool = script(tmp_path / "tool", f"echo $$ > {tmp_path}/self; sleep 1000")
        with Commands(str(tmp_path)) as commands:
            question = commands.ask(tool)
        assert question.process is not None and question.process.returncode is not None

    def test_an_end_that_takes_time_is_left_behind(self, tmp_path: Path) -> None:
        """A child that got away with the output keeps nobody waiting, and does not outlive the test by much."""
        if not Path("/usr/bin/setsid").exists():
            pytest.skip("no way to get away")
        tool = script(tmp_path / "tool", "/usr/bin/setsid sleep 2 & sleep 0.2; echo 1")
        assert ask(tool, patience=0.7) == Answer(problem="does not answer in time")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("27.3.1", "27.3.1"),
        ("v2.0.0", "2.0.0"),
        ("20.10.24+dfsg1", "20.10.24"),
        ("3.12.0+", "3.12.0"),
        ("3.13.0rc1", "3.13.0rc1"),
        ("3.14.0a7+", "3.14.0a7"),
        ("5.0.0-dev", "5.0.0.dev0"),
        ("5.3.0-rc2", "5.3.0rc2"),
        ("24.0.7-rd", "24.0.7"),
        ("4.9.4-rhel", "4.9.4"),
        ("18.09.0-ce", "18.9.0"),
    ],
)
def test_versions_as_commands_print_them(text: str, version: str) -> None:
    assert str(read_version(text)) == version


@pytest.mark.parametrize("text", ["", "+", "master", "unknown-version", "1.2.3.4.5.6.7x", "v", "-1.2", "(devel)"])
def test_what_is_no_version(text: str) -> None:
    assert read_version(text) is None


def test_long_output_is_shown_in_part() -> None:
    assert shown("a\n\tb ") == "'a b'"
    assert len(shown("x" * 4096)) == 82


class TestSurroundings:
    """The process that asks may be a service, or start from a script: not every one has what a shell gives."""

    @staticmethod
    def printed(tool: Path, before: str, **options: object) -> str:
        """What a process prints that runs `before` and then asks `tool`."""
        code = (
            f"{before}\n"
            "from pathlib import Path\n"
            "from las_registry.host.probes.commands import Commands\n"
            "with Commands('', 30.0) as commands:\n"
            f"    answer = commands.ask(Path({str(tool)!r})).answer()\n"
            "os.write(1, repr((answer.text, answer.problem)).encode())"
        )
        done = subprocess.run([sys.executable, "-c", f"import os, signal, resource\n{code}"], capture_output=True)
        assert done.stderr == b""
        return done.stdout.decode()

    def test_without_standard_input_and_error(self, tmp_path: Path) -> None:
        tool = script(tmp_path / "tool", "echo 1; echo 2 >&2; read line || echo no input")
        assert self.printed(tool, "os.close(0), os.close(2)") == repr(("1\n2\nno input\n", None))

    def test_where_statuses_are_lost_what_was_printed_counts(self, tmp_path: Path) -> None:
        tool = script(tmp_path / "tool", "echo 1; exit 3")
        assert self.printed(tool, "signal.signal(signal.SIGCHLD, signal.SIG_IGN)") == repr(("1\n", None))

    def test_with_few_files(self, tmp_path: Path) -> None:
        tool = script(tmp_path / "tool", "echo 1")
        assert self.printed(tool, "resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))") == repr(("1\n", None))

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files cannot be listed")
    def test_no_file_and_no_process_is_left(self, tmp_path: Path) -> None:
        """Neither of one that answers, nor of one that fails, hangs, or prints too much."""
        bodies = ("echo 1", "exit 3", "sleep 1000", "while :; do echo y; done")
        tools = [script(tmp_path / str(position), body) for position, body in enumerate(bodies)]
        gc.collect()  # of what other tests left open
        before = set(Path("/proc/self/fd").iterdir())
        with Commands(str(tmp_path), 0.5) as commands:
            for question in [commands.ask(tool) for tool in tools]:
                question.answer()
        assert set(Path("/proc/self/fd").iterdir()) <= before
        assert [question.reader.is_alive() for question in commands.questions] == [False] * 4
        assert not any(question.process is None or runs(question.process.pid) for question in commands.questions)
        assert all(
            question.process is None or question.process.returncode is not None for question in commands.questions
        )
