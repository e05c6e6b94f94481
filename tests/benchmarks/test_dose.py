"""dose-debcheck, which shares nothing with las-solve, bars the same versions: an oracle where it has words for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.peers.dose import broken_versions, find_debcheck, packages_text, question_of
from benchmarks.registries import HOST, Spec, fitting, generate, module_versions
from hypothesis import HealthCheck, given, settings
from registries import version
from strategies import NAMES, Case, cases

from las_solver.audit import Auditor
from las_solver.constraint import Requirement
from las_solver.model import Host, ModuleVersion
from las_solver.source import MemorySource

PROGRAM = find_debcheck()
needs_dose = pytest.mark.skipif(PROGRAM is None, reason="dose-debcheck is not installed")


def test_constraints_become_bounds_on_ranks_and_interfaces_names_of_their_own() -> None:
    told = [
        version("app 1.0", "lib@!=1.1,!=1.3,<1.5", "lib", "ghost", consumes=("api",)),
        *(version(f"lib 1.{minor}", provides=("api",) * (minor == 2)) for minor in range(6)),
    ]
    text = "".join(packages_text(question_of(told, Host())))
    assert text.split("\n\n")[0].splitlines() == [
        "Package: m0",
        "Version: 0",
        "Architecture: all",
        "Depends: m1 (<= 0) | m1 (>= 2), m1 (<= 2) | m1 (>= 4), m1 (<= 4), m1, none, i2",
    ]
    assert [stanza for stanza in text.split("\n\n") if "Provides" in stanza] == [
        "Package: m1\nVersion: 2\nArchitecture: all\nProvides: i2"
    ]


@needs_dose
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_small_registries_without_cycles_and_prereleases(case: Case, tmp_path: Path) -> None:
    told = _plain(case)
    assert broken_versions(_program(), told, case.host, tmp_path) == _unplannable(told, case.host)


@needs_dose
def test_a_registry_of_a_thousand_versions(tmp_path: Path) -> None:
    spec = fitting(Spec(versions=1_000, prereleases=0.0, named_prereleases=0.0, cycles=0.0), (50,))
    told = [one for module in generate(spec) for one in module_versions(module)]
    broken = _unplannable(told, HOST)
    assert 0 < len(broken) < len(told)
    assert broken_versions(_program(), told, HOST, tmp_path) == broken


def _program() -> str:
    assert PROGRAM is not None
    return PROGRAM


def _plain(case: Case) -> list[ModuleVersion]:
    """The final versions of `case`, each with those of its entries that name modules after its own, or none."""
    places = {name: place for place, name in enumerate(NAMES)}

    def is_ahead(one: ModuleVersion, entry: Requirement) -> bool:
        return places.get(entry.name, len(places)) > places[one.name]

    return [
        replace(
            one,
            requirements=tuple(entry for entry in one.requirements if is_ahead(one, entry)),
            runtimes=tuple(entry for entry in one.runtimes if is_ahead(one, entry)),
        )
        for one in case.module_versions
        if not one.is_prerelease
    ]


def _unplannable(told: Sequence[ModuleVersion], host: Host) -> set[str]:
    source = MemorySource(told)
    auditor = Auditor(source, host)
    return {
        str(one)
        for name in source.names()
        for one, (_, fate) in zip(reversed(source.versions(name)), sorted(auditor.fates(name).items()), strict=True)
        if not fate.fits
    }
