"""The text of a conflict: its derivation, without what goes without saying, and never long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from las_solver.lazy_dataclass import dataclass
from las_solver.sentence import listed

__all__ = ["Row", "closing_words", "explanation", "heading", "rows"]

_FIRST_LINKS: Final = 3
_LAST_LINKS: Final = 3
_FIRST_ROWS: Final = 28
_LAST_ROWS: Final = 11
_NOT_MINIMAL: Final = "The time to explain was up: some of this may not be needed for the contradiction."
_NOT_EXPLAINED: Final = "The time to explain was up before it was known what contradicts the request."


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the text; `number` is what other rows call it, and `sources` are manifest fields where it stands."""

    text: str
    number: int | None = None
    sources: tuple[str, ...] = ()


def explanation(conflict: Mapping[str, Any], request: Sequence[str], removed: Sequence[str] = ()) -> str:
    """The text of a `conflict` of docs/documents.md that has a core and a derivation; at most about forty lines.

    `request` and `removed` as in :func:`heading`.
    """
    shown = rows(conflict)
    numbered = any(row.number for row in shown)
    lines = [f"No plan for {heading(request, removed)}."]
    for row in shown:
        number = f"{row.number}. " if row.number else "   " if numbered else ""
        lines.append(f"  {number}{row.text}")
    lines.extend(closing_words(conflict))
    return "\n".join(lines)


def heading(request: Sequence[str], removed: Sequence[str] = ()) -> str:
    """What was asked for, in words: requirements, or if there are none, the modules that are to be `removed`."""
    if request:
        return listed(list(dict.fromkeys(one.replace("@", " ", 1) for one in request)), "and")
    return f"the removal of {listed(list(dict.fromkeys(removed)), 'and')}" if removed else "what is installed"


def closing_words(conflict: Mapping[str, Any]) -> Iterator[str]:
    """What has to be said of a core that is not known to be minimal."""
    if not conflict["minimal"]:
        is_explained = any(statement["kind"] != "requested" for statement in conflict["core"])
        yield _NOT_MINIMAL if is_explained else _NOT_EXPLAINED


def rows(conflict: Mapping[str, Any]) -> tuple[Row, ...]:
    """The rows that people read of a conflict's derivation.

    Left out are requests that say no more than the heading does, and the middle of long chains of needs and of
    what is too long in all. A line that others further down follow from has a number, and these name it.
    """
    core, derivation = conflict["core"], conflict["derivation"]
    hidden = {at for at, line in enumerate(derivation) if _goes_without_saying(line, core)}
    named = {at: [one for one in followed if one not in hidden] for at, followed in _named(derivation).items()}
    numbers: dict[int, int] = {}
    for at in sorted({one for followed in named.values() for one in followed}):
        numbers[at] = len(numbers) + 1
    shown: list[Row] = []
    for at, line in enumerate(derivation):
        if at not in hidden:
            followed = [str(numbers[one]) for one in named.get(at, ())]
            text = f"{line['text']} (with {listed(followed, 'and')})" if followed else line["text"]
            shown.append(Row(text, numbers.get(at), tuple(line["sources"])))
    links = [at for at in range(len(derivation)) if at not in hidden]
    return _shortened(_without_links(shown, [_link(derivation[at], core) for at in links]))


def _goes_without_saying(line: Mapping[str, Any], core: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the line says only that a module was asked for; with a constraint, if that is what no version meets."""
    statements = [core[place] for place in line["statements"]]
    if len(statements) != 1 or statements[0]["kind"] != "requested":
        return False
    module, _, constraint = statements[0]["requirement"].partition("@")
    return not constraint or any(
        other["kind"] == "no-version" and (other["module"], other["constraint"]) == (module, constraint)
        for other in core
    )


def _named(derivation: Sequence[Mapping[str, Any]]) -> dict[int, list[int]]:
    """For each line, those that it follows from which are not among the ones right above it, back to a conclusion."""
    named: dict[int, list[int]] = {}
    start = 0
    for at, line in enumerate(derivation):
        named[at] = [one for one in line["lines"] if one < start]
        if line["lines"] and not line["statements"]:
            start = at + 1
    return named


def _link(line: Mapping[str, Any], core: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The module that the line is about and the one that it needs, if it is a need."""
    kinds = {core[place]["kind"] for place in line["statements"]}
    modules = [term["module"] for term in line["claim"]]
    return (modules[0], modules[-1]) if kinds and kinds <= {"dependency", "runtime"} and len(modules) > 1 else None


def _without_links(shown: Sequence[Row], links: Sequence[tuple[str, str] | None]) -> list[Row]:
    """The rows less the middle of each long chain, of which each row is about what the one before needs."""
    kept: list[Row] = []
    begun = 0
    for at, row in enumerate(shown):
        before, link = links[at - 1] if at else None, links[at]
        if not (before and link and before[1] == link[0] and row.number is None and shown[at - 1].number is None):
            begun = len(kept)
        kept.append(row)
        after = links[at + 1] if at + 1 < len(shown) else None
        if not (link and after and link[1] == after[0]) and len(kept) - begun > _FIRST_LINKS + _LAST_LINKS + 1:
            left_out = kept[begun + _FIRST_LINKS : -_LAST_LINKS]
            between = Row(f"... and so on: {len(left_out)} more lines, each about what the one before needs")
            kept[begun + _FIRST_LINKS : -_LAST_LINKS] = [between]
            begun = len(kept)
    return kept


def _shortened(shown: Sequence[Row]) -> tuple[Row, ...]:
    """The rows less the middle, where they are too many."""
    left_out = len(shown) - _FIRST_ROWS - _LAST_ROWS
    if left_out <= 1:
        return tuple(shown)
    between = Row(f"... and {left_out} more lines, which --format json prints")
    return (*shown[:_FIRST_ROWS], between, *shown[-_LAST_ROWS:])
