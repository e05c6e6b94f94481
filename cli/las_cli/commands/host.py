"""``las-solve host``: what is known of the machine that plans are made for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from las_cli.options import assume_option, format_option, logging_options, profile_option
from las_cli.render.terminal import display_width, printable, terminal_width, wants_colour
from las_cli.render.text import Paper, wrap

if TYPE_CHECKING:
    from las_registry.host.detect import Note
    from las_solver.model import Gpu, Host

__all__ = ["host"]

Row = tuple[str, list[str]]


@click.group(short_help="Show what is known of this machine.")
@logging_options
def host() -> None:
    """The machine that plans are made for.

    \b
    Examples:
      las-solve host show
      las-solve host show --format yaml > workstation.yaml
    """


@host.command(short_help="Show the facts about the machine.")
@profile_option
@assume_option
@format_option("text", "json", "yaml", help="How to print the facts; yaml and json are profiles themselves.")
@logging_options
def show(*, profile: Path | None, assumptions: Sequence[str], output_format: str) -> None:
    """Show what is known of this machine, or of the one that --profile describes.

    What is printed as yaml or json is itself a profile: correct it by hand, and name it with --profile. A
    fact that is unknown is left out of it, and no minimum on it is met.

    \b
    Examples:
      las-solve host show
      las-solve host show --format yaml > workstation.yaml
      las-solve host show --profile workstation.yaml --assume gpus=24GB,24GB
      las-solve host show --assume cores=16 --assume ram=64GB --assume runtime.cuda=12.4
    """
    machine, notes = _look(profile, assumptions)
    source = "this machine" if profile is None else f"the profile {profile}"
    if assumptions:
        source += f", with {', '.join(assumptions)}"
    match output_format:
        case "json":
            click.echo(_json(machine, notes, source), nl=False)
        case "yaml":
            click.echo(_yaml(machine, notes, source), nl=False)
        case _:
            click.echo(_text(machine, notes, source), color=True)


def _look(profile: Path | None, assumptions: Sequence[str]) -> tuple[Host, tuple[Note, ...]]:
    """The host and, where it was detected, the notes of the probes."""
    if profile is not None:
        from las_registry.host.profile import read_profile

        machine: Host = read_profile(profile)
        notes: tuple[Note, ...] = ()
    else:
        from las_registry.host.detect import examine

        detection = examine()
        machine, notes = detection.host, detection.notes
    if assumptions:
        from las_registry.host.assume import assume

        machine = assume(machine, assumptions)
    return machine, notes


def _json(machine: Host, notes: Sequence[Note], source: str) -> str:
    from las_cli.render.json import render_json
    from las_registry.host.profile import profile_document

    return render_json(
        {
            **profile_document(machine),
            "x-source": source,
            "x-notes": [{"probe": note.probe, "text": note.text} for note in notes],
        }
    )


def _yaml(machine: Host, notes: Sequence[Note], source: str) -> str:
    from las_registry.host.profile import profile_document
    from las_registry.yaml_reader import write_document

    comments = [f"A host profile: {source}. Correct it by hand and name it with --profile."]
    comments += [f"{note.probe}: {note.text}" for note in notes]
    if machine.cores is None:
        comments.append("cpu: {cores: 16} would state the number of CPUs, which is unknown")
    if machine.ram is None:
        comments.append("memory: {ram: 64GiB} would state the size of the memory, which is unknown")
    lines = "".join(f"# {printable(comment)}\n" for comment in comments)
    return lines + write_document(profile_document(machine))


def _text(machine: Host, notes: Sequence[Note], source: str) -> str:
    rows = list(_rows(machine))
    widest = max(display_width(label) for label, _ in rows)
    paper = Paper(width=terminal_width(sys.stdout), colour=wants_colour())
    lines = [paper.style(f"Host: {printable(source)}", bold=True), ""]
    margin = " " * (widest + 2)
    for label, values in rows:
        for at, value in enumerate(values):
            head = label.ljust(len(margin)) if at == 0 else margin
            first, *rest = wrap(printable(value), paper=paper, first=head, indent=margin, widest=paper.width)
            lines += [paper.style(first[: len(margin)], dim=True) + first[len(margin) :], *rest]
    if notes:
        lines += ["", paper.style("Notes", bold=True)]
        for note in notes:
            lines += wrap(printable(f"{note.probe}: {note.text}"), paper=paper, first="  ", indent="    ")
    return "\n".join(lines)


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


def readable_size(size: int) -> str:
    """`size` bytes in powers of 1024 and of 1000, e.g. ``24564 MiB (25.8 GB)``."""
    if size < 1024**2:
        return f"{size} bytes"
    if size % 1024**3 == 0:
        binary = f"{size // 1024**3} GiB"
    elif size % 1024**2 == 0 and size < 100_000 * 1024**2:
        binary = f"{size // 1024**2} MiB"
    elif size < 1024**3:
        binary = f"{_short(size / 1024**2)} MiB"
    else:
        binary = f"{_short(size / 1024**3)} GiB"
    decimal = f"{_short(size / 1000**3)} GB" if size >= 1000**3 else f"{_short(size / 1000**2)} MB"
    return f"{binary} ({decimal})"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
