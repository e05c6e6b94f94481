"""What a finding is known by: where an entry stands in its list, and where the registry is, does not count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from las_registry.lint.finding import Finding, Severity
from las_registry.lint.fingerprint import fingerprints, new_findings

ROOT = Path("/srv/registry")
ONE = Finding(
    code="LAS201",
    severity=Severity.ERROR,
    file="/srv/registry/app/manifest.yaml",
    line=4,
    field="dependencies.modules[1]",
    module="app",
    version="1.0",
    message="no version of lib meets >=9; see /srv/registry/lib/manifest.yaml:7",
)
ELSEWHERE = replace(
    ONE,
    file="/tmp/old/app/manifest.yaml",
    line=40,
    field="dependencies.modules[2]",
    message="no version of lib meets >=9; see /tmp/old/lib/manifest.yaml:70",
)


def test_neither_lines_nor_positions_nor_the_place_of_the_registry_count() -> None:
    assert fingerprints([ONE], [ROOT]) == fingerprints([ELSEWHERE], [Path("/tmp/old")])
    assert fingerprints([ONE], [ROOT]) != fingerprints([ONE])
    assert new_findings([ONE], [ROOT], [ELSEWHERE], [Path("/tmp/old")]) == ()
    assert new_findings([ONE], [ROOT], [ELSEWHERE], [ROOT]) == (ONE,)


def test_everything_else_counts() -> None:
    others = [
        replace(ONE, code="LAS202"),
        replace(ONE, file="/srv/registry/app2/manifest.yaml"),
        replace(ONE, module="app2"),
        replace(ONE, version="1.1"),
        replace(ONE, field="dependencies.runtime[1]"),
        replace(ONE, message="no version of lib meets >=8"),
    ]
    assert len(set(fingerprints([ONE, *others], [ROOT]))) == len(others) + 1


def test_one_more_that_is_alike_is_new() -> None:
    again = replace(ONE, line=9, field="dependencies.modules[5]")
    assert new_findings([ONE, again], [ROOT], [ONE], [ROOT]) == (again,)
