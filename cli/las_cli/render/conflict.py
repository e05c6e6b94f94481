"""A conflict as people read it: why there is no plan, where that stands, and what would help."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from las_cli.render.phrases import no_change
from las_cli.render.report_parts import request_words
from las_cli.render.terminal import display_width, printable
from las_cli.render.text import Paper, wrap
from las_solver.explain import Row, closing_words, rows
from las_solver.sentence import listed

__all__ = ["conflict_lines", "render_conflict", "repair_lines"]

_MOST_CONFLICTS: Final = 3
_MOST_SOURCES: Final = 2
_MOST_OTHERS: Final = 3
_MARGIN: Final = 6


def render_conflict(document: Mapping[str, Any], *, place: str, paper: Paper) -> str:
    """The `document` of a conflict as text with a final line break; `place` says what it is for."""
    return "\n".join(_lines(document, place, paper)) + "\n"


def _lines(document: Mapping[str, Any], place: str, paper: Paper) -> Iterator[str]:
    yield from wrap(printable(f"No plan for {request_words(document)} {place}."), paper=paper, bold=True)
    conflicts = [document, *document["more"]]
    if len(conflicts) > 1:
        yield from wrap(_count(len(conflicts), complete=document["complete"]), paper=paper)
    for number, conflict in enumerate(conflicts[:_MOST_CONFLICTS], 1):
        yield ""
        if len(conflicts) > 1:
            yield paper.style(f"Conflict {number}", bold=True)
        yield from conflict_lines(conflict, paper)
    if document["repairs"]:
        yield ""
        yield from wrap("What would help (each one checked):", paper=paper, bold=True)
        told = {statement["module"] for conflict in conflicts for statement in conflict["core"]}
        yield from repair_lines(document["repairs"], told, paper)
    elif document["complete"] and not _is_misspelt(document):
        yield ""
        yield from wrap(f"{no_change(conflicts)} would help.", paper=paper)


def _is_misspelt(document: Mapping[str, Any]) -> bool:
    """Whether what was asked for does not exist, so that the remedy is another name."""
    asked = {one.partition("@")[0] for one in document["request"]}
    return any(one["kind"] == "unknown-module" and one["module"] in asked for one in document["core"])


def _count(conflicts: int, *, complete: bool) -> str:
    """How many conflicts there are, where that are several, and how many of them are shown."""
    known = f"There are {conflicts} independent conflicts" + ("" if complete else ", or more")
    return f"{known}; these are the first {_MOST_CONFLICTS}." if conflicts > _MOST_CONFLICTS else f"{known}."


def conflict_lines(conflict: Mapping[str, Any], paper: Paper) -> Iterator[str]:
    """Why one conflict is one: a row for each line that people read, each with where it stands."""
    shown = rows(conflict)
    widest = max((len(f"{row.number}. ") for row in shown if row.number), default=0)
    for row in shown:
        yield from _row(row, widest, paper)
    for words in closing_words(conflict):
        yield from wrap(words, paper=paper)


def _row(row: Row, widest: int, paper: Paper) -> Iterator[str]:
    first = f"  {f'{row.number}. ' if row.number else '':>{widest}}"
    indent = " " * (len(first) + 2)
    yield from wrap(printable(row.text), paper=paper, first=first, indent=indent)
    for place in _places(row.sources):
        yield from wrap(printable(place), paper=paper, first=indent, indent=indent, dim=True)


def _places(sources: Sequence[str]) -> Iterator[str]:
    """The first of `sources`, those of one manifest together, and how many more there are."""
    fields: dict[str, list[str]] = {}
    for source in sources[:_MOST_SOURCES]:
        manifest, _, field = source.partition(": ")
        fields.setdefault(manifest, []).append(field)
    yield from (
        f"{manifest}: {', '.join(filter(None, named))}".removesuffix(": ") for manifest, named in fields.items()
    )
    if len(sources) > _MOST_SOURCES:
        yield f"and {len(sources) - _MOST_SOURCES} more"


def repair_lines(repairs: Sequence[Mapping[str, Any]], told: Collection[str], paper: Paper) -> Iterator[str]:
    """The repairs, numbered, each with the plan that it leads to: beside it where all of them fit, else below it.

    Of a plan, the modules that were `told` of are named.
    """
    texts = [printable(repair["text"]) for repair in repairs]
    outcomes = [printable(_outcome(repair["then"], told)) for repair in repairs]
    digits = len(str(len(repairs)))
    margin = " " * (digits + 4)
    column = len(margin) + max(map(display_width, texts)) + _MARGIN
    fits = column + max(map(display_width, outcomes)) <= paper.width
    for number, (text, outcome) in enumerate(zip(texts, outcomes, strict=True), 1):
        first = f"  {number:>{digits}}. "
        if fits:
            gap = " " * (column - len(first) - display_width(text))
            yield first + text + (gap + paper.style(outcome, dim=True) if outcome else "")
        else:
            yield from wrap(text, paper=paper, first=first, indent=margin)
            yield from wrap(outcome, paper=paper, first=margin, indent=margin, dim=True)


def _outcome(steps: Sequence[Mapping[str, Any]], told: Collection[str]) -> str:
    """A plan in few words, without what does not change: ``then app 2.1 with torch 2.5.1 and 7 more``."""
    changing = [step for step in steps if step.get("action") != "keep"]
    if not changing:
        return "then nothing else changes" if steps else ""
    first, *others = changing
    named = [f"{step['module']} {step['version']}" for step in others if step["module"] in told][:_MOST_OTHERS]
    more = len(others) - len(named)
    parts = [*named, f"{more} more"] if more else named
    beside = f" with {listed(parts, 'and')}" if parts else ""
    return f"then {first['module']} {first['version']}{beside}"
