"""A report as text for a terminal; drawings are left out, and nothing is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from las_cli.render.report import Block, Drawing, Entry, Excerpt, Facts, Fold, Listing, Paragraph, Report, Table, Tone
from las_cli.render.table import Column, Painter, render_table
from las_cli.render.terminal import display_width, printable
from las_cli.render.text import Paper, wrap

__all__ = ["render_report"]

_INDENT: Final = "  "
_COLOURS: Final[dict[Tone, str]] = {"good": "green", "warn": "yellow", "bad": "red"}


def render_report(report: Report, paper: Paper) -> str:
    """`report` as text with a final line break."""
    return "\n".join(_lines(report, paper)) + "\n"


def _lines(report: Report, paper: Paper) -> Iterator[str]:
    yield from wrap(printable(report.title), paper=paper, bold=True)
    for line in report.lead:
        yield from wrap(printable(line), paper=paper)
    for section in report.sections:
        yield ""
        yield from wrap(printable(section.title), paper=paper, bold=True)
        shown = [lines for block in section.blocks if (lines := list(_block(block, _INDENT, paper)))]
        for at, lines in enumerate(shown):
            yield from ([""] if at else [])
            yield from lines


def _block(block: Block, indent: str, paper: Paper) -> Iterator[str]:
    match block:
        case Paragraph(text, tone):
            yield from _toned(printable(text), tone, indent, indent, paper)
        case Listing(entries, numbered):
            widest = len(str(len(entries)))
            for number, entry in enumerate(entries, start=1):
                bullet = f"{number:>{widest}}. " if numbered else "- "
                yield from _entry(entry, indent, bullet, paper)
        case Table():
            yield from _table(block, indent, paper)
        case Facts(entries):
            yield from _facts(block, indent, paper)
        case Fold(summary, blocks):
            yield from wrap(printable(summary), paper=paper, first=indent, indent=indent)
            for inner in blocks:
                yield from _block(inner, indent + _INDENT, paper)
        case Excerpt(_, _, whole):
            yield from _toned(printable(whole), "quiet", indent, indent, paper)
        case Drawing():
            return
        case _:
            assert_never(block)


def _entry(entry: Entry, indent: str, bullet: str, paper: Paper) -> Iterator[str]:
    inner = indent + " " * len(bullet)
    heading = f"{printable(entry.heading)} " if entry.heading else ""
    follows = f" (from {', '.join(map(str, entry.follows))})" if entry.follows else ""
    yield from _toned(f"{heading}{printable(entry.text)}{follows}", entry.tone, indent + bullet, inner, paper)
    for source in entry.sources:
        yield from wrap(printable(source), paper=paper, first=inner, indent=inner, dim=True)
    for block in entry.more:
        yield from _block(block, inner, paper)


def _table(table: Table, indent: str, paper: Paper) -> Iterator[str]:
    """The table; its own margin is part of `indent`."""
    columns = [
        Column(
            title=title.upper(), cells=tuple(printable(row[at].text) for row in table.rows), rank=at if at > 1 else 0
        )
        for at, title in enumerate(table.titles)
    ]

    def painter(at: int) -> Painter:
        def paint(text: str, row: int) -> str:
            cell = table.rows[row][at] if row >= 0 else None
            if cell is None or cell.tone == "quiet":
                return paper.style(text, dim=True)
            if cell.strong:
                return paper.style(text, bold=True)
            return paper.style(text, fg=_COLOURS[cell.tone]) if cell.tone else text

        return paint

    painters = {column.title: painter(at) for at, column in enumerate(columns)}
    margin = indent[len(_INDENT) :]
    for line in render_table(columns, width=paper.width - len(margin), paint=painters):
        yield margin + line


def _facts(facts: Facts, indent: str, paper: Paper) -> Iterator[str]:
    widest = max(display_width(printable(label)) for label, _, _ in facts.entries)
    inner = indent + " " * (widest + 2)
    for label, text, mattered in facts.entries:
        shown = printable(label)
        first = indent + shown + " " * (widest + 2 - display_width(shown))
        yield from _toned(printable(text), "bad" if mattered else "", first, inner, paper)


def _toned(text: str, tone: Tone, first: str, indent: str, paper: Paper) -> Iterator[str]:
    """The lines of `text` in the colour of `tone`."""
    if tone == "quiet":
        yield from wrap(text, paper=paper, first=first, indent=indent, dim=True)
    elif tone:
        yield from wrap(text, paper=paper, first=first, indent=indent, fg=_COLOURS[tone])
    else:
        yield from wrap(text, paper=paper, first=first, indent=indent)
