"""Exit statuses and messages (contract, section 10), whatever goes wrong."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from command_line import RunCli

from las_cli.errors import ExitStatus, wants_json
from las_cli.main import Program
from las_registry.problem import InvalidFile, Problem, RegistryUnusable
from las_solver.errors import InvalidInput, LasSolveError, OutOfTime


def _run_raising(raise_it: Callable[[], object], *arguments: str) -> Result:
    """What becomes of an error that a command raises."""

    @click.command(cls=_OneCommand, entries={})
    def group() -> None: ...

    _OneCommand.body = staticmethod(raise_it)
    return CliRunner().invoke(group, ["plan", *arguments])


class _OneCommand(Program):
    body: Callable[[], object]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        return click.Command(
            "plan",
            callback=lambda **values: self.body(),
            params=[click.Option(["--format"]), click.Option(["-v"], count=True)],
        )


def _raiser(error: BaseException) -> Callable[[], object]:
    def body() -> object:
        raise error

    return body


PROBLEM = Problem(file="a.yaml", line=3, field="version", message="'x' is not a version", hint="write 1.0")

CASES = [
    (InvalidInput("a is wrong", hint="write b"), 2, "error: a is wrong\nhint: write b\n"),
    (InvalidFile([PROBLEM]), 2, "error: a.yaml:3: version: 'x' is not a version\nhint: write 1.0\n"),
    (InvalidFile([PROBLEM, PROBLEM]), 2, "error: 2 mistakes\n" + 2 * f"{PROBLEM}\n"),
    (RegistryUnusable("there is no directory x"), 3, "error: there is no directory x\n"),
    (
        RegistryUnusable("nothing in x can be used", hint="mend it", problems=[PROBLEM]),
        3,
        f"error: nothing in x can be used\n{PROBLEM}\nhint: mend it\n",
    ),
    (OutOfTime(0.5), 4, "error: no plan was found within 0.5 s\nhint: give it more time: --timeout SECONDS\n"),
    (FileNotFoundError(2, "No such file", "x.yaml"), 2, "error: x.yaml: No such file\n"),
    (OSError(28, "No space left"), 74, "error: standard output cannot be written to: No space left\n"),
    (KeyboardInterrupt(), 130, ""),
    (BrokenPipeError(), 141, ""),
]


@pytest.mark.parametrize(("error", "status", "message"), CASES, ids=lambda case: type(case).__name__)
def test_every_error_has_its_status_and_one_message(error: BaseException, status: int, message: str) -> None:
    result = _run_raising(_raiser(error))
    assert (result.exit_code, result.stderr, result.stdout) == (status, message, "")


def test_with_format_json_errors_are_json_on_standard_output() -> None:
    result = _run_raising(_raiser(InvalidInput("a is wrong", hint="write b")), "--format", "json")
    assert result.exit_code == 2 and result.stderr == ""
    assert json.loads(result.stdout) == {
        "status": "error",
        "message": "a is wrong",
        "details": [],
        "hint": "write b",
    }


def test_out_of_time_is_a_status_of_its_own_in_json() -> None:
    result = _run_raising(_raiser(OutOfTime(2)), "--format=json")
    assert result.exit_code == 4
    assert json.loads(result.stdout) == {
        "status": "timeout",
        "message": "no plan was found within 2 s",
        "details": [],
        "hint": "give it more time: --timeout SECONDS",
    }


def test_all_problems_of_a_registry_are_details_in_json() -> None:
    error = RegistryUnusable("nothing in x can be used", problems=[PROBLEM])
    document = json.loads(_run_raising(_raiser(error), "--format", "json").stdout)
    assert document["message"] == "nothing in x can be used"
    assert [detail["field"] for detail in document["details"]] == ["version"]


def test_all_problems_of_a_file_are_details_in_json() -> None:
    result = _run_raising(_raiser(InvalidFile([PROBLEM, PROBLEM])), "--format", "json")
    document = json.loads(result.stdout)
    assert document["message"] == "a.yaml:3: version: 'x' is not a version (and 1 more)"
    assert document["details"] == 2 * [
        {
            "file": "a.yaml",
            "line": 3,
            "field": "version",
            "message": "'x' is not a version",
            "hint": "write 1.0",
        }
    ]


def test_a_mistake_of_our_own_is_one_line_and_a_traceback_only_on_request() -> None:
    quiet = _run_raising(_raiser(ZeroDivisionError("by zero\nsecond line")))
    assert quiet.exit_code == ExitStatus.INTERNAL == 70
    assert quiet.stderr.splitlines()[0] == "error: las-solve failed: ZeroDivisionError: by zero"
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in _run_raising(_raiser(ZeroDivisionError()), "-vv").stderr


def test_control_characters_in_an_error_are_escaped() -> None:
    result = _run_raising(_raiser(LasSolveError("a\x1b[31m")))
    assert "\x1b" not in result.stderr
    result = _run_raising(_raiser(InvalidInput("a\x1b[31m\nb\u202e")))
    assert result.stderr == "error: a\\x1b[31m\nb\\u202e\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan"],
        ["plan", "app", "--timeout", "0"],
        ["plan", "app", "--timeout", "nan"],
        ["plan", "app", "--nonsense"],
        ["plan", "app", "--strategy", "best"],
        ["plan", "app", "--solver", "nonsense"],
        ["plan", "app", "--registry", ""],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_json_where_json_was_asked_for(arguments: list[str], run_cli: RunCli) -> None:
    plain = run_cli(*arguments)
    assert plain.exit_code == 2
    assert plain.stdout == "" and "error: " in plain.stderr
    as_json = run_cli(*arguments, "--format", "json")
    assert as_json.exit_code == 2 and as_json.stderr == ""
    assert json.loads(as_json.stdout)["status"] == "error"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], False),
        (["--format", "json"], True),
        (["--format=json"], True),
        (["--format"], False),
        (["--format", "json", "--format", "text"], False),
        (["--", "--format", "json"], False),
        (["--format", "text", "json"], False),
    ],
)
def test_json_is_recognized_before_anything_is_parsed(arguments: list[str], wanted: bool) -> None:
    assert wants_json(arguments) is wanted


def _start(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAS_SOLVE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "las_cli.main", *arguments], stderr=subprocess.PIPE, env=environment, **options
    )


def test_a_reader_that_has_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = _start("schema", "plan", stdout=writing)
    os.close(writing)
    _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_is_reported() -> None:
    with Path("/dev/full").open("wb") as full:
        process = _start("schema", "plan", stdout=full)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 74
    assert complaint == b"error: standard output cannot be written to: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize(("arguments", "status"), [("--version", 0), ("plan --nonsense", 2), ("plan a@^1", 2)])
def test_closed_streams_are_no_crash(arguments: str, status: int, closed: str) -> None:
    command = f"{sys.executable} -m las_cli.main {arguments} {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    unwritable = status == 0 and closed.startswith(">")
    assert done.returncode == (74 if unwritable else status)
    assert "Traceback" not in done.stderr


def test_a_name_that_no_file_can_have_is_said_plainly(run_cli: RunCli) -> None:
    long = "a" * 5000
    assert run_cli("plan", "app", "--registry", long).exit_code == 3
    for arguments in (["plan", "app", "--profile", long], ["check", long], ["registry", "seal", long]):
        result = run_cli(*arguments)
        assert result.exit_code == 2 and "cannot be read: " in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="everything can be read by root")
def test_what_may_not_be_read_is_said_plainly(run_cli: RunCli, registry: Path) -> None:
    registry.chmod(0)
    try:
        result = run_cli("plan", "app", "--registry", str(registry))
    finally:
        registry.chmod(0o755)
    assert (result.exit_code, result.stderr.count("error:")) == (3, 1)
    assert "permission denied" in result.stderr


def _wait_for_reader(pipe: int, process: subprocess.Popen[bytes]) -> None:
    """Returns once `process` has read what there is in `pipe`: it has started, and waits for more."""
    while process.poll() is None:
        if not select.select([pipe], [], [], 0)[0]:
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    pytest.fail(f"it ended with {process.returncode}: {process.communicate()}")


def test_an_interrupt_is_quiet() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"{")
    process = _start("check", "-", stdin=reading, stdout=subprocess.PIPE)
    _wait_for_reader(reading, process)
    process.send_signal(signal.SIGINT)
    output, complaint = process.communicate(timeout=60)
    assert (process.returncode, output, complaint.strip()) == (130, b"", b"")


def test_a_character_that_the_terminal_lacks_is_escaped() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "las_cli.main", "plan", "\u65e5"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        check=False,
    )
    assert process.returncode == 2
    assert b"'\\u65e5' is not a module name" in process.stderr
