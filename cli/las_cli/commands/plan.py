"""``las-solve plan``: the newest set of modules that works here, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from las_cli.answers import FORMATS, print_answer
from las_cli.command_text import command_text
from las_cli.lock_option import lock_options, print_locked
from las_cli.options import ModuleType, format_option, logging_options
from las_cli.question import nothing_named, pose
from las_cli.request_options import RequestOptions, request_options

__all__ = ["plan"]


@click.command(short_help="Plan the newest set of modules that works here.")
@click.argument("modules", metavar="MODULE[@CONSTRAINT]...", nargs=-1, type=ModuleType())
@request_options
@lock_options
@format_option(*FORMATS, help="How to print the answer; dot is a graph for Graphviz, html one page with a drawing.")
@logging_options
@click.pass_context
def plan(
    ctx: click.Context,
    *,
    modules: Sequence[str],
    options: RequestOptions,
    lock: Path | None,
    output_format: str,
) -> None:
    """Plan the newest set of module versions that satisfies MODULE... and works on this machine.

    A constraint is a PEP 440 specifier set; a bare version means exactly that one. What is installed already, as
    `las-solve state` knows it, stays and works afterwards; other versions of it are taken only where that is needed.

    Prints the plan and exits with 0, or the reasons why there is none and exits with 1. Other statuses: 2
    wrong usage or bad input, 3 an unusable registry or store, 4 out of time, 130 interrupted.

    \b
    Examples:
      las-solve plan open-webui
      las-solve plan 'python@>=3.11,<3.13' open-webui --mode native
      las-solve plan vllm --profile workstation.yaml --format json
      las-solve plan vllm --assume gpus=24GB,24GB --assume runtime.cuda=12.4
      las-solve plan open-webui --strategy keep --allow-removal-of ollama
      las-solve plan comfyui gpt-oss-20b qwen3-8b-awq --together --profile gpu-24gb
      las-solve plan --locked
      las-solve plan open-webui --format dot | dot -Tsvg > plan.svg
      las-solve plan open-webui --format html > plan.html
    """
    if lock is not None:
        ctx.exit(print_locked(options, modules, output_format, file=lock))
    if not modules and options.recorded is None:
        raise nothing_named("plan", bundled=not options.registries)
    question = pose(options, modules)
    ctx.exit(print_answer(question, output_format, more=command_text("diagnose", modules, options)))
