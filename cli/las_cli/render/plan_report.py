"""The report about a plan: its steps, what holds them back, and what they were made for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from packaging.version import Version

from las_cli.render.changes import ACTIONS, NOTHING, best, changes, is_shown, stay, still_invalid, version_words
from las_cli.render.graph import Edge, Graph, without_detours
from las_cli.render.phrases import counted
from las_cli.render.report import (
    Block,
    Cell,
    Drawing,
    Entry,
    Fold,
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
from las_cli.render.together import TITLES, held, held_cells
from las_solver.sentence import listed

__all__ = ["plan_report"]

Step = Mapping[str, Any]

_MOST_DRAWN: Final = 80
_MOST_NAMES: Final = 4
_MOST_INVALID: Final = 20
_ACTION_TONES: Final[Mapping[str, Tone]] = {"downgrade": "warn", "keep": "quiet", "remove": "bad"}


def plan_report(document: Mapping[str, Any], *, place: str) -> Report:
    """The report about the plan of `document`; `place` says where it is for, like "on this machine"."""
    asked = names_asked_for(document)
    strategy = document["options"]["strategy"]
    steps = [
        step
        for step in document["steps"]
        if is_shown(
            step["module"], step["action"], asked, strategy=strategy, at_newest=step["version"] == step["newest"]
        )
    ]
    held_back = [step for step in steps if step.get("held_back_by")]
    sections = [_plan_section(document, steps)]
    if document["options"].get("together"):
        sections.append(_together_section(document))
    if held_back:
        sections.append(_held_back_section(held_back))
    if invalid := _left_alone(document):
        sections.append(_invalid_section(invalid))
    if document["system_packages"]:
        sections.append(_packages_section(document))
    todo = changes(step["action"] for step in steps)
    return Report(
        title=f"{'Plan' if todo else 'Nothing to do'} for {request_words(document)} {place}",
        verdict="plan",
        tone="good" if document["optimal"] else "warn",
        lead=(" ".join(_lead(document)),),
        tiles=_tiles(document),
        sections=(*sections, request_section(document), machine_section(document)),
        closing=closing(place),
    )


def _is_fresh(document: Mapping[str, Any]) -> bool:
    """Whether nothing that the plan is about is installed."""
    return all(step["action"] == "install" for step in document["steps"])


def _lead(document: Mapping[str, Any]) -> Iterator[str]:
    """How much is to be done, and whether that is proved to be the best."""
    actions = [step["action"] for step in document["steps"]]
    todo = changes(actions)
    if todo and _is_fresh(document):
        yield f"{counted(len(actions), 'module')}, in an order in which they can be installed."
    elif todo:
        yield f"{todo}, in an order in which that can be done."
    if kept := actions.count("keep"):
        yield f"{stay(kept, among_others=False)}."
    extreme = document["options"]["strategy"]
    if not document["optimal"]:
        yield f"The {best(extreme)} found in time; there may be a better one."
    elif extreme == "keep":
        yield "Proven: no valid answer changes less of what is installed."
    else:
        yield f"Proven: no valid answer is {'older' if extreme == 'lowest' else 'newer'}."


def _tiles(document: Mapping[str, Any]) -> tuple[Tile, ...]:
    steps = document["steps"]
    packages = len(document["system_packages"])
    last = Tile(f"{packages:,}", "system package" if packages == 1 else "system packages")
    if not _is_fresh(document):
        actions = Counter(step["action"] for step in steps)
        done = (Tile(f"{actions[one]:,}", f"to {one}", "warn" if one == "remove" else "") for one in ACTIONS)
        return (*(one for one in done if one.figure != "0"), Tile(f"{actions['keep']:,}", "to keep", "good"), last)
    newest = sum(step["version"] == step["newest"] for step in steps)
    return (
        Tile(f"{len(steps):,}", "modules" if len(steps) != 1 else "module"),
        Tile(f"{newest:,}", "at their newest", "good"),
        Tile(f"{len(steps) - newest:,}", "not at their newest", "warn" if newest < len(steps) else ""),
        last,
    )


def _plan_section(document: Mapping[str, Any], steps: Sequence[Step]) -> Section:
    asked = names_asked_for(document)
    is_fresh = _is_fresh(document)
    blocks: list[Block] = [_drawing(steps, asked)] if 1 < len(steps) <= _MOST_DRAWN else []
    if len(steps) > _MOST_DRAWN:
        blocks.append(Paragraph(f"{len(steps):,} modules are too many to draw; the table has them all.", "quiet"))
    rows = tuple(
        (
            Cell(step["module"], strong=step["module"] in asked, anchor=f"step-{at}"),
            *(() if is_fresh else (Cell(step["action"], _ACTION_TONES.get(step["action"], "")),)),
            Cell(version_words(step["action"], step["version"], step.get("installed"))),
            Cell(*_standing(step, document["options"]["strategy"])),
            Cell(step["mode"] or NOTHING),
            Cell(_needed_by(step, asked)),
            Cell(step["category"], "quiet"),
            Cell(step["source"], "quiet"),
        )
        for at, step in enumerate(steps, start=1)
    )
    action = () if is_fresh else ("Action",)
    titles = ("Module", *action, "Version", "Newest", "Mode", "Needed by", "Category", "Manifest")
    caption = "What to install, in this order" if is_fresh else "What to do, in this order"
    if rows:
        blocks.append(Table(caption=caption, titles=titles, rows=rows))
    if kept := len(document["steps"]) - len(steps):
        among_others = any(step["action"] == "keep" for step in steps)
        blocks.append(Paragraph(f"{stay(kept, among_others=among_others)}.", "quiet"))
    return Section(title="The plan", anchor="plan", blocks=tuple(blocks))


def _together_section(document: Mapping[str, Any]) -> Section:
    rows = tuple(tuple(map(Cell, held_cells(one))) for one in held(document["steps"], document["host"]))
    table = Table(caption="What is held while all of these run", titles=TITLES, rows=rows)
    return Section(title="At the same time", anchor="together", blocks=(table,))


def _needed_by(step: Step, asked: Sequence[str]) -> str:
    if step["action"] == "remove":
        return NOTHING
    return _names([*(["you"] if step["module"] in asked else []), *step["required_by"]])


def _left_alone(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What is installed, does not work and is in no step."""
    present = {step["module"] for step in document["steps"]}
    return [one for one in document.get("invalid", ()) if one["module"] not in present]


