"""What was measured: samples, their summary, and whether they can be trusted."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["Comparison", "Figure", "Measurement", "Unit", "best"]

Unit: TypeAlias = Literal["s", "B"]
"""Seconds or bytes."""

_WIDE = 0.25
"""A middle half of the samples that spreads over more than this share of the median is called unstable."""

_APART = 0.25
"""So are processes whose medians lie further apart than this share of the median of all samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """How long `subject` took on `problem`, or how much memory: the samples of each process together, in `unit`.

    `limit` is set, in seconds, where the subject did not answer within it; then there are no samples.
    `failure` says why there are none otherwise. `note` is anything that a reader should know. `sizes` says how large
    the problem is (``{"versions": 10_000, "closure": 50}``) where it is one of several sizes.
    """

    problem: str
    subject: str
    samples: tuple[tuple[float, ...], ...] = ()
    limit: float | None = None
    failure: str | None = None
    note: str = ""
    unit: Unit = "s"
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def all_samples(self) -> tuple[float, ...]:
        return tuple(sample for process in self.samples for sample in process)

    @property
    def median(self) -> float | None:
        """The median in seconds; None where there are no samples."""
        every = self.all_samples
        return statistics.median(every) if every else None

    @property
    def middle_half(self) -> tuple[float, float] | None:
        """The first and the third quartile; None where there are fewer than two samples."""
        every = self.all_samples
        if len(every) < 2:
            return None
        low, _, high = statistics.quantiles(every, n=4)
        return low, high

    @property
    def unstable(self) -> str | None:
        """Why the median is not to be trusted; None if it is."""
        every, median = self.all_samples, self.median
        if not every or not median:
            return None
        if len(every) < 5:
            return f"unstable, because {_there_are(len(every))}"
        low, _, high = statistics.quantiles(every, n=4)
        if (high - low) / median > _WIDE:
            return f"unstable, because the middle half of the samples spreads over {(high - low) / median:.0%} of it"
        medians = [statistics.median(process) for process in self.samples if len(process) > 2]
        if len(medians) > 1 and (max(medians) - min(medians)) / median > _APART:
            return f"unstable, because the processes differ by {(max(medians) - min(medians)) / median:.0%}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How many times the median of `subject` the median of `base` is, on `problem`.

    Where the base ran into its limit, `ratio` is a lower bound (`at_least`), where the subject did, an upper one
    (`at_most`). `target` is what the ratio has to reach, or, where `is_ceiling`, what it must not exceed; None if there
    is no target. `failure` says why there is no ratio where there had to be one.
    """

    problem: str
    subject: str
    base: str
    ratio: float | None
    at_least: bool = False
    at_most: bool = False
    target: float | None = None
    is_ceiling: bool = False
    failure: str | None = None

    @classmethod
    def of(
        cls, subject: Measurement, base: Measurement, *, target: float | None = None, is_ceiling: bool = False
    ) -> Comparison | None:
        """How `base` compares with `subject`; None where one of them has no samples (a limit of one of them will do).

        With a target there is always a comparison, so that what could not be measured is not taken for met.
        """
        reference = base.limit if base.limit is not None else base.median
        known = subject.limit if subject.limit is not None and base.limit is None else subject.median
        ratio = reference / known if known and reference is not None else None
        if ratio is None and target is None:
            return None
        return cls(
            problem=subject.problem,
            subject=subject.subject,
            base=base.subject,
            ratio=ratio,
            at_least=base.limit is not None,
            at_most=ratio is not None and subject.limit is not None,
            target=target,
            is_ceiling=is_ceiling,
            failure=None if ratio is not None else _why_not(subject) or _why_not(base) or "there are no samples",
        )

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None if there is none, or the limit came before it could be told."""
        if self.target is None or self.ratio is None:
            return None
        is_reached = self.ratio <= self.target if self.is_ceiling else self.ratio >= self.target
        may_be_less, may_be_more = self.at_most, self.at_least
        if may_be_more if is_reached == self.is_ceiling else may_be_less:
            return None
        return is_reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number that was worked out: `value` of `unit`, None where `failure` says why there is none.

    `target` is what it has to reach, or, where `is_ceiling`, what it must not exceed.
    """

    problem: str
    what: str
    value: float | None
    unit: str
    target: float | None = None
    is_ceiling: bool = False
    failure: str | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None if there is none, or no value."""
        if self.target is None or self.value is None:
            return None
        return self.value <= self.target if self.is_ceiling else self.value >= self.target


def _why_not(one: Measurement) -> str | None:
    if one.median is not None:
        return None
    return f"{one.subject}: {one.failure or (f'over {one.limit:g} s' if one.limit is not None else 'no samples')}"


def _there_are(samples: int) -> str:
    return "there is only 1 sample" if samples == 1 else f"there are only {samples} samples"


def best(measurements: Sequence[Measurement]) -> Measurement:
    """The one with the smallest median; where none has one, the first."""
    with_samples = [one for one in measurements if one.median is not None]
    return min(with_samples, key=lambda one: one.median or 0.0) if with_samples else measurements[0]
