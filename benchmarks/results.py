"""Results as a versioned JSON document: what each condition measured, when, of which commit, and on which machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import commit, differences, load, machine, versions
from benchmarks.measure import Comparison, Figure, Measurement
from benchmarks.options import Options

__all__ = ["FORMAT", "NAME", "OtherMachine", "Results", "Run", "Section", "UnknownFormat"]

FORMAT = 2
"""The version of the JSON document; a change that a reader would notice makes it greater."""

NAME = "results.json"
_DIGITS = 6


class OtherMachine(Exception):
    """Two results are of different machines; the message says in what they differ."""


class UnknownFormat(Exception):
    """A file holds no results, or those of another format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one condition measured, or one question was answered. `versions` are those of the peers."""

    question: str
    title: str
    measurements: tuple[Measurement, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def has_missed(self) -> bool:
        """Whether a target was missed."""
        return any(one.is_met is False for one in self.comparisons) or any(one.is_met is False for one in self.figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A section, and what it belongs to. `started` is a moment in ISO 8601, `load` how busy the machine was then."""

    section: Section
    started: str
    load: float | None
    commit: str | None
    dirty: bool | None
    versions: Mapping[str, str | None]
    options: Mapping[str, Any]

    @classmethod
    def begin(cls, options: Options) -> Run:
        """A run that starts now, without a section yet."""
        told = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(options).items()}
        told.pop("cache")
        head = commit()
        return cls(
            section=Section(question="", title=""),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            load=load(),
            commit=head.commit,
            dirty=head.is_dirty,
            versions=versions(),
            options=told,
        )

    def end(self, section: Section) -> Run:
        """The run with what it found."""
        return replace(self, section=section, versions={**self.versions, **section.versions})


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The latest run of each condition, in the order in which they were first measured, all of one machine."""

    machine: Mapping[str, object]
    runs: Mapping[str, Run] = field(default_factory=dict)

    @classmethod
    def here(cls) -> Results:
        """Results of this machine, without runs."""
        return cls(machine=machine())

    @classmethod
    def read(cls, path: Path) -> Results:
        """The results in the file `path`; raises :class:`UnknownFormat` and OSError."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document["format"] != FORMAT:
                raise UnknownFormat(f"{path} has format {document['format']}, and only {FORMAT} can be read")
            runs = {name: _read_run(name, run) for name, run in document["conditions"].items()}
            return cls(machine=document["machine"], runs=runs)
        except (ValueError, TypeError, KeyError) as wrong:
            raise UnknownFormat(f"{path} holds no results: {wrong!r}") from None

    def with_run(self, run: Run) -> Results:
        """These results with `run` in place of an earlier run of the same condition."""
        return replace(self, runs={**self.runs, run.section.question: run})

    def require_same_machine(self, other: Results) -> None:
        """Raise :class:`OtherMachine` where `other` was not measured on this machine."""
        different = differences(self.machine, other.machine)
        if different:
            raise OtherMachine("these are results of different machines: " + "; ".join(different))

    def write(self, path: Path) -> None:
        """Write the document to `path`."""
        document = {
            "format": FORMAT,
            "machine": dict(self.machine),
            "conditions": {name: _run_document(run) for name, run in self.runs.items()},
        }
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _run_document(run: Run) -> dict[str, Any]:
    section = run.section
    return {
        "title": section.title,
        **{one.name: getattr(run, one.name) for one in fields(run) if one.name != "section"},
        "measurements": [_measurement(one) for one in section.measurements],
        "comparisons": [{**asdict(one), "is_met": one.is_met} for one in section.comparisons],
        "figures": [{**asdict(one), "is_met": one.is_met} for one in section.figures],
        "notes": list(section.notes),
    }


def _measurement(one: Measurement) -> dict[str, Any]:
    every = one.all_samples
    return {
        **asdict(one),
        "sizes": dict(one.sizes),
        "samples": [[_rounded(sample) for sample in process] for process in one.samples],
        "min": _rounded(min(every, default=None)),
        "middle_half": None if one.middle_half is None else [_rounded(quartile) for quartile in one.middle_half],
        "median": _rounded(one.median),
        "max": _rounded(max(every, default=None)),
        "unstable": one.unstable,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")


_WORKED_OUT = frozenset({"min", "middle_half", "median", "max", "unstable", "is_met"})


def _read_run(name: str, document: Mapping[str, Any]) -> Run:
    def kept(one: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in one.items() if key not in _WORKED_OUT}

    measurements = (
        Measurement(**{**kept(one), "samples": tuple(tuple(process) for process in one["samples"])})
        for one in document["measurements"]
    )
    section = Section(
        question=name,
        title=document["title"],
        measurements=tuple(measurements),
        comparisons=tuple(Comparison(**kept(one)) for one in document["comparisons"]),
        figures=tuple(Figure(**kept(one)) for one in document["figures"]),
        notes=tuple(document["notes"]),
    )
    own = {one.name: document[one.name] for one in fields(Run) if one.name != "section"}
    return Run(section=section, **own)
