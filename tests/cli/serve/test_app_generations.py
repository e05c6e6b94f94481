"""What changes while a request is in work: an answer is of one registry alone, and no plan is recorded over another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files
from services import InProcess, ThreadPool, a_service, ask
from stored import apply_plan, recorded

from las_cli.serve.job import Job, Result
from las_registry.registry import Registry

Found = TypeVar("Found")


class Between(InProcess):
    """A service of the registry `before` that gets the one of `after` as soon as it begins to work."""

    def __init__(self, before: InProcess, after: InProcess) -> None:
        super().__init__(before.settings, before.registry, before.digest, ThreadPool.__new__(ThreadPool), before.facts)
        self.after = after
        self.pool.run = self._run  # type: ignore[method-assign]

    def take(self, other: InProcess) -> None:
        self.registry, self.digest = other.registry, other.digest

    async def lookup(self, ask: Callable[[Registry], Found]) -> Found:
        registry = self.registry
        self.take(self.after)
        return ask(registry)

    async def _run(self, job: Job) -> Result:
        self.take(self.after)
        return await self.after.pool.run(job)


@pytest.fixture
def services(registry: Path, profile: Path, tmp_path: Path) -> tuple[InProcess, InProcess]:
    """Of the registry as it is, and as it is with one module more."""
    before = a_service(registry, tmp_path / "before", profile=profile)
    write_files(registry, {"zebra/manifest.yaml": manifest_text("zebra", "1.0")})
    return before, a_service(registry, tmp_path / "after", profile=profile)


@pytest.mark.parametrize(("path", "is_new"), [("/v1/modules", True), ("/v1/registry", False)])
def test_an_answer_is_of_one_registry(path: str, is_new: bool, services: tuple[InProcess, InProcess]) -> None:
    before, after = services
    service = Between(before, after)
    found = ask(service, "GET", path)
    assert found.json() == ask(services[is_new], "GET", path).json()
    for one in services:
        service.after = one
        service.take(one)
        again = ask(service, "GET", path, headers={"If-None-Match": found.headers["ETag"]})
        assert again.status_code == (304 if one is services[is_new] else 200)


def test_a_plan_is_refused_where_somebody_else_is_quicker(service: InProcess, machine: RunCli) -> None:
    plan = ask(service, "POST", "/v1/plan", {"modules": ["app"]}).json()
    check = service.pool.run

    async def be_late(job: Job) -> Result:
        found = await check(job)
        apply_plan(machine, "library@<1.5")
        return found

    service.pool.run = be_late  # type: ignore[method-assign]
    refused = ask(service, "POST", "/v1/apply", {"plan": plan})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/plan-refused")
    assert refused.json()["hint"] == "plan again"
    assert not [one for one in recorded(machine, "state", "history") if one.startswith("app")]
