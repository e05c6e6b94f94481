"""``las-solve remove``: what to remove, what would break, and what goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from las_cli.answers import FORMATS, print_answer, print_hint
from las_cli.errors import ExitStatus
from las_cli.explaining import BRIEFLY, Explaining
from las_cli.installed_request import InstalledModuleType, removal_of, wanted, without
from las_cli.options import format_option, logging_options
from las_cli.question import Question, answer, pose
from las_cli.recorded import print_table
from las_cli.render.phrases import in_short
from las_cli.request_options import RequestOptions, change_options

if TYPE_CHECKING:
    from las_registry.lifecycle.reading import StoreContent
    from las_solver.model import Host, Request
    from las_solver.plan import Plan

__all__ = ["remove"]

_MOST_LISTED: Final = 40


@click.command(short_help="Plan what to remove, and what goes with it.")
@click.argument("modules", metavar="[MODULE]...", nargs=-1, type=InstalledModuleType())
@click.option("--cascade", is_flag=True, help="Remove what cannot stay without these, too, as little as possible.")
@click.option("--unneeded", is_flag=True, help="Remove what nobody asked for and nothing needs any more, too.")
@change_options
@format_option(*FORMATS, help="How to print the answer; dot is a graph for Graphviz, html one page with a drawing.")
@logging_options
@click.pass_context
def remove(
    ctx: click.Context,
    *,
    modules: Sequence[str],
    cascade: bool,
    unneeded: bool,
    options: RequestOptions,
    output_format: str,
) -> None:
    """Plan to remove each installed MODULE, with the least change to the rest.

    Where other installed modules cannot stay without them, says which and why, and exits with 1; with --cascade these
    are removed, too. What nobody asked for and nothing needs any more is named; --unneeded removes it, alone where no
    MODULE is named. Records nothing: carry the plan out, then `las-solve apply --installed PLAN`, or
    `las-solve state remove` for each.

    \b
    Examples:
      las-solve remove ollama
      las-solve remove cuda --cascade
      las-solve remove open-webui --unneeded
      las-solve remove --unneeded
    """
    from las_solver.plan import Plan
    from las_solver.sentence import listed

    if not modules and not unneeded:
        raise click.UsageError("Name a module to remove, or give --unneeded.")
    names = sorted(set(modules))
    asked_for: set[str] = set()

    def adapt(request: Request, host: Host, content: StoreContent | None) -> Request:
        asked_for.update(wanted(host, content).difference(names))
        return removal_of(names, cascade=cascade)(request, host, content)

    question = pose(options, (), adapt=adapt)
    with Explaining(min(question.timeout, BRIEFLY)) as explaining:
        found = answer(question, explaining=explaining)
    left_over = question.planner.unneeded(found, asked_for) if isinstance(found, Plan) else ()
    if unneeded and left_over:
        question = replace(question, request=without(question.request, left_over))
        found, left_over = answer(question), ()
    going = () if isinstance(found, Plan) or explaining.interrupted else _cascade(question)
    also = {"unneeded": list(left_over)} if isinstance(found, Plan) else {"cascade": list(going)}
    status = print_answer(question, output_format, known=found, also=also)
    if going:
        removed = listed(question.request.removed, "or")
        _name(f"Without {removed}, these cannot stay either", going, output_format, hint="--cascade removes {}, too")
    elif left_over:
        _name("Nobody needs these any more", left_over, output_format, hint="--unneeded removes {}, too")
    if isinstance(found, Plan):
        _hint_at_invalid(found, names)
    ctx.exit(ExitStatus.INTERRUPTED if explaining.interrupted else status)


def _cascade(question: Question) -> tuple[str, ...]:
    """What would have to be removed, too, if that were allowed; nothing if it is, or would not help, or takes too
    long."""
    from las_solver.errors import OutOfTime
    from las_solver.plan import Plan

    if question.request.allow_removal:
        return ()
    try:
        found = answer(replace(question, request=replace(question.request, allow_removal=True)))
    except OutOfTime:
        return ()
    if not isinstance(found, Plan):
        return ()
    named = set(question.request.removed)
    return tuple(sorted(one.module for one in found.steps if one.action == "remove" and one.module not in named))


def _name(heading: str, modules: Sequence[str], output_format: str, *, hint: str) -> None:
    """Names `modules` below a text, and says what to do with them; where the answer is no text, in the hint alone."""
    if output_format == "text":
        from las_cli.render.text import wrap

        click.echo()
        text = f"{heading}: {in_short(modules, _MOST_LISTED)}"
        print_table(lambda paper: wrap(text, paper=paper, indent="  "))
        print_hint(hint.format("these"))
    else:
        print_hint(hint.format(in_short(modules)))


def _hint_at_invalid(plan: Plan, names: Sequence[str]) -> None:
    """Says how to be rid of modules to remove that plans leave alone."""
    alone = [one.module for one in plan.invalid if one.module in names]
    if alone:
        does = "does not work here, and plans leave it" if len(alone) == 1 else "do not work here, and plans leave them"
        print_hint(f"{in_short(alone)} {does} alone; las-solve state remove MODULE records that it is gone")
