"""A conflict as people read it: a sentence for each statement of the core, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from las_cli.render.terminal import printable
from las_cli.render.text import Paper, wrap
from las_solver.conflict import Conflict
from las_solver.document import conflict_document

__all__ = ["render_conflict"]

_ITEM = "  - "
_BECAUSE = ", because"
_PLACES_OF_THEIR_OWN = ("the request", "the registry")


def render_conflict(conflict: Conflict, *, place: str, paper: Paper) -> str:
    """`conflict` as text with a final line break; `place` says what it is for, like "on this machine"."""
    return "\n".join(_lines(conflict, place, paper)) + "\n"


def _lines(conflict: Conflict, place: str, paper: Paper) -> Iterator[str]:
    document = conflict_document(conflict)
    core = document["core"]
    assert isinstance(core, list)
    sources = {f"{_ITEM}{statement['text']}": str(statement["source"]) for statement in core}
    heading, *rest = str(document["explanation"]).split("\n")
    yield from wrap(printable(f"{heading.removesuffix(_BECAUSE)} {place}{_BECAUSE}"), paper=paper, bold=True)
    for line in rest:
        if not line.startswith(_ITEM):
            yield from wrap(printable(line), paper=paper)
            continue
        source = sources.get(line, _PLACES_OF_THEIR_OWN[0])
        text = printable(line.removeprefix(_ITEM))
        yield from wrap(text, paper=paper, first=_ITEM, indent=" " * len(_ITEM))
        if source not in _PLACES_OF_THEIR_OWN:
            yield from wrap(printable(source), paper=paper, first=" " * len(_ITEM), indent=" " * len(_ITEM), dim=True)
