"""``las-solve apply``: a plan, recorded in the store."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from las_cli.answer_file import read_answer
from las_cli.machine import read_host
from las_cli.options import FileType, assume_option, format_option, logging_options, profile_option, registry_option
from las_cli.recorded import print_changes
from las_cli.render.terminal import printable
from las_cli.since_planned import BRINGS, PlanRefused, changes_of_host, changes_of_installed, changes_of_registry
from las_cli.store_option import dry_run_option, open_store, store_option, store_path
from las_solver.constraint import parse_version
from las_solver.errors import InvalidInput

if TYPE_CHECKING:
    from las_registry.lifecycle.reading import StoreContent
    from las_registry.lifecycle.records import Applied
    from las_registry.registry import Registry
    from las_solver.model import Host

__all__ = ["apply", "digest_before", "manifests_of", "refuse_unless_right"]

_HINT: Final = "apply what las-solve plan --format json printed"
_MOST_SHOWN: Final = 10
_DECISIVE: Final = frozenset({"registries", "profile", "assumptions", "store"})
"""The options that what is recorded depends on."""


@click.command(short_help="Record a plan: its modules are resolved, or installed.")
@click.argument("plan", metavar="PLAN.json", type=FileType())
@click.option(
    "--installed",
    is_flag=True,
    help="Record as well that the plan was carried out: what it installs is installed, what it removes is gone.",
)
@registry_option
@profile_option
@assume_option
@dry_run_option
@store_option
@format_option("text", "json")
@logging_options
def apply(
    *,
    plan: Path,
    installed: bool,
    registries: Sequence[Path],
    profile: str | None,
    assumptions: Sequence[str],
    dry_run: bool,
    store: Path | None,
    output_format: str,
) -> None:
    """Record PLAN.json, printed by `las-solve plan --format json`: its modules are resolved. - is standard input.

    las-solve installs nothing itself: carry the plan out, step by step, and record that by --installed, for the whole
    plan at once, or by `las-solve state set`, module by module.

    A plan is refused if the registry, the machine, or what is installed there has changed since it was made, and if
    it is not right, which is proven again.

    \b
    Examples:
      las-solve plan open-webui --format json > plan.json
      las-solve apply plan.json --dry-run
      las-solve apply plan.json
      las-solve apply plan.json --installed
    """
    shown = "standard input" if str(plan) == "-" else str(plan)
    document = read_answer(plan, hint=_HINT)
    if document["status"] != "resolved":
        raise InvalidInput(f"{shown} is a conflict, not a plan", hint="las-solve diagnose says what would help")
    try:
        done = _apply(
            document,
            shown,
            registries=registries,
            look=lambda: read_host(profile, assumptions),
            store=store,
            installed=installed,
            dry_run=dry_run,
        )
    except RecursionError:
        raise InvalidInput(f"{shown} is nested too deeply", hint=_HINT) from None
    state = "installed" if installed else "resolved"
    print_changes(
        done.transitions,
        output_format,
        dry_run=dry_run,
        nothing=f"all that the plan brings is {state} already",
        more={"plan": done.plan},
    )
    if output_format == "text" and not dry_run:
        for line in _next(document, None if installed else _again(plan)):
            click.echo(printable(line))


def _apply(
    document: Mapping[str, Any],
    shown: str,
    *,
    registries: Sequence[Path],
    look: Callable[[], Host],
    store: Path | None,
    installed: bool,
    dry_run: bool,
) -> Applied:
    """Records the plan; raises :class:`InvalidInput` if it is out of date, or not right."""
    from las_cli.inputs import load_registry
    from las_cli.installed import read_installed, with_installed
    from las_cli.shadowed import warn_of_shadowed

    registry = load_registry(registries)
    content = read_installed(store_path(store))
    host = with_installed(look(), content)
    refuse_unless_right(document, shown, registry=registry, content=content, host=host)
    warn_of_shadowed(registry, [step["module"] for step in document["steps"] if step["action"] != "remove"])
    with open_store(store, writing=not dry_run) as opened:
        return opened.apply(
            {**document, "installed": digest_before(content)},
            manifests=dict(manifests_of(document, registry)),
            installed=installed,
            host=host,
            dry_run=dry_run,
        )


def refuse_unless_right(
    document: Mapping[str, Any], shown: str, *, registry: Registry, content: StoreContent | None, host: Host
) -> None:
    """Raises :class:`PlanRefused` if the plan, called `shown`, is out of date, or not right, which is proven again.

    `content` is what the store says, which `host` has, too.
    """
    from las_solver.check import check_plan

    _refuse_if(
        [
            *changes_of_registry(document, registry),
            *changes_of_host(document, host),
            *changes_of_installed(document, content),
        ],
        f"{shown} is out of date",
        "plan again, or name registry, machine and store as they were named for the plan",
    )
    _refuse_if(
        check_plan(document, registry, host),
        f"{shown} is not right",
        "plan again; las-solve check proves what it prints",
    )


def digest_before(content: StoreContent | None) -> str:
    """What a plan has to name as installed before it, so that it is refused if somebody else is quicker."""
    from las_registry.lifecycle.content_digest import content_digest

    return content_digest((), (), ()) if content is None else content.digest


def _refuse_if(complaints: Sequence[str], message: str, hint: str) -> None:
    """Raises an error with the `complaints`, if there are any."""
    if complaints:
        raise PlanRefused(message, complaints[:_MOST_SHOWN], more=len(complaints[_MOST_SHOWN:]), hint=hint)


def manifests_of(document: Mapping[str, Any], registry: Registry) -> Iterator[tuple[tuple[str, str], str]]:
    """The manifests of what a plan that was found right brings."""
    from las_registry.lifecycle.kept_manifest import manifest_text

    for step in document["steps"]:
        if step["action"] in BRINGS:
            manifest = registry.manifest(step["module"], parse_version(step["version"]))
            assert manifest is not None
            yield (step["module"], step["version"]), manifest_text(manifest)


def _again(plan: Path) -> str:
    """The command that records `plan` as carried out, with the options that were typed."""
    context = click.get_current_context()
    words = ["las-solve", "apply", "PLAN.json" if str(plan) == "-" else str(plan), "--installed"]
    for option in context.command.params:
        name = option.name or ""
        if name in _DECISIVE and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            value = context.params[name]
            for one in value if isinstance(value, tuple) else [value]:
                words += [option.opts[0], str(one)]
    return shlex.join(words)


def _next(document: Mapping[str, Any], command: str | None) -> Iterator[str]:
    """What to do next; `command` records that the plan was carried out, None if that is done."""
    steps = document["steps"]
    if all(step["action"] == "keep" for step in steps):
        return
    yield ""
    if command is None:
        yield "las-solve state list --installed shows what is installed now."
        return
    removed = [f"{step['module']} {step['version']}" for step in steps if step["action"] == "remove"]
    if removed:
        more = ", ..." if len(removed) > _MOST_SHOWN else ""
        yield f"The plan also removes {', '.join(removed[:_MOST_SHOWN])}{more}."
    yield f"Next: carry it out, and record that by {command}"
