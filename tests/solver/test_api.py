"""The library as other planners see it: small, typed, without a trace in the process that embeds it."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import get_args

import pytest
from closed_schemas import assert_described
from jsonschema import Draft202012Validator
from packaging.version import Version

import las_solver
from las_solver import (
    DOCUMENTS,
    Cancellation,
    Conflict,
    Deadline,
    Gpu,
    Hardware,
    Host,
    InvalidInput,
    Limit,
    MemorySource,
    ModuleVersion,
    Needs,
    OutOfTime,
    Phase,
    Plan,
    Planner,
    Progress,
    Request,
    Requirement,
    document_schema,
    either,
)
from las_solver.change import Change
from las_solver.statement import Statement

ALONE = """
import gc, logging, os, random, signal, sys, threading, warnings
shared = lambda: (signal.getsignal(signal.SIGINT), sys.getrecursionlimit(), threading.active_count(), dict(os.environ),
    list(warnings.filters), random.getstate(), gc.get_threshold(), gc.get_freeze_count(), list(gc.callbacks),
    sys.excepthook, sorted(logging.root.manager.loggerDict), list(logging.root.handlers), logging.root.level)
before = shared()
gc.disable() if sys.argv[1] == "off" else gc.enable()
opened = []
from packaging.version import Version
from las_solver import Conflict, Hardware, Host, MemorySource, ModuleVersion, Planner, Request, Requirement, Limit
module = lambda name, *needs, ram=None: ModuleVersion(
    name=name, version=Version("1"), requirements=tuple(map(Requirement.parse, needs)), hardware=Hardware(ram_min=ram))
source = MemorySource([module("app", "library", ram=8), module("library")])
def run(ram):
    planner = Planner(source, Host(ram=ram))
    request = Request(requirements=(Requirement.parse("app"),), limits=(Limit("things", 2, lambda one: 1),))
    answer = planner.plan(request)
    if isinstance(answer, Conflict):
        planner.diagnose(answer).to_dict()
        planner.needs(request).to_dict()
    else:
        planner.why(Requirement.parse("library"), request).to_dict()
    return answer.to_dict()["status"]
run(8), run(4)  # everything is imported now
sys.addaudithook(lambda event, arguments: opened.append(arguments) if event in ("open", "socket.connect") else None)
said = run(8), run(4)
forbidden = [name for name in sys.modules if name.partition(".")[0] in
    ("click", "structlog", "sqlite3", "sqlalchemy", "yaml", "las_cli", "las_registry", "psutil", "pynvml", "fastapi")]
