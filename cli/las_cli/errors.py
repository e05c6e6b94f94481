"""What the command line makes of errors: a message on standard error, or a JSON document, and an exit status.

======  ===========================================================================================
status  meaning (contract, section 10)
======  ===========================================================================================
0       done: a plan was printed
1       there is a conflict; or what was to be checked, or obeyed, is not right
2       wrong usage or bad input
3       a registry or store that cannot be used
4       out of time without a plan
70      an error of las-solve itself
74      standard output could not be written to
130     interrupted
141     whoever reads standard output has gone
======  ===========================================================================================
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, NoReturn

import click

from las_cli.render.terminal import printable, wants_colour
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_registry.lock_changes import LockNotObeyed
    from las_registry.problem import InvalidFile, Problem

__all__ = ["ExitStatus", "Failure", "end_process", "failure_of", "flush", "guarded", "problem_document"]


_OUTPUT_ERRORS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG)


class ExitStatus(IntEnum):
    """The exit statuses of las-solve."""

    DONE = 0
    CONFLICT = 1
    BAD_INPUT = 2
    UNUSABLE = 3
    OUT_OF_TIME = 4
    INTERNAL = 70
    UNWRITABLE = 74
    INTERRUPTED = 130
    BROKEN_PIPE = 141


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error as the command line reports it.

    `message`, `hint` and `details` are those of the JSON document; `text` is the message for people
    where it is another.
    """

    status: ExitStatus
    message: str
    text: str | None = None
    hint: str | None = None
    details: tuple[dict[str, object], ...] = ()

    def document(self) -> dict[str, object]:
        """The JSON document of section 10."""
        made: dict[str, object] = {
            "status": "timeout" if self.status is ExitStatus.OUT_OF_TIME else "error",
            "message": self.message,
            "details": list(self.details),
        }
        if self.hint is not None:
            made["hint"] = self.hint
        return made

    def lines(self) -> Iterable[tuple[str, str]]:
        """The message for people, as pairs of a label and a text without control characters."""
        yield "error:", _printable_lines(self.message if self.text is None else self.text)
        if self.hint is not None:
            yield "hint:", _printable_lines(self.hint)


def guarded(run: Callable[[], object], arguments: Sequence[str]) -> int:
    """The exit status of `run`; whatever it raises is reported first.

    `arguments` are those of the command line: they say whether errors are to be JSON even where reading them
    failed.
    """
    _open_closed_streams()
    _never_fail_to_encode()
    try:
        result = run()
        sys.stdout.flush()
        return result if isinstance(result, int) else ExitStatus.DONE
    except (KeyboardInterrupt, click.Abort):
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        return ExitStatus.BROKEN_PIPE
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except Exception as error:
        return _report(error, arguments)


def end_process(status: int) -> NoReturn:
    """Ends the process; what could not be written is not tried again."""
    flush()
    sys.exit(status)


