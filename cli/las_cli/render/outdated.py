"""Installed modules of which there are newer versions, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from las_cli.render.held_back import briefly
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

    `step` is None where an upgrade leaves the module alone, or there is no upgrade. `invalid` says why the module does
    not work as it is, if it does not.
    """

    installed: ModuleVersion
    newest: Version
    step: Step | None
    invalid: str | None = None

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
    """What is outdated as JSON: docs/documents.md describes every key."""
    from las_solver.statement_document import statement_document

    held_back_by = () if one.step is None else one.step.held_back_by
    return {
        "module": one.installed.name,
        "installed": str(one.installed.version),
        "upgrade": one.upgrade,
        "newest": str(one.newest),
        "held_back_by": [statement_document(statement) for statement in held_back_by],
        "invalid": one.invalid,
    }


def _upgrade(one: Outdated) -> str:
    return one.upgrade or "-" if one.is_upgradable else "-"


def _reason(one: Outdated) -> str:
    if one.step is None:
        return "" if one.invalid is None else printable(f"it does not work here, and is left alone: {one.invalid}")
    if not one.step.held_back_by:
        return ""
    from las_solver.statement_document import statement_document

    return printable(briefly(one.installed.name, [statement_document(each) for each in one.step.held_back_by]))
