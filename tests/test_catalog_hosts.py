"""The bundled catalog on the example hosts: every version, planned and proved again.

``python tests/test_catalog_hosts.py`` renews docs/catalog-matrix.txt, which shows on a page what fits where.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import run_command

from las_registry.host.examples import example_host, example_names
from las_registry.registry import Registry, default_directories
from las_solver.check import check
from las_solver.constraint import Requirement
from las_solver.document import conflict_document, plan_document
from las_solver.model import Host, ModuleVersion, Request
from las_solver.plan import Plan
from las_solver.planner import Planner

MATRIX = Path(__file__).parents[1] / "docs" / "catalog-matrix.txt"


@pytest.fixture(scope="module")
def catalog() -> Registry:
    return Registry.load(default_directories())


def versions(catalog: Registry) -> list[ModuleVersion]:
    return [version for name in catalog.names() for version in catalog.versions(name)]


def exactly(version: ModuleVersion) -> Request:
    return Request(requirements=(Requirement.parse(f"{version.name}@=={version.version}"),))


@pytest.mark.parametrize("name", example_names())
def test_answers_on_a_host_are_right(name: str, catalog: Registry) -> None:
    """Of every third version, another third on the next host; of all with ``LAS_SOLVE_EXAMPLES=3`` or more."""
    host = example_host(name)
    planner = Planner(catalog, host)
    step = max(1, 3 // int(os.environ.get("LAS_SOLVE_EXAMPLES", "1")))
    for version in versions(catalog)[example_names().index(name) % step :: step]:
        answer = planner.plan(exactly(version))
        document = plan_document(answer) if isinstance(answer, Plan) else conflict_document(answer)
        assert check(json.loads(json.dumps(document)), catalog, host) == (), f"{version} on {name}"


def test_every_version_can_be_planned_on_some_host(catalog: Registry) -> None:
    planners = [Planner(catalog, example_host(name)) for name in example_names()]
    nowhere = [str(one) for one in versions(catalog) if not any(planner.has_plan(exactly(one)) for planner in planners)]
    assert nowhere == []


def test_no_host_can_have_everything(catalog: Registry) -> None:
    """Else the hosts would not show what hardware means."""
    for name in example_names():
        planner = Planner(catalog, example_host(name))
        assert not all(planner.has_plan(exactly(one)) for one in versions(catalog)), name


@pytest.mark.parametrize("runtime", ["cuda", "rocm"])
def test_what_needs_a_card_is_never_planned_onto_a_machine_without_its_driver(runtime: str, catalog: Registry) -> None:
    planner = Planner(catalog, Host(cores=64, ram=2**40))
    needing = [one for one in versions(catalog) if any(entry.name == runtime for entry in one.runtimes)]
    assert len(needing) >= 2
    for one in [*needing, *catalog.versions(runtime)]:
        assert not planner.has_plan(exactly(one)), one


def test_the_matrix_is_the_one_that_is_written_down() -> None:
    assert MATRIX.read_text(encoding="utf-8") == _matrix(), "python tests/test_catalog_hosts.py renews it"


def _matrix() -> str:
    result = run_command("registry", "matrix", LAS_SOLVE_REGISTRY="", COLUMNS="1000")
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


if __name__ == "__main__":
    MATRIX.write_text(_matrix(), encoding="utf-8")
