"""What was measured: samples, their summary, and whether they can be trusted."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Comparison", "Measurement", "best"]

_WIDE = 0.25
"""A middle half of the samples that spreads over more than this share of the median is called unstable."""

_APART = 0.25
"""So are processes whose medians lie further apart than this share of the median of all samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """How long `subject` took on `problem`: seconds, the samples of each process together.

    `limit` is set, in seconds, where the subject did not answer within it; then there are no samples.
    `failure` says why there are none otherwise. `note` is anything that a reader should know.
    """

    problem: str
    subject: str
    samples: tuple[tuple[float, ...], ...] = ()
    limit: float | None = None
    failure: str | None = None
    note: str = ""

    @property
    def all_samples(self) -> tuple[float, ...]:
        return tuple(sample for process in self.samples for sample in process)

    @property
    def median(self) -> float | None:
        """The median in seconds; None where there are no samples."""
        every = self.all_samples
        return statistics.median(every) if every else None

    @property
    def unstable(self) -> str | None:
        """Why the median is not to be trusted; None if it is."""
        every, median = self.all_samples, self.median
        if not every or not median:
            return None
        if len(every) < 5:
            return f"unstable, because there are only {len(every)} samples"
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

    Where the base ran into its limit, `ratio` is a lower bound (`at_least`). `target` is what the ratio has to
    reach, or, where `is_ceiling`, what it must not exceed; None if there is no target.
    """

    problem: str
    subject: str
    base: str
    ratio: float
    at_least: bool = False
    target: float | None = None
    is_ceiling: bool = False

    @classmethod
    def of(
        cls, subject: Measurement, base: Measurement, *, target: float | None = None, is_ceiling: bool = False
    ) -> Comparison | None:
        """How `base` compares with `subject`; None where one of them has no samples (a limit of the base will do)."""
        reference = base.limit if base.limit is not None else base.median
        if not subject.median or reference is None:
            return None
        return cls(
            problem=subject.problem,
            subject=subject.subject,
            base=base.subject,
            ratio=reference / subject.median,
            at_least=base.limit is not None,
            target=target,
            is_ceiling=is_ceiling,
        )

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None if there is none, or the limit came before it could be told."""
        if self.target is None:
            return None
        if self.is_ceiling:
            return self.ratio <= self.target
        if self.at_least and self.ratio < self.target:
            return None
        return self.ratio >= self.target


def best(measurements: Sequence[Measurement]) -> Measurement:
    """The one with the smallest median; where none has one, the first."""
    with_samples = [one for one in measurements if one.median is not None]
    return min(with_samples, key=lambda one: one.median or 0.0) if with_samples else measurements[0]
