"""A report as one HTML page that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import assert_never

from las_cli.render.markup import Markup, joined, tag
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
from las_cli.render.svg import render_svg

__all__ = ["render_html"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_html(report: Report) -> str:
    """`report` as a page; the same bytes for the same report."""
    style = (files("las_cli.render") / "page.css").read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{report.title} - las-solve"),
        tag("style", Markup(f"\n{style}")),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, Markup(chr(10)), _body(report), lang='en')}\n"


def _body(report: Report) -> Markup:
    page = _Page()
    return tag(
        "body",
        tag("a", "Skip to the report", class_="skip", href="#report"),
        Markup("\n"),
        tag("header", *_header(report)),
        Markup("\n"),
        tag("main", *(page.section(one) for one in report.sections), id="report", tabindex="-1"),
        Markup("\n"),
        tag("footer", *(tag("p", line) for line in report.closing)),
        class_=f"{report.tone} page".strip(),
    )


def _header(report: Report) -> Iterator[Markup]:
    yield tag("p", tag("span", "las-solve", class_="brand"), tag("span", report.verdict, class_="verdict"))
    yield tag("h1", report.title)
    for line in report.lead:
        yield tag("p", line, class_="lead")
    if report.tiles:
        tiles = (
            tag("div", tag("dt", one.what), tag("dd", one.figure), class_=f"tile {one.tone}".strip())
            for one in report.tiles
        )
        yield tag("dl", *tiles, class_="tiles")
    links = (tag("li", tag("a", one.title, href=f"#{one.anchor}")) for one in report.sections)
    yield tag("nav", tag("ul", *links), aria_label="Sections")


class _Page:
    """The blocks of one page; the numbers of its lists and drawings keep their names apart."""

    def __init__(self) -> None:
        self._lists = 0
        self._drawings = 0

    def section(self, section: Section) -> Markup:
        heading = tag("h2", section.title, id=f"{section.anchor}-title")
        return tag(
            "section",
            Markup("\n"),
            heading,
            *map(self.block, section.blocks),
            id=section.anchor,
            aria_labelledby=f"{section.anchor}-title",
        )

    def block(self, block: Block) -> Markup:
        match block:
            case Paragraph(text, tone):
                return tag("p", text, class_=tone)
            case Listing():
                return self._listing(block)
            case Table():
                return _table(block)
            case Facts():
                return _facts(block)
            case Drawing():
                return self._drawing(block)
            case Excerpt(short, summary, whole):
                fold = Fold(summary, (Paragraph(whole),))
                return joined(self.block(Paragraph(short, "quiet")), self.block(fold))
            case Fold(summary, blocks):
                return tag("details", tag("summary", summary), *map(self.block, blocks))
            case _:
                assert_never(block)

    def _listing(self, listing: Listing) -> Markup:
        self._lists += 1
        name = f"l{self._lists}"
        entries = [self._entry(one, name, at) for at, one in enumerate(listing.entries, start=1)]
        if listing.numbered:
            return tag("ol", *entries, class_="steps")
        return tag("ul", *entries, class_="entries")

    def _entry(self, entry: Entry, name: str, number: int) -> Markup:
        parts = [tag("strong", entry.heading, class_="heading")] if entry.heading else []
        text = [joined(entry.text)]
        if entry.follows:
            text.append(tag("span", " (", *_references(entry.follows, name), ")", class_="follows"))
        parts.append(tag("span", *text, class_="text"))
        parts += [tag("span", source, class_="source") for source in entry.sources]
        parts += map(self.block, entry.more)
        return tag("li", *parts, id=f"{name}-{number}", class_=entry.tone)

    def _drawing(self, drawing: Drawing) -> Markup:
        self._drawings += 1
        svg = render_svg(drawing.graph, name=f"g{self._drawings}", label=drawing.label)
        scroll = tag("div", svg, class_="scroll", tabindex="0", role="region", aria_label=drawing.label)
        return tag("figure", scroll, tag("figcaption", drawing.caption))


def _references(numbers: tuple[int, ...], name: str) -> Iterator[str]:
    yield "from "
    for at, number in enumerate(numbers):
        if at:
            yield " and " if at == len(numbers) - 1 else ", "
        yield tag("a", str(number), href=f"#{name}-{number}")


def _table(table: Table) -> Markup:
    head = tag("tr", *(tag("th", title, scope="col") for title in table.titles))
    rows = (tag("tr", *(_cell(cell, at) for at, cell in enumerate(row)), id=row[0].anchor) for row in table.rows)
    made = tag("table", tag("caption", table.caption), tag("thead", head), tag("tbody", *rows))
    return tag("div", made, class_="scroll", tabindex="0", role="region", aria_label=table.caption)


def _cell(cell: Cell, at: int) -> Markup:
    text = tag("span", cell.text, class_=f"chip {cell.tone}") if cell.tone and cell.tone != "quiet" else cell.text
    if cell.strong:
        text = tag("strong", text)
    classes = "quiet" if cell.tone == "quiet" else ""
    return tag("td", text, class_=classes) if at else tag("th", text, scope="row", class_=classes)


def _facts(facts: Facts) -> Markup:
    entries = (
        tag("div", tag("dt", label), tag("dd", text), class_="mattered" if mattered else "")
        for label, text, mattered in facts.entries
    )
    return tag("dl", *entries, class_="facts")
