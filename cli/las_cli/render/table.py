"""Tables that fit the terminal: aligned columns, of which the least important shrink and vanish first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from las_cli.render.terminal import display_width, shorten
from las_solver.lazy_dataclass import dataclass

__all__ = ["Column", "render_table"]

Painter = Callable[[str, int], str]
"""Colours a cell: its text, already padded or shortened, and the number of its row, -1 for the title."""

_GAP: Final = 2
_MARGIN: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table, titles and cells without control characters.

    Where the table is too wide, the columns with the highest `rank` first shrink to `least` columns of the
    terminal, then vanish; those of rank 0 stay. `cut` shortens a cell to a width.
    """

    title: str
    cells: tuple[str, ...]
    rank: int = 0
    least: int = 8
    cut: Callable[[str, int], str] = shorten

    @property
    def width(self) -> int:
        return max(map(display_width, (self.title, *self.cells)))

    def shortened(self, width: int) -> Column:
        """The column in at most `width` columns of the terminal."""
        return replace(
            self, title=shorten(self.title, width), cells=tuple(self.cut(cell, width) for cell in self.cells)
        )


def render_table(columns: Sequence[Column], *, width: int, paint: dict[str, Painter] | None = None) -> Iterator[str]:
    """The lines of the table, title first, none wider than `width` unless not even the columns of rank 0 fit.

    `paint` colours the cells of columns by title.
    """
    painters = paint or {}
    named = [(column.title, column) for column in columns]
    fitted = _fit(named, width - _MARGIN)
    widths = [column.width for _, column in fitted]
    rows = max(len(column.cells) for column in columns)
    for row in range(-1, rows):
        cells = []
        for at, (title, column) in enumerate(fitted):
            text = column.title if row < 0 else column.cells[row]
            if at < len(fitted) - 1:
                text += " " * (widths[at] - display_width(text))
            cells.append(painters[title](text, row) if title in painters and text else text)
        yield (" " * _MARGIN + (" " * _GAP).join(cells)).rstrip()


def _fit(columns: list[tuple[str, Column]], width: int) -> list[tuple[str, Column]]:
    """The columns that have room in `width`, shrunk where they have to be; each with its full title."""
    kept = list(columns)
    for title, column in sorted(columns, key=lambda one: one[1].rank, reverse=True):
        excess = _total(one for _, one in kept) - width
        if excess <= 0:
            break
        at = kept.index((title, column))
        if column.width - excess >= column.least or column.rank == 0:
            kept[at] = (title, column.shortened(max(column.width - excess, min(column.least, column.width))))
        else:
            del kept[at]
    return kept


def _total(columns: Iterable[Column]) -> int:
    widths = [column.width for column in columns]
    return sum(widths) + _GAP * (len(widths) - 1)