def _invalid_section(invalid: Sequence[Mapping[str, Any]]) -> Section:
    entries = [Entry(heading=f"{one['module']} {one['version']}", text=one["reason"], tone="warn") for one in invalid]
    blocks: list[Block] = [Paragraph(f"{still_invalid(len(entries))}.", "warn")]
    blocks.append(Listing(tuple(entries[:_MOST_INVALID])))
    if more := entries[_MOST_INVALID:]:
        blocks.append(Fold(f"{len(more):,} more", (Listing(tuple(more)),)))
    return Section(title="Not working already", anchor="invalid", blocks=tuple(blocks))


def _drawing(steps: Sequence[Step], asked: Sequence[str]) -> Drawing:
    at = {step["module"]: number for number, step in enumerate(steps)}
    edges = [Edge(at[step["module"]], at[name]) for step in steps for name in step["requires"] if name in at]
    boxes = [
        make_box(
            step["module"],
            version_words(step["action"], step["version"], step.get("installed")) + _on_cards(step),
            tone=" ".join([_box_tone(step)] + ["asked"] * (step["module"] in asked)),
            link=f"step-{number}",
        )
        for number, step in enumerate(steps, start=1)
    ]
    caption = (
        "An arrow leads from a module to one that it needs; arrows that follow from others are left out. "
        "Modules with a dashed border are not at their newest."
    )
    if any(step["action"] == "remove" for step in steps):
        caption += " Red ones are removed."
    label = f"Graph of the {len(steps)} modules and their needs; the table below says the same"
    return Drawing(Graph(tuple(boxes), without_detours(len(steps), edges)), label, caption)


def _on_cards(step: Step) -> str:
    """On which cards a module of those is that run at the same time."""
    cards = [str(one["card"]) for one in step.get("placement", ())]
    return f" on {'card' if len(cards) == 1 else 'cards'} {listed(cards, 'and')}" if cards else ""


def _box_tone(step: Step) -> str:
    if step["action"] == "remove":
        return "bad"
    return "good" if step["version"] == step["newest"] else "warn"


def _standing(step: Step, strategy: str) -> tuple[str, Tone]:
    """How the version of a step stands to the newest one of the registry."""
    if step["action"] == "remove":
        return NOTHING, ""
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


def _packages_section(document: Mapping[str, Any]) -> Section:
    users: dict[str, list[str]] = {}
    for step in document["steps"]:
        for package in step["system_packages"]:
            users.setdefault(package, []).append(step["module"])
    rows = tuple((Cell(package), Cell(_names(names))) for package, names in sorted(users.items()))
    table = Table(caption="System packages to install first", titles=("Package", "Needed by"), rows=rows)
    return Section(title="System packages", anchor="packages", blocks=(table,))


def _names(names: Sequence[str]) -> str:
    """The first few of `names`, and how many more there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_MOST_NAMES])} and {more} more"
