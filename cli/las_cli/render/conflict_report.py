"""The report about a conflict: why there is no plan, what would help, and what all of that rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from las_cli.render.conflict_graph import conflict_graph
from las_cli.render.phrases import counted, no_change
from las_cli.render.report import Block, Drawing, Entry, Excerpt, Fold, Listing, Paragraph, Report, Section, Tile
from las_cli.render.report_parts import closing, machine_section, places, request_section, request_words
from las_solver.explain import rows

__all__ = ["conflict_report"]

Document = Mapping[str, Any]

_MOST_DRAWN: Final = 50
_MOST_LINES: Final = 40
_MOST_NAMES: Final = 4
_FACTS: Final = {"cores": "cores", "ram": "ram", "vram": "gpus", "gpus": "gpus"}


def conflict_report(document: Document, *, place: str) -> Report:
    """The report about the conflict of `document`; `place` says where it is, like "on this machine"."""
    conflicts = [document, *(document.get("more") or ())]
    repairs = document.get("repairs") or ()
    sections = [_conflict_section(one, at, len(conflicts)) for at, one in enumerate(conflicts, start=1)]
    sections.append(_repairs_section(repairs, conflicts, complete=bool(document.get("complete", True))))
    mattered = {fact for one in conflicts for statement in one["core"] for fact in _facts_of(statement)}
    sections += [request_section(document), machine_section(document, mattered)]
    statements = sum(len(one["core"]) for one in conflicts)
    return Report(
        title=f"No plan for {request_words(document)} {place}",
        verdict="no plan",
        tone="bad",
        lead=tuple(_lead(document, conflicts)),
        tiles=(
            Tile(str(len(conflicts)), "conflict" if len(conflicts) == 1 else "independent conflicts", "bad"),
            Tile(f"{statements:,}", "statement" if statements == 1 else "statements"),
            _ways_out(len(repairs)),
        ),
        sections=tuple(sections),
        closing=closing(place),
    )


def _ways_out(count: int) -> Tile:
    if not count:
        return Tile("0", "ways out")
    return Tile(str(count), "way out, checked" if count == 1 else "ways out, checked", "good")


def _lead(document: Document, conflicts: Sequence[Document]) -> Iterator[str]:
    where = "The statements below"
    if len(conflicts) > 1:
        yield f"{len(conflicts)} independent conflicts stand in the way: each of them has to be solved."
        where = "In each of them the statements"
    if all(statement["kind"] == "requested" for statement in document["core"]):
        yield "The time was up before it was known what contradicts the request."
    elif not all(one["minimal"] for one in conflicts):
        yield "Explaining was cut short: some statements below may not be needed for the contradiction."
    elif len(document["core"]) > 1:
        yield f"{where} contradict each other, and without any one of them they would not."
    if document.get("smallest") is not None:
        known = "There is no contradiction of" if document["smallest"] else "It is not known whether there is one of"
        yield f"{known} fewer statements."
    if document.get("complete") is False:
        yield "The search for further conflicts and ways out was cut short: there may be more."


def _conflict_section(conflict: Document, at: int, count: int) -> Section:
    core: Sequence[Document] = conflict["core"]
    lines: Sequence[Document] = conflict.get("derivation") or ()
    blocks: list[Block] = []
    graph = conflict_graph(core)
    if len(graph.nodes) <= _MOST_DRAWN and graph.edges:
        caption = "An arrow leads from a module to what it needs. What stands in the way is red."
        blocks.append(Drawing(graph, "Graph of the conflict; the lines below say the same", caption))
    blocks += _reasons(conflict, core, lines)
    return Section(
        title="Why" if count == 1 else f"Conflict {at} of {count}", anchor=f"conflict-{at}", blocks=tuple(blocks)
    )


def _reasons(conflict: Document, core: Sequence[Document], lines: Sequence[Document]) -> Iterator[Block]:
    """The lines of the derivation, the most telling ones first where they are many, and what all of them rest on."""
    statements = Listing(tuple(Entry(text=one["text"], sources=places([one["source"]])) for one in core))
    if not lines:
        yield statements
        return
    reasons = Listing(
        tuple(_line(line, last=at == len(lines)) for at, line in enumerate(lines, start=1)), numbered=True
    )
    if len(lines) > _MOST_LINES:
        yield Listing(tuple(Entry(text=row.text, sources=places(row.sources)) for row in rows(conflict)))
        yield Fold(f"All {counted(len(lines), 'line')}", (reasons,))
    else:
        yield reasons
    if not _say_all(lines, core):
        yield Fold(_about(conflict), (statements,))


def _say_all(lines: Sequence[Document], core: Sequence[Document]) -> bool:
    """Whether `lines` are the statements of `core` themselves, each with no more than some words added to it."""
    said, statements = (sorted(one["text"] for one in several) for several in (lines, core))
    return len(said) == len(statements) and all(map(str.startswith, said, statements))


def _about(conflict: Document) -> str:
    count = counted(len(conflict["core"]), "statement")
    if not conflict["minimal"]:
        return f"What this rests on: {count}, some of which may not be needed"
    return f"What this rests on: {count}" + (", none of which can be left out" if len(conflict["core"]) > 1 else "")


def _line(line: Document, *, last: bool) -> Entry:
    """A line of the derivation, with what it follows from counted from 1."""
    return Entry(
        text=line["text"],
        follows=tuple(number + 1 for number in line["lines"]),
        sources=places(line["sources"]),
        tone="bad" if last else "",
    )


def _repairs_section(repairs: Sequence[Document], conflicts: Sequence[Document], *, complete: bool) -> Section:
    title, anchor = "What would help", "repairs"
    if not repairs:
        text = f"{no_change(conflicts)} would help."
        if not complete:
            text = "The time was up before a change was found that makes a plan possible."
        return Section(title=title, anchor=anchor, blocks=(Paragraph(text),))
    what = f"{'Each of these' if len(repairs) > 1 else 'This'} was checked: with it, there is a plan"
    what += ", and no conflict is left." if len(conflicts) > 1 else "."
    entries = tuple(Entry(text=one["text"], more=tuple(_outcome(one["then"]))) for one in repairs)
    return Section(title=title, anchor=anchor, blocks=(Paragraph(what), Listing(entries, numbered=True)))


def _outcome(steps: Sequence[Document]) -> Iterator[Block]:
    """The plan that a repair leads to: the first modules that change in a sentence, all of them on demand."""
    steps = [step for step in steps if step.get("action") != "keep"]
    named = [f"{step['module']} {step['version']}" for step in steps]
    more = len(named) - _MOST_NAMES
    shown = ", ".join(named) if more <= 0 else f"{', '.join(named[:_MOST_NAMES])} and {more} more"
    if more > 0:
        yield Excerpt(f"then {shown}", f"All {counted(len(steps), 'module')}", f"then {', '.join(named)}")
    elif named:
        yield Paragraph(f"then {shown}", "quiet")


def _facts_of(statement: Document) -> Iterator[str]:
    """The facts about the machine that `statement` speaks of, as :func:`machine_section` takes them."""
    match statement["kind"]:
        case "hardware" | "together":
            yield _FACTS[statement["fact"]]
        case "runtime":
            yield f"runtime {statement['requirement'].partition('@')[0]}"
        case "mode":
            yield "modes"
        case "interface":
            yield "interfaces"
