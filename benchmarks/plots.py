"""Draws results with matplotlib: time and memory against peers, registry size and closure size.

``python -m benchmarks.plots FOLDER`` needs nothing but matplotlib, so that another environment may draw.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Measurement
from benchmarks.results import NAME, Results, Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PLOTS", "draw"]

_OURS = "#0b5cad"
_OTHERS = ("#d1662a", "#3a8f5c", "#8a5fb0", "#a08a1e", "#c2456f", "#5b7f95", "#7a5a48", "#999999")
_PEERS = dict(zip(("resolvo", "libsolv", "clingo", "resolvelib"), _OTHERS, strict=False))
"""The same in all plots."""

_GREY = "#777777"
_STYLE: Mapping[str, object] = {
    "figure.dpi": 144,
    "font.size": 9,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#bbbbbb",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


def draw(results: Results, folder: Path) -> tuple[str, ...]:
    """Write a picture of each condition that has one into `folder`; their names. Raises ImportError."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    written: list[str] = []
    for name, plot in PLOTS.items():
        run = results.runs.get(name)
        if run is None or not any(one.median is not None for one in run.section.measurements):
            continue
        with pyplot.rc_context(dict(_STYLE)):
            figure, axes = pyplot.subplots(figsize=(7.2, 3.9), layout="constrained")
            plot(axes, run.section)
            # Without the time and the version of matplotlib, the same results give the same bytes.
            figure.savefig(folder / f"{name}.png", metadata={"Software": None})
            pyplot.close(figure)
        written.append(f"{name}.png")
    return tuple(written)


def _against_peers(title: str) -> Callable[[Axes, Section], None]:
    """A line for each problem, a mark for each subject, on a logarithmic axis of time."""

    def plot(axes: Axes, section: Section) -> None:
        shown = [
            one for one in section.measurements if one.unit == "s" and not one.subject.endswith(("end to end", "again"))
        ]
        problems = list(dict.fromkeys(one.problem for one in shown))
        colours = _colours(dict.fromkeys(one.subject for one in shown))
        for subject, colour in colours.items():
            own = [one for one in shown if one.subject == subject]
            answered = [one for one in own if one.median is not None]
            late = [one for one in own if one.limit is not None]
            size = 46 if colour == _OURS else 34
            axes.scatter(
                [one.median for one in answered],
                [problems.index(one.problem) for one in answered],
                color=colour,
                s=size,
                label=subject,
                zorder=3 if colour == _OURS else 2,
            )
            axes.scatter(
                [one.limit for one in late],
                [problems.index(one.problem) for one in late],
                facecolors="none",
                edgecolors=colour,
                marker=">",
                s=size,
                zorder=3 if colour == _OURS else 2,
                label=None if answered else f"{subject} (over the limit)",
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: _seconds(value))
        axes.set_yticks(range(len(problems)), problems)
        axes.set_ylim(len(problems) - 0.5, -0.5)
        axes.set_title(title)
        axes.figure.set_size_inches(7.2, max(2.4, 1.1 + 0.34 * len(problems)))
        if any(one.limit is not None for one in shown):
            axes.set_xlabel("time (hollow: gave up at the limit)", loc="left", color=_GREY)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    return plot


def _cold(axes: Axes, section: Section) -> None:
    """A line for each closure, over the size of the registry."""
    lines = [one for one in section.measurements if one.sizes and one.median is not None and "CPU" not in one.subject]
    _lines_by_closure(axes, lines, 1.0)
    for one in section.measurements:
        if not one.sizes and one.median is not None and "imports" in one.subject and "CPU" not in one.subject:
            _rule(axes, one.median, "F: only the imports")
            _rule(axes, 2 * one.median, "2 F")
            _rule(axes, 4 * one.median, "4 F")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: _seconds(value))
    axes.yaxis.set_minor_formatter(lambda value, _: "")
    axes.set_title("A cold las-solve plan as a whole process, by size of the registry")


def _memory(axes: Axes, section: Section) -> None:
    lines = [one for one in section.measurements if one.sizes and one.median is not None]
    _lines_by_closure(axes, lines, 10.0**6)
    for one in section.measurements:
        if not one.sizes and one.median is not None:
            _rule(axes, one.median / 10**6, "F: only the imports")
    _rule(axes, 150.0, "150 MB")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f} MB")
    axes.set_title("Peak memory of a cold las-solve plan, by size of the registry")


