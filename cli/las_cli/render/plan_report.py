"""The report about a plan: its steps, what holds them back, and what they were made for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from packaging.version import Version

from las_cli.render.graph import Edge, Graph, without_detours
from las_cli.render.phrases import counted
from las_cli.render.report import (
    Block,
    Cell,
    Drawing,
    Entry,
    Listing,
    Paragraph,
    Report,
    Section,
    Table,
    Tile,
    Tone,
)
from las_cli.render.report_parts import (
    closing,
    machine_section,
    names_asked_for,
    places,
    request_section,
    request_words,
)
from las_cli.render.svg import make_box

__all__ = ["plan_report"]

Step = Mapping[str, Any]

_MOST_DRAWN: Final = 80
_MOST_NAMES: Final = 4


def plan_report(document: Mapping[str, Any], *, place: str) -> Report:
    """The report about the plan of `document`; `place` says where it is for, like "on this machine"."""
    steps = document["steps"]
    held = [step for step in steps if step.get("held_back_by")]
    extreme = document["options"]["strategy"]
    proof = f"Proven: no valid answer is {'newer' if extreme == 'newest' else 'older'}."
    if not document["optimal"]:
        proof = f"The {extreme} found in time; there may be a better one."
    sections = [_plan_section(document)]
    if held:
        sections.append(_held_back_section(held))
    if document["system_packages"]:
        sections.append(_packages_section(steps))
    packages = len(document["system_packages"])
    newest = sum(step["version"] == step["newest"] for step in steps)
    return Report(
        title=f"Plan for {request_words(document)} {place}",
        verdict="plan",
        tone="good" if document["optimal"] else "warn",
        lead=(f"{counted(len(steps), 'module')}, in an order in which they can be installed. {proof}",),
        tiles=(
            Tile(f"{len(steps):,}", "modules" if len(steps) != 1 else "module"),
            Tile(f"{newest:,}", "at their newest", "good"),
            Tile(f"{len(steps) - newest:,}", "not at their newest", "warn" if newest < len(steps) else ""),
            Tile(f"{packages:,}", "system package" if packages == 1 else "system packages"),
        ),
        sections=(*sections, request_section(document), machine_section(document)),
        closing=closing(place),
    )


def _plan_section(document: Mapping[str, Any]) -> Section:
    steps = document["steps"]
    asked = names_asked_for(document)
    blocks: list[Block] = [_drawing(steps, asked)] if 1 < len(steps) <= _MOST_DRAWN else []
    if len(steps) > _MOST_DRAWN:
        blocks.append(Paragraph(f"{len(steps):,} modules are too many to draw; the table has them all.", "quiet"))
    rows = tuple(
        (
            Cell(step["module"], strong=step["module"] in asked, anchor=f"step-{at}"),
            Cell(step["version"]),
            Cell(*_standing(step, document["options"]["strategy"])),
            Cell(step["mode"]),
            Cell(_names((["you"] if step["module"] in asked else []) + step["required_by"])),
            Cell(step["category"], "quiet"),
            Cell(step["source"], "quiet"),
        )
        for at, step in enumerate(steps, start=1)
    )
    titles = ("Module", "Version", "Newest", "Mode", "Needed by", "Category", "Manifest")
    caption = "What to install, in this order"
    blocks.append(Table(caption=caption, titles=titles, rows=rows))
    return Section(title="The plan", anchor="plan", blocks=tuple(blocks))


def _drawing(steps: Sequence[Step], asked: Sequence[str]) -> Drawing:
    at = {step["module"]: number for number, step in enumerate(steps)}
    edges = [Edge(at[step["module"]], at[name]) for step in steps for name in step["requires"]]
    boxes = [
        make_box(
            step["module"],
            step["version"],
            tone=" ".join([_box_tone(step)] + ["asked"] * (step["module"] in asked)),
            link=f"step-{number}",
        )
        for number, step in enumerate(steps, start=1)
    ]
    caption = (
        "An arrow leads from a module to one that it needs; arrows that follow from others are left out. "
        "Modules with a dashed border are not at their newest."
    )
    label = f"Graph of the {len(steps)} modules and their needs; the table below says the same"
    return Drawing(Graph(tuple(boxes), without_detours(len(steps), edges)), label, caption)


def _box_tone(step: Step) -> str:
    return "good" if step["version"] == step["newest"] else "warn"


def _standing(step: Step, strategy: str) -> tuple[str, Tone]:
    """How the version of a step stands to the newest one of the registry."""
    version, newest = Version(step["version"]), Version(step["newest"])
    if version == newest:
        return "newest", "good"
    if version > newest:
        return f"pre-release after {newest}", "warn"
    if strategy == "lowest":
        return str(newest), "quiet"
    if step["versions_behind"] == 0:
        return f"{newest} ruled out", "warn"
    return f"{newest}, {step['versions_behind']} behind", "warn"


def _held_back_section(held: Sequence[Step]) -> Section:
    entries = tuple(
        Entry(
            heading=f"{step['module']} {step['version']}",
            text=f"rather than {step['newest']}, because",
            more=_reasons(step),
        )
        for step in held
    )
    return Section(title="Why not newer", anchor="held-back", blocks=(Listing(entries),))


def _reasons(step: Step) -> tuple[Block, ...]:
    statements = tuple(
        Entry(text=statement["text"], sources=places([statement["source"]])) for statement in step["held_back_by"]
    )
    return (Listing(statements), *_admitting(step))


def _admitting(step: Step) -> Iterator[Block]:
    admitted = step.get("admitted_by")
    if admitted:
        yield Paragraph(f"{admitted['version']} becomes possible with: {admitted['text']}", "good")


def _packages_section(steps: Sequence[Step]) -> Section:
    users: dict[str, list[str]] = {}
    for step in steps:
        for package in step["system_packages"]:
            users.setdefault(package, []).append(step["module"])
    rows = tuple((Cell(package), Cell(_names(names))) for package, names in sorted(users.items()))
    table = Table(caption="System packages to install first", titles=("Package", "Needed by"), rows=rows)
    return Section(title="System packages", anchor="packages", blocks=(table,))


def _names(names: Sequence[str]) -> str:
    """The first few of `names`, and how many more there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_MOST_NAMES])} and {more} more"
