"""``las-solve host show``: what is known of a machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from las_cli.machine import Facts, Profile, find_profile, look, profile_text
from las_cli.options import assume_option, format_option, logging_options, profile_option
from las_cli.render.host import readable_size
from las_cli.render.terminal import display_width, printable, terminal_width, wants_colour
from las_cli.render.text import Paper, wrap

if TYPE_CHECKING:
    from las_registry.host.difference import Difference
    from las_solver.model import Gpu, Host

__all__ = ["show"]

Row = tuple[str, list[str]]


@click.command(short_help="Show the facts about the machine.")
@profile_option
@assume_option
@format_option("text", "json", "yaml", help="How to print the facts; yaml and json are profiles themselves.")
@logging_options
def show(*, profile: str | None, assumptions: Sequence[str], output_format: str) -> None:
    """Show what is known of this machine, or of the one that --profile names.

    What is printed as yaml or json is itself a profile: correct it by hand, and name it with --profile. A
    fact that is unknown is left out of it, and no minimum on it is met. Of a saved profile, it is also said
    what is found to be otherwise by now.

    \b
    Examples:
      las-solve host show
      las-solve host show --format yaml > workstation.yaml
      las-solve host show --profile workstation.yaml --assume gpus=24GB,24GB
      las-solve host show --profile gpu-24gb
      las-solve host show --profile detect
    """
    found = find_profile(profile)
    facts = look(found, assumptions)
    stale = _differences(found)
    match output_format:
        case "json":
            _print_json(facts, stale)
        case "yaml":
            comments = [f"A host profile: {facts.source}. Correct it by hand and name it with --profile."]
            comments += [f"detected now: {line}" for line in _otherwise(stale or ())]
            click.echo(profile_text(facts, comments), nl=False)
        case _:
            click.echo(_text(facts, stale), color=True)


def _differences(profile: Profile | None) -> tuple[Difference, ...] | None:
    """What a saved profile states otherwise than it is found now; None where nothing was saved."""
    if profile is None or profile.origin != "saved":
        return None
    from las_registry.host.difference import differences

    return differences(profile.read(), look(None).machine)


def _otherwise(stale: Sequence[Difference]) -> Iterator[str]:
    for one in stale:
        yield f"{one.fact}: {one.after}, where {one.before} is saved"


def _print_json(facts: Facts, stale: Sequence[Difference] | None) -> None:
    from las_cli.render.json import print_json
    from las_registry.host.profile import profile_document

    document = {
        **profile_document(facts.machine),
        "x-source": facts.source,
        "x-notes": [{"probe": note.probe, "text": note.text} for note in facts.notes],
    }
    if stale is not None:
        document["x-differences"] = [{"fact": one.fact, "saved": one.before, "detected": one.after} for one in stale]
    print_json(document)


def _text(facts: Facts, stale: Sequence[Difference] | None) -> str:
    rows = list(_rows(facts.machine))
    widest = max(display_width(label) for label, _ in rows)
    paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    lines = [paper.style(f"Host: {printable(facts.source)}", bold=True), ""]
    margin = " " * (widest + 2)
    for label, values in rows:
        for at, value in enumerate(values):
            head = label.ljust(len(margin)) if at == 0 else margin
            first, *rest = wrap(printable(value), paper=paper, first=head, indent=margin, widest=paper.width)
            lines += [paper.style(first[: len(margin)], dim=True) + first[len(margin) :], *rest]
    lines += _section("Notes", [f"{note.probe}: {note.text}" for note in facts.notes], paper)
    if stale is not None:
        how = "las-solve host save --force saves what is detected"
        lines += _section("Detected now", [*_otherwise(stale), how] if stale else ["the same facts"], paper)
    return "\n".join(lines)


def _section(title: str, entries: Sequence[str], paper: Paper) -> Iterator[str]:
    if not entries:
        return
    yield ""
    yield paper.style(title, bold=True)
    for entry in entries:
        yield from wrap(printable(entry), paper=paper, first="  ", indent="    ")


def _rows(machine: Host) -> Iterator[Row]:
    """The facts as labels and lines."""
    yield "CPU cores", [_unknown("--assume cores=16") if machine.cores is None else str(machine.cores)]
    yield "Memory", [_unknown("--assume ram=64GB") if machine.ram is None else readable_size(machine.ram)]
    yield "GPUs", list(map(_gpu, machine.gpus)) or ["none"]
    yield "Runtimes", [f"{name} {machine.runtimes[name]}" for name in sorted(machine.runtimes)] or ["none"]
    yield "Modes", ["every mode" if machine.modes is None else ", ".join(sorted(machine.modes)) or "none"]
    yield "Interfaces", [", ".join(sorted(machine.interfaces)) or "none"]
    yield "System packages", [", ".join(sorted(machine.system_packages)) or "none known"]


def _gpu(gpu: Gpu) -> str:
    vendor = "" if gpu.vendor == "unknown" or gpu.vendor.lower() in gpu.name.lower() else f" ({gpu.vendor})"
    return f"{gpu.name}{vendor}, {readable_size(gpu.vram)}"


def _unknown(how: str) -> str:
    return f"unknown, so that no minimum is met; state it with {how}"