print(said, forbidden, opened, shared() == before, gc.isenabled())
"""


def module(name: str, version: str, *needs: str, ram: int | None = None, vram: int | None = None) -> ModuleVersion:
    return ModuleVersion(
        name=name,
        version=Version(version),
        category="part",  # no category of manifests
        requirements=tuple(map(Requirement.parse, needs)),
        hardware=Hardware(ram_min=ram, vram_min=vram),
    )


def ask(*modules: str, together: bool = False, limits: tuple[Limit, ...] = ()) -> Request:
    return Request(requirements=tuple(map(Requirement.parse, modules)), together=together, limits=limits)


SOURCE = MemorySource(
    [
        module("app", "2", "library>=2".replace(">", "@>"), ram=8),
        module("app", "1", "library"),
        module("library", "2", ram=4),
        module("library", "1"),
        module("model", "1", vram=6),
    ]
)


@pytest.mark.parametrize("collection", ["on", "off"])
def test_the_library_leaves_no_trace(collection: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE, collection], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == f"('resolved', 'conflict') [] [] True {collection == 'on'}\n"
    assert done.stderr == ""


def test_every_public_name_is_there_and_documented() -> None:
    for name in las_solver.__all__:
        found = getattr(las_solver, name)
        assert not callable(found) or (found.__doc__ or "").strip(), name
    assert dir(las_solver) == sorted(las_solver.__all__)
    for package in ("las_solver", "las_registry", "las_cli"):
        assert (files(package) / "py.typed").is_file()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_complete_and_the_callers_own(name: str) -> None:
    schema = document_schema(name)
    Draft202012Validator.check_schema(schema)
    schema.clear()
    assert document_schema(name)


def test_there_are_no_other_schemas() -> None:
    with pytest.raises(InvalidInput, match="there is no schema of 'secrets'"):
        document_schema("secrets")


@pytest.mark.parametrize("ram", [12, 8, 4])
def test_answers_are_plain_values_as_their_schemas_say(ram: int) -> None:
    """All that they are made of says of itself what stands in them."""
    planner = Planner(SOURCE, Host(ram=ram, gpus=(Gpu(vram=6),)))
    answer = planner.plan(ask("app@>=2", "model", together=True))
    made = [("plan", answer.to_dict())]
    if isinstance(answer, Conflict):
        diagnosis = planner.diagnose(answer)
        made.append(("plan", diagnosis.to_dict()))
        assert made[0][1]["core"] == [statement.to_dict() for statement in answer.core] != []
        repairs = made[1][1]["repairs"]
        assert repairs == [repair.to_dict() for repair in diagnosis.repairs] != []
        changes = [[change.to_dict() for change in repair.changes] for repair in diagnosis.repairs]
        assert changes == [repair["changes"] for repair in repairs]
    else:
        assert made[0][1]["steps"] == [step.to_dict() for step in answer.steps]
        assert [step["ram"] for step in made[0][1]["steps"]] == [4, 8, 0]
        for question in ("library@>=2", "app@1", "library@1"):
            made.append(("why", planner.why(Requirement.parse(question), ask("app@>=2", "model")).to_dict()))
    needs = planner.needs(ask("app@>=2"))
    assert isinstance(needs, Needs)
    made.append(("needs", needs.to_dict()))
    for name, document in made:
        assert_described(json.loads(json.dumps(document)), name)


def test_steps_say_of_themselves_what_stands_in_a_plan() -> None:
    """What holds a module back, what would admit a newer version, and what does not work as it is installed."""
    old = module("tool", "1", "ghost")
    planner = Planner(SOURCE, Host(ram=6, installed={"tool": old}))
    plan = planner.plan(ask("app"))
    assert isinstance(plan, Plan)
    document = json.loads(json.dumps(planner.admit(plan).to_dict()))
    assert_described(document)
    app, admitted = document["steps"][-1], planner.admit(plan).steps[-1].admitted_by
    assert app["held_back_by"] == [statement.to_dict() for statement in plan.steps[-1].held_back_by] != []
    assert admitted is not None and app["admitted_by"] == admitted.to_dict()
    assert app["admitted_by"]["changes"] == [admitted.change.to_dict()]
    assert document["invalid"] == [one.to_dict() for one in plan.invalid] != []


@pytest.mark.parametrize("ram", [8, 4])
def test_answers_can_be_copied_and_sent_to_another_process(ram: int) -> None:
    planner = Planner(SOURCE, Host(ram=ram))
    answer = planner.plan(ask("app@>=2"))
    made: list[object] = [answer, planner.why(Requirement.parse("library"), ask("app")), planner.needs(ask("app@>=2"))]
    if isinstance(answer, Conflict):
        made.append(planner.diagnose(answer))
    for one in made:
        assert pickle.loads(pickle.dumps(one)) == one == copy.deepcopy(one)


def test_verdicts_are_plain_values() -> None:
    verdicts = [one.to_dict() for one in Planner(SOURCE, Host(ram=4)).survey(Requirement.parse("app"))]
    assert [(one["versions"], one["fits"]) for one in verdicts] == [("==2", False), ("==1", True)]
    assert_described(verdicts[0]["conflict"])
    assert verdicts[1]["conflict"] is None


@pytest.mark.parametrize("union", [Statement, Change])
def test_all_that_reports_are_made_of_are_plain_values(union: UnionType) -> None:
    assert all(callable(getattr(one, "to_dict", None)) for one in get_args(union))


def test_no_key_is_described_nowhere() -> None:
    conflict = Planner(SOURCE, Host(ram=4)).plan(ask("app@>=2")).to_dict()
    assert_described(conflict)
    for place in (conflict, conflict["core"][0], conflict["options"], conflict["derivation"][0]):
        place["secret"] = 1
        with pytest.raises(AssertionError, match="secret"):
            assert_described(conflict)
        del place["secret"]


def test_a_deadline_and_a_cancellation_end_the_work() -> None:
    planner = Planner(SOURCE, Host(ram=8))
    cancellation = Cancellation()
    stop = either(Deadline(60), cancellation)
    assert isinstance(planner.plan(ask("app"), stop=stop), Plan)
    cancellation.cancel()
    with pytest.raises(OutOfTime):
        planner.plan(ask("app"), stop=stop)
    with pytest.raises(OutOfTime):
        planner.has_plan(ask("app"), stop=Deadline(0))
    assert Deadline(0).left == 0 and Deadline(60).left > 1
    with pytest.raises(InvalidInput, match="cannot be kept"):
        Deadline(float("nan"))


def test_progress_is_told_in_order_and_may_end_the_work() -> None:
    chain = [module(f"m{one}", "1", *([f"m{one + 1}"] if one < 30 else [])) for one in range(31)]
    told: list[Progress] = []
    Planner(MemorySource(chain), Host()).plan(ask("m0"), on_progress=told.append)
    read = [one.done for one in told if one.phase is Phase.READING]
    assert read == sorted(read) and read[-1] > 20
    conflict = Planner(SOURCE, Host(ram=4)).plan(ask("app@>=2"))
    assert isinstance(conflict, Conflict)
    told.clear()
    Planner(SOURCE, Host(ram=4)).diagnose(conflict, on_progress=told.append)
    assert [one.done for one in told if one.phase is Phase.REPAIRING] == [1, 2]

    def give_up(progress: Progress) -> None:
        raise RuntimeError(f"enough at {progress.done}")

    with pytest.raises(RuntimeError, match="enough"):
        Planner(MemorySource(chain), Host()).plan(ask("m0"), on_progress=give_up)


@pytest.mark.parametrize(
    ("limits", "complaint"),
    [
        ((Limit("things", -1, lambda one: 1),), "is below 0"),
        ((Limit("things", 1, lambda one: 1), Limit("things", 2, lambda one: 1)), "the same name"),
        ((Limit("things", 1, lambda one: -1),), "weighs app 2 -1"),
        ((Limit("things", 1, lambda one: 0.5),), "weighs app 2 0.5"),  # type: ignore[arg-type, return-value]
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: tuple[Limit, ...], complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        Planner(SOURCE, Host(ram=8)).plan(ask("app", limits=limits))


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize(
    ("versions", "complaint"),
    [
        ((module("app", "1"), module("app", "2")), "app 1 before app 2, and the newest comes first"),
        ((module("app", "1.0"), module("app", "1")), "each once"),
        ((module("library", "1"),), "library 1 among the versions of app"),
    ],
)
def test_nothing_is_called_the_newest_where_a_source_is_out_of_order(
    versions: tuple[ModuleVersion, ...], complaint: str, installed: bool
) -> None:
    class Careless:
        def versions(self, name: str) -> tuple[ModuleVersion, ...]:
            return versions if name == "app" else ()

        def providers(self, interface: str) -> tuple[str, ...]:
            return ()

        def prerelease_namers(self, name: str) -> tuple[str, ...]:
            return ()

        def names(self) -> tuple[str, ...]:
            return ("app",)

    host = Host(installed={"app": module("app", "1.5")} if installed else {})
    with pytest.raises(ValueError, match=complaint):
        Planner(Careless(), host).plan(ask("app"))


def test_needs_refuses_what_runs_at_the_same_time() -> None:
    with pytest.raises(InvalidInput, match="at the same time"):
        Planner(SOURCE, Host(ram=8)).needs(ask("app", together=True))


def test_examples_use_the_public_names_alone() -> None:
    for example in (Path(__file__).parents[2] / "examples").glob("*.py"):
        assert "from las_solver." not in example.read_text() and "import las_solver." not in example.read_text()
