"""An audit beside an earlier one: what of that counts, what is said of the difference, and the exit status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from las_cli.errors import ExitStatus
from las_solver.constraint import Requirement, parse_version
from las_solver.errors import InvalidConstraint

if TYPE_CHECKING:
    from las_registry.audit.difference import Change, Difference
    from las_registry.audit.findings import Audit, Failure

__all__ = ["difference_document", "restricted", "status_of"]


def restricted(whole: Audit, wanted: Sequence[Requirement]) -> Audit:
    """`whole` for a comparison of the versions that one of `wanted` admits."""
    modules = {
        name: kept
        for name, versions in whole.modules.items()
        if (kept := tuple(version for version in versions if _is_wanted(name, version, wanted)))
    }
    counted = {(name, version) for name, versions in modules.items() for version in versions}

    def kept_of(failures: Iterable[Failure]) -> tuple[Failure, ...]:
        fewer = (replace(one, versions=_kept(one.module, one.versions)) for one in failures)
        return tuple(one for one in fewer if one.versions)

    def _kept(module: str, versions: Iterable[str]) -> tuple[str, ...]:
        return tuple(version for version in versions if (module, version) in counted)

    return replace(
        whole,
        modules=modules,
        causes=tuple(replace(cause, failures=kept_of(cause.failures)) for cause in whole.causes),
        never=kept_of(whole.never),
        undecided=tuple(replace(one, versions=_kept(one.module, one.versions)) for one in whole.undecided),
    )


def difference_document(difference: Difference) -> dict[str, object]:
    """`difference` as JSON has it."""

    def told(changes: Iterable[Change]) -> list[dict[str, object]]:
        return [{"module": one.module, "version": one.version, "hosts": list(one.hosts)} for one in changes]

    return {
        "lost": told(difference.lost),
        "gained": told(difference.gained),
        "added": told(difference.added),
        "removed": told(difference.removed),
        "unknown": told(difference.unknown),
    }


def status_of(found: Audit, difference: Difference | None, *, check: bool, strict: bool) -> ExitStatus:
    """`CONFLICT` where something is lost; if `strict`, also what is gone; if `check`, where something can never be.

    `OUT_OF_TIME` where that is not known, since time ran out.
    """
    is_lost = difference is not None and (
        difference.lost or (strict and any(change.hosts for change in difference.removed))
    )
    if is_lost or (check and found.never):
        return ExitStatus.CONFLICT
    if (check and found.undecided) or (difference is not None and difference.doubtful):
        return ExitStatus.OUT_OF_TIME
    return ExitStatus.DONE


def _is_wanted(name: str, version: str, wanted: Iterable[Requirement]) -> bool:
    try:
        parsed = parse_version(version)
    except InvalidConstraint:  # a file may say anything
        return False
    return any(one.name == name and one.constraint.admits(parsed) for one in wanted)
