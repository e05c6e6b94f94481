"""How two results of one machine differ."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Measurement
from benchmarks.report import grid, quantity
from benchmarks.results import Results, Run

__all__ = ["render_changes"]


def render_changes(before: Results, after: Results) -> str:
    """Every subject that both measured, as Markdown; raises :class:`benchmarks.results.OtherMachine`.

    A change is marked where the middle halves of the samples do not overlap; otherwise it may be chance.
    """
    before.require_same_machine(after)
    lines: list[str] = []
    for name, run in after.runs.items():
        if name not in before.runs:
            lines += [f"## {name}", "", "- only measured after", ""]
            continue
        earlier = before.runs[name]
        rows = list(_rows(earlier, run))
        lines += [f"## {name}", "", f"{_commit(earlier)} before, {_commit(run)} after", ""]
        if earlier.options != run.options:
            lines += ["- measured with different options", ""]
        lines += [*grid(("problem", "subject", "before", "after", "times", ""), rows), ""] if rows else []
    lines += [f"- {name}: only measured before" for name in before.runs if name not in after.runs]
    return "\n".join(lines).rstrip("\n")


def _rows(before: Run, after: Run) -> Iterator[tuple[str, ...]]:
    earlier = {(one.problem, one.subject): one for one in before.section.measurements}
    for one in after.section.measurements:
        other = earlier.get((one.problem, one.subject))
        if other is None or other.unit != one.unit:
            continue
        times = f"{one.median / other.median:.3g}" if one.median and other.median else ""
        yield (one.problem, one.subject, _amount(other), _amount(one), times, _judged(other, one))


def _amount(one: Measurement) -> str:
    if one.median is not None:
        return quantity(one.median, one.unit)
    return f"> {one.limit:g} s" if one.limit is not None else "-"


def _judged(before: Measurement, after: Measurement) -> str:
    if before.middle_half is None or after.middle_half is None:
        return ""
    if after.middle_half[1] < before.middle_half[0]:
        return "less"
    return "more" if after.middle_half[0] > before.middle_half[1] else ""


def _commit(run: Run) -> str:
    return ("unknown" if run.commit is None else run.commit[:12]) + (" with changes" if run.dirty else "")
