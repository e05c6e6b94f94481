"""Two sets of modules side by side, as people read it and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Final

from las_cli.comparison import Comparison, Entry, ModuleChange, Side
from las_cli.render.table import Column, Painter, render_table
from las_cli.render.terminal import display_width, printable
from las_cli.render.text import Paper, wrap

__all__ = ["difference_document", "fact_lines", "render_difference"]

_WORDS: Final = {"mode": "other mode", "manifest": "other manifest"}
_COLOURS: Final = {"added": "green", "removed": "red", "upgraded": "green", "downgraded": "yellow"}
_MOST_REASONS: Final = 3
_WIDEST_TITLE: Final = 24


def render_difference(comparison: Comparison, paper: Paper) -> str:
    """`comparison` as text with a final line break."""
    return "\n".join(_lines(comparison, paper)) + "\n"


def fact_lines(comparison: Comparison, paper: Paper) -> Iterator[str]:
    """The facts about the machines that differ, under a title and after an empty line; none where none does."""
    facts = {one.fact: [f"{one.before} -> {one.after}"] for one in comparison.facts}
    yield from _section("Facts about the machines", facts, paper)


def difference_document(comparison: Comparison, conflicts: tuple[object, object] = (None, None)) -> dict[str, object]:
    """`comparison` as JSON, with the documents of conflicts where a side has no plan: docs/documents.md describes every
    key."""
    before, after = comparison.before, comparison.after
    return {
        "status": "same" if comparison.is_same else "different",
        "before": before.name,
        "after": after.name,
        "modules": [_change_document(change) for change in comparison.modules],
        "request": {"before": list(before.request), "after": list(after.request)} if comparison.request else None,
        "options": [{"option": key, "before": old, "after": new} for key, old, new in comparison.options],
        "host": [{"fact": one.fact, "before": one.before, "after": one.after} for one in comparison.facts],
        "registry": {"before": before.registry, "after": after.registry} if comparison.registry else None,
        "conflicts": {"before": conflicts[0], "after": conflicts[1]},
    }


def _change_document(change: ModuleChange) -> dict[str, object]:
    return {
        "module": change.module,
        "changes": list(change.kinds),
        "before": _entry_document(change.before),
        "after": _entry_document(change.after),
        "because": list(change.because),
    }


def _entry_document(entry: Entry | None) -> dict[str, object] | None:
    if entry is None:
        return None
    return {"version": str(entry.version), "mode": entry.mode, "checksum": entry.checksum}


def _lines(comparison: Comparison, paper: Paper) -> Iterator[str]:
    yield from wrap(_headline(comparison), paper=paper, bold=True)
    if comparison.modules:
        yield ""
        yield from _table(comparison, paper)
    because = {change.module: _bounded(change.because) for change in comparison.modules if change.because}
    yield from _section("Why", because, paper)
    if comparison.request:
        rows = {side.name: [", ".join(side.request) or "nothing"] for side in (comparison.before, comparison.after)}
        yield from _section("Requests", rows, paper)
    options = {key: [f"{_value(old)} -> {_value(new)}"] for key, old, new in comparison.options}
    yield from _section("Options of the request", options, paper)
    yield from fact_lines(comparison, paper)
    if comparison.registry:
        yield ""
        yield from wrap("The registry has changed.", paper=paper)


def _bounded(texts: Sequence[str]) -> list[str]:
    """The first of several reasons, and how many more there are."""
    more = len(texts) - _MOST_REASONS
    return [*texts[:_MOST_REASONS], *([f"and {more} more"] if more > 0 else [])]


def _headline(comparison: Comparison) -> str:
    sides = f"{printable(comparison.before.name)} and {printable(comparison.after.name)}"
    match len(comparison.modules):
        case 0:
            return f"The same modules in {sides}"
        case 1:
            return f"1 module differs between {sides}"
        case count:
            return f"{count} modules differ between {sides}"


def _table(comparison: Comparison, paper: Paper) -> Iterator[str]:
    changes = comparison.modules
    titles = _titles(comparison.before, comparison.after)
    shows_mode = ["mode" in change.kinds for change in changes]
    befores, afters = (
        tuple(_cell(entry, with_mode=shown) for entry, shown in zip(entries, shows_mode, strict=True))
        for entries in ([change.before for change in changes], [change.after for change in changes])
    )
    columns = [
        Column(title="MODULE", cells=tuple(printable(change.module) for change in changes)),
        Column(title="CHANGE", cells=tuple(_kinds(change) for change in changes), rank=1),
        Column(title=titles[0], cells=befores),
        Column(title=titles[1], cells=afters),
    ]

    def paint_change(text: str, row: int) -> str:
        colour = _COLOURS.get(changes[row].kinds[0]) if row >= 0 else None
        return paper.style(text, fg=colour) if colour else text

    def titled(painter: Painter) -> Painter:
        return lambda text, row: paper.style(text, dim=True) if row < 0 else painter(text, row)

    painters = {column.title: titled(lambda text, row: text) for column in columns}
    yield from render_table(columns, width=paper.width, paint={**painters, "CHANGE": titled(paint_change)})


def _titles(before: Side, after: Side) -> tuple[str, str]:
    """Titles of the columns: the names of the sides, where these are short and not the same."""
    names = [printable(PurePath(side.name).name) for side in (before, after)]
    if len({*names, "MODULE", "CHANGE"}) == 4 and max(map(display_width, names)) <= _WIDEST_TITLE:
        return names[0], names[1]
    return "BEFORE", "AFTER"


def _kinds(change: ModuleChange) -> str:
    return ", ".join(_WORDS.get(kind, kind) for kind in change.kinds)


def _cell(entry: Entry | None, *, with_mode: bool) -> str:
    if entry is None:
        return "-"
    return f"{entry.version} ({printable(entry.mode or 'none')})" if with_mode else str(entry.version)


def _section(title: str, rows: Mapping[str, Sequence[str]], paper: Paper) -> Iterator[str]:
    """Rows with a label each, under a title; nothing where there are none."""
    if not rows:
        return
    yield ""
    yield paper.style(title, bold=True)
    labels = [printable(label) for label in rows]
    beside = 2 + max(map(display_width, labels)) + 2
    for label, texts in zip(labels, rows.values(), strict=True):
        for at, text in enumerate(texts):
            if beside > paper.width // 2:
                yield from wrap(label, paper=paper, first="  ") if at == 0 else ()
                yield from wrap(printable(text), paper=paper, first="    ", indent="    ", dim=True)
            else:
                head = f"  {label}" if at == 0 else ""
                first = head + " " * (beside - display_width(head))
                yield from wrap(printable(text), paper=paper, first=first, indent=" " * beside, dim=True)


def _value(value: object) -> str:
    match value:
        case None:
            return "none"
        case list():
            return ", ".join(map(str, value)) or "none"
        case dict():
            return ", ".join(f"{key}={one}" for key, one in value.items()) or "none"
        case _:
            return str(value)
