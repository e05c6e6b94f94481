"""``las-solve remove``: what to remove, what would break, and what goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from las_cli.answers import FORMATS, print_answer, print_hint
from las_cli.installed_request import removal_of, wanted, without
from las_cli.options import ModuleType, format_option, logging_options
from las_cli.render.phrases import in_short
from las_cli.request_options import Question, RequestOptions, answer, change_options, pose

if TYPE_CHECKING:
    from las_registry.lifecycle.reading import StoreContent
    from las_solver.model import Host, Request

__all__ = ["remove"]


@click.command(short_help="Plan what to remove, and what goes with it.")
@click.argument("modules", metavar="MODULE...", nargs=-1, type=ModuleType())
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

    if not modules and not unneeded:
        raise click.UsageError("Name a module to remove, or give --unneeded.")
    names = frozenset(modules)
    asked_for: set[str] = set()

    def adapt(request: Request, host: Host, content: StoreContent | None) -> Request:
        asked_for.update(wanted(host, content) - names)
        return removal_of(sorted(names), cascade=cascade)(request, host, content)

    question = pose(options, (), adapt=adapt)
    found = answer(question)
    left_over = question.planner.unneeded(found, asked_for) if isinstance(found, Plan) else ()
    if unneeded and left_over:
        question = replace(question, request=without(question.request, left_over))
        found, left_over = answer(question), ()
    going = () if isinstance(found, Plan) else _cascade(question)
    also = {"unneeded": list(left_over)} if isinstance(found, Plan) else {"cascade": list(going)}
    status = print_answer(question, output_format, known=found, also=also)
    if going and not cascade:
        print_hint(f"--cascade removes these, too: {in_short(going)}")
    elif left_over:
        print_hint(f"nobody needs {in_short(left_over)} any more; --unneeded removes what nobody needs")
    ctx.exit(status)


def _cascade(question: Question) -> tuple[str, ...]:
    """What would have to be removed, too, if that were allowed; nothing if that would not help."""
    from las_solver.plan import Plan

    found = answer(replace(question, request=replace(question.request, allow_removal=True)))
    named = {one.name for one in question.request.excluded}
    if not isinstance(found, Plan):
        return ()
    return tuple(sorted(one.module for one in found.steps if one.action == "remove" and one.module not in named))
