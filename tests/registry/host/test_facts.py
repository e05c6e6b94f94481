"""Versions of runtimes are printed as whoever released them spells them."""

from __future__ import annotations

import copy
import pickle

import pytest
from packaging.version import Version

from las_registry.host.facts import parse_runtime_version
from las_registry.host.profile import host_from_document, profile_document
from las_solver.constraint import Constraint, parse_version
from las_solver.errors import InvalidInput
from las_solver.ranks import admitted_ranks


@pytest.mark.parametrize("text", ["570.124.06", "24.04", "12.4", "007"])
def test_digits_and_dots_stay_as_they_are_spelled(text: str) -> None:
    version = parse_runtime_version(text)
    assert str(version) == text and str(copy.deepcopy(version)) == str(pickle.loads(pickle.dumps(version))) == text


@pytest.mark.parametrize(("text", "normal"), [(" 1.0-RC1", "1.0rc1"), ("v2", "2"), ("1.0+Ubuntu", "1.0+ubuntu")])
def test_other_spellings_are_those_of_pep_440(text: str, normal: str) -> None:
    assert str(parse_runtime_version(text)) == normal


def test_it_is_the_same_version_however_it_is_spelled() -> None:
    spelled, normal = parse_runtime_version("570.124.06"), Version("570.124.6")
    assert spelled == normal and hash(spelled) == hash(normal) and not spelled < normal
    for text in ("==570.124.6", "==570.124.06", "==570.124.*", "~=570.124.5", ">=570.124.06,<571", "!=570", ">570.124"):
        constraint = Constraint.parse(text)
        assert constraint.admits(spelled) and constraint.admits(normal)
        assert admitted_ranks([parse_version("1"), spelled], constraint)[-1][-1] == 1


def test_a_profile_keeps_the_spelling() -> None:
    document = {"runtimes": {"nvidia-driver": "570.124.06"}}
    assert profile_document(host_from_document(document))["runtimes"] == document["runtimes"]


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(InvalidInput):
        parse_runtime_version("570.x")
