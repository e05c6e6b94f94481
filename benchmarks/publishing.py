"""Writes results as Markdown, with plots, and the short table of the README."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from benchmarks.measure import Measurement
from benchmarks.plots import PLOTS, draw
from benchmarks.report import grid, quantity, render_results
from benchmarks.results import Results, Section

__all__ = ["PUBLISHED", "README", "publish", "short_tables", "with_tables"]

_ROOT = Path(__file__).parents[1]
PUBLISHED = Path(__file__).parent / "results"
"""The results that are part of the repository; README.md shows them."""

README = _ROOT / "README.md"
_BEGIN, _END = "<!-- begin of measured figures -->\n", "<!-- end of measured figures -->\n"

_MOST_ROWS = 5

_SHOWN = {
    "plan-warm": "Solving with the registry in memory, against other resolvers",
    "plan-cold": "A cold plan by size of the registry",
}
"""The plots that README.md shows, with what they are of."""


def publish(results: Results, folder: Path) -> tuple[str, ...]:
    """Write ``results.md`` and plots into `folder`, and README.md where that shows them; what was done, in words."""
    notes: list[str] = []
    try:
        plots = draw(results, folder)
    except ImportError:
        plots = tuple(f"{name}.png" for name in PLOTS if (folder / f"{name}.png").is_file())
        notes.append("no plots were drawn, for want of matplotlib; hint: pip install -e '.[plots]'")
    (folder / "results.md").write_text(render_results(results, plots), encoding="utf-8", newline="\n")
    notes.append(f"written to {folder}")
    if folder.resolve() == PUBLISHED.resolve():
        text = README.read_text(encoding="utf-8")
        README.write_text(with_tables(text, results), encoding="utf-8", newline="\n")
        notes.append("README.md shows the same figures")
    return tuple(notes)


def with_tables(readme: str, results: Results) -> str:
    """The text of README.md with these results, and the published plots, between its two marks.

    Raises ValueError where a mark is missing.
    """
    start = readme.index(_BEGIN) + len(_BEGIN)
    shown = [name for name in _SHOWN if (PUBLISHED / f"{name}.png").is_file()]
    place = PUBLISHED.relative_to(_ROOT).as_posix()
    parts = [short_tables(results), *(f"![{_SHOWN[name]}]({place}/{name}.png)\n" for name in shown)]
    return readme[:start] + "\n" + "\n".join(parts) + "\n" + readme[readme.index(_END) :]


def short_tables(results: Results) -> str:
    """What is most asked: solving in memory against peers, and a cold plan by the size of the registry."""
    parts: list[str] = []
    warm, cold = results.runs.get("plan-warm"), results.runs.get("plan-cold")
    if warm is not None:
        parts.append("\n".join(_warm_table(warm.section)))
    if cold is not None:
        parts.append("\n".join(_cold_table(cold.section)))
    return "\n\n".join(parts) + "\n" if parts else ""


def _warm_table(section: Section) -> list[str]:
    shown = [
        one for one in section.measurements if one.unit == "s" and not one.subject.endswith(("end to end", "again"))
    ]
    subjects = list(dict.fromkeys(one.subject for one in shown))
    rows: list[tuple[str, ...]] = []
    for kind, problems in _kinds(one.problem for one in shown).items():
        if len(problems) <= _MOST_ROWS:
            rows += [(name, *(_together(shown, (name,), subject) for subject in subjects)) for name in problems]
        else:
            name = f"{len(problems)} `{kind}-*` requests, geometric mean"
            rows.append((name, *(_together(shown, problems, subject) for subject in subjects)))
    return grid(("solving, registry in memory", *subjects), rows)


def _kinds(problems: Iterable[str]) -> dict[str, list[str]]:
    """The problems, each once, by the first word of their names."""
    found: dict[str, list[str]] = {}
    for problem in dict.fromkeys(problems):
        found.setdefault(problem.partition("-")[0], []).append(problem)
    return found


def _together(shown: Sequence[Measurement], problems: Collection[str], subject: str) -> str:
    """The time of a subject on one problem, or the geometric mean over several; a lower bound where it gave one up."""
    own = [one for one in shown if one.subject == subject and one.problem in problems]
    if len(own) == 1:
        return _cell(own[0])
    times = [one.median if one.limit is None else one.limit for one in own]
    if len(times) < len(problems) or not all(times):
        return "-"
    mean = math.exp(math.fsum(math.log(time) for time in times if time) / len(times))
    sign = "> " if any(one.limit is not None for one in own) else ""
    return sign + quantity(mean, "s") + (" (some not valid)" if any(map(_is_wrong, own)) else "")


def _cold_table(section: Section) -> list[str]:
    shown = [one for one in section.measurements if one.sizes and "CPU" not in one.subject]
    registries = sorted({one.sizes["versions"] for one in shown})
    cells = {(one.sizes["closure"], one.sizes["versions"]): _cell(one) for one in shown}
    rows = [
        (f"with a closure of {closure:,}", *(cells.get((closure, size), "") for size in registries))
        for closure in sorted({one.sizes["closure"] for one in shown})
    ]
    floor = next((one for one in section.measurements if "imports" in one.subject and "CPU" not in one.subject), None)
    if floor is not None and floor.median is not None:
        rows.append(("its libraries' imports alone", *[_cell(floor)] * len(registries)))
    return grid(("a cold `las-solve plan`", *(f"out of {size:,} versions" for size in registries)), rows)


def _cell(one: Measurement) -> str:
    if one.median is not None:
        return quantity(one.median, one.unit) + (" (not valid)" if _is_wrong(one) else "")
    return f"> {one.limit:g} s" if one.limit is not None else "-"


def _is_wrong(one: Measurement) -> bool:
    return "valid: no" in one.note or "WRONG" in one.note
