"""What is made of a question: its answer in the format that was asked for, explained where it is a conflict."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TextIO

import click

from las_cli.errors import ExitStatus
from las_cli.explaining import AT_LENGTH, BRIEFLY, Explaining
from las_cli.question import Question, answer
from las_cli.render.terminal import printable

if TYPE_CHECKING:
    from las_cli.render.report import Report
    from las_cli.render.text import Paper
    from las_solver.conflict import Conflict
    from las_solver.diagnosis import Diagnosis
    from las_solver.plan import Plan

__all__ = ["FORMATS", "answer_text", "print_answer", "print_hint", "report_on"]

FORMATS: Final = ("text", "json", "dot", "markdown", "html")
"""The formats of :func:`print_answer`."""

_MOST_REPAIRS: Final = 3


def print_answer(
    question: Question,
    output_format: str,
    *,
    more: str = "",
    known: Plan | Conflict | None = None,
    also: Mapping[str, object] | None = None,
) -> ExitStatus:
    """Answers `question`, unless the answer is `known`, and prints it in one of :data:`FORMATS`; the exit status.

    A conflict that has no graph goes to standard error, and a text about one is the short one: `more` is the command
    that says more, which is told to whoever sits at a terminal. `also` are further keys of the JSON document.
    """
    with Explaining(min(question.timeout, BRIEFLY)) as explaining:
        found = known or answer(question, explaining=explaining)
        is_short = output_format in ("text", "dot")
        diagnosis = _diagnose(question, found, explaining, most_repairs=_MOST_REPAIRS if is_short else None)
        if not is_short:
            found = _with_admissions(question, found, explaining)
    status = _status(found, explaining)
    stream = sys.stderr if status is not ExitStatus.DONE and output_format == "dot" else sys.stdout
    if is_short:
        made = _short(question, found, diagnosis, output_format, _paper(stream))
    else:
        made = _long(question, found, diagnosis, output_format, _paper(stream), also or {})
    click.echo(made, nl=False, file=stream, color=True)
    if more and is_short and status is ExitStatus.CONFLICT and sys.stdout.isatty() and sys.stderr.isatty():
        click.echo(err=True)
        print_hint(f"{more} says more")
    return status


def print_hint(text: str) -> None:
    """Writes to standard error what may be done next."""
    label = _paper(sys.stderr).style("hint:", fg="cyan", bold=True)
    click.echo(f"{label} {printable(text)}", err=True, color=True)


def report_on(
    question: Question, output_format: str, *, smallest: bool = False, paper: Paper | None = None
) -> tuple[ExitStatus, str]:
    """The exit status for `question`, and all there is to say about its answer as text, JSON, Markdown or HTML.

    `smallest`: look for a conflict of the least size. A text is made for `paper`, by default for standard output.
    """
    with Explaining(min(question.timeout, AT_LENGTH)) as explaining:
        found = answer(question, explaining=explaining)
        diagnosis = _diagnose(question, found, explaining, smallest=smallest)
        found = _with_admissions(question, found, explaining)
    status = _status(found, explaining)
    return status, _long(question, found, diagnosis, output_format, _paper(sys.stdout) if paper is None else paper)


def _diagnose(
    question: Question,
    found: Plan | Conflict,
    explaining: Explaining,
    *,
    smallest: bool = False,
    most_repairs: int | None = None,
) -> Diagnosis | None:
    """What there is to say of a conflict beside its core."""
    from las_solver.plan import Plan

    if isinstance(found, Plan):
        return None
    if most_repairs is not None:
        return question.planner.diagnose(found, smallest=smallest, most_repairs=most_repairs, stop=explaining)
    return question.planner.diagnose(found, smallest=smallest, stop=explaining)


def _with_admissions(question: Question, found: Plan | Conflict, explaining: Explaining) -> Plan | Conflict:
    """A plan with what would admit newer versions of its modules; a conflict as it is."""
    from las_solver.plan import Plan

    return question.planner.admit(found, stop=explaining) if isinstance(found, Plan) else found


def _status(found: Plan | Conflict, explaining: Explaining) -> ExitStatus:
    from las_solver.plan import Plan

    if explaining.interrupted:
        return ExitStatus.INTERRUPTED
    return ExitStatus.DONE if isinstance(found, Plan) else ExitStatus.CONFLICT


def _short(
    question: Question,
    found: Plan | Conflict,
    diagnosis: Diagnosis | None,
    output_format: str,
    paper: Paper,
) -> str:
    """The plan as a table or a graph, or the reasons why there is none."""
    from las_solver.plan import Plan

    if not isinstance(found, Plan):
        from las_cli.document import answer_document
        from las_cli.render.conflict import render_conflict

        return render_conflict(answer_document(found, question.host, diagnosis), place=question.place, paper=paper)
    if output_format == "dot":
        from las_cli.render.dot import render_dot

        return render_dot(found)
    from las_cli.render.text import render_plan

    return render_plan(found, place=question.place, paper=paper, host=question.host)


def _long(
    question: Question,
    found: Plan | Conflict,
    diagnosis: Diagnosis | None,
    output_format: str,
    paper: Paper,
    also: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """The whole document as JSON, or the report about it."""
    from las_cli.document import answer_document

    if output_format == "json":
        return answer_text(question, found, diagnosis, also)
    document = answer_document(found, question.host, diagnosis)
    match output_format:
        case "html":
            from las_cli.render.html import render_html

            return render_html(_report(document, question.place))
        case "markdown":
            from las_cli.render.markdown import render_markdown

            return render_markdown(_report(document, question.place))
        case _:
            from las_cli.render.report_text import render_report

            return render_report(_report(document, question.place), paper)


def answer_text(
    question: Question,
    found: Plan | Conflict,
    diagnosis: Diagnosis | None,
    also: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """The whole document as JSON: the answer, and what it was made from."""
    from las_cli.document import answer_document
    from las_cli.render.json import render_json

    made_from = {"registry": {"digest": question.registry.digest}, "installed": question.installed}
    return render_json({**answer_document(found, question.host, diagnosis), **made_from, **also})


def _report(document: Mapping[str, object], place: str) -> Report:
    if document["status"] == "resolved":
        from las_cli.render.plan_report import plan_report

        return plan_report(document, place=place)
    from las_cli.render.conflict_report import conflict_report

    return conflict_report(document, place=place)


def _paper(stream: TextIO) -> Paper:
    from las_cli.render.terminal import terminal_width, wants_colour
    from las_cli.render.text import Paper

    return Paper(width=terminal_width(stream), colour=wants_colour(stream))
