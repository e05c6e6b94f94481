"""``las-solve registry audit``: what of a registry can be planned where, and what changed since an earlier audit."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from las_cli.completions import complete_hosts
from las_cli.inputs import load_registry, read_input, unknown_module
from las_cli.options import FileType, ModuleType, format_option, logging_options, registry_option
from las_cli.progress import Progress
from las_cli.render.json import print_json, render_json
from las_cli.render.terminal import printable, terminal_width, wants_colour
from las_cli.render.text import Paper
from las_cli.request_options import Seconds, without_together

if TYPE_CHECKING:
    from las_registry.audit.auditing import Progress as Far
    from las_registry.audit.difference import Difference
    from las_registry.audit.findings import Audit
    from las_registry.registry import Registry
    from las_solver.constraint import Requirement
    from las_solver.model import Host

__all__ = ["audit"]

_CATALOG: Final = "catalog"
_ENDINGS: Final = (".yaml", ".yml")


@click.command(short_help="Tell which versions can be planned where, and what changed.")
@click.argument("modules", metavar="[MODULE[@CONSTRAINT]]...", nargs=-1, type=ModuleType())
@click.option(
    "--hosts",
    "where",
    default=_CATALOG,
    show_default=True,
    shell_complete=complete_hosts,
    metavar="DIR|catalog",
    help="The machines: a directory of host profiles, or catalog for the example hosts of `las-solve host list`.",
)
@registry_option
@click.option(
    "--since",
    type=FileType(),
    metavar="FILE",
    help="Compare with an audit that --output wrote, and exit with 1 if something that could be planned cannot be now.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Fail if the registry has a manifest that had to be rejected, and, with --since, if a version is gone "
    "that could be planned.",
)
@click.option("--check", is_flag=True, help="Exit with 1 if there is a version that no host and no request can choose.")
@click.option("-o", "--output", type=FileType(), metavar="FILE", help="Also write the audit to FILE, for --since.")
@click.option("--all", "everything", is_flag=True, help="Show everything, not only the largest causes.")
@click.option(
    "--processes", type=click.IntRange(min=1), metavar="N", help="How many at a time; by default one for each CPU."
)
@click.option(
    "--timeout",
    type=Seconds(),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one version may take on one host before it counts as undecided.",
)
@click.option("--fresh", is_flag=True, help="Begin anew, also where an earlier audit was interrupted.")
@without_together("an audit looks at each version alone.")
@format_option("text", "json")
@logging_options
@click.pass_context
def audit(
    ctx: click.Context,
    *,
    modules: Sequence[str],
    where: str,
    registries: Sequence[Path],
    since: Path | None,
    strict: bool,
    check: bool,
    output: Path | None,
    everything: bool,
    processes: int | None,
    timeout: float,
    fresh: bool,
    output_format: str,
) -> None:
    """Tell for every version of MODULE... (by default of all modules) and every host whether it can be planned there at
    all, alone; and why the others cannot, by cause.

    An audit that was interrupted goes on where it was. With --since, it is a gate for changes of a registry: see
    docs/audit.md.

    \b
    Examples:
      las-solve registry audit --hosts my-hosts --registry my-registry
      las-solve registry audit vllm 'torch@>=2.5' --all
      las-solve registry audit --hosts my-hosts --registry my-registry --output before.json
      las-solve registry audit --hosts my-hosts --registry my-registry --since before.json
    """
    if output is not None:
        from las_registry.output_file import check_output_file

        check_output_file(output)
    hosts = _hosts(where)
    before = None if since is None else _read(since, hosts)
    loaded = load_registry(registries, strict=strict)
    wanted = _wanted(modules, loaded)
    found = _audit(registries, hosts, wanted, processes=processes, seconds=timeout, fresh=fresh)
    from las_cli.since_audit import difference_document, restricted, status_of
    from las_registry.audit.difference import compare
    from las_registry.audit.document import audit_document

    if before is not None and wanted is not None:
        before = restricted(before, wanted)
    difference = None if before is None else compare(before, found)
    document = audit_document(found)
    if output is not None:
        from las_registry.output_file import write_output_file

        write_output_file(output, render_json(document).encode())
        click.echo(f"{printable(str(output))}: written", err=True)
    if output_format == "json":
        print_json(document if difference is None else {**document, "since": difference_document(difference)})
    else:
        _print_text(found, difference, everything)
    ctx.exit(status_of(found, difference, check=check, strict=strict))


def _hosts(where: str) -> Mapping[str, Host]:
    """The hosts by name. Raises :class:`InvalidInput` where there are none, and :class:`InvalidFile`."""
    from las_registry.host.examples import example_host, example_names
    from las_registry.host.profile import read_profile
    from las_registry.problem import InvalidFile, Problem
    from las_solver.errors import InvalidInput

    if where == _CATALOG:
        return {name: example_host(name) for name in example_names()}
    hint = "name a directory of host profiles, like las-solve host save --output DIR/NAME.yaml writes, or catalog"
    try:
        paths = sorted(path for path in Path(where).iterdir() if path.suffix in _ENDINGS)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise InvalidInput(f"--hosts {where} cannot be read: {reason}", hint=hint) from None
    if not paths:
        raise InvalidInput(f"there is no host profile (*.yaml) in {where}", hint=hint)
    hosts: dict[str, Host] = {}
    problems: list[Problem] = []
    for path in paths:
        if path.stem in hosts:
            problems.append(Problem(file=str(path), message=f"there are two profiles called {path.stem}"))
            continue
        try:
            hosts[path.stem] = read_profile(path)
        except InvalidFile as wrong:
            problems += wrong.problems
    if problems:
        raise InvalidFile(problems)
    return hosts


def _read(since: Path, hosts: Mapping[str, Host]) -> Audit:
    """The earlier audit. Raises :class:`InvalidInput` if it is of other hosts: not only once all work is done."""
    from las_registry.audit.auditing import host_digests
    from las_registry.audit.difference import check_same_hosts
    from las_registry.audit.document import read_audit

    before = read_audit(read_input(since), since)
    check_same_hosts(before.hosts, host_digests(hosts))
    return before


def _wanted(modules: Sequence[str], registry: Registry) -> Sequence[Requirement] | None:
    """What MODULE... admit, None for everything. Raises :class:`InvalidInput` where there is no such version."""
    from las_solver.constraint import Requirement
    from las_solver.errors import InvalidInput

    wanted = [Requirement.parse(one) for one in modules]
    for one in wanted:
        if not registry.versions(one.name):
            raise unknown_module(one.name, registry)
        if not registry.admitted(one):
            hint = f"las-solve registry show {one.name} lists its versions"
            raise InvalidInput(f"no version of {one.name} meets {one.constraint}", hint=hint)
    return wanted or None


def _audit(
    registries: Sequence[Path],
    hosts: Mapping[str, Host],
    wanted: Sequence[Requirement] | None,
    *,
    processes: int | None,
    seconds: float,
    fresh: bool,
) -> Audit:
    """The audit. Where it is interrupted, the next one goes on, and both say so."""
    from functools import partial

    from las_registry.audit.auditing import audit as audit_registry
    from las_registry.registry import Registry, default_directories

    with _Pace() as pace:
        try:
            return audit_registry(
                partial(Registry.open, tuple(registries) or default_directories()),
                hosts,
                wanted=wanted,
                processes=processes,
                seconds=seconds,
                fresh=fresh,
                on_progress=pace.tell,
            )
        except KeyboardInterrupt:
            pace.clear()
            again = "the same command without --fresh" if fresh else "the same command"
            click.echo(f"interrupted: {pace.known}{again} goes on from there", err=True)
            raise


class _Pace(Progress):
    """How far an audit is, how fast it goes, and what is left."""

    def __init__(self) -> None:
        super().__init__("Auditing")
        self._far: Far | None = None

    @property
    def known(self) -> str:
        """How many plans are known by now."""
        return "" if self._far is None else f"{self._far.done:,} of {self._far.total:,} plans are known; "

    def tell(self, far: Far) -> None:
        """Takes note of how far it is."""
        if self._far is None and far.resumed:
            click.echo(f"{far.resumed:,} of {far.total:,} plans are known from an audit before", err=True)
        self._far = far
        if self._is_due():
            rate = (far.done - far.resumed) / (time.monotonic() - self._started)
            left = f", {rate:,.0f} a second, {(far.total - far.done) / rate:,.0f} s left" if rate else ""
            self._show(f"{far.done:,} of {far.total:,}{left}")


def _print_text(found: Audit, difference: Difference | None, everything: bool) -> None:
    from las_cli.render.audit import render_audit, render_difference

    paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    text = render_audit(found, paper=paper, everything=everything)
    if difference is not None:
        text += "\n" + render_difference(difference, found, paper=paper, everything=everything)
    click.echo(text, nl=False, color=True)
