"""Installed modules of which there are newer versions, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from las_cli.render.table import Column, Painter, render_table
from las_cli.render.terminal import printable

if TYPE_CHECKING:
    from las_cli.render.text import Paper
    from las_solver.model import ModuleVersion
    from las_solver.plan import Step

__all__ = ["Outdated", "outdated_document", "outdated_table"]


@dataclass(frozen=True, slots=True)
class Outdated:
    """An `installed` module version, the `newest` one of its module, and what becomes of it in an upgrade.

    `step` is None where an upgrade leaves the module alone, since it does not work, or there is no upgrade.
    """

    installed: ModuleVersion
    newest: Version
    step: Step | None

    @property
    def is_upgradable(self) -> bool:
        """Whether an upgrade has a newer version of the module."""
        return self.step is not None and self.step.action == "upgrade"

    @property
    def upgrade(self) -> str | None:
        """The version after an upgrade, None where it is not known."""
        return None if self.step is None else str(self.step.version)


def outdated_table(listed: Sequence[Outdated], paper: Paper) -> Iterator[str]:
    """The lines of a table of what is outdated, with the first reason why a module would not be at its newest."""
    columns = (
        Column(title="MODULE", cells=tuple(printable(one.installed.name) for one in listed)),
        Column(title="INSTALLED", cells=tuple(str(one.installed.version) for one in listed)),
        Column(title="UPGRADE", cells=tuple(map(_upgrade, listed))),
        Column(title="NEWEST", cells=tuple(str(one.newest) for one in listed)),
        Column(title="HELD BACK BY", cells=tuple(map(_reason, listed)), rank=1, least=12),
    )
    upgradable = [one.is_upgradable for one in listed]

    def paint(text: str, row: int) -> str:
        if row < 0:
            return paper.style(text, dim=True)
        return paper.style(text, fg="green") if upgradable[row] else text

    def dim_title(text: str, row: int) -> str:
        return paper.style(text, dim=True) if row < 0 else text

    shown = [column for column in columns if any(column.cells)]
    paints: dict[str, Painter] = {column.title: paint if column.title == "UPGRADE" else dim_title for column in shown}
    return render_table(shown, width=paper.width, paint=paints)


def outdated_document(one: Outdated) -> dict[str, object]:
    """What is outdated as JSON."""
    from las_solver.statement_document import statement_document

    held_back_by = () if one.step is None else one.step.held_back_by
    return {
        "module": one.installed.name,
        "installed": str(one.installed.version),
        "upgrade": one.upgrade,
        "newest": str(one.newest),
        "held_back_by": [statement_document(statement) for statement in held_back_by],
    }


def _upgrade(one: Outdated) -> str:
    return one.upgrade or "-" if one.is_upgradable else "-"


def _reason(one: Outdated) -> str:
    if one.step is None or not one.step.held_back_by:
        return ""
    from las_solver.sentence import sentence

    more = len(one.step.held_back_by) - 1
    return printable(sentence(one.step.held_back_by[0])) + (f" (and {more} more)" if more else "")
