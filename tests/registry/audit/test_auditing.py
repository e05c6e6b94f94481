"""Audits of registries: the same whatever the processes and interruptions, and never without a reason."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
from manifests import manifest_text, write_files

from las_registry.audit import auditing
from las_registry.audit.auditing import Progress, audit
from las_registry.audit.document import audit_document
from las_registry.audit.findings import Audit, Undecided
from las_registry.audit.part import Found, Part, Work
from las_registry.registry import Registry
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput
from las_solver.model import Gpu, Host

HOSTS = {
    "large": Host(cores=64, ram=10**12, gpus=(Gpu(vram=80 * 10**9),)),
    "small": Host(cores=2, ram=8 * 10**9),
}
GPU = "hardware: {gpu: {vram_min: 24GB}}\n"
CORES = "hardware: {cpu: {cores_min: 8}}\n"


def needs(*modules: str) -> str:
    return f"dependencies: {{modules: [{', '.join(modules)}]}}\n"


def files() -> dict[str, str]:
    """Twelve modules with three versions each in one file; every second one needs the one after it."""
    found = {}
    for at in range(12):
        rest = needs(f'"m{at + 1}@>=2"') if at % 2 == 0 else GPU if at % 3 == 0 else ""
        texts = [manifest_text(f"m{at}", str(number), rest) for number in (1, 2, 3)]
        found[f"m{at}/manifest.yaml"] = "---\n".join(texts)
    found["broken/manifest.yaml"] = manifest_text("broken", "1", needs("gone"))
    found["around/manifest.yaml"] = manifest_text("around", "1", needs("back")) + CORES
    found["back/manifest.yaml"] = manifest_text("back", "1", needs("around"))
    return found


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Registry]:
    """Opens a small registry; audits of it have many parts, and a cache of their own."""
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(auditing, "_PART", 4)
    return partial(Registry.open, [write_files(tmp_path / "registry", files())])


def written(found: Audit) -> str:
    return json.dumps(audit_document(found))


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("audit-*"))


def barred(found: Audit) -> dict[str, list[str]]:
    """What each cause bars, as ``m0 2 and newer on small``."""
    return {
        "; ".join(cause.key): [f"{one.text} on {', '.join(one.hosts)}" for one in cause.failures]
        for cause in found.causes
    }


def _skip_unless_copied() -> None:
    if not hasattr(os, "fork") or threading.active_count() > 1:
        pytest.skip("needs processes that are copies of this one")


class Interrupting:
    """Progress that is told, and interrupts after so many reports."""

    def __init__(self, after: int | None = None) -> None:
        self.reports: list[Progress] = []
        self._after = after

    def __call__(self, progress: Progress) -> None:
        self.reports.append(progress)
        if len(self.reports) == self._after:
            raise KeyboardInterrupt


def test_failures_stand_with_their_causes(registry: Callable[[], Registry]) -> None:
    found = audit(registry, HOSTS, processes=1)
    assert barred(found) == {
        "hardware m3 vram": ["every version of m2 on small", "every version of m3 on small"],
        "hardware m9 vram": ["every version of m8 on small", "every version of m9 on small"],
        "unknown-module gone": ["broken 1 on large, small"],
        "cycle around back": ["around 1 on large", "back 1 on large"],
        "hardware around cores": ["around 1 on small", "back 1 on small"],
    }
    assert found.size == 39 and found.undecided == ()
    assert [failure.text for failure in found.never] == [
        "around 1",
        "back 1",
        "broken 1",
    ]
    assert {one.kind for one in found.never[-1].core} == {"dependency", "unknown-module"}


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_change_nothing(registry: Callable[[], Registry], processes: int) -> None:
    alone = Interrupting()
    expected = audit(registry, HOSTS, processes=1, on_progress=alone)
    several = Interrupting()
    assert written(audit(registry, HOSTS, processes=processes, on_progress=several)) == written(expected)
    assert several.reports[-1] == alone.reports[-1]
    assert multiprocessing.active_children() == []


def test_the_size_of_parts_changes_nothing(registry: Callable[[], Registry], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = written(audit(registry, HOSTS, processes=1))
    for size in (1, 2, 1000):
        monkeypatch.setattr(auditing, "_PART", size)
        assert written(audit(registry, HOSTS, processes=1)) == expected


@pytest.mark.parametrize("processes", [1, 2])
def test_an_interrupted_audit_goes_on_where_it_was(
    registry: Callable[[], Registry], tmp_path: Path, processes: int
) -> None:
    whole = Interrupting()
    expected = audit(registry, HOSTS, processes=1, on_progress=whole)
    assert kept(tmp_path / "cache") == []
    with pytest.raises(KeyboardInterrupt):
        audit(registry, HOSTS, processes=processes, on_progress=(interrupted := Interrupting(8)))
    assert multiprocessing.active_children() == []
    assert len(kept(tmp_path / "cache")) == 1
    resumed = Interrupting()
    assert written(audit(registry, HOSTS, processes=processes, on_progress=resumed)) == written(expected)
    assert resumed.reports[0].resumed == interrupted.reports[-1].done > 0
    assert resumed.reports[-1].done == resumed.reports[-1].total == whole.reports[-1].total
    assert kept(tmp_path / "cache") == []


def test_a_fresh_audit_forgets_what_was_done_before(registry: Callable[[], Registry]) -> None:
    with pytest.raises(KeyboardInterrupt):
        audit(registry, HOSTS, processes=1, on_progress=Interrupting(8))
    reports = Interrupting()
    audit(registry, HOSTS, processes=1, fresh=True, on_progress=reports)
    assert reports.reports[-1].resumed == 0


def test_nothing_is_resumed_of_another_audit(registry: Callable[[], Registry], tmp_path: Path) -> None:
    def resumed(hosts: Mapping[str, Host] = HOSTS, wanted: Sequence[Requirement] | None = None) -> int:
        reports = Interrupting(1)
        with pytest.raises(KeyboardInterrupt):
            audit(registry, hosts, wanted=wanted, processes=1, on_progress=reports)
        return reports.reports[0].resumed

    with pytest.raises(KeyboardInterrupt):
        audit(registry, HOSTS, processes=1, on_progress=Interrupting(8))
    assert resumed() > 0
    assert resumed({**HOSTS, "small": Host(cores=3)}) == 0
    assert resumed(wanted=[Requirement.parse("m0")]) == 0
    moved = tmp_path / "registry" / "m0"
    moved.rename(tmp_path / "registry" / "moved")  # what is said names the file
    assert resumed() == 0
    (tmp_path / "registry" / "moved").rename(moved)
    assert resumed() > 0
    write_files(tmp_path / "registry", {"gone/manifest.yaml": "name: gone\n"})
    assert resumed() == 0  # the module is not only unknown any more: its manifest was rejected


def test_a_process_that_is_ended_loses_nothing(
    registry: Callable[[], Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    _skip_unless_copied()
    expected = written(audit(registry, HOSTS, processes=1))
    this, do = os.getpid(), Work.do

    def end(self: Work, part: Part) -> Found:
        if os.getpid() != this and part.questions[0].module == "m2":
            os._exit(9)
        return do(self, part)

    monkeypatch.setattr(Work, "do", end)
    assert written(audit(registry, HOSTS, processes=2)) == expected


def test_processes_that_come_upon_another_registry_do_nothing(registry: Callable[[], Registry], tmp_path: Path) -> None:
    _skip_unless_copied()
    expected = written(audit(registry, HOSTS, processes=1))
    changed = write_files(tmp_path / "changed", {**files(), "m2/manifest.yaml": manifest_text("m2", "1", CORES)})
    this = os.getpid()

    def open_here_or_there() -> Registry:
        return registry() if os.getpid() == this else Registry.open([changed])

    def open_here() -> Registry:
        return registry() if os.getpid() == this else Registry.open([tmp_path / "gone"])

    assert written(audit(open_here_or_there, HOSTS, processes=2)) == expected
    assert written(audit(open_here, HOSTS, processes=2)) == expected


def test_what_is_undecided_is_told_and_looked_at_again(registry: Callable[[], Registry], tmp_path: Path) -> None:
    found = audit(registry, HOSTS, processes=1, seconds=0)
    assert Undecided(module="around", versions=("1",), hosts=("large",)) in found.undecided
    assert Undecided(module="around", versions=("1",), hosts=()) in found.undecided
    assert "around" not in {failure.module for failure in found.never}
    with pytest.raises(KeyboardInterrupt):
        audit(registry, HOSTS, processes=1, seconds=0, on_progress=Interrupting(20))
    assert written(audit(registry, HOSTS, processes=1)) == written(audit(registry, HOSTS, processes=1, fresh=True))


def test_what_fails_on_every_host_may_still_be_chosen_on_another(tmp_path: Path) -> None:
    """Unless there is more against it than what the hosts lack."""
    huge = "hardware: {gpu: {vram_min: 10TB}}\n"
    texts = [manifest_text("app", "1", huge), manifest_text("app", "2", huge + needs("gone"))]
    texts += [manifest_text("app", "3", "interfaces: {consumes: [nothing]}\ndependencies: {runtime: [cuda]}\n")]
    directory = write_files(tmp_path, {"app/manifest.yaml": "---\n".join(texts)})
    found = audit(partial(Registry.load, [directory]), HOSTS, processes=1)
    assert barred(found)["hardware app vram"] == ["app 2 and older on large", "app 2 and older on small"]
    assert [(one.text, [told.kind for told in one.core]) for one in found.never] == [
        ("app 2", ["dependency", "unknown-module"])
    ]


def test_a_name_that_is_not_there_is_told_of_as_what_needs_it_means_it(tmp_path: Path) -> None:
    """Of modules and of runtimes equal statements say different things."""
    texts = [manifest_text("app", "1", needs("gone")), manifest_text("lib", "1", "dependencies: {runtime: [gone]}\n")]
    directory = write_files(tmp_path, {"all.manifest.yaml": "---\n".join(texts)})
    found = audit(partial(Registry.load, [directory]), {"small": HOSTS["small"]}, processes=1)
    told = {one.module: one.core[-1].text for cause in found.causes for one in cause.failures}
    assert told["app"].startswith("there is no module named gone")
    assert told["lib"] == "no module provides the runtime gone either"


def test_only_what_is_wanted_is_audited(registry: Callable[[], Registry]) -> None:
    wanted = [Requirement.parse(one) for one in ("m3@<3", "m2@2", "m3@1")]
    found = audit(registry, HOSTS, wanted=wanted, processes=1)
    assert found.modules == {"m2": ("2",), "m3": ("1", "2")}
    assert barred(found) == {"hardware m3 vram": ["m2 2 on small", "m3 2 and older on small"]}


def test_names_that_are_not_there_and_no_hosts_are_refused(registry: Callable[[], Registry]) -> None:
    with pytest.raises(InvalidInput, match="there is no module 'gone'"):
        audit(registry, HOSTS, wanted=[Requirement.parse("gone")])
    with pytest.raises(InvalidInput, match="there is no host"):
        audit(registry, {})


def test_without_a_cache_nothing_is_kept(registry: Callable[[], Registry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAS_SOLVE_CACHE", "")
    with pytest.raises(KeyboardInterrupt):
        audit(registry, HOSTS, processes=1, on_progress=Interrupting(8))
    reports = Interrupting()
    audit(registry, HOSTS, processes=1, on_progress=reports)
    assert reports.reports[-1].resumed == 0
