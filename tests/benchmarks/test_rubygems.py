"""Gems become module versions as the benchmarks' document says."""

from __future__ import annotations

import pytest
from benchmarks.problems.rubygems import convert_constraint, convert_gems, convert_version

from las_solver.constraint import Constraint, parse_version


@pytest.mark.parametrize(
    ("gem", "version"),
    [
        ("1.2.3", "1.2.3"),
        ("7", "7"),
        ("5.0.0.beta2", "5.0.0b2"),
        ("5.0.0-beta2", "5.0.0b2"),
        ("5.0.0-beta.2", "5.0.0b2"),
        ("5.0.0-beta", "5.0.0b0"),
        ("2.0.0-a10", "2.0.0a10"),
        ("7.0.0-alpha1", "7.0.0a1"),
        ("1.3.0-pre.9", "1.3.0rc9"),
        ("1.3.0-preview1", "1.3.0rc1"),
        ("5.0.0-rc1", "5.0.0rc1"),
        ("1.0.0-dev3", "1.0.0.dev3"),
        ("2.5.1-1", "2.5.1.1"),
        ("5.0.0-racecar1", None),
        ("5.0.0-beta1.1", None),
        ("1.3.0-pre.rc1", None),
        ("x", None),
    ],
)
def test_versions(gem: str, version: str | None) -> None:
    assert convert_version(gem) == version
    if version is not None:
        assert parse_version(version).is_prerelease == any(letter.isalpha() for letter in gem)


@pytest.mark.parametrize(
    ("gem", "constraint"),
    [
        ("~> 3.1", ">=3.1,<4"),
        ("~> 3.1.2", ">=3.1.2,<3.2"),
        ("~> 3", ">=3,<4"),
        ("~> 2.0.0-rc1", ">=2.0.0rc1,<2.1"),
        ("= 1.2", "==1.2"),
        ("1.2", "==1.2"),
        ("!= 2.5.1-1", "!=2.5.1.1"),
        (">= 0", ">=0"),
        (">= 1.0, < 3", ">=1.0,<3"),
        (">= 1.0,< 3, != 2.1", ">=1.0,<3,!=2.1"),
        ("< 5.2.0-x0", None),
        (">= 1, ~> 2.2.2-backport2", None),
    ],
)
def test_constraints(gem: str, constraint: str | None) -> None:
    assert convert_constraint(gem) == constraint
    if constraint is not None:
        Constraint.parse(constraint)


def test_what_has_no_spelling_is_left_out_and_counted() -> None:
    def gem(version: str, **dependencies: str) -> dict[str, object]:
        return {"name": "app", "version": version, "dependencies": dependencies}

    converted = convert_gems(
        {
            "app": [
                gem("1.0", lib="~> 1.0, != 1.0.1"),
                gem("1.0.0"),  # spelled twice
                gem("1.1", lib="< 2.0.0-x0"),  # a constraint without a spelling
                gem("1.1.0"),  # so that this is not a second spelling
                gem("2.0.0-racecar1"),  # a version without a spelling
                gem("2.0.0-beta2"),
            ],
            "lib": [],
        }
    )
    assert [str(one) for one in converted.module_versions] == ["app 1.0", "app 1.1.0", "app 2.0.0b2"]
    assert [str(need) for need in converted.module_versions[0].requirements] == ["lib@>=1.0,<2,!=1.0.1"]
    assert (converted.unspelled_versions, converted.unspelled_constraints, converted.repeated_versions) == (1, 1, 1)
