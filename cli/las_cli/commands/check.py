"""``las-solve check``: proves again, by other means, that a printed plan or conflict is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.errors import ExitStatus
from las_cli.options import (
    FileType,
    ProfileType,
    assume_option,
    format_option,
    logging_options,
    registry_option,
)
from las_cli.replay_option import read_recorded
from las_cli.store_option import find_store, store_option

if TYPE_CHECKING:
    from las_registry.lifecycle.reading import StoreContent
    from las_solver.model import Host

__all__ = ["check"]


@click.command(short_help="Prove again that a printed plan or conflict is right.")
@click.argument("answer", metavar="PLAN.json", type=FileType())
@registry_option
@click.option(
    "--profile",
    type=ProfileType(),
    metavar="FILE|NAME",
    help="The machine to check for, in place of the one that the answer was made for: a file, an example host, or "
    "`detect` for the machine that this runs on.",
)
@assume_option
@click.option(
    "--replay",
    "recorded",
    type=FileType(),
    metavar="FILE",
    help="The modules of this replay file, in place of a registry.",
)
@store_option
@format_option("text", "json")
@logging_options
@click.pass_context
def check(
    ctx: click.Context,
    *,
    answer: Path,
    registries: Sequence[Path],
    profile: str | None,
    assumptions: Sequence[str],
    recorded: Path | None,
    store: Path | None,
    output_format: str,
) -> None:
    """Prove again that PLAN.json, printed by `las-solve plan --format json`, is right; - is standard input.

    Verifies the answer against the manifests, the host and the request, and proves by a second encoding and
    another SAT solver that nothing newer is possible, or that nothing is possible at all. The host is the one
    that the answer was made for, unless --profile names another. What was installed then has to be so still.

    Exits with 0 if all is right, 1 if something is not, 2 if it cannot be read, 3 if the registry or store cannot.

    \b
    Examples:
      las-solve plan open-webui --format json > plan.json && las-solve check plan.json
      las-solve plan open-webui --format json | las-solve check -
      las-solve check plan.json --profile workstation.yaml
      las-solve replay report.yaml --format json | las-solve check - --replay report.yaml
    """
    from las_cli.answer_file import read_answer
    from las_cli.inputs import load_registry
    from las_solver.check import check as complaints_about

    document = read_answer(answer, hint="check what las-solve plan --format json printed")
    host = _host_of(document, answer, profile, assumptions)
    if recorded is not None:
        replay = read_recorded(recorded)
        there = replay.recording.host
        registry, changed = replay.registry(), ""
        host = replace(host, installed=there.installed, deprecated=there.deprecated)
    else:
        from las_cli.installed import with_installed

        content = _installed(document, store)
        registry, changed = load_registry(registries), _changed(document, content)
        host = with_installed(host, content)
    complaints = (changed,) if changed else complaints_about(document, registry, host)
    _print(document, complaints, output_format)
    ctx.exit(ExitStatus.CONFLICT if complaints else ExitStatus.DONE)


def _host_of(document: Mapping[str, object], path: Path, profile: str | None, assumptions: Sequence[str]) -> Host:
    """The host of `profile`, else that of `document`, else this machine."""
    from las_cli.machine import read_host

    embedded = document.get("host")
    if profile is not None or embedded is None:
        return read_host(profile, assumptions)
    from las_registry.host.assume import assume
    from las_registry.host.profile import host_from_document

    return assume(host_from_document(embedded, file=str(path)), assumptions)


def _installed(document: Mapping[str, object], store: Path | None) -> StoreContent | None:
    """What is installed by now, if the answer depends on that or the command line names a store."""
    from las_cli.installed import is_typed, read_installed

    if document.get("installed") is None and not is_typed("store"):
        return None
    return read_installed(find_store(store))


def _changed(document: Mapping[str, object], content: StoreContent | None) -> str:
    """A complaint if something else is installed than when the answer was made: what it says cannot be compared."""
    from las_cli.installed import digest_of

    then, now = document.get("installed"), digest_of(content)
    if then == now:
        return ""
    if then is None:
        return "the answer was made as if nothing were installed, and the store says that something is"
    if now is None:
        return "the answer was made over installed modules, and nothing is installed: --store names another store"
    return "something else is installed, deprecated or pinned than when the answer was made: plan again"


def _print(document: Mapping[str, object], complaints: Sequence[str], output_format: str) -> None:
    from las_cli.render.terminal import printable

    if output_format == "json":
        from las_cli.render.json import render_json

        verdict = "wrong" if complaints else "right"
        click.echo(render_json({"status": verdict, "complaints": list(complaints)}), nl=False)
        return
    for complaint in complaints:
        click.echo(printable(complaint))
    if not complaints:
        click.echo(_praise(document))


def _praise(document: Mapping[str, object]) -> str:
    """What was proved of an answer that nothing is wrong with."""
    if document["status"] == "conflict":
        return "right: the conflict is one, and none of its statements can be left out"
    if document.get("optimal") is not True:
        return "valid; it was not proven to be the best when it was made, and that was not tried again"
    options = document.get("options")
    strategy = options.get("strategy") if isinstance(options, dict) else None
    what = {"lowest": "lowest", "keep": "of least change"}.get(str(strategy), "newest")
    return f"valid and {what}: proven again"