def _growth(axes: Axes, section: Section) -> None:
    """Times over closures, beside n log n through the last point."""
    markers = iter("os^D")
    colours = iter((_OURS, *_OTHERS))
    guide_label: str | None = "n log n through the last point"
    for subject in dict.fromkeys(one.subject for one in section.measurements):
        points = sorted(
            (one.sizes["closure"], one.median)
            for one in section.measurements
            if one.subject == subject and one.median is not None and "closure" in one.sizes
        )
        if not points:
            continue
        colour = next(colours)
        sizes, times = zip(*points, strict=True)
        axes.plot(sizes, times, marker=next(markers), color=colour, label=subject)
        last, time = points[-1]
        guide = [time * (size * math.log(size)) / (last * math.log(last)) for size in sizes]
        axes.plot(sizes, guide, color=colour, linestyle=":", linewidth=1, label=guide_label)
        guide_label = None
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: _seconds(value))
    axes.yaxis.set_minor_formatter(lambda value, _: "")
    _sizes_below(axes, {one.sizes["closure"] for one in section.measurements if "closure" in one.sizes})
    axes.set_xlabel("modules of the closure, n", loc="left", color=_GREY)
    axes.set_title("A plan's time against its closure")
    axes.legend(loc="upper left")


def _lines_by_closure(axes: Axes, lines: Sequence[Measurement], scale: float) -> None:
    closures = sorted({one.sizes["closure"] for one in lines})
    colours = (_OURS, *_OTHERS)
    for at, closure in enumerate(closures):
        points = sorted((one.sizes["versions"], one) for one in lines if one.sizes["closure"] == closure)
        colour = colours[at % len(colours)]
        medians = [(one.median or 0.0) / scale for _, one in points]
        halves = [one.middle_half or (one.median or 0.0,) * 2 for _, one in points]
        axes.plot([size for size, _ in points], medians, marker="o", color=colour, label=f"closure of {closure:,}")
        axes.fill_between(
            [size for size, _ in points],
            [half[0] / scale for half in halves],
            [half[1] / scale for half in halves],
            color=colour,
            alpha=0.15,
            linewidth=0,
        )
    _sizes_below(axes, {one.sizes["versions"] for one in lines})
    axes.set_xlabel("versions in the registry", loc="left", color=_GREY)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title="request with a", title_fontsize=8.5)


def _sizes_below(axes: Axes, sizes: Iterable[int]) -> None:
    """A logarithmic axis with a mark for each of the sizes."""
    axes.set_xscale("log")
    axes.set_xticks(sorted(sizes))
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _rule(axes: Axes, height: float, text: str) -> None:
    axes.axhline(height, color=_GREY, linestyle="--", linewidth=0.9)
    axes.annotate(
        text, (0.0, height), xycoords=("axes fraction", "data"), xytext=(3, 2), textcoords="offset points", color=_GREY
    )


def _colours(subjects: Iterable[str]) -> dict[str, str]:
    """Ours in blue, the first of it strongest; each other one in a colour of its own."""
    others = iter(_OTHERS[len(_PEERS) :] * 3)
    found: dict[str, str] = {}
    for subject in subjects:
        is_first_of_ours = subject.startswith("las-solve") and _OURS not in found.values()
        found[subject] = _OURS if is_first_of_ours else _PEERS.get(subject) or next(others)
    return found


def _seconds(value: float) -> str:
    if value < 1e-3:
        return f"{value * 1e6:.3g} µs"
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"


PLOTS: Mapping[str, Callable[[Axes, Section], None]] = {
    "plan-warm": _against_peers("Solving, with the registry in memory"),
    "plan-cold": _cold,
    "memory": _memory,
    "growth": _growth,
    "unsat": _against_peers("Telling that there is no answer, and why"),
    "adversarial": _against_peers("Registries that are hard on purpose"),
}
"""What draws each condition; the others are numbers in a table."""


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.plots FOLDER, which holds results.json")
    FOLDER = Path(sys.argv[1])
    print(*draw(Results.read(FOLDER / NAME), FOLDER), sep="\n")
