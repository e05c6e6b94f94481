"""Results as a versioned JSON document and as a table."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.measure import Comparison, Measurement

__all__ = ["FORMAT", "Section", "render_json", "render_table"]

FORMAT = 1
"""The version of the JSON document; a change that a reader would notice makes it greater."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one question was answered: measurements, comparisons and remarks."""

    question: str
    title: str
    measurements: tuple[Measurement, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    notes: tuple[str, ...] = field(default=())


def render_json(sections: Iterable[Section], *, started: str) -> dict[str, Any]:
    """All results; times in seconds. `started` is the moment in ISO 8601."""
    return {
        "format": FORMAT,
        "started": started,
        "machine": _machine(),
        "packages": {name: _version(name) for name in ("las-solve", "packaging", "python-sat", "resolvelib")},
        "questions": [
            {
                "question": section.question,
                "title": section.title,
                "measurements": [_measurement(one) for one in section.measurements],
                "comparisons": [_comparison(one) for one in section.comparisons],
                "notes": list(section.notes),
            }
            for section in sections
        ],
    }


def render_table(sections: Iterable[Section]) -> str:
    """All results for people, as Markdown."""
    lines: list[str] = []
    for section in sections:
        lines += [f"## {section.title}", ""]
        if section.measurements:
            rows = [_row(one) for one in section.measurements]
            lines += [*_grid(("problem", "subject", "min", "median", "max", ""), rows), ""]
        if section.comparisons:
            rows = [_comparison_row(one) for one in section.comparisons]
            lines += [*_grid(("problem", "this takes", "times", "as long as this", "target", "verdict"), rows), ""]
        lines += [f"- {note}" for note in section.notes]
        lines += [""] if section.notes else []
    return "\n".join(lines)


def _measurement(one: Measurement) -> dict[str, Any]:
    every = one.all_samples
    return {
        "problem": one.problem,
        "subject": one.subject,
        "samples": [list(process) for process in one.samples],
        "min": min(every, default=None),
        "median": one.median,
        "max": max(every, default=None),
        "limit": one.limit,
        "failure": one.failure,
        "unstable": one.unstable,
        "note": one.note,
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    return {
        "problem": one.problem,
        "subject": one.subject,
        "base": one.base,
        "ratio": one.ratio,
        "at_least": one.at_least,
        "target": one.target,
        "is_ceiling": one.is_ceiling,
        "is_met": one.is_met,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def _row(one: Measurement) -> tuple[str, ...]:
    every = one.all_samples
    remark = "; ".join(part for part in (one.failure, one.unstable, one.note) if part)
    if one.limit is not None:
        return (one.problem, one.subject, "", f"> {one.limit:g} s", "", remark)
    if not every or one.median is None:
        return (one.problem, one.subject, "", "-", "", remark)
    return (one.problem, one.subject, _duration(min(every)), _duration(one.median), _duration(max(every)), remark)


def _comparison_row(one: Comparison) -> tuple[str, ...]:
    ratio = f"{'> ' if one.at_least else ''}{one.ratio:.3g}"
    target = "" if one.target is None else f"{'<=' if one.is_ceiling else '>='} {one.target:g}"
    verdict = {True: "met", False: "MISSED", None: "" if one.target is None else "cannot be told"}[one.is_met]
    return (one.problem, one.base, ratio, one.subject, target, verdict)


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return [line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)]
