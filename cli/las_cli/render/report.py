"""Reports: what is to be said about a plan or a conflict, before it is text, Markdown or HTML.

A report is made from the JSON document of an answer alone. The renderers know the few kinds of blocks below, and
nothing of plans and conflicts. All texts are as they came: it is for the renderers to escape them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_cli.render.graph import Graph

__all__ = [
    "Block",
    "Cell",
    "Drawing",
    "Entry",
    "Excerpt",
    "Facts",
    "Fold",
    "Listing",
    "Paragraph",
    "Report",
    "Section",
    "Table",
    "Tile",
    "Tone",
]

Tone = Literal["", "good", "warn", "bad", "quiet"]
"""How something stands: as it should be, not at its best, or what stands in the way; or of less interest."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a list: a sentence, what it follows from (numbers of entries above), where it stands, and more.

    `heading` stands before the text and is more important.
    """

    text: str
    heading: str = ""
    follows: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    more: tuple[Block, ...] = ()
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Entries one below the other, numbered from 1 if `numbered`; numbers are referred to by `follows`."""

    entries: tuple[Entry, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; `anchor` is a name for it that the drawing leads to, `strong` what is looked for first."""

    text: str
    tone: Tone = ""
    strong: bool = False
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first column names the rows. Where room is short, the last columns are left out first."""

    caption: str
    titles: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with texts; a third value says whether a fact mattered."""

    entries: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph; only HTML draws it. `caption` says what is to be seen, `label` what it is for who cannot see it."""

    graph: Graph
    label: str
    caption: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks that are shown on demand, where the format can hide them."""

    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text of which `short` is shown, and the `whole` on demand; the `whole` alone where nothing can be hidden."""

    short: str
    summary: str
    whole: str


Block = Paragraph | Listing | Table | Facts | Drawing | Fold | Excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Blocks under a heading; `anchor` names it within the report."""

    title: str
    anchor: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure and what it counts."""

    figure: str
    what: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report: `verdict` is one word or two with a tone, `lead` a few sentences, `closing` how it was made."""

    title: str
    verdict: str
    tone: Tone
    lead: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...]
