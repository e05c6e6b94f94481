"""A report as Markdown, as GitHub and CommonMark read it; drawings are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final, assert_never

from las_cli.render.report import (
    Block,
    Cell,
    Drawing,
    Entry,
    Excerpt,
    Facts,
    Fold,
    Listing,
    Paragraph,
    Report,
    Section,
    Table,
)
from las_cli.render.terminal import printable

__all__ = ["render_markdown"]

_SPECIAL: Final = re.compile(r"[\\`*<\[\]|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|:(?=//)|(?<=www)\.")
"""What would be read as more than text within a line, as a link too; an underscore within a word would not."""

_FIRST: Final = re.compile(r"^(?:(?=[#>+=-])|\d{1,9}(?=[.)](?:\s|$)))")
"""Where a line that begins like a heading, a quotation or an entry of a list needs a backslash."""


def render_markdown(report: Report) -> str:
    """`report` as Markdown with a final line break."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_text(report.title)}"
    for line in report.lead:
        yield ""
        yield _text(line)
    if report.tiles:
        yield ""
        yield ", ".join(f"**{_text(one.figure)}** {_text(one.what)}" for one in report.tiles)
    for section in report.sections:
        yield from _section(section)
    yield ""
    yield "---"
    yield ""
    yield " ".join(map(_text, report.closing))


def _section(section: Section) -> Iterator[str]:
    yield ""
    yield f"## {_text(section.title)}"
    for block in section.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    """The lines of a block, after an empty one where it is not left out."""
    match block:
        case Paragraph(text):
            yield from ("", _text(text))
        case Listing(entries, numbered):
            yield ""
            for number, entry in enumerate(entries, start=1):
                yield from _entry(entry, f"{number}." if numbered else "-")
        case Table():
            yield from _table(block)
        case Facts(entries):
            yield ""
            for label, text, mattered in entries:
                fact = f"{_text(label)}: {_text(text)}"
                yield f"- **{fact}**" if mattered else f"- {fact}"
        case Fold(summary, blocks):
            yield from ("", "<details>", f"<summary>{escape(printable(summary))}</summary>")
            for inner in blocks:
                yield from _block(inner)
            yield from ("", "</details>")
        case Excerpt(short, summary, whole):
            yield from _block(Paragraph(short))
            yield from _block(Fold(summary, (Paragraph(whole),)))
        case Drawing():
            return
        case _:
            assert_never(block)


def _entry(entry: Entry, bullet: str) -> Iterator[str]:
    heading = f"**{_text(entry.heading)}** " if entry.heading else ""
    follows = f" (from {', '.join(map(str, entry.follows))})" if entry.follows else ""
    indent = " " * (len(bullet) + 1)
    line = f"{bullet} {heading}{_text(entry.text)}{follows}"
    for source in entry.sources:
        yield f"{line}\\"  # a line break within the entry
        line = f"{indent}*{_text(source)}*"
    yield line
    for block in entry.more:
        yield from (f"{indent}{inner}" if inner else "" for inner in _block(block))


def _table(table: Table) -> Iterator[str]:
    yield from ("", _row(map(_text, table.titles)), _row("---" for _ in table.titles))
    yield from (_row(map(_cell, row)) for row in table.rows)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return f"**{_text(cell.text)}**" if cell.strong and cell.text else _text(cell.text)


def _text(text: str) -> str:
    """`text` so that Markdown reads nothing into it."""
    shown = _SPECIAL.sub(lambda found: f"\\{found[0]}", printable(text).strip())
    return _FIRST.sub(lambda found: f"{found[0]}\\", shown, count=1)
