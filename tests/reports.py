"""A report made by hand, with one block of each kind, and documents for reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from las_cli.render.graph import Edge, Graph
from las_cli.render.report import Cell, Drawing, Entry, Facts, Fold, Listing, Paragraph, Report, Section, Table, Tile
from las_cli.render.svg import make_box, make_label

__all__ = ["REPORT", "a_conflict", "a_line", "a_plan_document", "a_repair", "a_statement", "a_step_document"]

_GRAPH = Graph(
    (make_box("app", link="step-1"), make_box("torch", "2.4", tone="bad"), make_label(">=2")),
    (Edge(0, 2), Edge(2, 1, "bad")),
)

REPORT = Report(
    title="No plan for app on gpu-8gb",
    verdict="no plan",
    tone="bad",
    lead=("It cannot be.",),
    tiles=(Tile("1", "conflict", "bad"),),
    sections=(
        Section(
            title="Why",
            anchor="why",
            blocks=(
                Drawing(_GRAPH, "A graph", "See."),
                Listing(
                    (
                        Entry(text="app needs torch >=2.4", sources=("app.yaml: modules[0]",)),
                        Entry(text="so it fails", follows=(1,), tone="bad"),
                    ),
                    numbered=True,
                ),
                Fold(
                    "More", (Paragraph("then app 2.0", "quiet"), Listing((Entry(heading="app 1.0", text="not 2.0"),)))
                ),
                Table(
                    caption="Steps",
                    titles=("Module", "Version"),
                    rows=((Cell("app", strong=True, anchor="step-1"), Cell("1.0", "good")),),
                ),
                Facts((("Memory", "64GiB", True),)),
            ),
        ),
    ),
    closing=("The end.",),
)

_OPTIONS = {
    "strategy": "newest",
    "prereleases": False,
    "modes": None,
    "forced_modes": {},
    "preferred": [],
    "excluded": [],
    "pinned": [],
    "locked": None,
    "unlocked": [],
    "released": [],
    "allow_removal": False,
}
_HOST = {
    "cpu": {"cores": 8},
    "memory": {"ram": "32GiB"},
    "gpus": [{"name": "Card", "vendor": "acme", "vram": "8GiB"}],
    "runtimes": {"cuda": "11.8"},
    "modes": ["native"],
    "interfaces": [],
    "system_packages": [],
}


def a_statement(kind: str, module: str, text: str, source: str = "the request", **more: Any) -> dict[str, Any]:
    """A statement of a core, with the keys of its kind."""
    return {"kind": kind, "module": module, "versions": None, "text": text, "source": source, **more}


def a_line(text: str, *sources: str, lines: Sequence[int] = ()) -> dict[str, Any]:
    """A line of a derivation."""
    return {"text": text, "sources": list(sources), "statements": [], "lines": list(lines), "claim": []}


def a_repair(text: str, *then: str) -> dict[str, Any]:
    """A repair that leads to a plan of ``name version`` texts."""
    steps = [dict(zip(("module", "version"), one.split(), strict=True)) for one in then]
    return {"changes": [], "text": text, "then": steps}


def a_conflict(*core: dict[str, Any], request: str = "app", **values: Any) -> dict[str, Any]:
    """The document of a conflict."""
    return {
        "status": "conflict",
        "request": request.split(),
        "options": _OPTIONS,
        "core": list(core),
        "minimal": True,
        "smallest": None,
        "explanation": "",
        "derivation": [],
        "more": [],
        "repairs": [],
        "complete": True,
        "host": _HOST,
        **values,
    }


def a_step_document(text: str, **values: Any) -> dict[str, Any]:
    """The document of a step for ``name version``: the newest, requiring nothing, unless said so."""
    module, version = text.split()
    return {
        "module": module,
        "version": version,
        "category": "tool",
        "action": "install",
        "installed": None,
        "after": [],
        "mode": "native",
        "requires": [],
        "required_by": [],
        "newest": version,
        "versions_behind": 0,
        "held_back_by": [],
        "admitted_by": None,
        "system_packages": [],
        "source": f"{module}/manifest.yaml",
        "checksum": None,
        **values,
    }


def a_plan_document(*steps: dict[str, Any], request: str = "app", **values: Any) -> dict[str, Any]:
    """The document of a plan."""
    return {
        "status": "resolved",
        "optimal": True,
        "request": request.split(),
        "options": _OPTIONS,
        "steps": list(steps),
        "invalid": [],
        "system_packages": sorted({package for step in steps for package in step["system_packages"]}),
        "host": _HOST,
        **values,
    }