def flush() -> None:
    """Writes what is still buffered; what cannot be written is dropped."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        _drop_output()


def _report(error: Exception, arguments: Sequence[str]) -> ExitStatus:
    """Reports `error`, which must not raise: another error while it is reported is a status, too."""
    failure = failure_of(error)
    if failure.status is ExitStatus.INTERNAL and _verbosity(arguments) >= 2:
        import traceback

        traceback.print_exception(error)
    try:
        if wants_json(arguments):
            from las_cli.render.json import render_json

            click.echo(render_json(failure.document()), nl=False)
            sys.stdout.flush()
        elif isinstance(error, click.ClickException):
            _show_usage(error)
        else:
            _show(failure)
    except BrokenPipeError:
        return ExitStatus.BROKEN_PIPE
    except OSError:
        return ExitStatus.UNWRITABLE
    return failure.status


def failure_of(error: Exception) -> Failure:
    """What is reported of `error`."""
    if isinstance(error, click.ClickException):  # a typing error waits for no further imports
        return Failure(status=ExitStatus.BAD_INPUT, message=error.format_message())
    from las_cli.since_planned import PlanRefused
    from las_registry.lifecycle.errors import StoreUnusable
    from las_registry.lock_changes import LockNotObeyed
    from las_registry.problem import InvalidFile, RegistryUnusable
    from las_solver.errors import InvalidInput, LasSolveError, OutOfTime

    match error:
        case OutOfTime():
            return Failure(
                status=ExitStatus.OUT_OF_TIME, message=str(error), hint="give it more time: --timeout SECONDS"
            )
        case RegistryUnusable():
            return Failure(
                status=ExitStatus.UNUSABLE,
                message=error.message,
                text=str(error).removesuffix(f"\nhint: {error.hint}"),
                hint=error.hint,
                details=tuple(map(problem_document, error.problems)),
            )
        case LockNotObeyed():
            return _lock_not_obeyed(error)
        case StoreUnusable():
            return Failure(status=ExitStatus.UNUSABLE, message=error.message, hint=error.hint)
        case InvalidFile(problems=[_, *_]):
            return _invalid_file(error)
        case PlanRefused():
            return Failure(
                status=ExitStatus.BAD_INPUT,
                message=error.message,
                text="\n  ".join((error.message, *error.complaints)),
                hint=error.hint,
                details=tuple({"message": one} for one in error.complaints),
            )
        case InvalidInput():
            return Failure(status=ExitStatus.BAD_INPUT, message=error.message, hint=error.hint)
        case LasSolveError():
            return Failure(status=ExitStatus.BAD_INPUT, message=str(error))
        case OSError() if error.filename:
            message = f"{_shown_path(error.filename)}: {error.strerror}"
            return Failure(status=ExitStatus.BAD_INPUT, message=message)
        case OSError() if error.errno in _OUTPUT_ERRORS:
            message = f"standard output cannot be written to: {error.strerror}"
            return Failure(status=ExitStatus.UNWRITABLE, message=message)
        case _:
            return _internal(error)


def _invalid_file(error: InvalidFile) -> Failure:
    """All problems of a file: one after the other for people; as a message the first, as details all."""
    first = str(error.problems[0]).partition("\n")[0]
    more = len(error.problems) - 1
    return Failure(
        status=ExitStatus.BAD_INPUT,
        message=f"{first} (and {more} more)" if more else first,
        text=f"{more + 1} mistakes\n{error.message}" if more else None,
        hint=None if more else error.problems[0].hint,
        details=tuple(map(problem_document, error.problems)),
    )


def _lock_not_obeyed(error: LockNotObeyed) -> Failure:
    """Each change with what the machine or the module is called."""
    details: list[dict[str, object]] = [
        {"kind": one.kind, "fact" if one.kind == "host" else "module": one.name, "locked": one.locked, "now": one.now}
        for one in error.changes
    ]
    return Failure(
        status=ExitStatus.CONFLICT,
        message=error.message,
        text=str(error),
        hint="las-solve lock renews a lock; las-solve lock --check shows first what would change",
        details=tuple(details),
    )


def problem_document(problem: Problem) -> dict[str, object]:
    """A problem of a file as JSON."""
    return {
        "file": problem.file,
        "line": problem.line,
        "field": problem.field,
        "message": problem.message,
        "hint": problem.hint,
    }


def _internal(error: Exception) -> Failure:
    what = str(error).strip().partition("\n")[0]
    return Failure(
        status=ExitStatus.INTERNAL,
        message=f"las-solve failed: {type(error).__name__}" + (f": {what}" if what else ""),
        hint="this is a mistake in las-solve; run the command again with -vv and report what it prints",
    )


def _show(failure: Failure) -> None:
    colour = wants_colour(sys.stderr)
    for label, text in failure.lines():
        if colour:
            label = click.style(label, fg="red" if label == "error:" else "cyan", bold=True)
        click.echo(f"{label} {text}", err=True, color=True)


def _show_usage(error: click.ClickException) -> None:
    """A usage error as click shows it, without control characters."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # its message is the whole help
        click.echo(error.format_message(), err=True)
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
        click.echo(f"Try '{error.ctx.command_path} --help' for help.\n", err=True)
    _show(failure_of(error))


def _printable_lines(text: str) -> str:
    """`text` with its line breaks, but without any other control characters."""
    return "\n".join(printable(line) for line in text.expandtabs(2).split("\n"))


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line asks for JSON, read without parsing it, since that may be what failed."""
    wanted = False
    for at, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--format":
            wanted = arguments[at + 1 : at + 2] == ["json"]
        elif argument.startswith("--format="):
            wanted = argument == "--format=json"
    return wanted


def _verbosity(arguments: Sequence[str]) -> int:
    return sum(
        1 if argument == "--verbose" else argument.count("v")
        for argument in arguments
        if argument == "--verbose" or (argument.startswith("-v") and not argument.strip("-v"))
    )


def _shown_path(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, str | bytes) else str(path)


def _open_closed_streams() -> None:
    """Where the caller closed a standard stream, Python has none: results then fail to be written, as they should,
    and messages go nowhere; there is nothing to read."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def _never_fail_to_encode() -> None:
    """A character that the terminal's encoding lacks is written as an escape, not raised about."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Sends what is still buffered nowhere, so that the interpreter does not complain when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            continue
