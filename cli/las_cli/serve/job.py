"""What a worker is asked to do, and what it hands back: values that can be pickled."""

from __future__ import annotations

from collections.abc import Mapping

from las_solver.lazy_dataclass import dataclass

__all__ = ["Carried", "Job", "Result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work of a `kind`, with plain values as its parameters, which may take so many `seconds` in all.

    What a job `writes` is never tried a second time.
    """

    kind: str
    parameters: Mapping[str, object]
    seconds: float
    writes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An answer as it is sent, and the `digest` of the registry that it was worked out from.

    `outcome` is ``plan``, ``conflict`` or empty. `tag` is what an answer of the same bytes is known by.
    """

    body: bytes
    digest: str
    media_type: str = "application/json"
    outcome: str = ""
    tag: str | None = None


class Carried(Exception):
    """An error that comes out of a worker as it was raised there; all that it says stands in its `args`."""
