"""Results for people, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.measure import Comparison, Figure, Measurement
from benchmarks.results import Results, Run, Section

__all__ = ["grid", "quantity", "render_results", "render_table", "render_targets"]

_QUIET = 1.0
"""The load above which a machine has other things to do."""


def render_results(results: Results, plots: Sequence[str] = ()) -> str:
    """All results with the machine that they are of; `plots` are the names of pictures beside the text."""
    about = results.machine
    memory = about.get("memory")
    lines = [
        "# Results",
        "",
        f"Measured on {about.get('cores')} cores of {about.get('cpu')}, "
        + (f"{memory / 2**30:g} GiB of memory, " if isinstance(memory, int) else "")
        + f"{about.get('system')}, {about.get('implementation')} {about.get('python')}. "
        "What is measured how, and what the words mean: [README](../README.md).",
        "",
        "## Targets",
        "",
        *render_targets(results.runs.values()),
        "",
        *(line for name in plots for line in (f"![{name.removesuffix('.png')}]({name})", "")),
    ]
    for name, run in results.runs.items():
        lines += [f"## {name}: {run.section.title}", "", _provenance(run), "", *_body(run.section)]
    return "\n".join(lines).rstrip("\n") + "\n"


def render_targets(runs: Iterable[Run]) -> list[str]:
    """What had to be reached, and whether it was: the lines of a table."""
    rows = [
        (run.section.question, *row)
        for run in runs
        for row in (
            *((one.problem, *_comparison_words(one)) for one in run.section.comparisons if one.target is not None),
            *((one.problem, *_figure_words(one)) for one in run.section.figures if one.target is not None),
        )
    ]
    return grid(("condition", "problem", "what", "measured", "target", "verdict"), rows)


def render_table(sections: Iterable[Section]) -> str:
    """Sections as tables."""
    lines: list[str] = []
    for section in sections:
        lines += [f"## {section.title}", "", *_body(section)]
    return "\n".join(lines)


def quantity(value: float, unit: str) -> str:
    """A number with its unit, as people write it."""
    if unit == "s":
        return f"{value * 1000:.2f} ms" if value < 1 else f"{value:.2f} s"
    if unit == "B":
        return f"{value / 10**6:.1f} MB" if value < 10**9 else f"{value / 10**9:.2f} GB"
    if unit == "times":
        return f"{value:.3g}"
    return f"{_plain(value)} {unit}".rstrip()


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown, in columns of one width."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return [line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)]


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _body(section: Section) -> list[str]:
    lines: list[str] = []
    if section.measurements:
        rows = [_row(one) for one in section.measurements]
        lines += [*grid(("problem", "subject", "min", "median", "max", ""), rows), ""]
    if section.comparisons:
        rows = [_comparison_row(one) for one in section.comparisons]
        lines += [*grid(("problem", "this takes", "times", "as much as this", "target", "verdict"), rows), ""]
    if section.figures:
        rows = [(one.problem, *_figure_words(one)) for one in section.figures]
        lines += [*grid(("problem", "what", "measured", "target", "verdict"), rows), ""]
    lines += [f"- {note}" for note in section.notes]
    lines += [""] if section.notes else []
    return lines


def _provenance(run: Run) -> str:
    """Of which commit, when, and with which versions."""
    commit = "an unknown commit" if run.commit is None else f"commit {run.commit[:12]}"
    changed = ", **with changes that are not committed**" if run.dirty else ""
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items() if version)
    busy = ", **a busy machine**" if run.load is not None and run.load > _QUIET else ""
    load = "" if run.load is None else f", load {run.load:g}{busy}"
    return f"{run.started[:16].replace('T', ' ')} UTC, {commit}{changed}{load}; {versions}."


def _row(one: Measurement) -> tuple[str, ...]:
    every = one.all_samples
    remark = "; ".join(part for part in (one.failure, one.unstable, one.note) if part)
    if one.limit is not None:
        return (one.problem, one.subject, "", f"> {one.limit:g} s", "", remark)
    if not every or one.median is None:
        return (one.problem, one.subject, "", "-", "", remark)
    numbers = (quantity(value, one.unit) for value in (min(every), one.median, max(every)))
    return (one.problem, one.subject, *numbers, remark)


def _comparison_row(one: Comparison) -> tuple[str, ...]:
    return (one.problem, one.base, _ratio(one), one.subject, _target(one), _verdict(one))


def _comparison_words(one: Comparison) -> tuple[str, str, str, str]:
    return (f"{one.base} / {one.subject}", _ratio(one), _target(one), _verdict(one))


def _figure_words(one: Figure) -> tuple[str, str, str, str]:
    value = "-" if one.value is None else quantity(one.value, one.unit)
    target = "" if one.target is None else f"{_sign(one)} {quantity(one.target, one.unit)}"
    return (one.what, value, target, _verdict(one))


def _ratio(one: Comparison) -> str:
    if one.ratio is None:
        return "-"
    return ("> " if one.at_least else "< " if one.at_most else "") + _plain(one.ratio)


def _target(one: Comparison) -> str:
    return "" if one.target is None else f"{_sign(one)} {one.target:g}"


def _sign(one: Comparison | Figure) -> str:
    return "<=" if one.is_ceiling else ">="


def _verdict(one: Comparison | Figure) -> str:
    if one.target is None:
        return ""
    verdict = {True: "met", False: "MISSED", None: "cannot be told"}[one.is_met]
    return f"{verdict}: {one.failure}" if one.failure else verdict
